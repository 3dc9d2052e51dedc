"""Orders that fill at a limit price or better."""

from __future__ import annotations

from typing import Any

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.simple_order import LimitedOrder, Quantity, SimpleOrder


class LimitOrder(LimitedOrder, init=False):
    """Fills at the limit price or better."""

    type_of_class = OrderType.LIMIT


class LimitOnCloseOrder(LimitedOrder, init=False):
    """Fills in the closing auction, at the limit price or better."""

    type_of_class = OrderType.LIMIT_ON_CLOSE


class LimitOnOpenOrder(LimitedOrder, init=False):
    """Fills in the opening auction, at the limit price or better; a time in force of a limit order."""

    type_of_class = OrderType.LIMIT
    usual_time_in_force = TimeInForce.AT_THE_OPENING


class MidpriceOrder(LimitedOrder, init=False):
    """Fills at the midpoint of bid and ask or better; with a limit price, never beyond it."""

    type_of_class = OrderType.MIDPRICE


class LimitIfTouchedOrder(SimpleOrder):
    """A limit order once the price is at least as good as the touch price."""

    type_of_class = OrderType.LIMIT_IF_TOUCHED

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        limit_price: float | None = None,
        touch_price: float | None = None,
        **fields: Any,
    ) -> None:
        prices = {"limit_price": limit_price, "auxiliary_price": touch_price}
        self._fill(action, contract, total_quantity, fields, **prices)
