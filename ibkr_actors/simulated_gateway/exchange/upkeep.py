"""What time does to orders: they begin, wait, change and end by the clock and by what they watch."""

from __future__ import annotations

import msgspec

from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.simulated_gateway.exchange.adjusted_stops import NOT_ADJUSTED, adjusted, is_due
from ibkr_actors.simulated_gateway.exchange.families import Families
from ibkr_actors.simulated_gateway.exchange.holds import Holds
from ibkr_actors.simulated_gateway.exchange.lifetimes import Lifetimes
from ibkr_actors.simulated_gateway.exchange.matching import Matcher
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.orders.listener import OrderListener
from ibkr_actors.simulated_gateway.orders.order_book import OrderBook
from ibkr_actors.simulated_gateway.orders.working_order import Hold, WorkingOrder
from ibkr_actors.simulated_gateway.refusals import LOCATING


class Upkeep:
    """Looks after the orders that are open, once a step of the market.

    Responsible for: ending what has expired or what its conditions cancel; lifting holds; adjusting stops.
    Not responsible for: matching what begins to work.
    """

    def __init__(
        self,
        book: OrderBook,
        market: Market,
        lifetimes: Lifetimes,
        holds: Holds,
        families: Families,
        matcher: Matcher,
        listener: OrderListener,
    ) -> None:
        self._book = book
        self._market = market
        self._lifetimes = lifetimes
        self._holds = holds
        self._families = families
        self._matcher = matcher
        self._listener = listener

    def advance(self, now: float) -> list[WorkingOrder]:
        """Let it be `now`; returns the orders that work on other terms than before."""
        return [order for order in self._book.open_orders() if self._attend(order, now)]

    def _attend(self, order: WorkingOrder, now: float) -> bool:
        if not order.is_transmitted or order.has_ended or order.status is Status.PENDING_CANCEL:
            return False
        if order.is_for_auction:  # it ends with its auction; what that leaves is of the day of the auction
            order.expires = self._lifetimes.end(order, now)
        if order.expires is not None and order.expires <= now:
            self._expire(order)
        elif not order.is_live or order.exercise is not None or self._has_nothing_to_watch(order):
            return False
        elif self._holds.is_to_be_cancelled(order, now):
            self._families.cancel(order)
        else:
            return self._review(order, now)
        return False

    def _has_nothing_to_watch(self, order: WorkingOrder) -> bool:
        """It works, and only its end or its fill can change that: true of most orders at most times."""
        wanted = order.order
        watches = wanted.conditions or wanted.adjusted_order_type not in NOT_ADJUSTED
        return self._market.always_open and order.is_located and not order.holds and not watches

    def _expire(self, order: WorkingOrder) -> None:
        if order.order.time_in_force == TimeInForce.DAY_TILL_CANCELLED:
            order.order = msgspec.structs.replace(order.order, deactivate=True)
            order.expires = None
            order.move(Status.INACTIVE)
            self._listener.order_changed(order)
        else:
            self._families.cancel(order)

    def _review(self, order: WorkingOrder, now: float) -> bool:
        shares_were_short = Hold.SHARES in order.holds
        changes = self._holds.review(order, now)
        if order.works and is_due(order, self._market.quote(order.listing.contract_id)):
            order.order = adjusted(order.order)
            self._matcher.prepare(order, now)
            changes = True
        if changes:
            order.move(order.resting_status)
            self._listener.order_changed(order)
            if Hold.SHARES in order.holds and not shares_were_short:
                self._listener.order_noticed(order, *LOCATING)
        return changes and order.works
