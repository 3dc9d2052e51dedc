"""The OrdersActor: every order of the desk, from the strategy's call to its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from loguru import logger
from msgspec.structs import replace

from ibkr_actors.actors.actor import NOBODY, DeskActor, Mail, tell
from ibkr_actors.actors.desk import Signals
from ibkr_actors.actors.errands import at_once
from ibkr_actors.actors.messages import (
    Adopt,
    AwaitAnswer,
    Batch,
    CancelAll,
    CancelOrder,
    OrderUnanswered,
    OwnOrder,
    PlaceOrder,
    Send,
    Subscribe,
    SubscribeTypes,
)
from ibkr_actors.actors.order_records import OrderRecords
from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.actors.reconciliation import Reconciliation
from ibkr_actors.actors.recovery import Recovered, recover
from ibkr_actors.base.ids import OrderIds
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, RequestFailed
from ibkr_actors.base.message_codes import CODES, CodeTable
from ibkr_actors.base.messages.connection import ManagedAccounts, NextValidId, Notice
from ibkr_actors.base.messages.declaration import Message, Request
from ibkr_actors.base.messages.executions import (
    CommissionAndFeesReport,
    ExecutionDetails,
    ExecutionDetailsEnd,
    ExecutionRequest,
)
from ibkr_actors.base.messages.orders import (
    CancelOrderRequest,
    OpenOrder,
    OpenOrderEnd,
    OpenOrdersRequest,
    OrderStatus,
)
from ibkr_actors.base.order_checks import objection_to, objection_to_exercise
from ibkr_actors.base.order_tracking import MAKES_AN_ORDER, REFUSED, UNKNOWN

ANSWER_WITHIN: Final = 5.0
"""Seconds after which an order that nobody has said anything about is looked for."""

WATCHED: Final = (
    OrderStatus,
    OpenOrder,
    ExecutionDetails,
    CommissionAndFeesReport,
    NextValidId,
    ManagedAccounts,
    Notice,
    RequestFailed,
)


class OrdersActor(DeskActor):
    """Knows every order of the desk and who owns it.

    Responsible for:
    1. checking an order before it leaves, and recording it (the journal) before that;
    2. the state of each order, indifferent to the order of callbacks (`OwnedOrder`), and telling the owner each
       change once (`OrderChanged`); the bridge's own messages reach the owner as well, by the router;
    3. orders with no reply: after some seconds the bridge is asked, the owner is told (`OrderUnanswered`), and an order
       that the bridge does not know is refused;
    4. after a lost connection: asking for open orders and executions, and ending what is in neither.

    Orders are placed on the strategy's own thread (`take`); what the bridge says is heard on the reader's. So it does
    nothing that blocks while it holds the `lock`, which is the one of those who run directly: `errand` runs what has to
    be written down or told to the embedding application; `send` gets a request on its way, without it the bridge is
    told; `deliver` puts a message into its owner's next parcel, without it the owner is told at once.

    Understands: PlaceOrder, CancelOrder, Adopt, Batch.  Tells: Send to the bridge, OwnOrder to the router, Batch to
    owners.
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
        journal: Path | None = None,
        recovered: Recovered | None = None,
        answer_within: float = ANSWER_WITHIN,
        clock: Callable[[], float] = time.monotonic,
        codes: CodeTable = CODES,
        code: str = "orders",
    ) -> None:
        super().__init__(code)
        self._bridge, self._router = bridge, router
        self._order_ids, self._request_ids = order_ids, request_ids
        self._client_id = client_id
        self._live_accounts = live_accounts
        self._answer_within, self._clock = answer_within, clock
        self._codes = codes
        self._lock = lock or threading.RLock()
        self._deliver, self._send = deliver or self._tell_at_once, send or self._send_by_bridge
        self.records = OrderRecords(journal, signals, errand)
        recovered = recovered or recover(journal)
        self._order_ids.at_least(recovered.highest_order_id + 1)
        self._orders = {order.order_id: order for order in recovered.orders}
        self._has_earlier_orders = bool(self._orders)
        self._before: dict[int, tuple[Any, ...]] = {}  # of the orders that the present batch may have changed
        self._order_of_execution: dict[str, int] = {}
        self._accounts: tuple[str, ...] = ()
        self._reconciliation = Reconciliation()

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
            self._tell_changes()

    def receive(self, message: Any) -> Any:
        """Requests of strategies and of the desk."""
        match message:
            case PlaceOrder() | CancelOrder():
                return self.take(message)
            case CancelAll(code):
                for request in self._cancel_all(code):
                    self._send(request)
                return None
        with self._lock:
            return self._receive(message)

    def _receive(self, message: Any) -> Any:
        match message:
            case Adopt(code, mail):
                self._adopt(code, mail)
            case "orders":
                return [order.copy() for order in self._orders.values()]
            case _:
                return super().receive(message)
        return None

    def _adopt(self, code: str, mail: Mail) -> None:
        """A strategy runs again: its orders are its own still, and it is told how those stand that work, or that
        ended while it was down."""
        for order in self._orders.values():
            if order.code != code:
                continue
            order.mail = mail
            self._router.tell(OwnOrder(mail, order.order_id))
            if not order.ended or order.untold:
                order.untold = not self._tell(order, order.as_change())

    def _place(self, wanted: PlaceOrder) -> Request | None:
        with self._lock:
            if not self._may_place(wanted):
                return None
            objection = self._objection_to(wanted)
        objection = objection or self.records.placing(wanted)
        with self._lock:
            order = self._admit(wanted)
            if objection:
                self._refuse(order, objection, is_new=not wanted.changes)
            else:
                order.request, order.mail = wanted.request, wanted.mail
            self._tell_changes()
        return None if objection else wanted.exercise or wanted.request

    def _objection_to(self, wanted: PlaceOrder) -> str:
        if wanted.exercise is not None:
            return objection_to_exercise(wanted.exercise, self._accounts, self._live_accounts)
        return objection_to(wanted.request.order, self._accounts, self._live_accounts)

    def _may_place(self, wanted: PlaceOrder) -> bool:
        known = self._orders.get(wanted.request.order_id)
        if wanted.changes == (known is not None) and (known is None or known.code == wanted.code):
            return True
        self._deny(wanted, "is no order of this strategy" if wanted.changes else "is in use")
        return False

    def _admit(self, wanted: PlaceOrder) -> OwnedOrder:
        """The order as the desk knows it; the router too knows a new one, before the bridge hears of it."""
        order_id = wanted.request.order_id
        if order_id not in self._orders:
            self._orders[order_id] = OwnedOrder.of(wanted, self._clock())
            self._router.tell(OwnOrder(wanted.mail, order_id))
        return self._orders[order_id]

    def _deny(self, wanted: PlaceOrder | CancelOrder, reason: str) -> None:
        order_id = wanted.request.order_id
        logger.error("{}: order {} {}", wanted.code, order_id, reason)
        self._tell(wanted, RequestFailed(order_id, f"order {order_id} {reason}", wanted.request))

    def _tell(self, owner: OwnedOrder | PlaceOrder | CancelOrder, message: Message) -> bool:
        return self._deliver(owner.mail, message)

    def _tell_at_once(self, mail: Mail, message: Message) -> bool:
        return tell(mail, Batch([message], self._clock()))

    def _refuse(self, order: OwnedOrder, reason: str, *, is_new: bool) -> None:
        """A new order does not come to exist; one that exists stays as it is, for only its change is refused."""
        logger.error("order {} of {} was not sent: {}", order.order_id, order.code, reason)
        self._note(order)
        order.reason = reason
        if is_new:
            order.status = REFUSED

    def _cancel(self, wanted: CancelOrder) -> Request | None:
        with self._lock:
            order = self._orders.get(wanted.request.order_id)
            if order is None or order.code != wanted.code:
                self._deny(wanted, "is no order of this strategy")
                return None
            order.mail = wanted.mail
            if order.ended and order.status != UNKNOWN:
                logger.debug("order {} has ended ({}); nothing to cancel", order.order_id, order.status)
                return None
            self.records.event("cancel", order)
        return wanted.request

    def _cancel_all(self, code: str) -> list[Request]:
        with self._lock:
            working = [order for order in self._orders.values() if order.code == code and not order.ended]
            for order in working:
                self.records.event("cancel", order)
        return [CancelOrderRequest(order.order_id) for order in working]

    # ------------------------------------------------------------------------------------------ what the bridge says

    def order_status(self, message: OrderStatus) -> None:
        """A status of one of our orders; others' are nobody's business here."""
        order = self._own(message.order_id, message.client_id)
        if order is not None:
            self._note(order)
            order.hear_status(message)

    def open_order(self, message: OpenOrder) -> None:
        """An order as the bridge holds it."""
        order = self._own(message.order_id, message.order.client_id)
        if order is not None:
            self._reconciliation.see(message.order_id)
            self._note(order)
            order.hear_open_order(message)

    def execution_details(self, message: ExecutionDetails) -> None:
        """A fill."""
        order = self._own(message.execution.order_id, message.execution.client_id)
        if order is None:
            return
        self._order_of_execution[message.execution.execution_id] = order.order_id
        if message.execution.execution_id in order.executions:
            return
        self._note(order)
        order.hear_execution(message)
        self.records.execution(order, message)
        if message.request_id >= 0 and message.execution.execution_id not in order.told:
            # Found by asking after a lost connection: its owner has not seen it yet.
            self._tell(order, replace(message, request_id=-1))

    def commission_and_fees_report(self, message: CommissionAndFeesReport) -> None:
        """The cost of a fill."""
        order = self._orders.get(self._order_of_execution.get(message.execution_id, -1))
        if order is not None and message.execution_id not in order.commissions:
            order.hear_commission(message)
            self.records.commission(order, message)

    def notice(self, notice: Notice) -> None:
        """An error about an order."""
        order = self._orders.get(notice.request_id)
        if order is not None:
            self._note(order)
            order.hear_notice(notice, self._codes)
            self.records.event("notice", order, number=notice.code, text=notice.text)

    def request_failed(self, failure: RequestFailed) -> None:
        """An order that could not be sent."""
        if not isinstance(failure.request, MAKES_AN_ORDER):
            return
        order = self._orders.get(failure.request_id)
        if order is not None and not order.heard:
            self._note(order)
            order.lose(failure.reason)

    def _own(self, order_id: int, client_id: int) -> OwnedOrder | None:
        """Order ids count per client, so the same id of another client is another order."""
        return self._orders.get(order_id) if client_id == self._client_id else None

    def _note(self, order: OwnedOrder) -> None:
        """The order may change now: its owner is told at the end of the batch, if it did."""
        if order.order_id not in self._before:
            self._before[order.order_id] = order.facts()

    def _tell_changes(self) -> None:
        before, self._before = self._before, {}
        for order_id, facts in before.items():
            order = self._orders[order_id]
            if order.facts() != facts:
                self._tell_change(order, was=facts[0])

    def _tell_change(self, order: OwnedOrder, was: str) -> None:
        change = order.as_change()
        order.untold = not self._tell(order, change)
        self.records.change(order, change, was)

    # --------------------------------------------------------------------------------------------------- connection

    def next_valid_id(self, message: NextValidId) -> None:
        """Ids go on from here, unless they are further already."""
        self._order_ids.at_least(message.order_id)

    def managed_accounts(self, message: ManagedAccounts) -> None:
        """Whose orders these can be."""
        self._accounts = message.accounts

    def connection_changed(self, change: ConnectionChanged) -> None:
        """Nothing is certain of orders before this connection until the bridge has told."""
        earlier = self._has_earlier_orders or (change.epoch > 1 and self._orders)
        if change.state is ConnectionState.CONNECTED and earlier:
            self._ask_what_stands()

    def _ask_what_stands(self) -> None:
        before = self._clock() - self._answer_within
        known = [order.order_id for order in self._orders.values() if order.has_to_be_known(before)]
        self._reconciliation.begin(known)
        open_orders, executions = OpenOrdersRequest(), ExecutionRequest(request_id=self._request_ids())
        self._router.tell(AwaitAnswer(self.mail, open_orders))
        self._router.tell(Subscribe(self.mail, executions, executions.request_id))
        self._bridge.tell(Send(open_orders, self.code))
        self._bridge.tell(Send(executions, self.code))

    def open_order_end(self, _message: OpenOrderEnd) -> None:
        """One half of the truth about our orders."""
        self._reconcile(OpenOrderEnd)

    def execution_details_end(self, _message: ExecutionDetailsEnd) -> None:
        """The other half."""
        self._reconcile(ExecutionDetailsEnd)

    def _reconcile(self, arrived: type) -> None:
        for order_id in self._reconciliation.hear_end(arrived):
            order = self._orders[order_id]
            self._note(order)
            order.lose("the bridge knows it neither as an open order nor by its fills")

    def act(self) -> None:
        """Look for orders that nobody has said anything about."""
        with self._lock:
            self._look_for_unanswered()
            self._tell_changes()

    def _look_for_unanswered(self) -> None:
        now = self._clock()
        for order in self._orders.values():
            if order.heard or order.reminded or not order.has_to_be_known(now - self._answer_within):
                continue
            order.reminded = True
            logger.warning("order {} of {} has no answer", order.order_id, order.code)
            self._tell(order, OrderUnanswered(order.order_id, now - order.sent_at))
            if not self._reconciliation.goes_on:
                self._ask_what_stands()

    def stop(self) -> None:
        """Close the journal, behind what has to be written still."""
        self.records.close()
        super().stop()
