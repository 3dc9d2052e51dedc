"""Orders that wait until the price turns against a position."""

from __future__ import annotations

from typing import Any

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
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
        self._fill(action, contract, total_quantity, fields, auxiliary_price=stop_price)


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
        prices = {"limit_price": limit_price, "auxiliary_price": stop_price}
        self._fill(action, contract, total_quantity, fields, **prices)


class TrailingStopOrder(SimpleOrder):
    """A stop that follows a favourable price at a distance: an amount, or a percentage (`trailing_percent`).

    `trail_stop_price` is where the stop begins; without it, at that distance from the market.
    """

    type_of_class = OrderType.TRAILING_STOP

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        trailing_amount: float | None = None,
        **fields: Any,
    ) -> None:
        self._fill(action, contract, total_quantity, fields, auxiliary_price=trailing_amount)


class TrailingStopLimitOrder(SimpleOrder):
    """A trailing stop that becomes a limit order, its limit `limit_price_offset` away from the stop.

    The first stop price is `trail_stop_price`; `trailing_percent` may replace the amount, and `limit_price`, the first
    limit, the offset.
    """

    type_of_class = OrderType.TRAILING_STOP_LIMIT

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        trailing_amount: float | None = None,
        limit_price_offset: float | None = None,
        **fields: Any,
    ) -> None:
        prices = {"auxiliary_price": trailing_amount, "limit_price_offset": limit_price_offset}
        self._fill(action, contract, total_quantity, fields, **prices)
