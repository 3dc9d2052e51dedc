"""The way between the bridge and one program's thread: a connection that is mended, what comes in, what goes out."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from loguru import logger

from ibkr_actors.base.back_off import BackOff
from ibkr_actors.base.bridge_connection import PARTING, BridgeAddress, BridgeConnection
from ibkr_actors.base.conflating_queue import TICKS_WAITING, ConflatingQueue
from ibkr_actors.base.ids import OrderIds
from ibkr_actors.base.liveness import Liveness
from ibkr_actors.base.local_messages import LOCAL, ConnectionChanged, ConnectionState, RequestFailed
from ibkr_actors.base.message_codes import REFUSING_CODES
from ibkr_actors.base.messages.connection import ManagedAccounts, NextValidId, Notice
from ibkr_actors.base.messages.declaration import Cancellation, Message, Request
from ibkr_actors.base.outgoing import LAST_REQUESTS, Outgoing
from ibkr_actors.base.session_statistics import Statistics
from ibkr_actors.errors import ConnectionLost, HandshakeRefused, IbkrError

MESSAGES_WAITING: Final = TICKS_WAITING
"""Messages that may wait before ticks are conflated."""
_ENDS: Final = "the application stops"


class _Ended(NamedTuple):
    """From the reader's thread: the connection is gone, and the reason, if anybody knows one."""

    reason: IbkrError | None


class _Wake(NamedTuple):
    """Whoever waits has something to look at."""


_Mail = list[Message] | _Ended | _Wake


def _messages_in(mail: _Mail) -> list[Message] | None:
    return mail if isinstance(mail, list) else None


def _as_mail(messages: list[Message], _mail: _Mail | None) -> _Mail:
    return messages


class ClientLink:
    """Messages in, requests out.

    Responsible for:
    1. connecting, until the accounts and the next order id have come (`open`);
    2. what the bridge sends, in order, with every change of the connection in its place (`take`);
    3. sending, paced (`send`); a request that could not be sent comes back as a `RequestFailed`;
    4. with `reconnect`, connecting again after a loss, with back-off;
    5. giving up a bridge that is there no more though the connection stands: `on_silence` is called, in `tend`, when
       the bridge has to be asked for a sign of life (`liveness` says when).

    `send`, `check` and `wake` are for any thread, everything else for one: it calls `take` again and again, and `tend`
    in between. Not responsible for: asking again for what a new connection doesn't know.
    """

    def __init__(
        self,
        address: BridgeAddress,
        *,
        order_ids: OrderIds,
        statistics: Statistics,
        messages_per_second: int,
        connect_timeout: float,
        reconnect: bool,
        liveness: Liveness,
        on_silence: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.accounts: tuple[str, ...] = ()
        self.epoch = 0
        """How many connections have been made."""
        self._address, self._order_ids, self._statistics = address, order_ids, statistics
        self._connect_timeout, self._reconnect = connect_timeout, reconnect
        self._liveness, self._on_silence, self._clock = liveness, on_silence, clock
        self._mail: ConflatingQueue[_Mail] = ConflatingQueue(_messages_in, _as_mail, MESSAGES_WAITING)
        self._outgoing = Outgoing(
            messages_per_second, clock, failed=self._fail, lost=self._break, waiting=self.wake
        )
        self._connection: BridgeConnection | None = None
        self._seen: set[type] = set()
        self._ready = False
        self._deadline = 0.0
        self._retry_at: float | None = None
        self._back_off = BackOff()
        self._refusal = ""
        self._broken: IbkrError | None = None
        self._is_ending = False

    @property
    def server_version(self) -> int:
        """What was settled with the bridge; 0 while there is no connection."""
        connection = self._connection
        return 0 if connection is None else connection.server_version

    # ---------------------------------------------------------------------------------------------------- connecting

    def open(self) -> list[Message]:
        """Make the first connection. Returns what the bridge has said until then.

        Raises ConnectFailed, HandshakeRefused or ConnectionLost.
        """
        self._connect()
        said: list[Message] = []
        while not self._ready:
            said += self.take(max(0.0, self._deadline - self._clock()))
            if self._connection is None or (not self._ready and self._clock() > self._deadline):
                raise HandshakeRefused(self._refused())
        return said

    def _refused(self) -> str:
        place = f"{self._address.host}:{self._address.port}"
        if self._connection is not None:
            return f"the bridge at {place} told no accounts and order id within {self._connect_timeout:g} seconds"
        return f"the bridge at {place} refused this client: {self._reason(None)} (client id {self._address.client_id})"

    def _connect(self) -> None:
        self._seen.clear()
        self._ready, self._refusal, self._broken, self._retry_at = False, "", None, None
        self._deadline = self._clock() + self._connect_timeout
        connection = BridgeConnection(self._address, self._mail.put, self._end, self._statistics)
        connection.open(self._connect_timeout)
        self._connection = connection

    def _end(self, reason: IbkrError | None) -> None:
        """On the reader's thread, behind everything that it has read."""
        self._mail.put(_Ended(reason))

    def hear(self, message: Message) -> ConnectionChanged | None:
        """A message that a connection lives on, and what it changes. Until it is ready, `take` calls this itself."""
        match message:
            case NextValidId():
                self._order_ids.at_least(message.order_id)
            case ManagedAccounts():
                self.accounts = message.accounts
            case Notice() if message.code in REFUSING_CODES:
                self._refusal = f"{message.code} {message.text}"
                return None
            case _:
                return None
        self._seen.add(type(message))
        return self._use() if not self._ready and len(self._seen) == 2 else None

    def _use(self) -> ConnectionChanged:
        assert self._connection is not None, "nobody but a connection says welcome"
        self._ready = True
        self.epoch += 1
        self._back_off.reset()
        self._liveness.begin(self._clock())
        self._outgoing.open(self._connection)
        logger.info("connected to the bridge, server version {}", self.server_version)
        return ConnectionChanged(ConnectionState.CONNECTED, self.epoch, self.server_version)

    def _lose(self, reason: IbkrError | None) -> list[Message]:
        if self._connection is None:
            return []
        self._connection.join(1.0)
        self._connection, self._ready = None, False
        self._refusal = self._reason(reason)
        self._outgoing.close(self._refusal)
        return [self._plan_retry(self._refusal)]

    def _reason(self, reason: IbkrError | None) -> str:
        return self._refusal or str(self._broken or reason or "the connection was closed")

    def _plan_retry(self, reason: str) -> ConnectionChanged:
        if self._is_ending:
            logger.info("the connection with the bridge has ended: {}", reason)
        elif self._reconnect and self.epoch:
            delay = self._back_off.next()
            self._retry_at = self._clock() + delay
            logger.warning("no connection with the bridge: {}; next attempt in {:.1f} s", reason, delay)
        else:
            logger.warning("no connection with the bridge: {}", reason)
        return ConnectionChanged(ConnectionState.LOST, self.epoch, 0, reason)

    def _retry(self) -> None:
        self._mail.put([ConnectionChanged(ConnectionState.CONNECTING, self.epoch)])
        try:
            self._connect()
        except IbkrError as error:
            self._mail.put([self._plan_retry(str(error))])

    # ------------------------------------------------------------------------------------------------------- coming in

    def take(self, timeout: float) -> list[Message]:
        """The next messages; none when none comes within `timeout` seconds, or somebody woke the caller."""
        try:
            mail = self._mail.take(timeout)
        except queue.Empty:
            return []
        if isinstance(mail, _Ended):
            return self._lose(mail.reason)
        if isinstance(mail, _Wake):
            return []
        return mail if self._ready else self._with_welcome(mail)

    def _with_welcome(self, messages: list[Message]) -> list[Message]:
        """The messages, the news that the connection is ready behind the one that makes it so."""
        found: list[Message] = []
        for message in messages:
            found.append(message)
            change = self.hear(message)
            if change is not None:
                found.append(change)
        return found

    def empty(self) -> bool:
        """Whether nothing waits."""
        return self._mail.empty()

    def wake(self) -> None:
        """Let whoever waits in `take` look around; safe in a handler of signals."""
        self._mail.put(_Wake())

    # ------------------------------------------------------------------------------------------------------- going out

    def check(self, request: Request) -> None:
        """Raise what sending would: UnsupportedByServer, InapplicableField, InvalidRequest.

        A cancellation that an older bridge doesn't know is no mistake: the answer only comes to its end.
        """
        connection = self._connection
        if connection is not None and not isinstance(request, Cancellation):
            connection.session.encode(request)

    def send(self, request: Request) -> None:
        """Send a request now, or when it is its turn; not when the link is about to be closed."""
        if not self._is_ending:
            self._outgoing.send(request)
        elif not isinstance(request, Cancellation):
            self._fail(request, _ENDS)

    def _fail(self, request: Any, reason: str) -> None:
        """On the thread of whoever sent."""
        identity = getattr(request, "request_id", getattr(request, "order_id", LOCAL))
        self._mail.put([RequestFailed(identity, reason, request)])

    def _break(self, reason: ConnectionLost) -> None:
        """On the thread of whoever sent or tends: the reader then tells of the end. The first reason counts."""
        self._broken = self._broken or reason
        connection = self._connection
        if connection is not None:
            connection.close()

    # ------------------------------------------------------------------------------------------------------------ time

    def tend(self, longest: float) -> float:
        """Do what is due: send what pacing held back, connect again, give up on a welcome or an answer that does not
        come.

        Returns the seconds until something may be due again, `longest` at most. An attempt to connect takes as long as
        the bridge lets it take, up to the time limit.
        """
        now = self._clock()
        if self._retry_at is not None and now >= self._retry_at:
            self._retry()
        elif self._connection is not None and not self._ready and now > self._deadline:
            self._break(ConnectionLost(f"no accounts and order id within {self._connect_timeout:g} seconds"))
        waits = [longest, self._outgoing.flush()]
        if self._ready:
            self._liveness.watch(now, self._statistics.frames, ask=self._on_silence, give_up=self._break)
            waits.append(self._liveness.interval)
        if self._retry_at is not None:
            waits.append(max(0.0, self._retry_at - self._clock()))
        return min(wait for wait in waits if wait is not None)

    def close(self, last: list[Request], hear: Callable[[list[Message]], None]) -> None:
        """Send the last requests, close the connection, and wait for its reader to end.

        Requests about orders all leave, as fast as the bridge allows, for no more are added; others that pacing holds
        back have `LAST_REQUESTS`. `hear` gets what comes meanwhile. What has not left then, or because of an exception,
        is among what is `left`.
        """
        try:
            if self._ready:
                for request in last:
                    self.send(request)
                self._is_ending = True
                self._drain(hear)
                self._part(hear)
        finally:
            self._close_connection()

    def _close_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.part(0.0)
        self._outgoing.close(_ENDS)

    def _drain(self, hear: Callable[[list[Message]], None]) -> None:
        end_by = self._clock() + LAST_REQUESTS
        while (due := self._outgoing.flush()) is not None:
            left = max(0.0, end_by - self._clock())
            if not left and not self._outgoing.holds_orders:
                return
            hear(self.take(due if self._outgoing.holds_orders else min(due, left)))

    def _part(self, hear: Callable[[list[Message]], None]) -> None:
        """Let the bridge take all that was sent, and hear what it says to that."""
        if self._connection is not None:
            self._connection.finish()
        end_by = self._clock() + PARTING
        while self._connection is not None and (left := end_by - self._clock()) > 0:
            hear(self.take(left))

    def left(self) -> Iterator[list[Message]]:
        """What has come and was not taken, of a link that is closed, with the requests that have not left."""
        while not self._mail.empty():
            messages = _messages_in(self._mail.take(0.0))
            if messages is not None:
                yield messages
