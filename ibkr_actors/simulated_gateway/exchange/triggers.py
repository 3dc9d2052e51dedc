"""What elects an order that waits: stops, trailing stops, and orders that wait for the market to come back to them.

The trigger methods are the published ones (D). What counts of an order's past is kept in its `Work`.
"""

from __future__ import annotations

from typing import Final

from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.trigger_method import TriggerMethod
from ibkr_actors.simulated_gateway.market.market import Quote
from ibkr_actors.simulated_gateway.orders.order_kinds import STOPS, TRAILING
from ibkr_actors.simulated_gateway.orders.order_parts import Work
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder

DOUBLE: Final = frozenset((TriggerMethod.DOUBLE_BID_ASK, TriggerMethod.DOUBLE_LAST))
"""Methods that want two prices in a row at the trigger price or beyond."""
_OF_OPTIONS: Final = ("OPT", "FOP")


def is_elected(order: WorkingOrder, work: Work, quote: Quote) -> bool:
    """Whether the market has reached the order's stop (or touch) price, as its trigger method counts.

    Two in a row are two different prices or sizes of the quote (or two trades), not the same one seen twice.
    """
    method = trigger_method(order, quote)
    rises = order.is_buy is (order.order.order_type in STOPS)
    stop = trigger_price(order)
    reached = any(
        price > 0 and (price >= stop if rises else price <= stop)
        for price in watched_prices(method, quote, rises=rises)
    )
    if method not in DOUBLE:
        return reached
    seen = occurrence(method, quote)
    if not reached:
        work.confirmations = 0
    elif seen != work.trigger_seen:
        work.confirmations += 1
    work.trigger_seen = seen
    return work.confirmations > 1


def trigger_method(order: WorkingOrder, quote: Quote) -> TriggerMethod | int:
    """The method that counts for an order."""
    return method_that_counts(order.order.trigger_method, order.listing.security_type, quote)


def method_that_counts(method: TriggerMethod | int, security_type: str, quote: Quote) -> TriggerMethod | int:
    """A method as it is meant: the default is double bid/ask for options and last for everything else.

    What has no trades (a currency pair, a combination) goes by bid and ask.
    """
    if method == TriggerMethod.DEFAULT:
        of_option = security_type in _OF_OPTIONS
        method = TriggerMethod.DOUBLE_BID_ASK if of_option else TriggerMethod.LAST
    if quote.last <= 0 and method in (TriggerMethod.LAST, TriggerMethod.LAST_OR_BID_ASK):
        return TriggerMethod.BID_ASK
    if quote.last <= 0 and method == TriggerMethod.DOUBLE_LAST:
        return TriggerMethod.DOUBLE_BID_ASK
    return method


def trigger_price(order: WorkingOrder) -> float:
    """The price at which the order is elected."""
    terms = order.order
    price = terms.trail_stop_price if terms.order_type in TRAILING else terms.auxiliary_price
    return price or 0.0


def watched_prices(method: TriggerMethod | int, quote: Quote, *, rises: bool) -> tuple[float, ...]:
    """A rising trigger looks at the bid, a falling one at the ask: the market has to be there as a whole."""
    side = quote.bid if rises else quote.ask
    if method == TriggerMethod.MIDPOINT:
        return ((quote.bid + quote.ask) / 2,)
    if method in (TriggerMethod.DOUBLE_BID_ASK, TriggerMethod.BID_ASK):
        return (side,)
    if method == TriggerMethod.LAST_OR_BID_ASK:
        return quote.last, side
    return (quote.last,)


def occurrence(method: TriggerMethod | int, quote: Quote) -> tuple[float, ...]:
    """What makes one price a different occurrence from the next."""
    if method == TriggerMethod.DOUBLE_LAST:
        return quote.last, quote.last_time, quote.volume
    return quote.bid, quote.ask, quote.bid_size, quote.ask_size


def trail(order: WorkingOrder, quote: Quote) -> bool:
    """Let the market pull a trailing stop, and the limit that keeps its distance; says whether it moved.

    A stop of a sale only ever rises, one of a purchase only ever falls. The price that it trails is that of its
    trigger method.
    """
    terms = order.order
    if terms.order_type not in TRAILING:
        return False
    _settle_offset(order)
    proposed = _proposed_stop(order, quote)
    present = terms.trail_stop_price
    if present is not None and not (proposed < present if order.is_buy else proposed > present):
        proposed = present
    limit = _trailed_limit(order, proposed)
    moved = (proposed, limit) != (present, terms.limit_price)
    terms.trail_stop_price, terms.limit_price = proposed, limit
    return moved


def _settle_offset(order: WorkingOrder) -> None:
    """A client may give the first limit and the first stop instead of the distance between the two."""
    terms = order.order
    if terms.order_type != OrderType.TRAILING_STOP_LIMIT or terms.limit_price_offset is not None:
        return
    if terms.trail_stop_price is None or not terms.limit_price:
        terms.limit_price_offset = 0.0
        return
    distance = terms.limit_price - terms.trail_stop_price
    terms.limit_price_offset = round(distance if order.is_buy else -distance, 8)


def _proposed_stop(order: WorkingOrder, quote: Quote) -> float:
    prices = watched_prices(trigger_method(order, quote), quote, rises=order.is_buy)
    traded = [price for price in prices if price > 0] or [quote.mark]
    reference = min(traded) if order.is_buy else max(traded)
    terms = order.order
    distance = terms.auxiliary_price or 0.0
    if terms.trailing_percent is not None:
        distance = reference * terms.trailing_percent / 100
    return round(reference + distance if order.is_buy else reference - distance, 8)


def _trailed_limit(order: WorkingOrder, stop: float) -> float | None:
    terms = order.order
    if terms.order_type != OrderType.TRAILING_STOP_LIMIT:
        return terms.limit_price
    offset = terms.limit_price_offset or 0.0
    return round(stop + offset if order.is_buy else stop - offset, 8)
