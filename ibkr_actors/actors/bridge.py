"""The BridgeActor: the socket, and everything that decides when bytes leave."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from loguru import logger

from ibkr_actors.actors.actor import DeskActor, Mail, tell
from ibkr_actors.actors.messages import IDLE, Batch, Connect, ConnectionEnded, Leaving, Send
from ibkr_actors.base.back_off import BackOff
from ibkr_actors.base.bridge_connection import GREETING_TIMEOUT, BridgeAddress, BridgeConnection
from ibkr_actors.base.liveness import QUESTION, Liveness
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, RequestFailed
from ibkr_actors.base.message_codes import REFUSING_CODES, FarmState, farm_state
from ibkr_actors.base.messages.connection import ManagedAccounts, NextValidId, Notice
from ibkr_actors.base.messages.declaration import Message, Request
from ibkr_actors.base.outgoing import LAST_REQUESTS, Outgoing
from ibkr_actors.base.pacing import MESSAGES_PER_SECOND
from ibkr_actors.base.reading_turns import ReadingTurns
from ibkr_actors.base.session_statistics import Statistics
from ibkr_actors.errors import ConnectionLost, IbkrError

_LEAST_PARTING: Final = 0.1
"""Seconds that the bridge has at least for taking what was sent last."""
HANDSHAKE_TIMEOUT: Final = 10.0
"""Seconds from the handshake to the two messages that make a connection usable."""


class BridgeActor(DeskActor):
    """Owns the socket.

    Responsible for:
    1. connecting, and connecting again after a loss, with back-off, until it is stopped;
    2. the way out (`Outgoing`): paced, in order, one request at a time;
    3. telling the router every change of the connection, and every request that could not be sent;
    4. the state of the farms, as the bridge last told it;
    5. finding out that the bridge is gone though the connection stands: a bridge that is silent for long is asked for
       its time, and one that does not answer is given up (`liveness` says when).

    A connection counts as made when the accounts and the next order id have come. Without one a request fails at once,
    but for subscriptions: those are made again by their keepers when there is a connection.

    Understands: Connect (ask), Send, ConnectionEnded, Batch of NextValidId, ManagedAccounts and Notice.
    Tells the router: Batch, Leaving.
    """

    act_interval = 0.25

    def __init__(
        self,
        address: BridgeAddress,
        router: Mail,
        *,
        messages_per_second: int = MESSAGES_PER_SECOND,
        liveness: Liveness | None = None,
        sent: Callable[[Request], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        code: str = "bridge",
    ) -> None:
        """`sent` is told of each request that has left, on the thread that wrote it."""
        super().__init__(code)
        self._address = address
        self._router = router
        self._clock = clock
        self.outgoing = Outgoing(
            messages_per_second,
            clock,
            failed=self._fail,
            lost=self._hear_of_loss,
            waiting=self._wake,
            sent=sent,
        )
        """The way out, for this actor's own thread and for any other but the reader's."""
        self._liveness = liveness or Liveness()
        self._connection: BridgeConnection | None = None
        self._newest: BridgeConnection | None = None
        """The connection, or the one that is being made."""
        self._end_by: float | None = None
        self.last_orders_by = 0.0
        """Until when, by the actor's clock, what is about orders may wait at its end; set by whoever stops it."""
        self._epoch = 0
        self._ready = False
        self._seen: set[type] = set()
        self._refusal = ""
        self.statistics = Statistics()
        """What all connections have read, and what of it was not understood. Any thread may look."""
        self.farms: dict[str, FarmState] = {}
        """By name. A new one for each change, so any thread may look."""
        self._back_off = BackOff()
        self._retry_at: float | None = None
        self._deadline = 0.0

    @property
    def turns(self) -> ReadingTurns | None:
        """At reading the present connection; None without one. From any thread."""
        connection = self._connection
        return None if connection is None else connection.turns

    # --------------------------------------------------------------------------------------------------- connection

    def receive(self, message: Any) -> Any:
        """Requests to send, and news of the connection."""
        match message:
            case Send(request, _):
                if self._ready:
                    self._router.tell(Leaving(request))
                self.outgoing.send(request)
            case ConnectionEnded(epoch, error):
                if epoch == self._epoch:
                    self._lose(error)
            case Connect(within):
                return self._connect(within)
            case _:
                return super().receive(message)
        return None

    def _connect(self, within: float = GREETING_TIMEOUT) -> Exception | None:
        self._epoch += 1
        self._seen.clear()
        self._ready = False
        self._refusal = ""
        self._retry_at = None
        router, mail, epoch = self._router, self.mail, self._epoch

        def deliver(messages: list[Message]) -> None:
            router.tell(Batch(messages, time.monotonic()))

        connection = BridgeConnection(
            self._address, deliver, partial(_tell_end, mail, epoch), self.statistics
        )
        self._tell(ConnectionChanged(ConnectionState.CONNECTING, epoch))
        self._newest = connection
        try:
            connection.open(within)
        except Exception as error:  # noqa: BLE001  # whatever it is, the next attempt has to be made
            self._plan_retry(str(error) if isinstance(error, IbkrError) else repr(error))
            return error
        self._connection = connection
        self._deadline = self._clock() + HANDSHAKE_TIMEOUT
        return None

    def next_valid_id(self, message: NextValidId) -> None:
        """Half of what makes a connection usable."""
        self._see(message)

    def managed_accounts(self, message: ManagedAccounts) -> None:
        """The other half."""
        self._see(message)

    def notice(self, notice: Notice) -> None:
        """Remember how a farm stands, and why the bridge is about to hang up."""
        farm = farm_state(notice.code, notice.text)
        if farm is not None:
            self.farms = self.farms | {farm.name: farm}
        if notice.code in REFUSING_CODES:
            self._refusal = f"{notice.code} {notice.text} (client id {self._address.client_id})"

    def _see(self, message: Message) -> None:
        self._seen.add(type(message))
        if self._ready or self._connection is None or len(self._seen) < 2:
            return
        self._ready = True
        self._liveness.begin(self._clock())
        self.outgoing.open(self._connection)
        self._back_off.reset()
        logger.info("connected to the bridge, server version {}", self._connection.server_version)
        self._tell(ConnectionChanged(ConnectionState.CONNECTED, self._epoch, self._connection.server_version))

    def _lose(self, error: BaseException | None) -> None:
        if self._connection is None:
            return
        self._connection.close()
        self._connection = None
        self._ready = False
        self.farms = {}
        reason = self._refusal or (str(error) if error is not None else "closed")
        self.outgoing.close(reason)
        self._plan_retry(reason)

    def _plan_retry(self, reason: str) -> None:
        delay = self._back_off.next()
        self._retry_at = self._clock() + delay
        logger.warning("no connection with the bridge: {}; next attempt in {:.1f} s", reason, delay)
        self._tell(ConnectionChanged(ConnectionState.LOST, self._epoch, 0, reason))

    # ------------------------------------------------------------------------------------------------------ sending

    def _hear_of_loss(self, error: ConnectionLost) -> None:
        """On the thread of whoever wrote: the actor's own deals with it."""
        self.mail.tell(ConnectionEnded(self._epoch, error))

    def _wake(self) -> None:
        """On the thread of whoever wrote: something is held back by pacing."""
        self.mail.tell(IDLE)

    def _fail(self, request: Request, reason: str) -> None:
        identity = getattr(request, "request_id", None)
        self._tell(
            RequestFailed(
                identity if identity is not None else getattr(request, "order_id", -1), reason, request
            )
        )

    def _tell(self, message: Message) -> None:
        self._router.tell(Batch([message], time.monotonic()))

    # --------------------------------------------------------------------------------------------------------- loop

    def act(self) -> None:
        """Send what pacing held back; connect again when it is time; give up on a handshake that does not end."""
        now = self._clock()
        if self._connection is not None and not self._ready and now > self._deadline:
            self._lose(ConnectionLost(f"no accounts and order id within {HANDSHAKE_TIMEOUT:g} seconds"))
        elif self._retry_at is not None and now >= self._retry_at:
            self._connect()
        if self._ready:
            self._watch(now)
        self.wake_in = self.outgoing.flush()
        if self._end_by is not None:
            self._end_when_it_is_time(self._end_by - now)

    def _end_when_it_is_time(self, left: float) -> None:
        """`left` are the seconds that what waits has still, unless it is about orders."""
        if self.outgoing.holds_orders:
            left = max(left, self.last_orders_by - self._clock())
        if self.wake_in is None or left <= 0:
            self._end()
        else:
            self.wake_in = min(self.wake_in, left)

    def _watch(self, now: float) -> None:
        """A bridge that has gone without a word leaves a connection that looks alive."""
        self._liveness.watch(
            now,
            self.statistics.frames,
            ask=lambda: self.outgoing.send(QUESTION),
            give_up=self._lose,
        )

    def stop(self) -> None:
        """End when everything is sent that waits for its turn, or after a moment; for orders by `last_orders_by`."""
        self._retry_at = None
        self._end_by = self._clock() + LAST_REQUESTS

    def break_off(self) -> None:
        """From any thread: end what the actor may be waiting for, a handshake or a bridge that takes no bytes."""
        connection = self._newest
        if connection is not None:
            connection.close()

    def _end(self) -> None:
        if self._connection is not None:
            self._epoch += 1
            self._connection.part(max(_LEAST_PARTING, self.last_orders_by - self._clock()))
            self._connection = None
        self.outgoing.close("the desk stops")
        self.still_running = False


def _tell_end(mail: Mail, epoch: int, error: IbkrError | None) -> None:
    """On the reader's thread: the connection of that epoch is gone."""
    tell(mail, ConnectionEnded(epoch, error))
