"""A queue of messages for one reader: fast, bounded, and never in the way of what matters.

`queue.Queue` passes an eighth of what a `SimpleQueue` does. A trading system also needs a bound: a slow reader must not
eat all memory, and must not see old ticks when newer ones are there. So ticks that find the queue full are conflated to
the newest of each request and type. Orders, executions and everything else is never dropped.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from ibkr_actors.base.local_messages import TicksConflated
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.market_data import Tick

TICKS_WAITING: Final = 500_000
"""Messages that may wait before ticks are conflated: some tens of megabytes."""

T = TypeVar("T")


class ConflatingQueue(Generic[T]):
    """Many threads put, one takes.

    What is put is anything; `messages_in` tells the messages that it carries, None for what carries none, and `pack`
    makes a thing that carries given messages: some of those that another thing carried, or conflated ticks without one.
    """

    def __init__(
        self,
        messages_in: Callable[[T], list[Message] | None],
        pack: Callable[[list[Message], T | None], T],
        limit: int = TICKS_WAITING,
    ) -> None:
        self._messages_in, self._pack, self._limit = messages_in, pack, limit
        self._queue: queue.SimpleQueue[T | None] = queue.SimpleQueue()
        """None stands for what is conflated until it is taken."""
        self._waiting = 0
        self._lock = threading.Lock()
        self._newest: dict[tuple[type, int, int], Message] = {}
        self._replaced = 0

    def put(self, item: T, /) -> None:
        """Add a thing; never blocks. What carries no messages may also be put by a handler of signals."""
        messages = self._messages_in(item)
        if messages is not None:
            # Read without the lock: one batch more or less over the limit does not matter. While conflated ticks wait,
            # newer ones join them: in the queue behind them they would be overtaken by the newest of all.
            if self._newest or self._waiting > self._limit:
                self._put_conflated(item, messages)
                return
            with self._lock:
                self._waiting += len(messages)
        self._queue.put(item)

    def take(self, timeout: float | None = None) -> T:
        """The next thing. Raises queue.Empty when there is none within `timeout` seconds."""
        item = self._queue.get(timeout=timeout)
        if item is None:
            return self._take_conflated()
        messages = self._messages_in(item)
        if messages is not None:
            with self._lock:
                self._waiting -= len(messages)
        return item

    def empty(self) -> bool:
        """Whether nothing waits."""
        return self._queue.empty()

    def __len__(self) -> int:
        return self._waiting

    def _put_conflated(self, item: T, messages: list[Message]) -> None:
        others = [message for message in messages if not isinstance(message, Tick)]
        with self._lock:
            first = not self._newest
            before = len(self._newest)
            ticks = {
                (type(tick), tick.request_id, tick.tick_type): tick
                for tick in messages
                if isinstance(tick, Tick)
            }
            self._newest.update(ticks)
            self._replaced += len(messages) - len(others) - (len(self._newest) - before)
            self._waiting += len(others)
        if others:
            self._queue.put(self._pack(others, item))
        if first and ticks:
            # One token stands for all that is conflated until it is taken, so no wakeup is lost and none is extra.
            self._queue.put(None)

    def _take_conflated(self) -> T:
        with self._lock:
            newest, self._newest = self._newest, {}
            replaced, self._replaced = self._replaced, 0
        return self._pack([TicksConflated(replaced), *newest.values()], None)
