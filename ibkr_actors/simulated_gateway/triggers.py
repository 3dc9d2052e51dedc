"""What elects an order that waits: stops, trailing stops, and orders that wait for the market to come back to them.

A function of the order and the quote; nothing here remembers anything but the order's own trailing stop.
"""

from __future__ import annotations

from typing import Final

from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.trigger_method import TriggerMethod
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.market import Quote

TRAILING: Final = frozenset((OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT))
STOPS: Final = TRAILING | {OrderType.STOP, OrderType.STOP_LIMIT}
"""Elected when the market moves against them."""
TOUCHED: Final = frozenset((OrderType.MARKET_IF_TOUCHED, OrderType.LIMIT_IF_TOUCHED))
"""Elected when the market moves their way."""
WAITING: Final = STOPS | TOUCHED
LIMITED: Final = frozenset(
    (OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP_LIMIT, OrderType.LIMIT_IF_TOUCHED)
)
"""They never fill beyond their limit price."""
KNOWN: Final = WAITING | LIMITED | {OrderType.MARKET}


def is_elected(order: Order, quote: Quote) -> bool:
    """Whether the market has reached the order's stop (or touch) price."""
    rises = (order.action == OrderAction.BUY) is (order.order_type in STOPS)
    stop = trigger_price(order)
    return any(
        price > 0 and (price >= stop if rises else price <= stop)
        for price in _watched_prices(order, quote, rises=rises)
    )


def trigger_price(order: Order) -> float:
    """The price at which the order is elected."""
    price = order.trail_stop_price if order.order_type in TRAILING else order.auxiliary_price
    return price or 0.0


def _watched_prices(order: Order, quote: Quote, *, rises: bool) -> tuple[float, ...]:
    side = quote.bid if rises else quote.ask
    if order.trigger_method == TriggerMethod.MIDPOINT:
        return ((quote.bid + quote.ask) / 2,)
    if order.trigger_method in (TriggerMethod.DOUBLE_BID_ASK, TriggerMethod.BID_ASK) or quote.last <= 0:
        return (side,)
    if order.trigger_method == TriggerMethod.LAST_OR_BID_ASK:
        return quote.last, side
    return (quote.last,)


def trailed_stop(order: Order, quote: Quote) -> float | None:
    """Where the market pulls a trailing stop to; None when it leaves it where it is.

    A stop of a sale only ever rises, one of a purchase only ever falls.
    """
    reference = quote.last if quote.last > 0 else quote.mark
    distance = _trailing_distance(order, reference)
    is_buy = order.action == OrderAction.BUY
    proposed = round(reference + distance if is_buy else reference - distance, 8)
    present = order.trail_stop_price
    if present is None:
        return proposed
    improves = proposed < present if is_buy else proposed > present
    return proposed if improves else None


def _trailing_distance(order: Order, reference: float) -> float:
    if order.trailing_percent is not None:
        return reference * order.trailing_percent / 100
    return order.auxiliary_price or 0.0


def limit_of(order: Order) -> float | None:
    """The worst price at which an elected order may fill; None for the market's price."""
    return order.limit_price if order.order_type in LIMITED else None


def trailed_limit(order: Order, stop: float) -> float | None:
    """The limit that goes with a trailing stop: it keeps its distance; None for orders without one."""
    if order.order_type != OrderType.TRAILING_STOP_LIMIT:
        return order.limit_price
    offset = order.limit_price_offset or 0.0
    return round(stop + offset if order.action == OrderAction.BUY else stop - offset, 8)
