"""The unit of a trailing amount."""

from __future__ import annotations

from ibkr_actors.wire.codes import Numbers


class TrailingUnit(Numbers):
    """`Order.adjustable_trailing_unit`."""

    AMOUNT = 0
    """In the contract's currency."""
    PERCENT = 100
