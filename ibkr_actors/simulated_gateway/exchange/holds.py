"""What keeps orders from working, imposed when they come and lifted when it is over."""

from __future__ import annotations

from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.accounts.accounts import Accounts
from ibkr_actors.simulated_gateway.exchange.conditions import Conditions
from ibkr_actors.simulated_gateway.exchange.lifetimes import Lifetimes
from ibkr_actors.simulated_gateway.exchange.order_hours import OrderHours
from ibkr_actors.simulated_gateway.instruments.margins import ZERO
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.orders.working_order import Hold, WorkingOrder


class Holds:
    """Imposes holds on orders and lifts them.

    Responsible for: acknowledgement, good after time, conditions, shares to borrow, the exchange's hours. An order that
    waits for its parent is held for the rest only when the parent is filled.
    Not responsible for: the parent, whose fill lifts its hold (`Families`); telling anybody.
    """

    def __init__(
        self,
        market: Market,
        accounts: Accounts,
        hours: OrderHours,
        lifetimes: Lifetimes,
        conditions: Conditions,
        *,
        acknowledgement_seconds: float,
    ) -> None:
        self._market = market
        self._accounts = accounts
        self._hours = hours
        self._lifetimes = lifetimes
        self._conditions = conditions
        self._acknowledgement_seconds = acknowledgement_seconds

    def impose(self, order: WorkingOrder, now: float, before: Order | None = None) -> None:
        """Hold an order for all that it has to wait for; `before` is what it was before a change.

        Conditions that were met stay so until they are changed.
        """
        wanted = order.order
        were_met = before is not None and before.conditions == wanted.conditions
        waits_still = Hold.CONDITIONS in order.holds
        order.holds &= {Hold.PARENT}
        order.is_located = False
        if before is None and self._acknowledgement_seconds:
            order.holds.add(Hold.ACKNOWLEDGEMENT)
        start = self._lifetimes.start(order, now)
        if start is not None and start > now:
            order.holds.add(Hold.TIME)
        if wanted.conditions and not wanted.conditions_cancel_order and (waits_still or not were_met):
            order.holds.add(Hold.CONDITIONS)
        self.review(order, now)

    def review(self, order: WorkingOrder, now: float) -> bool:
        """Lift what is over, and impose what has begun; says whether anything changed."""
        before = set(order.holds)
        self._lift(order, now)
        _set(order, Hold.OPENING, not self._hours.is_open(order))
        if not order.is_located and not order.holds - {Hold.OPENING, Hold.SHARES}:
            order.is_located = not self._shares_are_short(order)
            _set(order, Hold.SHARES, not order.is_located)
        return order.holds != before

    def _lift(self, order: WorkingOrder, now: float) -> None:
        holds = order.holds
        if Hold.ACKNOWLEDGEMENT in holds and now >= order.transmitted + self._acknowledgement_seconds:
            holds.discard(Hold.ACKNOWLEDGEMENT)
        if Hold.TIME in holds and now >= (self._lifetimes.start(order, now) or now):
            holds.discard(Hold.TIME)
        waits = holds & {Hold.ACKNOWLEDGEMENT, Hold.PARENT, Hold.TIME}
        if Hold.CONDITIONS in holds and not waits and self._conditions.are_met(order, now):
            holds.discard(Hold.CONDITIONS)
            self._conditions.forget(order)

    def is_to_be_cancelled(self, order: WorkingOrder, now: float) -> bool:
        """Its conditions cancel it, and are met."""
        wanted = order.order
        cancels = wanted.conditions_cancel_order and wanted.conditions and not order.waits_for_parent
        return bool(cancels) and self._conditions.are_met(order, now)

    def _shares_are_short(self, order: WorkingOrder) -> bool:
        """It sells more than the account holds, and nobody lends so much."""
        if order.is_buy or order.remaining <= 0:
            return False
        contract_id = order.listing.contract_id
        shares = None if order.is_combination else self._market.quote(contract_id).shortable_shares
        held = self._accounts[order.account].position(contract_id)
        return shares is not None and order.remaining - max(held, ZERO) > shares


def _set(order: WorkingOrder, hold: Hold, applies: bool) -> None:
    if applies:
        order.holds.add(hold)
    else:
        order.holds.discard(hold)
