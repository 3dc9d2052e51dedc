"""Matching: elects what waits, makes the prices of what works, and fills it from what the market has."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.liquidity import Liquidity
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.accounts.accounts import Accounts
from ibkr_actors.simulated_gateway.exchange.algos import Algos
from ibkr_actors.simulated_gateway.exchange.auctions import Auctions, rests_after_auction
from ibkr_actors.simulated_gateway.exchange.combo_matching import ComboMatcher
from ibkr_actors.simulated_gateway.exchange.combos import parts_of
from ibkr_actors.simulated_gateway.exchange.families import Families
from ibkr_actors.simulated_gateway.exchange.filling import Filling
from ibkr_actors.simulated_gateway.exchange.offers import Offer, Reach, Shown, is_within, offers, reach_of
from ibkr_actors.simulated_gateway.exchange.pricing import Pricing, print_of, reference_of, settle
from ibkr_actors.simulated_gateway.exchange.scales import is_scale, profit_taker, restore
from ibkr_actors.simulated_gateway.exchange.scales import reach as scale_reach
from ibkr_actors.simulated_gateway.exchange.triggers import is_elected, trail
from ibkr_actors.simulated_gateway.instruments.catalogue import Instrument
from ibkr_actors.simulated_gateway.instruments.margins import ZERO
from ibkr_actors.simulated_gateway.market.book_levels import BookLevels
from ibkr_actors.simulated_gateway.market.depth import Depth, Source
from ibkr_actors.simulated_gateway.market.market import Market, Quote
from ibkr_actors.simulated_gateway.orders.listener import OrderListener
from ibkr_actors.simulated_gateway.orders.order_parts import Part, Work
from ibkr_actors.simulated_gateway.orders.trades import TradeLog
from ibkr_actors.simulated_gateway.orders.working_order import Hold, WorkingOrder
from ibkr_actors.simulated_gateway.refusals import invalid


class Matcher:
    """Matches one order at a time with the quote of its contract.

    Responsible for: when an order is elected, at which price it works, what it fills. A purchase fills at the ask and
    a sale at the bid, as much as is displayed there, never beyond the order's limit; a resting order that is better
    than the market's own side has its part in the market's trades. The rest waits for the next quote.
    Not responsible for: whether the order may work at all, what its end or its fill does to others.
    """

    def __init__(
        self,
        market: Market,
        accounts: Accounts,
        trades: TradeLog,
        families: Families,
        listener: OrderListener,
        place: Callable[[WorkingOrder, Order, float], None],
    ) -> None:
        """`place` places an order that another one brings about: a scale's profit taker."""
        self._place = place
        self._market = market
        self._families = families
        self._listener = listener
        self._depth = Depth()
        self._filling = Filling(accounts, trades, families, listener)
        self._auctions = Auctions(market)
        self._algos = Algos(market, self._auctions)
        self._combos = ComboMatcher(market, self._depth, self._filling)
        self._pricing = Pricing(market)
        self._levels = BookLevels(market.seed)

    def watched_by(
        self, order: Order, instrument: Instrument, parts: tuple[Part, ...] = ()
    ) -> frozenset[int]:
        """The contracts beside the order's own that it depends on. Raises Refusal for an unknown benchmark."""
        reference = reference_of(order, instrument.underlying_contract_id)
        if reference and reference not in self._market.catalogue:
            raise invalid("Reference contract is unknown")
        legs = {part.listing.contract_id for part in parts}
        return frozenset(legs | {reference}) - {0}

    def parts_of(self, contract: Contract) -> tuple[Part, ...]:
        """What an order for a combination trades; empty for any other contract."""
        return parts_of(self._market.catalogue, contract)

    def prepare(self, order: WorkingOrder, now: float) -> None:
        """Make the first price of an order, or that of new terms, before anybody is told of them."""
        quote = self._market.quote(order.listing.contract_id)
        work = self._pricing.begin(order, quote, now)
        if order.is_for_auction and not order.waits_for_parent:
            work.auction_at = self._auctions.next_for(order)
        elif order.is_triggered:
            self._pricing.follow(order, work, quote)
        else:
            trail(order, quote)

    def match(self, order: WorkingOrder, now: float, *, liquidity: Liquidity = Liquidity.ADDED) -> None:
        """Do with the order what the present quote makes of it; `liquidity`: REMOVED when it comes just now."""
        quote = self._market.quote(order.listing.contract_id)
        work = self._pricing.begin(order, quote, now)
        if order.is_for_auction:
            self._await_auction(order, work, now)
        elif order.works and order.is_combination:
            self._match_combination(order, work, quote, now, liquidity)
        elif order.works and self._trades_now(quote):
            self._match(order, work, quote, now, arrives=liquidity == Liquidity.REMOVED)

    def _match(self, order: WorkingOrder, work: Work, quote: Quote, now: float, *, arrives: bool) -> None:
        if not order.is_triggered:
            if not self._is_elected(order, work, quote):
                return
            arrives = True
        if self._pricing.is_out_of_range(order):
            self._families.cancel(order)
            return
        # What rests is reached at the price that it shows; only then does the price follow the market.
        if not arrives:
            self._take(order, quote, now, arrives=False)
        if order.is_live and self._follow(order, quote, now):
            arrives = True
        if order.is_live and arrives:
            self._take(order, quote, now, arrives=True)
        work.print_seen = print_of(quote)
        self._end_of_window(order, work, now)

    def _match_combination(
        self, order: WorkingOrder, work: Work, quote: Quote, now: float, liquidity: Liquidity
    ) -> None:
        self._begin(self._combos.match(order, work, now, liquidity), now)
        if order.is_live and self._follow(order, quote, now):
            self._begin(self._combos.match(order, work, now, liquidity), now)

    def _end_of_window(self, order: WorkingOrder, work: Work, now: float) -> None:
        if order.is_live and order.order.algo_strategy and self._algos.is_over(order, work, now):
            self._families.cancel(order)

    def fillable(self, order: WorkingOrder, now: float) -> Decimal:
        """How much of an order that arrives the present quote would fill."""
        quote = self._market.quote(order.listing.contract_id)
        if order.is_combination:
            return self._combos.fillable(order, self._pricing.begin(order, quote, now))
        return sum((offer.quantity for offer in self._offers(order, quote, now, arrives=True)), ZERO)

    def _trades_now(self, quote: Quote) -> bool:
        return quote.halted <= 0 and self._market.is_open(quote.contract_id)

    # ----------------------------------------------------------------------------------------------------- auctions

    def refusal(self, order: WorkingOrder) -> str | None:
        """Why an order comes at a wrong time for its auction; None when it does not."""
        return self._auctions.refusal(order)

    def _await_auction(self, order: WorkingOrder, work: Work, now: float) -> None:
        """Fill the order in its auction when that has come, as far as its limit allows; then end it or let it rest."""
        if not order.is_live or not order.is_transmitted or order.holds - {Hold.OPENING}:
            return
        if work.auction_at is None:
            work.auction_at = self._auctions.next_for(order)
        if now < work.auction_at:
            return
        price = self._auctions.price(order, work.auction_at)
        order.auction_is_over = True
        if is_within(price, work.price, is_buy=order.is_buy):
            self._fill(order, order.remaining, Offer(price, order.remaining, Source.TRADE, True), now)
        elif rests_after_auction(order.order):
            order.move(order.resting_status)
            self._listener.order_changed(order)
        else:
            self._families.cancel(order)

    # ----------------------------------------------------------------------------------------------------- electing

    def _is_elected(self, order: WorkingOrder, work: Work, quote: Quote) -> bool:
        moved = trail(order, quote)
        if not is_elected(order, work, quote):
            if moved:
                self._listener.order_changed(order)
            return False
        order.is_triggered = True
        order.move(Status.SUBMITTED)
        self._pricing.follow(order, work, quote)
        self._listener.order_changed(order)
        return True

    def _follow(self, order: WorkingOrder, quote: Quote, now: float) -> bool:
        """Let the order's price follow the market, and say so; whether it changed."""
        changed = self._pricing.follow(order, self._pricing.begin(order, quote, now), quote)
        if changed:
            self._listener.order_changed(order)
        return changed

    # ------------------------------------------------------------------------------------------------------ filling

    def _offers(self, order: WorkingOrder, quote: Quote, now: float, *, arrives: bool) -> list[Offer]:
        if not self._trades_now(quote):
            return []
        work, tick = self._pricing.begin(order, quote, now), self._pricing.tick(order)
        reach = self._reach(order, work, quote, now, tick)
        instrument = self._market.catalogue[quote.contract_id]
        levels = self._levels.levels(instrument, quote, is_bid=not order.is_buy)
        return offers(order, reach, work, Shown(quote, self._depth, levels), arrives=arrives)

    def _reach(self, order: WorkingOrder, work: Work, quote: Quote, now: float, tick: float) -> Reach:
        if order.order.algo_strategy:
            return self._algos.reach(order, work, quote, now, tick)
        if is_scale(order.order):
            return scale_reach(order, work, now, tick)
        return reach_of(order, work)

    def _take(self, order: WorkingOrder, quote: Quote, now: float, *, arrives: bool) -> None:
        if arrives and order.order.post_only:
            return
        for offer in self._offers(order, quote, now, arrives=arrives):
            if not order.is_live:  # a fill may have ended it: by its group, or by its own end
                return
            self._depth.take(quote, offer.source, offer.quantity)
            self._fill(order, min(offer.quantity, order.remaining), offer, now)
            if is_scale(order.order) and order.is_live:  # the next component may be there for it too
                self._take(order, quote, now, arrives=arrives)

    def _fill(self, order: WorkingOrder, quantity: Decimal, offer: Offer, now: float) -> None:
        liquidity = Liquidity.ADDED if offer.adds_liquidity else Liquidity.REMOVED
        profit = self._profit_taker(order, quantity, now)
        began = self._filling.fill(order, quantity, offer.price, now, liquidity)
        if order.work is not None:
            settle(order, order.work, offer.price)
        if order.ladder is not None and restore(order.ladder, quantity):
            self._listener.order_changed(order.ladder)
        if profit is not None:
            self._place(order, profit, now)
        self._begin(began, now)

    def _profit_taker(self, order: WorkingOrder, quantity: Decimal, now: float) -> Order | None:
        if order.work is None or not is_scale(order.order):
            return None
        return profit_taker(order, order.work, quantity, now, self._pricing.tick(order))

    def _begin(self, orders: list[WorkingOrder], now: float) -> None:
        for order in orders:
            self.match(order, now, liquidity=Liquidity.REMOVED)
