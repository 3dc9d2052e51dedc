"""Orders whose price follows the quote."""

from __future__ import annotations

from typing import Any

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.orders.checks import distance, optional, positive, price, refusal
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
        prices = {
            "auxiliary_price": optional(distance, self, "offset", offset),
            "limit_price": optional(price, self, "limit_price", limit_price),
        }
        self._fill(action, contract, total_quantity, fields, **prices)


class RelativeOrder(SimpleOrder):
    """Better than the best quote of its own side by the offset; never beyond the limit price.

    `percent_offset`, a fraction (0.01 is 1%), may replace the amount.
    """

    type_of_class = OrderType.RELATIVE

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        offset: float | None = None,
        limit_price: float | None = None,
        percent_offset: float | None = None,
        **fields: Any,
    ) -> None:
        if offset is not None and percent_offset is not None:
            raise refusal(self, "percent_offset", percent_offset, "none beside an offset")
        prices = {
            "auxiliary_price": optional(distance, self, "offset", offset),
            "limit_price": optional(price, self, "limit_price", limit_price),
            "percent_offset": self._fraction(percent_offset),
        }
        self._fill(action, contract, total_quantity, fields, **prices)

    def _fraction(self, percent_offset: float | None) -> float | None:
        fraction = optional(positive, self, "percent_offset", percent_offset)
        if fraction is not None and fraction >= 1:
            raise refusal(self, "percent_offset", percent_offset, "a fraction below 1 (0.01 is 1%)")
        return fraction


class PeggedToPrimaryOrder(RelativeOrder, init=False):
    """The relative order under its other name: pegged to the primary exchange's quote of its own side."""


class PassiveRelativeOrder(PeggedOrder, init=False):
    """Worse than the best quote of its own side by the offset, so that it waits behind it."""

    type_of_class = OrderType.PASSIVE_RELATIVE


class PeggedToMarketOrder(PeggedOrder, init=False):
    """At the best quote of the other side, less aggressive by the offset."""

    type_of_class = OrderType.PEGGED_TO_MARKET


class PeggedToMidpointOrder(SimpleOrder):
    """At the midpoint of bid and ask, less aggressive by the offset.

    At IBKRATS the offset is two: `mid_offset_at_whole` where the midpoint is a whole number of ticks, and
    `mid_offset_at_half` where it is between two.
    """

    type_of_class = OrderType.PEGGED_TO_MIDPOINT

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        offset: float | None = None,
        limit_price: float | None = None,
        mid_offset_at_whole: float | None = None,
        mid_offset_at_half: float | None = None,
        **fields: Any,
    ) -> None:
        prices = {
            "auxiliary_price": optional(distance, self, "offset", offset),
            "limit_price": optional(price, self, "limit_price", limit_price),
            "mid_offset_at_whole": optional(distance, self, "mid_offset_at_whole", mid_offset_at_whole),
            "mid_offset_at_half": optional(distance, self, "mid_offset_at_half", mid_offset_at_half),
        }
        self._fill(action, contract, total_quantity, fields, **prices)


class SnapToMarketOrder(PeggedOrder, init=False):
    """A limit order at the best quote of the other side when it arrives, less aggressive by the offset; it stays."""

    type_of_class = OrderType.SNAP_TO_MARKET


class SnapToMidpointOrder(PeggedOrder, init=False):
    """A limit order at the midpoint when it arrives, less aggressive by the offset; it stays."""

    type_of_class = OrderType.SNAP_TO_MIDPOINT


class SnapToPrimaryOrder(PeggedOrder, init=False):
    """A limit order at the best quote of its own side when it arrives, more aggressive by the offset; it stays."""

    type_of_class = OrderType.SNAP_TO_PRIMARY
