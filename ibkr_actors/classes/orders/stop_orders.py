"""Orders that wait until the price turns against a position."""

from __future__ import annotations

from typing import Any

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.orders.checks import given_once, optional, percentage, positive, price
from ibkr_actors.classes.orders.simple_order import Quantity, SimpleOrder


class StopOrder(SimpleOrder):
    """A market order once the price reaches the stop price."""

    type_of_class = OrderType.STOP

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        stop_price: float | None = None,
        **fields: Any,
    ) -> None:
        stop = price(self, "stop_price", stop_price)
        self._fill(action, contract, total_quantity, fields, auxiliary_price=stop)


class StopWithProtectionOrder(StopOrder, init=False):
    """A market order with protection (of futures) once the price reaches the stop price."""

    type_of_class = OrderType.STOP_WITH_PROTECTION


class StopLimitOrder(SimpleOrder):
    """A limit order once the price reaches the stop price."""

    type_of_class = OrderType.STOP_LIMIT

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        limit_price: float | None = None,
        stop_price: float | None = None,
        **fields: Any,
    ) -> None:
        prices = {
            "limit_price": price(self, "limit_price", limit_price),
            "auxiliary_price": price(self, "stop_price", stop_price),
        }
        self._fill(action, contract, total_quantity, fields, **prices)


class TrailingOrder(SimpleOrder):
    """A stop that follows a favourable price at a distance, which is an amount or a percentage.

    `trail_stop_price` is where the stop begins; without it, at that distance from the market.
    """

    def _distances(
        self,
        trailing_amount: float | None,
        trailing_percent: float | None,
        trail_stop_price: float | None,
    ) -> dict[str, float | None]:
        given_once(self, trailing_amount=trailing_amount, trailing_percent=trailing_percent)
        return {
            "auxiliary_price": optional(positive, self, "trailing_amount", trailing_amount),
            "trailing_percent": optional(percentage, self, "trailing_percent", trailing_percent),
            "trail_stop_price": optional(price, self, "trail_stop_price", trail_stop_price),
        }


class TrailingStopOrder(TrailingOrder):
    """A market order once the price comes back to the trailing stop."""

    type_of_class = OrderType.TRAILING_STOP

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        trailing_amount: float | None = None,
        trailing_percent: float | None = None,
        trail_stop_price: float | None = None,
        **fields: Any,
    ) -> None:
        distances = self._distances(trailing_amount, trailing_percent, trail_stop_price)
        self._fill(action, contract, total_quantity, fields, **distances)


class TrailingStopLimitOrder(TrailingOrder):
    """A limit order once the price comes back to the trailing stop.

    Its limit is `limit_price_offset` away from the stop, or begins at `limit_price` and keeps that distance.
    """

    type_of_class = OrderType.TRAILING_STOP_LIMIT

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        trailing_amount: float | None = None,
        limit_price_offset: float | None = None,
        trailing_percent: float | None = None,
        trail_stop_price: float | None = None,
        limit_price: float | None = None,
        **fields: Any,
    ) -> None:
        given_once(self, limit_price_offset=limit_price_offset, limit_price=limit_price)
        limits = {
            "limit_price_offset": optional(price, self, "limit_price_offset", limit_price_offset),
            "limit_price": optional(price, self, "limit_price", limit_price),
        }
        distances = self._distances(trailing_amount, trailing_percent, trail_stop_price)
        self._fill(action, contract, total_quantity, fields, **limits, **distances)
