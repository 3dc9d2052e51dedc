"""One program, one connection, one thread: the loop with a handler for each message."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, Literal

from loguru import logger

from ibkr_actors.base.api_calls import ApiCalls
from ibkr_actors.base.bridge_connection import BridgeAddress
from ibkr_actors.base.client_link import ClientLink
from ibkr_actors.base.client_records import RECORDED, ClientRecords
from ibkr_actors.base.handlers import Handlers, warn_of_misspelt_handlers
from ibkr_actors.base.ids import OrderIds, request_ids
from ibkr_actors.base.liveness import QUESTION, SILENCE, Liveness
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, RequestFailed
from ibkr_actors.base.message_codes import CodeTable, CodeTreatment
from ibkr_actors.base.messages.connection import ManagedAccounts, NextValidId, Notice
from ibkr_actors.base.messages.declaration import IdentifiedRequest, Message, Request
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import AttachedOrders, CancelOrderRequest, OrderCancel
from ibkr_actors.base.order_admission import OrderAdmission
from ibkr_actors.base.order_checks import named_accounts, placement, refuse_about_orders
from ibkr_actors.base.order_tracking import Placement, TrackedOrder
from ibkr_actors.base.pacing import MESSAGES_PER_SECOND
from ibkr_actors.base.server_versions import NEWEST
from ibkr_actors.base.session import Undecodable
from ibkr_actors.base.session_statistics import Statistics
from ibkr_actors.base.timeouts import time_limit
from ibkr_actors.base.trouble_log import UnreadableMessages, log_failure, log_notice
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.exercise_action import ExerciseAction
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.value import snapshot
from ibkr_actors.errors import BridgeError, ConnectionLost, InvalidRequest

CONNECT_TIMEOUT: Final = 10.0
"""Seconds that connecting may take, up to the accounts and the next order id."""

_NOTED: Final = RECORDED | {NextValidId, ManagedAccounts, ConnectionChanged, Undecodable}
"""Messages that the application itself lives on; all others, most ticks above all, only have a handler."""


class ClientApplication(ApiCalls):
    """One event-driven program with a connection of its own. Subclass it, and override what you need:

    * `initialize()`: the first requests;
    * a handler for each message of interest, named after it: `tick_price(self, tick)`, `order_status(self, status)`;
    * `act()`: decide, at the end of each iteration of the loop;
    * `stop()`: tidy up, then `super().stop()`.

    `run()` connects, and runs all of that on the calling thread until `stop()` has been called. Requests are methods
    (`request_market_data`, `cancel_market_data`, ...); those whose replies carry a request id take it first::

        class FirstPrice(ClientApplication):
            def initialize(self):
                self.request_market_data(self.get_local_request_id(), Stock("AAPL"))

            def tick_price(self, tick):
                print(tick)
                self.stop()

        FirstPrice("127.0.0.1", 7497, client_id=1).run()

    Requests may be made, and `stop` called, from any thread while the application runs; handlers run on that of `run`.

    Responsible for: the loop, ids, handlers.
    Delegates: the connection, to `ClientLink`; which requests are open, and how orders stand, to `ClientRecords`.
    """

    act_interval: float = 0.5
    """Seconds after which `act` runs even though nothing came, and at the latest while messages keep coming."""
    caller_chooses_ids: Literal[True] = True

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 7497,
        client_id: int = 0,
        *,
        debug_mode: bool = False,
        reconnect: bool = False,
        live_accounts: Collection[str] = (),
        connect_timeout: float = CONNECT_TIMEOUT,
        messages_per_second: int = MESSAGES_PER_SECOND,
        silence: float = SILENCE,
        highest_version: int = NEWEST,
        codes: Iterable[CodeTreatment] = (),
    ) -> None:
        """Set up; `run` connects.

        `debug_mode` warns once of each message type that has no handler. With `reconnect` a lost connection is made
        again, and streams are asked for again, instead of ending `run`. Orders in a live account (one that does not
        begin with D) are refused unless `live_accounts` names it. `codes` has codes of the bridge treated otherwise. A
        bridge silent for `silence` seconds is asked for its time; without an answer the connection counts as lost.
        """
        self.client_id, self.debug_mode, self.reconnect = client_id, debug_mode, reconnect
        self.still_running = True
        self.statistics = Statistics()
        """What all connections have read, and what of it was not understood."""
        self._address = BridgeAddress(host, port, client_id, highest_version=highest_version)
        self._connect_timeout = time_limit(connect_timeout, "connect_timeout")
        self._messages_per_second, self._liveness = messages_per_second, Liveness(silence)
        self._codes = CodeTable(codes)
        self._request_ids, self._order_ids = request_ids(), OrderIds()
        self._records = ClientRecords(client_id, self.get_local_request_id, self._codes)
        self._unreadable = UnreadableMessages()
        self._admission = OrderAdmission(self._order_ids, named_accounts(live_accounts))
        self._handlers = Handlers(self, self._warn_of_missing_handler)
        self._link: ClientLink | None = None
        self._has_run = False
        self._failure: Exception | None = None
        self._loss: ConnectionLost | None = None

    # ------------------------------------------------------------------------------------------- what users override

    def initialize(self) -> None:
        """Runs first, when the connection is ready. An exception ends `run`, which raises it."""

    def act(self) -> None:
        """Runs at the end of each iteration of the loop."""

    def stop(self) -> None:
        """End the loop after this iteration; then streams are cancelled and the connection is closed.

        Runs whatever ends the loop, also an exception or a lost connection; not when no connection was made. An
        override does its last work, then calls this.
        """
        self.still_running = False
        link = self._link
        if link is not None:
            link.wake()

    def on_error(self, message: Message | None, exception: Exception) -> None:
        """A handler raised an exception on a message, or `act` did (`message` is None).

        Logs it and stops the application at once; `run` raises the exception again when everything is closed. After an
        override that does not call this, the application goes on with the next message.
        """
        place = "act" if message is None else type(message).facts.handler
        logger.opt(exception=exception).error("{} failed in {}", type(self).__name__, place)
        self._failure = self._failure or exception
        self.stop()

    def notice(self, notice: Notice) -> None:
        """An error, a warning or a piece of information from the bridge: logs it, as grave as it is.

        Of a request that was cancelled an error is no news: the bridge confirms some cancellations so.
        """
        requests = self._records.requests
        about = requests.latest.about(notice.request_id)
        level = "DEBUG" if requests.was_cancelled(notice.request_id) else ""
        log_notice(notice, self._codes.facts(notice.code), about, level)

    def request_failed(self, failure: RequestFailed) -> None:
        """A request has ended without an answer: logs the reason."""
        log_failure(failure, type(self).__name__)

    def __repr__(self) -> str:
        state = f"server version {self.server_version}" if self.server_version else "not connected"
        return f"<{type(self).__name__} {self._address.host}:{self._address.port}, client {self.client_id}, {state}>"

    def _warn_of_missing_handler(self, struct: type[Any]) -> None:
        if self.debug_mode and struct is not Undecodable:
            logger.warning("{} has no handler {}", type(self).__name__, struct.facts.handler)

    # ------------------------------------------------------------------------------------------------- what is known

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts of the login; empty while the application does not run."""
        return () if self._link is None else self._link.accounts

    @property
    def server_version(self) -> int:
        """What was settled with the bridge; 0 while there is no connection."""
        return 0 if self._link is None else self._link.server_version

    @property
    def orders(self) -> Mapping[int, TrackedOrder]:
        """This client's orders by order id: those placed, and earlier ones that the bridge has spoken of.

        Of those that have ended, 10,000 are kept.
        """
        return self._records.orders.by_id

    def get_local_request_id(self) -> int:
        """A request id that was never handed out; no order has it."""
        return next(self._request_ids)

    def next_order_id(self) -> int:
        """An order id that was never handed out. Raises BridgeError before `run`: the bridge says where to begin."""
        self._connected_link("an order id")
        return self._order_ids.next()

    def _connected_link(self, wanted: str) -> ClientLink:
        link = self._link
        if link is None or not link.epoch:
            raise BridgeError(
                f"{wanted} needs a connection: from initialize() on, while run() runs, there is one"
            )
        return link

    # ------------------------------------------------------------------------------------------------------ requests

    def perform(self, request: Request) -> None:
        """Send a request: what every call ends in, but those about orders, for which it raises InvalidRequest.

        Raises InvalidRequest also when its id is in use, BridgeError while the application does not run, and
        UnsupportedByServer or InapplicableField when the bridge's version can't carry it.
        """
        refuse_about_orders(request, "the checks of orders", "place_order, cancel_order or exercise_options")
        self._send(request)

    def _send(self, request: Request) -> None:
        link = self._connected_link(type(request).__name__)
        link.check(request)
        if isinstance(request, IdentifiedRequest) and request.request_id in self.orders:
            raise InvalidRequest(
                f"{request.request_id} is the id of an order; take request ids from get_local_request_id()"
            )
        self._records.requests.add(request)
        link.send(request)

    def place_order(
        self,
        order_id: int,
        order: Order,
        contract: Contract | None = None,
        *,
        attached_orders: AttachedOrders | None = None,
    ) -> None:
        """Place an order, or change one that works by placing its id again; the contract may be that of the order.

        Raises InvalidRequest when it must not leave: a value that can't be, an id in use, an order that has ended, a
        live account that is not allowed; and as `perform`. What becomes of it tell `order_changed` and `orders`.
        """
        self._admission.use(order_id, self._records.requests)
        self._place(placement(order, contract, order_id, attached_orders))

    def _place(self, request: Placement) -> None:
        link = self._connected_link("an order")
        self._admission.check(request, link.accounts)
        link.check(request)
        self._records.orders.place(request)
        link.send(request)

    def cancel_order(self, order_id: int, order_cancel: OrderCancel | None = None) -> None:
        """Cancel an order of this client. Whether it was cancelled tells its status."""
        request = CancelOrderRequest(order_id, order_cancel or OrderCancel())
        self._send(snapshot(request, CancelOrderRequest))

    def exercise_options(
        self,
        order_id: int,
        contract: Contract,
        exercise_action: ExerciseAction | int,
        exercise_quantity: int,
        account: str = "",
        override: bool = False,
        **more: Any,
    ) -> None:
        """Exercise options that one owns, or let them lapse. `more` are further fields of `ExerciseOptionsRequest`.

        It is followed like an order (`orders`, `order_changed`), but can't be changed. Raises as `place_order`.
        """
        self._admission.use(order_id, self._records.requests)
        fields = (order_id, contract, exercise_action, exercise_quantity, account, override)
        request = snapshot(ExerciseOptionsRequest(*fields, **more), ExerciseOptionsRequest)
        self._place(request)

    # ---------------------------------------------------------------------------------------------------------- loop

    def run(self) -> None:
        """Connect, `initialize`, and loop until `stop`; returns when streams are cancelled and all is closed.

        Raises ConnectFailed or HandshakeRefused when there is no connection; ConnectionLost when it was lost, unless
        the application reconnects or stopped itself then; and what `initialize`, or a handler by way of `on_error`,
        raised. Returns at once when `stop` was called before. An application that has ended can run again.
        """
        if self._link is not None:
            raise BridgeError("the application runs already")
        self.still_running = self.still_running or self._has_run
        if not self._has_run:
            warn_of_misspelt_handlers(type(self), ClientApplication)
        self._has_run, self._failure, self._loss = True, None, None
        if not self.still_running:
            return
        link = self._link = self._new_link()
        try:
            self._loop(link)
        except BaseException:
            self._stop_after_failure(link)
            raise
        finally:
            self._end(link)
        if (error := self._failure or self._loss) is not None:
            raise error

    def _new_link(self) -> ClientLink:
        return ClientLink(
            self._address,
            order_ids=self._order_ids,
            statistics=self.statistics,
            messages_per_second=self._messages_per_second,
            connect_timeout=self._connect_timeout,
            reconnect=self.reconnect,
            liveness=self._liveness,
            on_silence=lambda: self._ask([QUESTION]),
        )

    def _loop(self, link: ClientLink) -> None:
        messages = link.open()
        self._ask(self._records.questions())
        self.initialize()
        while self.still_running:
            self._handle_all(messages, link)
            if self._failure is None:
                self._act()
            self._ask(self._records.questions_in_doubt())
            messages = link.take(link.tend(self.act_interval)) if self.still_running else []

    def _act(self) -> None:
        try:
            self.act()
        except Exception as error:  # noqa: BLE001  # the boundary to the user's code
            self.on_error(None, error)

    def _handle_all(self, messages: list[Message], link: ClientLink) -> None:
        """These and all that wait; but `act` has its turn while more keep coming."""
        until = time.monotonic() + self.act_interval
        self._handle(messages)
        while self._failure is None and not link.empty() and time.monotonic() < until:
            self._handle(link.take(0.0))

    def _handle(self, messages: list[Message]) -> None:
        for message in messages:
            if message.__class__ in _NOTED:
                self._handle_noted(message)
            else:
                self._dispatch(message)
            if self._failure is not None:
                return

    def _dispatch(self, message: Message) -> None:
        try:
            self._handlers[message.__class__](message)
        except Exception as error:  # noqa: BLE001  # the boundary to the user's code
            self.on_error(message, error)

    def _handle_noted(self, message: Any) -> None:
        """The application hears of it first, so that a handler finds everything as the message says."""
        if isinstance(message, ConnectionChanged):
            self._handle_connection_change(message)
            return
        if isinstance(message, Undecodable):
            self._unreadable.log(message)
            return
        heard = self._records.hear(message)
        if self._link is not None:
            self._link.hear(message)
        self._ask(heard.ask)
        for each in heard.told:
            if self._failure is None:
                self._dispatch(each)

    def _handle_connection_change(self, change: ConnectionChanged) -> None:
        lost = change.state is ConnectionState.LOST
        if lost:
            for failure in self._records.lose_connection(change.reason):
                self._dispatch(failure)
        elif change.state is ConnectionState.CONNECTED and change.epoch > 1:
            self._ask([*self._records.requests.to_ask_again(), *self._records.questions()])
        self._dispatch(change)
        if lost and not self.reconnect and self.still_running:
            self._loss = ConnectionLost(f"the connection with the bridge was lost: {change.reason}")
            self.stop()

    def _ask(self, requests: list[Request]) -> None:
        """What no user asks, or asked before."""
        for request in requests:
            if self._link is not None:
                self._records.leave(request)
                self._link.send(request)

    def _stop_after_failure(self, link: ClientLink) -> None:
        if self.still_running and link.epoch:
            try:
                self.stop()
            except Exception as error:  # noqa: BLE001  # the reason of the end must reach whoever runs the application
                logger.opt(exception=error).error("{} failed in stop", type(self).__name__)

    def _end(self, link: ClientLink) -> None:
        self.still_running = False
        link.close(self._records.requests.cancellations())
        self._records.end()
        self._link = None
