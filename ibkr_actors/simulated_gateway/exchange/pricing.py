"""The price at which an order works: made when it begins, made again as the market moves."""

from __future__ import annotations

from math import ceil, floor, sqrt
from typing import Final

from msgspec import structs

from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.volatility_type import ReferencePriceType, VolatilityType
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.exchange.combos import prices_of
from ibkr_actors.simulated_gateway.exchange.pegs import HALF_TICKS, RULES, View
from ibkr_actors.simulated_gateway.market.market import Market, Quote
from ibkr_actors.simulated_gateway.orders.order_kinds import (
    LIMITED,
    PEGGED,
    REFERRED,
    RELATIVE_COMBINATIONS,
    SETTLING,
)
from ibkr_actors.simulated_gateway.orders.order_parts import Work
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder

TRADING_DAYS: Final = 252
"""Of a year: what a daily volatility is multiplied with the root of."""
_HAIR: Final = 1e-7
"""A price this close to the grid, in ticks, lies on it."""


def on_grid(price: float, tick: float, *, down: bool) -> float:
    """The next price of a grid, in the direction that is worse for the market and better for the order."""
    ticks = floor(price / tick + _HAIR) if down else ceil(price / tick - _HAIR)
    return round(ticks * tick, 10)


def reference_of(order: Order, underlying: int) -> int:
    """The contract whose price moves the order's; 0 for none."""
    if order.order_type not in REFERRED:
        return 0
    return order.reference_contract_id if order.order_type == OrderType.PEGGED_TO_BENCHMARK else underlying


class Pricing:
    """Makes the prices of orders and keeps them in their `Work`, and in the limit price that clients read.

    Responsible for: which price an order works at, the client's limit as its cap, the tick grid.
    Not responsible for: what triggers an order, what it fills, who is told of a new price.
    """

    def __init__(self, market: Market) -> None:
        self._market = market

    def begin(self, order: WorkingOrder, quote: Quote, now: float) -> Work:
        """What is remembered of the order under its present terms; made when they are new."""
        work = order.work
        if work is not None and work.terms is not order.order and _go_on(work, order.order):
            order.order.limit_price = work.terms.limit_price
            work.terms = order.order
        elif work is None or work.terms is not order.order:
            work = order.work = self._new_work(order, quote, now)
        return work

    def _new_work(self, order: WorkingOrder, quote: Quote, now: float) -> Work:
        terms = order.order
        cap = terms.limit_price if terms.order_type in LIMITED | PEGGED | SETTLING else None
        has_limit = order.is_combination and all(part.limit is None for part in order.parts)
        if not cap and not (has_limit and terms.order_type in LIMITED):
            cap = None  # for a combination nothing is a price too
        before = order.work
        work = Work(terms, now, cap, filled=order.filled, print_seen=print_of(quote))
        if before is not None:
            work.restored = before.restored
        if terms.order_type in LIMITED | SETTLING:
            work.price = cap
        if terms.order_type in SETTLING and cap is None and order.filled and before is not None:
            work.price = terms.limit_price = before.price
        reference = self._reference(order)
        if reference is not None:
            work.reference = terms.stock_reference_price or _middle(reference)
            work.base = terms.starting_price or _middle(quote)
        return work

    def follow(self, order: WorkingOrder, work: Work, quote: Quote) -> bool:
        """Let the price follow the market; says whether clients have to be told of a new one."""
        terms = order.order
        if order.is_combination:
            return terms.order_type in RELATIVE_COMBINATIONS and self._follow_legs(order, work)
        if terms.order_type in LIMITED and terms.order_type not in RULES:
            work.price = work.cap if not terms.limit_price else terms.limit_price  # a trailing limit moves
            return False
        rule = RULES.get(terms.order_type)
        price = rule(self._view(order, work, quote)) if rule else None
        if price is None:
            return False
        return self._tell(order, work, self._kept_within(order, work, price))

    def _follow_legs(self, order: WorkingOrder, work: Work) -> bool:
        """Better than the own side of the combination's quote by the offset, never as good as the other side."""
        legs = [(self._market.quote(part.listing.contract_id), part.ratio) for part in order.parts]
        bid, ask = prices_of(legs)
        tick, offset = self.tick(order), order.order.auxiliary_price or 0.0
        price = min(bid + offset, ask - tick) if order.is_buy else max(ask - offset, bid + tick)
        return self._tell(order, work, self._capped(order, work, on_grid(price, tick, down=order.is_buy)))

    def _tell(self, order: WorkingOrder, work: Work, price: float) -> bool:
        changed = order.order.limit_price != price
        work.price = order.order.limit_price = price
        return changed

    def _kept_within(self, order: WorkingOrder, work: Work, price: float) -> float:
        """On the grid, and never beyond the client's limit."""
        tick = self.tick(order) / (2 if order.order.order_type in HALF_TICKS else 1)
        return self._capped(order, work, on_grid(max(price, tick), tick, down=order.is_buy))

    def _capped(self, order: WorkingOrder, work: Work, price: float) -> float:
        if work.cap is None:
            return price
        return min(price, work.cap) if order.is_buy else max(price, work.cap)

    def tick(self, order: WorkingOrder) -> float:
        """The distance between two prices of the order's contract."""
        return self._market.catalogue[order.listing.contract_id].minimum_tick

    def is_out_of_range(self, order: WorkingOrder) -> bool:
        """The underlying (or benchmark) has left the range in which the client wants the order to work."""
        reference = self._reference(order)
        if reference is None:
            return False
        low, high, price = order.order.stock_range_lower, order.order.stock_range_upper, _middle(reference)
        return bool((low and price < low) or (high and price > high))

    def _reference(self, order: WorkingOrder) -> Quote | None:
        instrument = self._market.catalogue[order.listing.contract_id]
        contract_id = reference_of(order.order, instrument.underlying_contract_id)
        return self._market.quote(contract_id) if contract_id else None

    def _view(self, order: WorkingOrder, work: Work, quote: Quote) -> View:
        reference, model_price = self._reference(order), None
        if order.order.order_type == OrderType.VOLATILITY and reference is not None:
            model_price = self._model_price(order, reference)
        return View(
            order.order,
            work,
            order.is_buy,
            quote,
            self.tick(order),
            reference,
            model_price,
            is_put=order.listing.right.startswith("P"),
        )

    def _model_price(self, order: WorkingOrder, underlying: Quote) -> float:
        terms = order.order
        volatility = (terms.volatility or 0.0) / 100
        if terms.volatility_type == VolatilityType.DAILY:
            volatility *= sqrt(TRADING_DAYS)
        price = _middle(underlying)
        if terms.reference_price_type == ReferencePriceType.BID_OR_ASK:
            # The bid for calls that are bought and puts that are sold, the ask for the others (D).
            is_call = not order.listing.right.startswith("P")
            price = underlying.bid if order.is_buy is is_call else underlying.ask
        return self._market.option_value(order.listing.contract_id, price, volatility)


def _go_on(work: Work, terms: Order) -> bool:
    """New terms differ in quantity alone, for a client or a relative changed it: the work goes on where it stands.

    The limit may be the client's or the price that the gateway made of it and told.
    """
    old = work.terms
    same = structs.replace(
        terms, total_quantity=old.total_quantity, limit_price=old.limit_price, deactivate=old.deactivate
    )
    return same == old and terms.limit_price in (old.limit_price, work.cap or 0.0)


def settle(order: WorkingOrder, work: Work, price: float) -> None:
    """What is left of a market-to-limit order becomes a limit order at the price of its first fill."""
    if order.order.order_type in SETTLING and order.filled and work.price is None:
        work.price = order.order.limit_price = price


def worst_price(order: WorkingOrder, work: Work) -> float | None:
    """The last price at which the order may fill, discretion included; None for any."""
    terms = order.order
    if work.price is None:
        return None
    if terms.discretionary_up_to_limit_price and work.cap is not None:
        return work.cap
    reach = terms.discretionary_amount or 0.0
    return round(work.price + reach if order.is_buy else work.price - reach, 10)


def print_of(quote: Quote) -> tuple[float, ...]:
    """What makes one trade of the market a different one from the next."""
    return quote.last, quote.last_time, quote.volume


def _middle(quote: Quote) -> float:
    """Half way between bid and ask; an index has neither."""
    return (quote.bid + quote.ask) / 2 if quote.bid > 0 else quote.mark
