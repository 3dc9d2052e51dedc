"""Stops that become another kind of stop once the price has reached a trigger.

Usually children of an order that opens a position: `attached(parent, ids, [AdjustedToTrailOrder(...)])`.
"""

from __future__ import annotations

from typing import Any

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.trailing_unit import TrailingUnit
from ibkr_actors.classes.orders.checks import given_once, percentage, positive, price
from ibkr_actors.classes.orders.simple_order import Quantity, SimpleOrder


class AdjustedStop(SimpleOrder):
    """A stop order that turns into another type when the price reaches `trigger_price`."""

    type_of_class = OrderType.STOP

    def _adjusted(
        self,
        kind: OrderType,
        stop_price: float | None,
        trigger_price: float | None,
        adjusted_stop_price: float | None,
    ) -> dict[str, Any]:
        return {
            "adjusted_order_type": kind,
            "auxiliary_price": price(self, "stop_price", stop_price),
            "trigger_price": price(self, "trigger_price", trigger_price),
            "adjusted_stop_price": price(self, "adjusted_stop_price", adjusted_stop_price),
        }


class AdjustedToStopOrder(AdjustedStop):
    """A stop whose price moves once, when the trigger is reached."""

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        stop_price: float | None = None,
        trigger_price: float | None = None,
        adjusted_stop_price: float | None = None,
        **fields: Any,
    ) -> None:
        adjusted = self._adjusted(OrderType.STOP, stop_price, trigger_price, adjusted_stop_price)
        self._fill(action, contract, total_quantity, fields, **adjusted)


class AdjustedToStopLimitOrder(AdjustedStop):
    """A stop that becomes a stop-limit order when the trigger is reached."""

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        stop_price: float | None = None,
        trigger_price: float | None = None,
        adjusted_stop_price: float | None = None,
        adjusted_stop_limit_price: float | None = None,
        **fields: Any,
    ) -> None:
        adjusted = self._adjusted(OrderType.STOP_LIMIT, stop_price, trigger_price, adjusted_stop_price)
        limit = price(self, "adjusted_stop_limit_price", adjusted_stop_limit_price)
        self._fill(action, contract, total_quantity, fields, adjusted_stop_limit_price=limit, **adjusted)


class AdjustedToTrailOrder(AdjustedStop):
    """A stop that becomes a trailing stop when the trigger is reached; it trails by an amount or a percentage."""

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        stop_price: float | None = None,
        trigger_price: float | None = None,
        adjusted_stop_price: float | None = None,
        trailing_amount: float | None = None,
        trailing_percent: float | None = None,
        **fields: Any,
    ) -> None:
        adjusted = self._adjusted(OrderType.TRAILING_STOP, stop_price, trigger_price, adjusted_stop_price)
        given_once(self, trailing_amount=trailing_amount, trailing_percent=trailing_percent)
        if trailing_percent is None:
            unit, trail = TrailingUnit.AMOUNT, positive(self, "trailing_amount", trailing_amount)
        else:
            unit, trail = TrailingUnit.PERCENT, percentage(self, "trailing_percent", trailing_percent)
        trailing = {"adjustable_trailing_unit": unit, "adjusted_trailing_amount": trail}
        self._fill(action, contract, total_quantity, fields, **trailing, **adjusted)
