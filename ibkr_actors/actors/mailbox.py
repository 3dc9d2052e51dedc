"""The mailbox of an actor: fast, bounded, and never in the way of what matters.

pykka's own mailbox is a `queue.Queue`, which passes an eighth of what a `SimpleQueue` does. A trading system also
needs a bound: a slow actor must not eat all memory, and must not see old ticks when newer ones are there. So ticks
that find the mailbox full are conflated to the newest of each request and type. Orders, executions and everything
else is never dropped.
"""

from __future__ import annotations

import queue
import threading
from typing import Any, Final

from pykka._envelope import Envelope  # the type that every pykka inbox carries; not exported

from ibkr_actors.actors.messages import IDLE, Batch, TicksConflated
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.market_data import Tick

TICKS_WAITING: Final = 500_000
"""Messages that may wait in a mailbox before ticks are conflated: some tens of megabytes."""

_CONFLATED: Final = Envelope(None)
_IDLE: Final = Envelope(IDLE)


class Mailbox:
    """The inbox of one actor; many threads put, one gets.

    `get` returns an idle envelope after `interval` seconds without any other, so that `act` can run.
    """

    def __init__(self, limit: int = TICKS_WAITING, interval: float | None = None) -> None:
        self.interval = interval
        self._limit = limit
        self._queue: queue.SimpleQueue[Envelope[Any]] = queue.SimpleQueue()
        self._waiting = 0
        self._lock = threading.Lock()
        self._newest: dict[tuple[type, int, int], Message] = {}
        self._replaced = 0

    def put(self, envelope: Envelope[Any], /) -> None:
        """Add an envelope; never blocks."""
        message = envelope.message
        if type(message) is Batch:
            size = len(message.messages)
            # Read without the lock: one batch more or less over the limit does not matter. While conflated ticks wait,
            # newer ones join them: in the queue behind them they would be overtaken by the newest of all.
            if self._newest or self._waiting > self._limit:
                self._put_conflated(message)
                return
            with self._lock:
                self._waiting += size
        self._queue.put(envelope)

    def get(self) -> Envelope[Any]:
        """The next envelope, the idle one when nothing came for `interval` seconds."""
        try:
            envelope = self._queue.get(timeout=self.interval)
        except queue.Empty:
            return _IDLE
        if envelope is _CONFLATED:
            return self._take_conflated()
        if type(envelope.message) is Batch:
            with self._lock:
                self._waiting -= len(envelope.message.messages)
        return envelope

    def empty(self) -> bool:
        """Whether nothing waits."""
        return self._queue.empty()

    def __len__(self) -> int:
        return self._waiting

    def _put_conflated(self, batch: Batch) -> None:
        others = [message for message in batch.messages if not isinstance(message, Tick)]
        with self._lock:
            first = not self._newest
            before = len(self._newest)
            ticks = {
                (type(tick), tick.request_id, tick.tick_type): tick
                for tick in batch.messages
                if isinstance(tick, Tick)
            }
            self._newest.update(ticks)
            self._replaced += len(batch.messages) - len(others) - (len(self._newest) - before)
            self._waiting += len(others)
        if others:
            self._queue.put(Envelope(Batch(others, batch.received_at)))
        if first and ticks:
            # One token stands for all that is conflated until it is taken, so no wakeup is lost and none is extra.
            self._queue.put(_CONFLATED)

    def _take_conflated(self) -> Envelope[Any]:
        with self._lock:
            newest, self._newest = self._newest, {}
            replaced, self._replaced = self._replaced, 0
        messages: list[Message] = [TicksConflated(replaced), *newest.values()]
        return Envelope(Batch(messages, 0.0))
