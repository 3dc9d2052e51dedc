"""A day with `ibapi` 9.81, which is what `pip install ibapi` has given for years."""

from __future__ import annotations

from typing import ClassVar

from day import main
from vendor import EverydayVendor
from vendor_questions import questions


class EverydayIbapi(EverydayVendor):
    """The vendor's client before commissions were commissions and fees, and quantities decimals."""

    COMMISSION: ClassVar = "commission"
    QUANTITY: ClassVar[type] = float

    def cancel(self, order_number: int) -> None:
        self.application.cancelOrder(order_number)


if __name__ == "__main__":
    main(EverydayIbapi, questions)
