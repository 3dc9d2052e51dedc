"""Orders whose price follows the quote."""

from __future__ import annotations

from typing import Any

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.orders.simple_order import Quantity, SimpleOrder


class PeggedOrder(SimpleOrder):
    """An order at a distance from the quote; with a limit price, never beyond it."""

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        offset: float | None = None,
        limit_price: float | None = None,
        **fields: Any,
    ) -> None:
        prices = {"auxiliary_price": offset, "limit_price": limit_price}
        self._fill(action, contract, total_quantity, fields, **prices)


class RelativeOrder(PeggedOrder, init=False):
    """Better than the best quote of its own side by the offset; `percent_offset` may replace the amount."""

    type_of_class = OrderType.RELATIVE


class PeggedToMidpointOrder(PeggedOrder, init=False):
    """At the midpoint of bid and ask, less aggressive by the offset."""

    type_of_class = OrderType.PEGGED_TO_MIDPOINT
