"""Matching of combinations: all legs at once, or, where the client allows it, one leg ahead of the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypeAlias

from ibkr_actors.classes.enum.liquidity import Liquidity
from ibkr_actors.simulated_gateway.exchange.combos import (
    LARGEST_SEGMENT,
    PRIORITY,
    TO_MARKET,
    is_guaranteed,
    routing,
)
from ibkr_actors.simulated_gateway.exchange.filling import Filling
from ibkr_actors.simulated_gateway.exchange.offers import is_within
from ibkr_actors.simulated_gateway.instruments.margins import ZERO
from ibkr_actors.simulated_gateway.market.depth import Depth, Source
from ibkr_actors.simulated_gateway.market.market import Market, Quote
from ibkr_actors.simulated_gateway.orders.order_kinds import LAST_LEG_AT_MARKET
from ibkr_actors.simulated_gateway.orders.order_parts import Part, Work
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder

Children: TypeAlias = list[WorkingOrder]
_DIGITS: Final = 10


@dataclass(slots=True)
class Segment:
    """So many of a combination whose legs are being filled one by one."""

    sets: Decimal
    began: float
    """Epoch seconds."""
    filled: dict[int, Decimal] = field(default_factory=dict)
    """Quantity of each leg, by its place."""
    spent: dict[int, Decimal] = field(default_factory=dict)


class ComboMatcher:
    """Matches orders for combinations with the quotes of their legs.

    Responsible for: the price of a combination; guaranteed orders, whose legs fill together in their ratio or not at
    all; non-guaranteed ones, which fill a segment leg by leg. The limit of an order is never passed: of a segment, the
    legs that are filled and the market's prices of the others have to be within it together. Only a leg that
    the client lets go at the market (LMT + MKT, ChangeToMktTime1) takes any price.
    """

    def __init__(self, market: Market, depth: Depth, filling: Filling) -> None:
        self._market = market
        self._depth = depth
        self._filling = filling
        self._segments: dict[int, Segment] = {}

    def match(self, order: WorkingOrder, work: Work, now: float, liquidity: Liquidity) -> Children:
        """Do with the order what the present quotes make of it; returns the orders that begin to work by it."""
        if not self.is_open(order):
            return []
        if not is_guaranteed(order.order):
            return self._work_segment(order, work, now, liquidity)
        sets = self.fillable(order, work)
        if not sets:
            return []
        prices = [self._price(order, part) for part in order.parts]
        for part in order.parts:
            self._depth.take(*self._place(order, part), sets * abs(part.ratio))
        return self._filling.fill_combination(
            order, sets, prices, self._combined(order, prices), now, liquidity
        )

    def fillable(self, order: WorkingOrder, work: Work) -> Decimal:
        """How many of the combination the market has now, within the limits."""
        prices = [self._price(order, part) for part in order.parts]
        if min(prices) <= 0 or not self.is_open(order):
            return ZERO
        if not is_within(self._combined(order, prices), work.price, is_buy=order.is_buy):
            return ZERO
        if not all(
            is_within(price, part.limit, is_buy=_buys(order, part))
            for price, part in zip(prices, order.parts, strict=True)
        ):
            return ZERO
        sets = min(self._sets(order, part) for part in order.parts)
        sets = min(sets, order.remaining)
        return ZERO if order.order.all_or_none and sets < order.remaining else sets

    def is_open(self, order: WorkingOrder) -> bool:
        """All legs trade now."""
        return all(
            quote.halted <= 0 and self._market.is_open(quote.contract_id)
            for quote in (self._quote(part) for part in order.parts)
        )

    # ------------------------------------------------------------------------------------------------ leg by leg

    def _work_segment(self, order: WorkingOrder, work: Work, now: float, liquidity: Liquidity) -> Children:
        """Fill what can be filled of the present segment; when it is whole, the combination is filled by it."""
        segment = self._segments.get(order.permanent_id) or self._new_segment(order, now)
        for number in self._by_priority(order):
            self._fill_leg(order, work, segment, number, now, liquidity)
        if segment.filled and all(
            segment.filled.get(number, ZERO) == segment.sets * abs(part.ratio)
            for number, part in enumerate(order.parts)
        ):
            self._segments.pop(order.permanent_id, None)
            order.legging = ZERO
            price = self._price_of_segment(order, segment)
            return self._filling.complete(order, segment.sets, price, now, liquidity)
        if segment.filled:
            self._segments[order.permanent_id] = segment
            order.legging = segment.sets
        return []

    def _new_segment(self, order: WorkingOrder, now: float) -> Segment:
        largest = routing(order.order, LARGEST_SEGMENT)
        displayed = max(self._sets(order, part) for part in order.parts)
        most = min(order.remaining, max(displayed, Decimal(1)))
        return Segment(min(most, Decimal(largest)) if largest else most, now)

    def _by_priority(self, order: WorkingOrder) -> list[int]:
        numbers = list(range(len(order.parts)))
        return numbers[::-1] if routing(order.order, PRIORITY) == "-1" else numbers

    def _fill_leg(
        self, order: WorkingOrder, work: Work, segment: Segment, number: int, now: float, liquidity: Liquidity
    ) -> None:
        part = order.parts[number]
        wanted = segment.sets * abs(part.ratio) - segment.filled.get(number, ZERO)
        price = self._price(order, part)
        quantity = min(wanted, self._available(order, part))
        if quantity <= 0 or price <= 0 or not is_within(price, part.limit, is_buy=_buys(order, part)):
            return
        expected = self._price_of_segment(order, segment)
        if not self._goes_at_market(order, segment, now) and not is_within(
            expected, work.price, is_buy=order.is_buy
        ):
            return
        self._depth.take(*self._place(order, part), quantity)
        segment.filled[number] = segment.filled.get(number, ZERO) + quantity
        segment.spent[number] = segment.spent.get(number, ZERO) + quantity * Decimal(str(price))
        self._filling.fill_leg(order, part, quantity, price, now, liquidity)

    def _goes_at_market(self, order: WorkingOrder, segment: Segment, now: float) -> bool:
        if not segment.filled:
            return False
        patience = routing(order.order, TO_MARKET)
        timed_out = bool(patience) and now >= segment.began + float(patience)
        return timed_out or order.order.order_type in LAST_LEG_AT_MARKET

    def _price_of_segment(self, order: WorkingOrder, segment: Segment) -> float:
        """Of one combination: what its legs have cost, and what the rest of them would cost now."""
        total = ZERO
        for number, part in enumerate(order.parts):
            wanted = segment.sets * abs(part.ratio)
            rest = wanted - segment.filled.get(number, ZERO)
            cost = segment.spent.get(number, ZERO) + rest * Decimal(str(self._price(order, part)))
            total += cost if part.ratio > 0 else -cost
        return float(round(total / segment.sets, _DIGITS))

    # ----------------------------------------------------------------------------------------- prices and sizes

    def _quote(self, part: Part) -> Quote:
        return self._market.quote(part.listing.contract_id)

    def _price(self, order: WorkingOrder, part: Part) -> float:
        quote = self._quote(part)
        return quote.ask if _buys(order, part) else quote.bid

    def _combined(self, order: WorkingOrder, prices: list[float]) -> float:
        pairs = zip(prices, order.parts, strict=True)
        return float(sum((Decimal(str(price)) * part.ratio for price, part in pairs), ZERO))

    def _place(self, order: WorkingOrder, part: Part) -> tuple[Quote, Source]:
        return self._quote(part), Source.ASK if _buys(order, part) else Source.BID

    def _available(self, order: WorkingOrder, part: Part) -> Decimal:
        return self._depth.available(*self._place(order, part))

    def _sets(self, order: WorkingOrder, part: Part) -> Decimal:
        return self._available(order, part) // abs(part.ratio)


def _buys(order: WorkingOrder, part: Part) -> bool:
    """A leg is bought when it is bought by a purchase of the combination, or sold by a purchase and this is a sale."""
    return order.is_buy is (part.ratio > 0)
