"""Orders that take the market's price."""

from __future__ import annotations

from typing import Any

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.checks import price
from ibkr_actors.classes.orders.simple_order import PricelessOrder, Quantity, SimpleOrder


class MarketOrder(PricelessOrder, init=False):
    """Fills at once, at whatever price."""

    type_of_class = OrderType.MARKET


class MarketOnCloseOrder(PricelessOrder, init=False):
    """Fills in the closing auction."""

    type_of_class = OrderType.MARKET_ON_CLOSE


class MarketOnOpenOrder(PricelessOrder, init=False):
    """Fills in the opening auction, which is a time in force of a market order."""

    type_of_class = OrderType.MARKET
    usual_time_in_force = TimeInForce.AT_THE_OPENING


class MarketToLimitOrder(PricelessOrder, init=False):
    """Fills at the market's price; the rest stays as a limit order at the price of the first fill."""

    type_of_class = OrderType.MARKET_TO_LIMIT


class MarketWithProtectionOrder(PricelessOrder, init=False):
    """A market order of futures that stops filling when the price runs away; the rest stays as a limit order."""

    type_of_class = OrderType.MARKET_WITH_PROTECTION


class MarketIfTouchedOrder(SimpleOrder):
    """A market order once the price is at least as good as the touch price."""

    type_of_class = OrderType.MARKET_IF_TOUCHED

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        touch_price: float | None = None,
        **fields: Any,
    ) -> None:
        touch = price(self, "touch_price", touch_price)
        self._fill(action, contract, total_quantity, fields, auxiliary_price=touch)
