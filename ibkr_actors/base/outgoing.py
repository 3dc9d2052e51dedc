"""The way out: requests from any thread to the socket, paced, one at a time."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

from loguru import logger

from ibkr_actors.base.bridge_connection import BridgeConnection
from ibkr_actors.base.messages.declaration import Cancellation, Request
from ibkr_actors.base.order_tracking import MAKES_AN_ORDER
from ibkr_actors.base.pacing import Outbox
from ibkr_actors.errors import ConnectionLost, UnsupportedByServer

LAST_REQUESTS: Final = 0.5
"""Seconds that what pacing holds back may take to leave at the end; requests about orders may take longer."""


class _Departure(NamedTuple):
    """What left at one time, what could not be written and why, and the seconds until more may leave."""

    left: list[Request]
    failures: list[tuple[Request, Exception]]
    due: float | None


class Outgoing:
    """Sends requests as fast as the bridge allows, in the order of `Outbox`; safe from any thread.

    Responsible for: pacing; that one request is written at a time; telling `failed` of each that could not be sent (but
    for a cancellation that an older bridge doesn't know), and `lost` when the connection broke under one. A request
    that may leave now leaves on the caller's thread: an order must not wait for two wakeups. What pacing holds back
    leaves when somebody calls `flush`; `waiting` is told. `sent`, when given, is told of each request that has left.

    Must never be called by what reads the connection, on whichever thread that is: a bridge that does not read while it
    waits for us to read would stand still with us.
    """

    def __init__(
        self,
        messages_per_second: int,
        clock: Callable[[], float],
        *,
        failed: Callable[[Request, str], None],
        lost: Callable[[ConnectionLost], None],
        waiting: Callable[[], None],
        sent: Callable[[Request], None] | None = None,
    ) -> None:
        self._messages_per_second = messages_per_second
        self._clock = clock
        self._failed, self._lost, self._waiting, self._sent = failed, lost, waiting, sent
        self._lock = threading.Lock()
        self._outbox = Outbox(messages_per_second)
        self._connection: BridgeConnection | None = None

    @property
    def holds_orders(self) -> bool:
        """Whether requests about orders wait for their turn. From any thread, also while another one writes."""
        return self._outbox.holds_orders

    def open(self, connection: BridgeConnection) -> None:
        """The connection is ready: what waits may leave."""
        with self._lock:
            self._connection = connection
        self.flush()

    def close(self, reason: str) -> None:
        """The connection is gone: what waits fails, for an order must not leave minutes later."""
        with self._lock:
            self._connection = None
            left = self._outbox.clear()
            self._outbox = Outbox(self._messages_per_second)
        if left:
            names = Counter(type(request).__name__ for request in left)
            logger.error("{} requests were not sent ({}): {}", len(left), reason, dict(names))
        for request in left:
            self._fail_unless_kept(request, reason)

    def send(self, request: Request) -> None:
        """Send a request now, or when it is its turn.

        Without a connection it fails, unless it subscribes: whoever keeps subscriptions makes them all again.
        """
        with self._lock:
            departure = None
            if self._connection is not None:
                self._outbox.put(request)
                departure = self._depart(self._connection)
        if departure is None:
            self._fail_unless_kept(request, "there is no connection with the bridge")
        elif self._tell_of(departure) is not None:
            self._waiting()

    def _fail_unless_kept(self, request: Request, reason: str) -> None:
        """A request that a lost connection cost; a subscription is made again, and needs no cancelling till then."""
        if not request.facts.replies.keeps_on(request) and not isinstance(request, Cancellation):
            self._failed(request, reason)

    def flush(self) -> float | None:
        """Send what may leave now. Returns the seconds until more may; None when nothing waits for its turn."""
        with self._lock:
            if self._connection is None:
                return None
            departure = self._depart(self._connection)
        return self._tell_of(departure)

    def _depart(self, connection: BridgeConnection) -> _Departure:
        """Write what may leave now; under the lock."""
        left: list[Request] = []
        failures: list[tuple[Request, Exception]] = []
        for request in self._outbox.take(self._clock()):
            try:
                connection.send(request)
            except Exception as error:  # noqa: BLE001  # what one request holds must not cost the others
                failures.append((request, error))
            else:
                left.append(request)
        return _Departure(left, failures, self._outbox.due(self._clock()))

    def _tell_of(self, departure: _Departure) -> float | None:
        """Tell whoever wants to know; without the lock, for they may send something. Returns the seconds as `flush`."""
        if self._sent is not None:
            for request in departure.left:
                self._sent(request)
        for request, failure in departure.failures:
            self._tell_failure(request, failure)
        return departure.due

    def _tell_failure(self, request: Request, failure: Exception) -> None:
        if isinstance(failure, UnsupportedByServer) and isinstance(request, Cancellation):
            # Whoever cancels is told nothing more anyway; an older bridge works on until its answer is complete.
            logger.info("the bridge is left to end its answer: {}", failure)
            return
        logger.error("{} was not sent: {!r}", type(request).__name__, failure)
        if isinstance(failure, ConnectionLost):
            # The bridge may have got an order all the same: what became of it is asked on the next connection.
            if not isinstance(request, MAKES_AN_ORDER):
                self._fail_unless_kept(request, str(failure))
            self._lost(failure)
        else:
            self._failed(request, str(failure))
