"""A connection of the blocking interface: opened on the caller's thread, read on one, paced and watched on one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from ibkr_actors.base.bridge_connection import BridgeAddress, BridgeConnection
from ibkr_actors.base.liveness import Liveness
from ibkr_actors.base.messages.declaration import Message, Request
from ibkr_actors.base.outgoing import Outgoing
from ibkr_actors.base.pacing import MESSAGES_PER_SECOND
from ibkr_actors.base.session_statistics import Statistics
from ibkr_actors.blocking.departures import Departures, Leaving
from ibkr_actors.errors import ConnectionLost, IbkrError

LAST_REQUESTS: Final = 2.0
"""Seconds that what pacing holds back (an order, a cancellation) may take to leave when the connection is closed."""


class Link:
    """One connection, from `open` to its end; a lost one is not mended but replaced, with all that belonged to it.

    Responsible for: the socket's two threads, pacing, giving up a bridge that is there no more, and telling what
    happens: `on_messages` and `on_lost` on the reader's thread (`on_lost` with None when it was closed on purpose),
    `on_failed` on whichever thread wrote, `on_silence` on the pacer's when the bridge has to be asked for
    a sign of life, and `on_turn`, when given, every few seconds there. Not responsible for: who asked, order ids, what
    a welcome holds.
    """

    def __init__(
        self,
        address: BridgeAddress,
        statistics: Statistics,
        *,
        on_messages: Callable[[list[Message]], None],
        on_lost: Callable[[IbkrError | None], None],
        on_failed: Callable[[Request, str], None],
        on_silence: Callable[[], None],
        on_turn: Callable[[], None] | None = None,
        liveness: Liveness,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_lost, self._on_failed = on_lost, on_failed
        self._on_silence, self._on_turn = on_silence, on_turn
        self._statistics = statistics
        self._liveness, self._clock = liveness, clock
        self._held_back = threading.Event()
        self._departures = Departures()
        self._outgoing = Outgoing(
            MESSAGES_PER_SECOND,
            clock,
            failed=self._fail,
            lost=self._break,
            waiting=self._held_back.set,
            sent=self._departures.note,
        )
        self._connection = BridgeConnection(address, on_messages, self._end, statistics)
        self._pacer = threading.Thread(
            target=self._pace, name=f"bridge-pacer-{address.client_id}", daemon=True
        )
        self._broken: IbkrError | None = None
        self._is_open = False

    @property
    def server_version(self) -> int:
        """The settled version; 0 before `open`."""
        return self._connection.server_version

    def open(self, timeout: float) -> None:
        """Connect and start reading. Raises as `BridgeConnection.open`."""
        self._connection.open(timeout)

    def start_sending(self) -> None:
        """The bridge has welcomed us: requests may leave."""
        self._is_open = True
        self._liveness.begin(self._clock())
        self._pacer.start()
        self._outgoing.open(self._connection)

    def check(self, request: Request) -> None:
        """Raises what keeps a request from being written: UnsupportedByServer, InapplicableField, ..."""
        if self.server_version:
            self._connection.session.encode(request)

    def send(self, request: Request, waiting: Leaving | None = None) -> None:
        """Send a request now, or when pacing allows; `waiting` is told when. Never on the reader's thread."""
        if waiting is not None:
            self._departures.expect(waiting)
        self._outgoing.send(request)

    def forget(self, waiting: Leaving) -> None:
        """Whoever waits has given up; what is cancelled before it leaves is never told of."""
        self._departures.forget(waiting)

    def close(self) -> None:
        """Let what waits leave, and the bridge take it, then close. Returns when both threads have ended."""
        self._send_the_rest()
        self._connection.part()
        self._stop_pacing()

    def _send_the_rest(self) -> None:
        deadline = time.monotonic() + LAST_REQUESTS
        while (due := self._outgoing.flush()) is not None and time.monotonic() + due < deadline:
            time.sleep(due)

    def _stop_pacing(self) -> None:
        self._is_open = False
        self._held_back.set()
        if self._pacer.is_alive() and self._pacer is not threading.current_thread():
            self._pacer.join(5.0)

    def _pace(self) -> None:
        """On the pacer's thread: send what was held back as soon as it may leave, and watch the bridge meanwhile."""
        while self._is_open:
            due = self._outgoing.flush()
            self._liveness.watch(
                self._clock(), self._statistics.frames, ask=self._on_silence, give_up=self._break
            )
            if self._on_turn is not None:
                self._on_turn()
            pause = self._liveness.interval
            self._held_back.wait(pause if due is None else min(due, pause))
            self._held_back.clear()

    def _fail(self, request: Request, reason: str) -> None:
        self._on_failed(request, reason)
        self._departures.fail(request, reason)

    def _break(self, error: ConnectionLost) -> None:
        """On the thread that wrote, or the pacer's: the reader ends as well, and tells why. The first reason counts."""
        self._broken = self._broken or error
        self._connection.close()

    def _end(self, error: IbkrError | None) -> None:
        """On the reader's thread, as its last act."""
        reason = error or self._broken
        self._is_open = False
        self._held_back.set()
        self._on_lost(reason)
        words = str(reason) if reason is not None else "the connection was closed"
        self._outgoing.close(words)
        self._departures.end(words)
