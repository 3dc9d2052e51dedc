"""Orders that fill at a limit price or better."""

from __future__ import annotations

from typing import Any

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.checks import optional, positive, price, refusal, whole
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


class MidpriceOrder(SimpleOrder):
    """Fills at the midpoint of bid and ask or better; with a limit price, never beyond it."""

    type_of_class = OrderType.MIDPRICE

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        limit_price: float | None = None,
        **fields: Any,
    ) -> None:
        limit = optional(price, self, "limit_price", limit_price)
        self._fill(action, contract, total_quantity, fields, limit_price=limit)


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
        prices = {
            "limit_price": price(self, "limit_price", limit_price),
            "auxiliary_price": price(self, "touch_price", touch_price),
        }
        self._fill(action, contract, total_quantity, fields, **prices)


# ---------------------------------------------------------------------------- limit orders with one attribute more


class DiscretionaryOrder(SimpleOrder):
    """A limit order that shows one price and may fill at a worse one, by up to the discretionary amount."""

    type_of_class = OrderType.LIMIT

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        limit_price: float | None = None,
        discretionary_amount: float | None = None,
        **fields: Any,
    ) -> None:
        prices = {
            "limit_price": price(self, "limit_price", limit_price),
            "discretionary_amount": positive(self, "discretionary_amount", discretionary_amount),
        }
        self._fill(action, contract, total_quantity, fields, **prices)


class IcebergOrder(SimpleOrder):
    """A limit order of which the book shows only a part at a time."""

    type_of_class = OrderType.LIMIT

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        limit_price: float | None = None,
        display_size: int | None = None,
        **fields: Any,
    ) -> None:
        limit, size = price(self, "limit_price", limit_price), whole(self, "display_size", display_size)
        self._fill(action, contract, total_quantity, fields, limit_price=limit, display_size=size)
        if self.total_quantity is not None and size >= self.total_quantity:
            raise refusal(self, "display_size", size, f"less than the quantity of {self.total_quantity:f}")


class SweepToFillOrder(SimpleOrder):
    """A limit order that takes the best price of each exchange at once, instead of looking for a better one."""

    type_of_class = OrderType.LIMIT

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        limit_price: float | None = None,
        **fields: Any,
    ) -> None:
        limit = price(self, "limit_price", limit_price)
        self._fill(action, contract, total_quantity, fields, limit_price=limit, sweep_to_fill=True)


class BlockOrder(SimpleOrder):
    """A limit order for a block of at least 50 option contracts, at the ISE."""

    type_of_class = OrderType.LIMIT

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        limit_price: float | None = None,
        **fields: Any,
    ) -> None:
        limit = price(self, "limit_price", limit_price)
        self._fill(action, contract, total_quantity, fields, limit_price=limit, block_order=True)
