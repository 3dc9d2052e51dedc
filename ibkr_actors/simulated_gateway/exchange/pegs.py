"""Prices that follow the market: what each pegged order type makes of the quotes.

The rules are the published descriptions of the order types (D); where those are silent the comment says what was
chosen (K). A rule knows nothing of the client's limit, which `pricing.py` puts over all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.market.market import Quote
from ibkr_actors.simulated_gateway.orders.order_parts import Work

PROTECTION: Final = 0.001
"""How far a protected market order may go, as a fraction of the price. Exchanges set points of their own (K)."""


@dataclass(frozen=True, slots=True)
class View:
    """What a price is made of at one moment."""

    terms: Order
    work: Work
    is_buy: bool
    quote: Quote
    tick: float
    reference: Quote | None = None
    """Of the benchmark or the underlying."""
    model_price: float | None = None
    """What a volatility order's option is worth at its volatility."""
    is_put: bool = False

    @property
    def own(self) -> float:
        """The best price of the order's own side: the bid for a purchase."""
        return self.quote.bid if self.is_buy else self.quote.ask

    @property
    def opposite(self) -> float:
        """The best price of the other side."""
        return self.quote.ask if self.is_buy else self.quote.bid

    @property
    def middle(self) -> float:
        """Half way between bid and ask."""
        return (self.quote.bid + self.quote.ask) / 2

    @property
    def offset(self) -> float:
        """The amount by which the order keeps away from the price that it follows."""
        return self.terms.auxiliary_price or 0.0

    def keener(self, price: float, by: float) -> float:
        """A price that is more aggressive by an amount: higher for a purchase."""
        return price + by if self.is_buy else price - by

    def further(self, price: float, than: float | None) -> float:
        """The more aggressive of two prices."""
        if than is None:
            return price
        return max(price, than) if self.is_buy else min(price, than)


Rule: TypeAlias = Callable[[View], float | None]
"""The price at which the order should work now; None keeps what it has."""


def _relative(view: View) -> float:
    """Keener than the own side by the offset, but it never takes; it follows a quote that goes away only.

    When the quote comes back there is no adjustment: the order is more aggressive then, and fills.
    """
    offset = view.offset or (view.terms.percent_offset or 0.0) * view.own
    price = view.keener(view.own, offset)
    if view.terms.discretionary_up_to_limit_price:
        return price
    behind = view.keener(view.opposite, -view.tick)
    price = min(price, behind) if view.is_buy else max(price, behind)
    return view.further(view.further(price, view.own), view.work.price)


def _passive_relative(view: View) -> float:
    """Behind the own side by the offset; like the relative order it does not go back."""
    return view.further(view.keener(view.own, -view.offset), view.work.price)


def _to_market(view: View) -> float:
    return view.keener(view.opposite, -view.offset)


def _to_midpoint(view: View) -> float:
    """Less aggressive than the midpoint; at IBKRATS by one of two offsets, by where the midpoint lies."""
    return view.keener(view.middle, -_midpoint_offset(view, view.offset))


def _midpoint_offset(view: View, otherwise: float) -> float:
    ticks = round((view.quote.bid + view.quote.ask) / view.tick)
    terms = view.terms
    offset = terms.mid_offset_at_half if ticks % 2 else terms.mid_offset_at_whole
    return otherwise if offset is None else offset


def _to_best(view: View) -> float:
    """Competes with the best quote of its own side, up to the midpoint.

    A quote smaller than the least size to compete with is joined, not beaten (K).
    """
    most = view.keener(view.middle, -_midpoint_offset(view, 0.0))
    size = view.quote.bid_size if view.is_buy else view.quote.ask_size
    if size < (view.terms.minimum_compete_size or 0):
        return view.own
    offset = view.terms.compete_against_best_offset
    if offset is None or math.isinf(offset):
        return most
    beaten = view.keener(view.own, offset)
    return min(beaten, most) if view.is_buy else max(beaten, most)


def _midprice(view: View) -> float:
    return view.middle


def _snapped(rule: Rule) -> Rule:
    """The rule's price at the beginning, which then stays."""
    return lambda view: rule(view) if view.work.price is None else None


def _to_primary(view: View) -> float:
    return view.keener(view.own, view.offset)


def _protected(view: View) -> float:
    return view.keener(view.opposite, view.opposite * PROTECTION)


def _to_benchmark(view: View) -> float | None:
    """The starting price, moved by an amount for each whole change of the reference."""
    terms, work = view.terms, view.work
    if view.reference is None or work.reference is None or work.base is None:
        return None
    ratio = (view.reference.mark - work.reference) / terms.reference_change_amount
    steps = math.trunc(ratio + math.copysign(1e-9, ratio))
    amount = (
        -terms.pegged_change_amount if terms.is_pegged_change_amount_decrease else terms.pegged_change_amount
    )
    return work.base + steps * amount


def _to_stock(view: View) -> float | None:
    """The starting price, moved by delta times the underlying's move; a put moves the other way."""
    work = view.work
    if view.reference is None or work.reference is None or work.base is None:
        return None
    middle = (view.reference.bid + view.reference.ask) / 2
    delta = -(view.terms.delta or 0.0) if view.is_put else view.terms.delta or 0.0
    return work.base + delta * (middle - work.reference)


def _by_volatility(view: View) -> float | None:
    """The model's price; without continuous update it stays as it was at the beginning."""
    if view.work.price is not None and not view.terms.continuous_update:
        return None
    return view.model_price


RULES: Final[dict[str, Rule]] = {
    OrderType.RELATIVE: _relative,
    OrderType.PASSIVE_RELATIVE: _passive_relative,
    OrderType.PEGGED_TO_MARKET: _to_market,
    OrderType.PEGGED_TO_MIDPOINT: _to_midpoint,
    OrderType.PEGGED_TO_BEST: _to_best,
    OrderType.MIDPRICE: _midprice,
    OrderType.SNAP_TO_MARKET: _snapped(_to_market),
    OrderType.SNAP_TO_MIDPOINT: _snapped(_to_midpoint),
    OrderType.SNAP_TO_PRIMARY: _snapped(_to_primary),
    OrderType.MARKET_WITH_PROTECTION: _snapped(_protected),
    OrderType.STOP_WITH_PROTECTION: _snapped(_protected),
    OrderType.PEGGED_TO_BENCHMARK: _to_benchmark,
    OrderType.PEGGED_TO_STOCK: _to_stock,
    OrderType.VOLATILITY: _by_volatility,
}
"""By order type; a type without a rule works at the price that its client gave."""

HALF_TICKS: Final = frozenset(
    (OrderType.MIDPRICE, OrderType.PEGGED_TO_MIDPOINT, OrderType.PEGGED_TO_BEST, OrderType.SNAP_TO_MIDPOINT)
)
"""Types that may work between two ticks, as the midpoint does."""
