"""The exchange: takes orders and changes, refuses, cancels, and matches as the market moves.

No clock, no sockets, no message of the wire: `now` (epoch seconds) is an argument, and a test can listen.
"""

from __future__ import annotations

from collections.abc import Iterable

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.accounts import Accounts
from ibkr_actors.simulated_gateway.amendments import Amendments
from ibkr_actors.simulated_gateway.cash_quantities import with_quantity_of_cash
from ibkr_actors.simulated_gateway.credit import Credit
from ibkr_actors.simulated_gateway.families import Families
from ibkr_actors.simulated_gateway.instruments import Instrument, Refusal
from ibkr_actors.simulated_gateway.listener import OrderListener
from ibkr_actors.simulated_gateway.market import Market
from ibkr_actors.simulated_gateway.matching import Matcher
from ibkr_actors.simulated_gateway.order_book import OrderBook
from ibkr_actors.simulated_gateway.order_checks import IMMEDIATE, check_order, normalized
from ibkr_actors.simulated_gateway.order_hours import OrderHours
from ibkr_actors.simulated_gateway.order_kinds import TRAILING, WAITING
from ibkr_actors.simulated_gateway.refusals import (
    ACCOUNT_NEEDED,
    ACCOUNT_UNKNOWN,
    DUPLICATE_ORDER,
    MISSING_PARENT,
    TRAIL_OF_MARKET,
    order_not_cancellable,
    order_not_found,
    order_rejected,
    outside_hours,
)
from ibkr_actors.simulated_gateway.trades import REMOVED, TradeLog
from ibkr_actors.simulated_gateway.working_order import Hold, WorkingOrder, with_defaults


class Exchange:
    """The life of every order, from its acceptance to its end.

    Responsible for: which orders are accepted, rejected and refused; brackets held until their last leg; cancelling.
    Delegates: money to `Credit` and `Accounts`, fills to `Matcher`, relatives to `Families`.
    Not responsible for: who is told, and in which messages; the listener is.
    """

    def __init__(self, market: Market, accounts: Accounts, listener: OrderListener, *, seed: int = 0) -> None:
        self.book = OrderBook()
        self.trades = TradeLog(seed)
        self._market = market
        self._accounts = accounts
        self._listener = listener
        self._credit = Credit(accounts, self.book)
        self._hours = OrderHours(market)
        self._families = Families(self.book, listener)
        self._matcher = Matcher(market, accounts, self.trades, self._families, listener)
        self._amendments = Amendments(self._credit, listener)

    # ------------------------------------------------------------------------------------------------------ placing

    def place(
        self,
        client_id: int,
        order_id: int,
        contract: Contract,
        instrument: Instrument,
        order: Order,
        now: float,
    ) -> None:
        """Take a new order, or a change of one. Raises Refusal for what never becomes an order."""
        quote = self._market.quote(instrument.contract_id)
        order = with_quantity_of_cash(normalized(order), instrument, quote)
        check_order(order, instrument)
        order.account = self.account_named(order.account)
        existing = self.book.find(client_id, order_id)
        if existing is not None and not existing.is_draft and not order.what_if:
            self._amendments.amend(existing, contract, order)
            self._work(existing, now)
            return
        new = self._new_order(client_id, order_id, contract, instrument, order, now)
        if order.what_if:
            self._listener.order_previewed(new, self._credit.preview(new))
        else:
            self._accept(existing, new, now)

    def account_named(self, account: str) -> str:
        """The account of an order that names one, or the login's only one. Raises Refusal when there is no such."""
        if account:
            if account not in self._accounts:
                raise Refusal(*ACCOUNT_UNKNOWN)
            return account
        if len(self._accounts.codes) > 1:
            raise Refusal(*ACCOUNT_NEEDED)
        return self._accounts.codes[0]

    def _new_order(
        self,
        client_id: int,
        order_id: int,
        contract: Contract,
        instrument: Instrument,
        order: Order,
        now: float,
    ) -> WorkingOrder:
        permanent_id = self.book.new_permanent_id()
        return WorkingOrder(
            client_id,
            order_id,
            permanent_id,
            contract,
            listing=instrument.contract(instrument.primary_exchange or instrument.exchange),
            order=with_defaults(order, contract, client_id, order_id, permanent_id),
            accepted=now,
            is_triggered=order.order_type not in WAITING,
            watches=self._matcher.watched_by(order, instrument),
        )

    def _accept(self, draft: WorkingOrder | None, order: WorkingOrder, now: float) -> None:
        """Keep a new order (or a new version of a draft that was never transmitted), and start what may start."""
        if draft is None and order.order_id < self.book.next_valid_id(order.client_id):
            raise Refusal(*DUPLICATE_ORDER)
        parent = self._parent_of(order)
        if draft is not None:
            order = _redrafted(draft, order)
        else:
            self.book.add(order)
        if parent is not None:
            self._families.adopt(order, parent)
        if order.order.transmit:
            self._start(_to_be_transmitted(order, parent), now)

    def _parent_of(self, order: WorkingOrder) -> WorkingOrder | None:
        if not order.order.parent_id:
            return None
        parent = self.book.find(order.client_id, order.order.parent_id)
        if parent is None or parent is order or not (parent.is_live or parent.status is Status.FILLED):
            raise Refusal(*MISSING_PARENT)
        if order.order.order_type in TRAILING and parent.order.order_type == OrderType.MARKET:
            raise Refusal(*TRAIL_OF_MARKET)
        return parent

    def _start(self, orders: list[WorkingOrder], now: float) -> None:
        """Transmit a family: all are announced before any of them fills, as recorded."""
        for order in orders:
            order.is_transmitted = True
            self.book.join_group(order)
        first, *children = orders
        reason = (
            None if first.waits_for_parent else self._matcher.refusal(first) or self._credit.refusal(first)
        )
        if reason is not None:
            for order in orders:
                self._reject(order, reason)
            return
        for order in orders:
            self._announce(order, now)
        if not first.is_live:  # it had to fill at once, and did not
            for child in children:
                self._families.cancel(child)
        for order in orders:
            self._work(order, now)

    def _reject(self, order: WorkingOrder, reason: str) -> None:
        order.rejection = reason
        order.move(Status.INACTIVE)
        self._listener.order_changed(order)
        self._listener.order_noticed(order, *order_rejected(reason))

    def _announce(self, order: WorkingOrder, now: float) -> None:
        """Say for the first time where the order stands; one that has to fill at once may end here."""
        self._matcher.prepare(order, now)
        if order.order.time_in_force in IMMEDIATE and not self._fills_at_once(order, now):
            self._kill(order)
            return
        if not self._hours.is_open(order):
            order.holds.add(Hold.OPENING)
        order.move(order.resting_status)
        self._listener.order_changed(order)
        if Hold.OPENING in order.holds:
            self._listener.order_noticed(order, *outside_hours(order, self._hours.opening(order)))

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

    def _work(self, order: WorkingOrder, now: float) -> None:
        self._matcher.match(order, now, liquidity=REMOVED)
        if order.is_live and order.order.time_in_force in IMMEDIATE:
            self._families.cancel(order, noticed=False)

    # --------------------------------------------------------------------------------------------------- cancelling

    def cancel(self, client_id: int, order_id: int) -> None:
        """Cancel an order of this client. Raises Refusal for one that isn't there or has ended."""
        order = self.book.find(client_id, order_id)
        if order is None:
            raise order_not_found(order_id)
        if order.has_ended:
            raise order_not_cancellable(order_id, order.status)
        self._families.cancel(order, by_trader=True)

    def cancel_all(self) -> None:
        """Cancel every live order, whoever placed it."""
        for order in self.book.open_orders():
            if order.is_live:  # the end of an earlier one may have ended it
                self._families.cancel(order, by_trader=True)

    def end_trading(self, contract_id: int) -> None:
        """Cancel every order of a contract that has expired."""
        for order in self.book.of_contract(contract_id):
            if order.is_live:  # the end of an earlier one may have ended it
                self._families.cancel(order)

    def end_day(self) -> None:
        """Cancel what was good for the day only; what still waits for the opening is of the day that begins."""
        for order in self.book.open_orders():
            is_of_today = order.order.time_in_force == TimeInForce.DAY and Hold.OPENING not in order.holds
            is_of_today = is_of_today and not order.is_for_auction
            if order.is_live and is_of_today:
                self._families.cancel(order)

    # ----------------------------------------------------------------------------------------------------- matching

    def advance(self, contract_ids: Iterable[int], now: float) -> None:
        """Release what may work now, then match the orders of the contracts whose quotes changed."""
        for order in self.book.open_orders():
            if Hold.OPENING in order.holds and self._hours.is_open(order):
                self._release(order, Hold.OPENING)
        for contract_id in contract_ids:
            for order in self.book.of_contract(contract_id):
                self._matcher.match(order, now)

    def _release(self, order: WorkingOrder, hold: Hold) -> None:
        order.holds.discard(hold)
        order.move(order.resting_status)
        self._listener.order_changed(order)


def _redrafted(draft: WorkingOrder, order: WorkingOrder) -> WorkingOrder:
    """A draft that was sent again: the same order with its newest wishes."""
    draft.order, draft.is_triggered = order.order, order.is_triggered
    draft.order.permanent_id = draft.permanent_id
    return draft


def _to_be_transmitted(order: WorkingOrder, parent: WorkingOrder | None) -> list[WorkingOrder]:
    """The last leg of a bracket brings the parent and the other legs along."""
    if parent is None or parent.is_transmitted:
        return [order]
    return [parent, *(child for child in parent.children if not child.is_transmitted)]
