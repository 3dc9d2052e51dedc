"""Orders that are filled in levels, each at a better price than the one before."""

from __future__ import annotations

from typing import Any

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.orders.checks import optional, positive, price, refusal, whole
from ibkr_actors.classes.orders.simple_order import Quantity, SimpleOrder
from ibkr_actors.errors import InvalidRequest


class ScaleOrder(SimpleOrder):
    """Limit orders in levels: the first at the limit price, each other one `price_increment` better.

    Sizes are quantities of a level; without `subsequent_level_size` all have the first one's. A `profit_offset` sells
    again what a level bought (or the other way round) at that distance. `price_adjust_value` is added to the increment
    every `price_adjust_interval` seconds. `initial_position` and `initial_fill_quantity` say where a scale goes on.
    """

    type_of_class = OrderType.LIMIT

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        limit_price: float | None = None,
        initial_level_size: int | None = None,
        price_increment: float | None = None,
        subsequent_level_size: int | None = None,
        profit_offset: float | None = None,
        auto_reset: bool = False,
        random_percent: bool = False,
        price_adjust_value: float | None = None,
        price_adjust_interval: int | None = None,
        initial_position: int | None = None,
        initial_fill_quantity: int | None = None,
        **fields: Any,
    ) -> None:
        if (price_adjust_value is None) is not (price_adjust_interval is None):
            raise InvalidRequest("ScaleOrder: price_adjust_value and price_adjust_interval go together")
        if auto_reset and profit_offset is None:
            raise refusal(self, "profit_offset", None, "a number above zero, for auto_reset follows a profit")
        scale = {
            "limit_price": price(self, "limit_price", limit_price),
            "scale_initial_level_size": whole(self, "initial_level_size", initial_level_size),
            "scale_price_increment": positive(self, "price_increment", price_increment),
            "scale_subsequent_level_size": optional(
                whole, self, "subsequent_level_size", subsequent_level_size
            ),
            "scale_profit_offset": optional(positive, self, "profit_offset", profit_offset),
            "scale_auto_reset": auto_reset,
            "scale_random_percent": random_percent,
            "scale_price_adjust_value": optional(price, self, "price_adjust_value", price_adjust_value),
            "scale_price_adjust_interval": optional(
                whole, self, "price_adjust_interval", price_adjust_interval
            ),
            "scale_initial_position": initial_position,
            "scale_initial_fill_quantity": initial_fill_quantity,
        }
        self._fill(action, contract, total_quantity, fields, **scale)
