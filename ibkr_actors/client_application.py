"""One program, one connection, one thread: the loop with a handler for each message."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from typing import Any, Final

from loguru import logger

from ibkr_actors.base.bridge_connection import BridgeAddress
from ibkr_actors.base.client_calls import ClientCalls
from ibkr_actors.base.client_link import ClientLink
from ibkr_actors.base.client_records import RECORDED
from ibkr_actors.base.handlers import Handlers, warn_of_misspelt_handlers
from ibkr_actors.base.liveness import QUESTION, SILENCE, Liveness
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, RequestFailed
from ibkr_actors.base.message_codes import CodeTable, CodeTreatment
from ibkr_actors.base.messages.connection import ManagedAccounts, NextValidId, Notice
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.order_checks import named_accounts
from ibkr_actors.base.pacing import MESSAGES_PER_SECOND
from ibkr_actors.base.server_versions import NEWEST
from ibkr_actors.base.session import Undecodable
from ibkr_actors.base.session_statistics import Statistics
from ibkr_actors.base.timeouts import time_limit
from ibkr_actors.base.trouble_log import UnreadableMessages, log_failure, log_notice
from ibkr_actors.errors import BridgeError, ConnectionLost

CONNECT_TIMEOUT: Final = 10.0
"""Seconds that connecting may take, up to the accounts and the next order id."""

_NOTED: Final = RECORDED | {NextValidId, ManagedAccounts, ConnectionChanged, Undecodable}
"""Messages that the application itself lives on; all others, most ticks above all, only have a handler."""


class ClientApplication(ClientCalls):
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

    Responsible for: the loop, handlers.
    Delegates: the connection, to `ClientLink`; which requests are open, and how orders stand, to `ClientRecords`. Calls
    are those of `ClientCalls`.
    """

    act_interval: float = 0.5
    """Seconds after which `act` runs even though nothing came, and at the latest while messages keep coming."""

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
        super().__init__(client_id, named_accounts(live_accounts), CodeTable(codes))
        self.debug_mode, self.reconnect = debug_mode, reconnect
        self.still_running = True
        self.statistics = Statistics()
        """What all connections have read, and what of it was not understood."""
        self._address = BridgeAddress(host, port, client_id, highest_version=highest_version)
        self._connect_timeout = time_limit(connect_timeout, "connect_timeout")
        self._messages_per_second, self._liveness = messages_per_second, Liveness(silence)
        self._unreadable = UnreadableMessages()
        self._handlers = Handlers(self, self._warn_of_missing_handler)
        self._has_run = False
        self._failure: Exception | None = None
        self._loss: ConnectionLost | None = None
        self._unhandled: list[Message] = []
        """What had been taken when the loop ended."""

    # ------------------------------------------------------------------------------------------- what users override

    def initialize(self) -> None:
        """Runs first, when the connection is ready. An exception ends `run`, which raises it."""

    def act(self) -> None:
        """Runs at the end of each iteration of the loop."""

    def stop(self) -> None:
        """End the loop after this iteration; then streams are cancelled and the connection is closed.

        Requests about orders leave before, which takes as long as the bridge's limit of messages wants. Of what can't
        leave any more tell `request_failed` and `order_changed`; what these raise is logged. Other handlers run no
        more, but `orders` is kept up to the end.

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
        self._log(exception, "act" if message is None else type(message).facts.handler)
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
        messages = self._unhandled = link.open()
        self._ask(self._records.questions())
        self.initialize()
        while self.still_running:
            self._handle_all(messages, link)
            if self._failure is None:
                self._act()
            self._ask(self._records.questions_in_doubt())
            if self.still_running:
                messages = self._unhandled = link.take(link.tend(self.act_interval))

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
        waiting = iter(messages)
        try:
            for message in waiting:
                if message.__class__ in _NOTED:
                    self._handle_noted(message)
                else:
                    self._dispatch(message)
                if self._failure is not None:
                    return
        finally:
            self._unhandled = list(waiting)

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
            with self._leaving:
                failures = self._records.lose_connection(change.reason)
            for failure in failures:
                self._dispatch(failure)
        elif change.state is ConnectionState.CONNECTED and change.epoch > 1:
            self._ask([*self._records.requests.to_ask_again(), *self._records.questions()])
        self._dispatch(change)
        if lost and not self.reconnect and self.still_running:
            self._loss = ConnectionLost(f"the connection with the bridge was lost: {change.reason}")
            self.stop()

    def _stop_after_failure(self, link: ClientLink) -> None:
        if self.still_running and link.epoch:
            try:
                self.stop()
            except Exception as error:  # noqa: BLE001  # the reason of the end must reach whoever runs the application
                self._log(error, "stop")

    def _end(self, link: ClientLink) -> None:
        self.still_running = False
        try:
            unhandled, self._unhandled = self._unhandled, []
            self._hear_last(unhandled)
            link.close(self._records.requests.cancellations(), self._hear_last)
        finally:
            with self._leaving:
                self._link = None
            for messages in link.left():
                self._hear_last(messages)
            self._records.end()

    def _hear_last(self, messages: Iterable[Message]) -> None:
        """Handlers run no more, but that nothing fails silently."""
        for message in messages:
            told = self._records.hear(message).told if type(message) in RECORDED else []
            if isinstance(message, RequestFailed):
                for each in told:
                    self._tell_last(each)

    def _tell_last(self, message: Message) -> None:
        try:
            self._handlers[type(message)](message)
        except Exception as error:  # noqa: BLE001  # the boundary to the user's code; whatever ends the application has begun
            self._log(error, type(message).facts.handler)

    def _log(self, error: Exception, place: str) -> None:
        logger.opt(exception=error).error("{} failed in {}", type(self).__name__, place)
