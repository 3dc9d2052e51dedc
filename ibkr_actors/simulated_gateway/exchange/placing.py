"""The start of orders: drafts, brackets that go out with their last leg, the first word about an order."""

from __future__ import annotations

from typing import Final

from ibkr_actors.classes.enum.liquidity import Liquidity
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.simulated_gateway.accounts.credit import Credit
from ibkr_actors.simulated_gateway.exchange.families import Families
from ibkr_actors.simulated_gateway.exchange.hedges import check_hedge
from ibkr_actors.simulated_gateway.exchange.holds import Holds
from ibkr_actors.simulated_gateway.exchange.lifetimes import Lifetimes
from ibkr_actors.simulated_gateway.exchange.matching import Matcher
from ibkr_actors.simulated_gateway.exchange.order_checks import IMMEDIATE
from ibkr_actors.simulated_gateway.exchange.order_hours import OrderHours, outside_hours
from ibkr_actors.simulated_gateway.exchange.precautions import Precautions
from ibkr_actors.simulated_gateway.orders.listener import OrderListener
from ibkr_actors.simulated_gateway.orders.order_book import OrderBook
from ibkr_actors.simulated_gateway.orders.order_kinds import TRAILING
from ibkr_actors.simulated_gateway.orders.working_order import Hold, WorkingOrder
from ibkr_actors.simulated_gateway.refusals import (
    LOCATING,
    MISSING_PARENT,
    TRAIL_OF_MARKET,
    Refusal,
    order_rejected,
)

REPEATS: Final = 2
"""How often real gateways repeat themselves about an order that waits for the opening."""


class Placing:
    """Starts orders that were accepted.

    Responsible for: which orders go out together; rejecting what the account can't carry; orders that end as they
    begin (fill or kill, immediate or cancel, far beyond the market).
    Not responsible for: whether an order may be placed at all, what happens to it later.
    """

    def __init__(
        self,
        book: OrderBook,
        hours: OrderHours,
        lifetimes: Lifetimes,
        holds: Holds,
        credit: Credit,
        precautions: Precautions,
        families: Families,
        matcher: Matcher,
        listener: OrderListener,
    ) -> None:
        self._book = book
        self._hours = hours
        self._lifetimes = lifetimes
        self._holds = holds
        self._credit = credit
        self._precautions = precautions
        self._families = families
        self._matcher = matcher
        self._listener = listener

    def parent_of(self, order: WorkingOrder) -> WorkingOrder | None:
        """The parent that an order names. Raises Refusal for one that isn't there, or can't have such a child."""
        if not order.order.parent_id:
            check_hedge(order.order, order.listing, None)
            return None
        parent = self._book.find(order.client_id, order.order.parent_id)
        if parent is None or parent is order or not (parent.is_live or parent.status is Status.FILLED):
            raise Refusal(*MISSING_PARENT)
        if order.order.order_type in TRAILING and parent.order.order_type == OrderType.MARKET:
            raise Refusal(*TRAIL_OF_MARKET)
        check_hedge(order.order, order.listing, parent)
        return parent

    def transmit(self, order: WorkingOrder, parent: WorkingOrder | None, now: float) -> None:
        """Send an order on; the last leg of a bracket brings the parent and the other legs along.

        All are announced before any of them fills, as recorded.
        """
        orders = _sent_together(order, parent)
        for each in orders:
            each.is_transmitted, each.transmitted = True, now
            self._book.join_group(each)
        first, *children = orders
        reason = None if first.waits_for_parent else self._refusal(first)
        if reason is not None:
            for each in orders:
                self._reject(each, reason)
            return
        for each in orders:
            self._announce(each, now)
        if not first.is_live:  # it had to fill at once, and did not
            for child in children:
                if child.is_live:
                    self._families.cancel(child)
        for each in orders:
            self.work(each, now)

    def _refusal(self, order: WorkingOrder) -> str | None:
        return self._matcher.refusal(order) or self._credit.refusal(order)

    def _reject(self, order: WorkingOrder, reason: str) -> None:
        order.rejection = reason
        order.move(Status.INACTIVE)
        self._listener.order_changed(order)
        self._listener.order_noticed(order, *order_rejected(reason))

    def _announce(self, order: WorkingOrder, now: float) -> None:
        """Say for the first time where the order stands; some end here."""
        self._holds.impose(order, now)
        order.expires = self._lifetimes.end(order, now)
        self._matcher.prepare(order, now)
        for notice in order.notices:
            self._listener.order_noticed(order, *notice)
        if order.order.deactivate:
            order.move(Status.INACTIVE)
            self._listener.order_changed(order)
        elif self._has_to_fill(order) and not self._fills_at_once(order, now):
            self._kill(order)
        else:
            order.move(order.resting_status)
            self._listener.order_changed(order)
            self._say_what_holds(order)
            self._cancel_beyond_cap(order)

    def _say_what_holds(self, order: WorkingOrder) -> None:
        if Hold.SHARES in order.holds:
            self._listener.order_noticed(order, *LOCATING)
        if Hold.OPENING in order.holds:
            self._listener.order_noticed(order, *outside_hours(order, self._hours.opening(order)))
            for _ in range(REPEATS):
                self._listener.order_changed(order)

    def _cancel_beyond_cap(self, order: WorkingOrder) -> None:
        if order.is_combination:  # its price may be nothing, of which a cap has no percentage
            return
        reason = self._precautions.beyond_cap(order.order, order.listing.contract_id)
        if reason is not None:
            self._families.cancel(order, reason=reason)

    def _has_to_fill(self, order: WorkingOrder) -> bool:
        return order.order.time_in_force in IMMEDIATE and not order.holds

    def _fills_at_once(self, order: WorkingOrder, now: float) -> bool:
        quantity = self._matcher.fillable(order, now)
        return (
            quantity == order.remaining
            if order.order.time_in_force == TimeInForce.FILL_OR_KILL
            else quantity > 0
        )

    def _kill(self, order: WorkingOrder) -> None:
        if order.order.time_in_force == TimeInForce.FILL_OR_KILL:
            order.move(Status.INACTIVE)
            self._listener.order_changed(order)
            return
        order.move(Status.PENDING_CANCEL)
        self._listener.order_changed(order)
        order.move(Status.CANCELLED)
        self._listener.status_changed(order)

    def work(self, order: WorkingOrder, now: float) -> None:
        """Match an order that begins to work, or works on other terms."""
        kills = order.works and order.order.time_in_force == TimeInForce.FILL_OR_KILL
        if kills and not self._fills_at_once(order, now):
            self._kill(order)
            return
        self._matcher.match(order, now, liquidity=Liquidity.REMOVED)
        if order.works and order.order.time_in_force in IMMEDIATE:
            self._families.cancel(order, noticed=False)


def _sent_together(order: WorkingOrder, parent: WorkingOrder | None) -> list[WorkingOrder]:
    if parent is None or parent.is_transmitted:
        return [order]
    return [parent, *(child for child in parent.children if not child.is_transmitted)]
