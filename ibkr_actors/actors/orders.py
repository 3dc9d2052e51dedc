"""The OrdersActor: every order of the desk, from the strategy's call to its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from loguru import logger
from msgspec.structs import replace

from ibkr_actors.actors.actor import NOBODY, DeskActor, Mail
from ibkr_actors.actors.admission import denial_of, objection_to_placing
from ibkr_actors.actors.desk import Signals, ask_bridge
from ibkr_actors.actors.errands import at_once
from ibkr_actors.actors.journal import Journal
from ibkr_actors.actors.messages import (
    Adopt,
    CancelAll,
    CancelOrder,
    ChangeHandled,
    OrderUnanswered,
    OwnOrder,
    PlaceOrder,
    Send,
    SubscribeTypes,
)
from ibkr_actors.actors.order_records import OrderRecords
from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.actors.owned_orders import WATCHED, OwnedOrders
from ibkr_actors.actors.owner_news import OwnerNews, tell_at_once
from ibkr_actors.actors.reconciliation import Reconciliation
from ibkr_actors.actors.recovery import Recovered
from ibkr_actors.actors.unconfirmed import Unconfirmed
from ibkr_actors.base.ids import FIRST_REQUEST_ID, OrderIds
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, RequestFailed
from ibkr_actors.base.message_codes import CODES, CodeTable
from ibkr_actors.base.messages.connection import ManagedAccounts, NextValidId, Notice
from ibkr_actors.base.messages.declaration import Message, Request
from ibkr_actors.base.messages.executions import (
    CommissionAndFeesReport,
    ExecutionDetails,
    ExecutionDetailsEnd,
)
from ibkr_actors.base.messages.orders import (
    CancelOrderRequest,
    OpenOrder,
    OpenOrderEnd,
    OrderBound,
    OrderStatus,
)
from ibkr_actors.base.order_doubts import ANSWER_WITHIN
from ibkr_actors.base.order_tracking import ABOUT_AN_ORDER, MAKES_AN_ORDER, REFUSED


class OrdersActor(DeskActor):
    """Knows every order of the desk and who owns it.

    Responsible for:
    1. checking an order before it leaves, and recording it (the journal) before that;
    2. the state of each order, indifferent to the order of callbacks (`OwnedOrder`), and telling the owner each
       change once (`OrderChanged`); the bridge's own messages reach the owner as well, by the router;
    3. orders with no reply: after some seconds the bridge is asked, the owner is told (`OrderUnanswered`), and an order
       that the bridge does not know is refused;
    4. when the connection is lost: telling owners of changes and cancellations that the bridge has not confirmed
       (`RequestFailed`); behind it: asking for open orders and executions, and ending what is in neither.

    Orders are placed on the strategy's own thread (`take`); what the bridge says is heard on the reader's. So it does
    nothing that blocks while it holds the `lock`, which is the one of those who run directly: `errand` runs what has to
    be written down or told to the embedding application; `send` gets a request on its way, without it the bridge is
    told; `deliver` puts a message into its owner's next parcel, without it the owner is told at once.

    Understands: PlaceOrder, CancelOrder, CancelAll, Adopt, ChangeHandled, Batch.  Tells: Send to the bridge, OwnOrder
    to the router, Batch to owners.
    """

    def __init__(
        self,
        bridge: Mail,
        router: Mail,
        order_ids: OrderIds,
        signals: Signals,
        request_ids: Callable[[], int],
        *,
        lock: threading.RLock | None = None,
        errand: Callable[[Callable[[], None]], None] = at_once,
        deliver: Callable[[Mail, Message], bool] | None = None,
        send: Callable[[Request], None] | None = None,
        client_id: int = 0,
        live_accounts: frozenset[str] = frozenset(),
        journal: Journal | None = None,
        recovered: Recovered | None = None,
        answer_within: float = ANSWER_WITHIN,
        clock: Callable[[], float] = time.monotonic,
        codes: CodeTable = CODES,
        code: str = "orders",
    ) -> None:
        super().__init__(code)
        self._bridge, self._router = bridge, router
        self._order_ids = order_ids
        self._client_id = client_id
        self._live_accounts = live_accounts
        self._answer_within, self._clock = answer_within, clock
        self._codes = codes
        self._lock = lock or threading.RLock()
        self._send = send or self._send_by_bridge
        self.records = OrderRecords(journal or Journal(None), signals, errand, client_id)
        recovered = recovered or Recovered()
        self._order_ids.at_least(recovered.highest_order_id + 1)
        self._orders = OwnedOrders(recovered.orders, client_id)
        self._has_earlier_orders = bool(self._orders)
        self._accounts: tuple[str, ...] = ()
        self._reconciliation = Reconciliation(self._ask, request_ids)
        self._unconfirmed = Unconfirmed()
        self._news = OwnerNews(
            deliver or partial(tell_at_once, clock), self.records, self._unconfirmed.settle
        )
        self._forsaken: set[str] = set()
        """Codes whose orders are cancelled, for nobody looks after them."""
        self._is_connected = True

    def initialize(self) -> None:
        """Watch everything about orders."""
        self._router.tell(SubscribeTypes(self.mail, WATCHED))
        for order_id in self._orders:  # of an earlier life of the desk: nobody's yet, and nobody else's
            self._router.tell(OwnOrder(NOBODY, order_id))

    def _send_by_bridge(self, request: Request) -> None:
        self._bridge.tell(Send(request, self.code))

    # ----------------------------------------------------------------------------------------------------- requests

    def take(self, message: PlaceOrder | CancelOrder) -> None:
        """Place or cancel an order, from any thread but the reader's: an order must not wait for a wakeup.

        Nothing is recorded or sent while the lock is held, for the disk and the socket may block.
        """
        request = self._place(message) if isinstance(message, PlaceOrder) else self._cancel(message)
        if request is not None:
            self._send(request)

    def handle(self, messages: Iterable[Message]) -> None:
        """What the bridge says, while no strategy places an order; each order's owner is told once what it came to."""
        with self._lock:
            super().handle(messages)
            self._news.tell_changes()

    def receive(self, message: Any) -> Any:
        """Requests of strategies and of the desk."""
        match message:
            case PlaceOrder() | CancelOrder():
                return self.take(message)
            case CancelAll(code):
                for request in self._cancel_all(code):
                    self._send_by_bridge(request)
                return None
        with self._lock:
            return self._receive(message)

    def _receive(self, message: Any) -> Any:
        match message:
            case Adopt(code, mail):
                self._adopt(code, mail)
            case ChangeHandled(change):
                self._news.hear_handled(self._orders.get(change.order_id), change)
            case "orders":
                return self._orders.copies()
            case _:
                return super().receive(message)
        return None

    def _adopt(self, code: str, mail: Mail) -> None:
        """A strategy runs again: its orders are its own still, and it is told how those stand that work, or whose last
        change its former life did not live to handle."""
        self._forsaken.discard(code)
        for order in self._orders.of_code(code):
            order.mail = mail
            self._router.tell(OwnOrder(mail, order.order_id))
            if not order.ended or order.untold is not None:
                self._news.tell_how_it_stands(order)

    def _place(self, wanted: PlaceOrder) -> Request | None:
        with self._lock:
            denial = denial_of(wanted, self._orders.get(wanted.request.order_id))
            if denial:
                self._news.deny(wanted, denial)
                return None
            objection = objection_to_placing(
                wanted, self._accounts, self._live_accounts, stopping=not self.still_running
            )
        objection = objection or self.records.placing(wanted)
        with self._lock:
            order = self._admit(wanted)
            if objection:
                self._refuse(order, wanted, objection)
            elif wanted.changes:
                order.change(wanted.request)
                order.mail = wanted.mail
            self._news.tell_changes()
        return None if objection else wanted.exercise or wanted.request

    def _admit(self, wanted: PlaceOrder) -> OwnedOrder:
        """The order as the desk knows it; the router too knows a new one, before the bridge hears of it."""
        order_id = wanted.request.order_id
        if order_id not in self._orders:
            self._orders.add(OwnedOrder.of(wanted, self._clock()))
            self._router.tell(OwnOrder(wanted.mail, order_id))
        return self._orders[order_id]

    def _refuse(self, order: OwnedOrder, wanted: PlaceOrder, reason: str) -> None:
        """A new order does not come to exist; one that exists stays as it is, for only its change is refused."""
        logger.error("order {} of {} was not sent: {}", order.order_id, order.code, reason)
        self._news.expect(order)
        order.reason = reason
        if wanted.changes:
            self._news.tell(wanted, RequestFailed(order.order_id, reason, wanted.request))
        else:
            order.status = REFUSED

    def _cancel(self, wanted: CancelOrder) -> Request | None:
        with self._lock:
            order = self._orders.get(wanted.request.order_id)
            if order is None or order.code != wanted.code:
                self._news.deny(wanted, "is no order of this strategy")
                return None
            order.mail = wanted.mail
            if not order.may_work:
                logger.debug("order {} has ended ({}); nothing to cancel", order.order_id, order.status)
                return None
            self.records.event("cancel", order)
            self._unconfirmed.add(wanted.request)
        return wanted.request

    def _cancel_all(self, code: str) -> list[Request]:
        """An order that is unknown may work all the same."""
        with self._lock:
            self._forsaken.add(code)
            working = [order for order in self._orders.of_code(code) if order.may_work]
            for order in working:
                self.records.event("cancel", order)
        return [CancelOrderRequest(order.order_id) for order in working]

    # ------------------------------------------------------------------------------------------ what the bridge says

    def order_status(self, message: OrderStatus) -> None:
        """A status of one of our orders; others' are nobody's business here."""
        order = self._orders.own(message.order_id, message.client_id, message.permanent_id)
        if order is not None:
            self._reconciliation.see(message.order_id)
            self._news.expect(order)
            order.hear_status(message)

    def open_order(self, message: OpenOrder) -> None:
        """An order as the bridge holds it."""
        self._use_up(message.order_id, message.order.client_id)
        order = self._orders.own(message.order_id, message.order.client_id)
        if order is not None:
            self._reconciliation.see(message.order_id)
            self._news.expect(order)
            order.hear_open_order(message)

    def order_bound(self, message: OrderBound) -> None:
        """An order placed by hand has an id of ours now."""
        self._use_up(message.order_id, message.client_id)

    def _use_up(self, order_id: int, client_id: int) -> None:
        """An id that the bridge knows is never handed out: an order of ours under it would change that one."""
        if client_id == self._client_id and 0 < order_id < FIRST_REQUEST_ID:
            self._order_ids.at_least(order_id + 1)

    def execution_details(self, message: ExecutionDetails) -> None:
        """A fill."""
        order = self._orders.filled_by(message)
        if order is None:
            return
        self._news.expect(order)
        early = self._orders.of_executions.fill(message.execution.execution_id, order)
        if order.hear_execution(message):
            self.records.execution(order, message)
            if message.request_id >= 0 and message.execution.execution_id not in order.told:
                # Found by asking after a lost connection: its owner has not seen it yet.
                self._news.tell(order, replace(message, request_id=-1))
        if early is not None:
            self.commission_and_fees_report(early)

    def commission_and_fees_report(self, message: CommissionAndFeesReport) -> None:
        """The cost of a fill."""
        order = self._orders.of_executions.hear(message)
        if order is not None and not order.commissions.knows(message.execution_id):
            order.hear_commission(message)
            self.records.commission(order, message)

    def notice(self, notice: Notice) -> None:
        """An error about an order, or about a question."""
        self._reconciliation.hear_refusal(notice)
        order = self._orders.get(notice.request_id)
        if order is not None:
            self._unconfirmed.hear_notice(notice)
            self._news.expect(order)
            order.hear_notice(notice, self._codes)
            self.records.event("notice", order, number=notice.code, text=notice.text)

    def request_failed(self, failure: RequestFailed) -> None:
        """What could not be sent about an order, or a question without an answer."""
        self._reconciliation.hear_refusal(failure)
        order = self._orders.get(failure.request_id)
        if order is not None and isinstance(failure.request, ABOUT_AN_ORDER):
            if isinstance(failure.request, CancelOrderRequest):
                self._unconfirmed.settle(order.order_id)
            self._news.expect(order)
            order.fail(failure.request, failure.reason)

    # --------------------------------------------------------------------------------------------------- connection

    def next_valid_id(self, message: NextValidId) -> None:
        """Ids go on from here, unless they are further already."""
        self._order_ids.at_least(message.order_id)

    def managed_accounts(self, message: ManagedAccounts) -> None:
        """Whose orders these can be."""
        self._accounts = message.accounts

    def connection_changed(self, change: ConnectionChanged) -> None:
        """Nothing is certain of orders before this connection until the bridge has told."""
        if change.state is ConnectionState.LOST:
            self._is_connected = False
            self._leave_in_doubt()
        elif change.state is ConnectionState.CONNECTED:
            self._is_connected = True
            for request in [request for code in self._forsaken for request in self._cancel_all(code)]:
                self._send_by_bridge(request)
            if self._has_earlier_orders or (change.epoch > 1 and self._orders):
                self._ask_what_stands()

    def _leave_in_doubt(self) -> None:
        """Nothing is certain of what the bridge has not confirmed, and it may hold no order back any more."""
        reason = "the connection was lost before the bridge confirmed it; it may have got it or not"
        for order in self._orders.values():
            for request in (*order.lose_changes(), *self._unconfirmed.take(order.order_id)):
                if order.may_work:
                    self._news.tell(order, RequestFailed(order.order_id, reason, request))
        self._orders.outlive_connection()

    def _ask_what_stands(self) -> None:
        now = self._clock()
        self._reconciliation.begin(self._orders.to_be_known(now - self._answer_within), now)

    def _ask(self, question: Request) -> None:
        ask_bridge(self._bridge, self._router, self.mail, self.code, question)

    def open_order_end(self, message: OpenOrderEnd) -> None:
        """One half of the truth about our orders."""
        self._reconcile(message)

    def execution_details_end(self, message: ExecutionDetailsEnd) -> None:
        """The other half."""
        self._reconcile(message)

    def _reconcile(self, arrived: OpenOrderEnd | ExecutionDetailsEnd) -> None:
        before = self._reconciliation.begun_at - self._answer_within
        for order_id in self._reconciliation.hear_end(arrived):
            order = self._orders[order_id]
            if order.has_to_be_known(before):  # still: pacing may have held it back till behind the question
                self._news.expect(order)
                order.go_missing()

    def note_departure(self, request: Request) -> None:
        """From any thread: pacing has let a request go, an order perhaps. Only now can it be on its way."""
        order = self._orders.get(request.order_id) if isinstance(request, MAKES_AN_ORDER) else None
        if order is not None:
            order.sent_at = self._clock()

    def act(self) -> None:
        """Look for orders that nobody has said anything about."""
        with self._lock:
            self._look_for_unanswered()
            self._news.tell_changes()

    def _look_for_unanswered(self) -> None:
        now = self._clock()
        overdue = self._orders.overdue(now - self._answer_within)
        for order in overdue:
            self._remind(order, now)
        if overdue and self._is_connected and self._reconciliation.may_begin(now, self._answer_within):
            self._ask_what_stands()

    def _remind(self, order: OwnedOrder, now: float) -> None:
        if not order.reminded:
            order.reminded = True
            logger.warning("order {} of {} has no answer", order.order_id, order.code)
            self._news.tell(order, OrderUnanswered(order.order_id, now - order.sent_at))

    def stop(self) -> None:
        """Close the journal, behind what has to be written still, and say which orders outlive the desk."""
        self.records.close(self._orders.values())
        super().stop()
