"""What the market has for an order at this moment, and how much of it the order's attributes let it take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Final, NamedTuple

from ibkr_actors.simulated_gateway.exchange.pricing import print_of, worst_price
from ibkr_actors.simulated_gateway.instruments.margins import ZERO
from ibkr_actors.simulated_gateway.market.book_levels import Level
from ibkr_actors.simulated_gateway.market.depth import Depth, Source, quantity_of
from ibkr_actors.simulated_gateway.market.market import Quote
from ibkr_actors.simulated_gateway.orders.order_parts import Work
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder

SWEPT_LEVELS: Final = 5
"""Levels of the book that a sweep reaches: the best one and the next four (K)."""


class Offer(NamedTuple):
    """A quantity that an order can have now."""

    price: float
    quantity: Decimal
    source: Source
    adds_liquidity: bool
    """The order rests, and somebody comes to it."""


class Reach(NamedTuple):
    """How far an order may go now."""

    price: float | None
    """At which it shows itself; None for an order that takes the market's price."""
    worst: float | None
    """The last price at which it may fill; None for any."""
    quantity: Decimal
    """The most that it may fill."""


def reach_of(order: WorkingOrder, work: Work) -> Reach:
    """The reach of an order that nothing but its own terms holds back."""
    return Reach(work.price, worst_price(order, work), order.remaining)


class Shown(NamedTuple):
    """What the market shows to an order."""

    quote: Quote
    depth: Depth
    levels: Iterable[Level]
    """Those of the side that it takes from, which only a sweep looks at."""


def offers(order: WorkingOrder, reach: Reach, work: Work, shown: Shown, *, arrives: bool) -> list[Offer]:
    """What the order takes of the market now, best price first, within its reach.

    `arrives`: the order (or its change) comes to the market just now, so it takes; later the market comes to it. An
    iceberg that rests shows its display size only, so no more of it can be reached by one quote. All or none, and
    the minimum quantity of a first fill, leave out what is too little.
    """
    left, taken = _shown(order, reach.quantity, arrives=arrives), []
    for offer in _all(order, reach, work, shown, arrives=arrives):
        quantity = min(left, offer.quantity)
        if quantity > 0:
            taken.append(offer._replace(quantity=quantity))
            left -= quantity
    total = sum((offer.quantity for offer in taken), ZERO)
    return taken if total and total >= _least(order) else []


def _shown(order: WorkingOrder, allowed: Decimal, *, arrives: bool) -> Decimal:
    shown = order.order.display_size
    return min(allowed, Decimal(shown)) if shown and not arrives else allowed


def _least(order: WorkingOrder) -> Decimal:
    terms = order.order
    if terms.all_or_none:
        return order.remaining
    return min(Decimal(terms.minimum_quantity or 0), order.total) if not order.filled else ZERO


def _all(order: WorkingOrder, reach: Reach, work: Work, shown: Shown, *, arrives: bool) -> Iterator[Offer]:
    quote, depth, levels = shown
    source = Source.ASK if order.is_buy else Source.BID
    best = quote.ask if order.is_buy else quote.bid
    if best > 0 and is_within(best, reach.worst, is_buy=order.is_buy):
        if order.order.sweep_to_fill:
            yield from _swept(order, reach.worst, islice(levels, SWEPT_LEVELS), depth.taken(quote, source))
        else:
            yield Offer(best, depth.available(quote, source), source, not arrives)
    elif best > 0 and reach.price is not None and not arrives:
        yield from _trades(order, work, reach.price, quote, depth)


def is_within(price: float, worst: float | None, *, is_buy: bool) -> bool:
    """A price does not go beyond the worst one."""
    return worst is None or (price <= worst if is_buy else price >= worst)


def _swept(
    order: WorkingOrder, worst: float | None, levels: Iterable[Level], taken: Decimal
) -> Iterator[Offer]:
    """Level by level as far as the order may go; what was `taken` before is missing from the best ones."""
    source = Source.ASK if order.is_buy else Source.BID
    for level in levels:
        if not is_within(level.price, worst, is_buy=order.is_buy):
            return
        size = quantity_of(level.size)
        yield Offer(level.price, max(size - taken, ZERO), source, adds_liquidity=False)
        taken = max(taken - size, ZERO)


def _trades(order: WorkingOrder, work: Work, price: float, quote: Quote, depth: Depth) -> Iterator[Offer]:
    """An order that shows a better price than the market's own side is first in line for its trades.

    Others wait until the opposite side comes to them: where they stand in the queue, nobody can tell.
    """
    is_new = print_of(quote) != work.print_seen
    improves = price > quote.bid if order.is_buy else price < quote.ask
    if is_new and improves and quote.last > 0 and is_within(quote.last, price, is_buy=order.is_buy):
        yield Offer(price, depth.available(quote, Source.TRADE), Source.TRADE, adds_liquidity=True)
