"""A message broker within one process: the contract without a server, for tests of users' own code.

    server = MemoryServer()
    desk = MultiClientApplication(host, port, broker=server.connect(), journal=path)
    actors = RemoteApplication(server.connect())

It behaves as RabbitMQ does with the topology of this package, and its connections can be cut.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from ibkr_actors.brokers.broker import Delivery, Letter
from ibkr_actors.brokers.commands import guard
from ibkr_actors.brokers.consumers import Consumer
from ibkr_actors.brokers.threaded import LOOK_EVERY, ThreadedBroker
from ibkr_actors.brokers.topology import Queue

TRY_AGAIN: Final = 0.02
"""Seconds between two attempts to connect with a server that was cut."""


@dataclass(slots=True)
class _Stored:
    """A letter in a queue."""

    letter: Letter
    waited: float
    sent_at: float
    gone_at: float | None
    redelivered: bool = False


@dataclass(slots=True, eq=False)
class _QueueState:
    """A queue, what is in it, and who takes from it."""

    queue: Queue
    waiting: deque[_Stored] = field(default_factory=deque)
    taken: OrderedDict[int, _Stored] = field(default_factory=OrderedDict)
    consumer: Consumer | None = None
    owner: MemoryBroker | None = None

    def accepts(self, letter: Letter) -> bool:
        """Whether the letter comes into this queue."""
        wanted = self.queue
        if letter.exchange != wanted.exchange or wanted.kind not in ("", letter.kind):
            return False
        if not wanted.key:
            return True
        wanted_words, words = wanted.key.split("."), letter.routing_key.split(".")
        pairs = zip(wanted_words, words, strict=False)
        return len(wanted_words) == len(words) and all(one in ("*", other) for one, other in pairs)

    def put_back(self) -> None:
        """What was taken and not acknowledged comes again, at its old place."""
        for stored in reversed(self.taken.values()):
            self.waiting.appendleft(replace(stored, redelivered=True))
        self.taken.clear()
        self.consumer = self.owner = None


class MemoryServer:
    """Queues in memory, for connections of this process. Safe from any thread.

    `cut` ends all connections, and `mend` lets them come again; in between `forget_transient` leaves what a restart of
    a server leaves.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._queues: dict[str, _QueueState] = {}
        self._tags = itertools.count(1)
        self._brokers: list[MemoryBroker] = []
        self.is_up = True

    def connect(self) -> MemoryBroker:
        """A connection, which is to be started."""
        return MemoryBroker(self, self._clock)

    def cut(self) -> None:
        """End all connections, and accept none."""
        with self._lock:
            self.is_up = False
            brokers = list(self._brokers)
        for broker in brokers:
            broker.break_off()

    def mend(self) -> None:
        """Accept connections again."""
        self.is_up = True

    def forget_transient(self) -> None:
        """What was not persistent is gone."""
        with self._lock:
            for state in self._queues.values():
                state.waiting = deque(stored for stored in state.waiting if stored.letter.persistent)

    def waiting(self, queue: Queue) -> list[Letter]:
        """The letters in a queue that nobody has taken yet."""
        with self._lock:
            state = self._queues.get(queue.name)
            return [] if state is None else [stored.letter for stored in state.waiting]

    # ------------------------------------------------------------------------------------------ for connections

    def join(self, broker: MemoryBroker) -> None:
        """A connection has come."""
        with self._lock:
            self._brokers.append(broker)

    def leave(self, broker: MemoryBroker) -> None:
        """A connection is gone: what it had taken goes back, its own queues go."""
        with self._lock:
            if broker in self._brokers:
                self._brokers.remove(broker)
            for state in [state for state in self._queues.values() if state.owner is broker]:
                state.put_back()
                if state.queue.temporary:
                    del self._queues[state.queue.name]

    def make(self, queue: Queue) -> _QueueState:
        """Let a queue exist."""
        with self._lock:
            return self._queues.setdefault(queue.name, _QueueState(queue))

    def take_from(self, consumer: Consumer, broker: MemoryBroker) -> bool:
        """Begin to consume; False when somebody else does."""
        with self._lock:
            state = self.make(consumer.queue)
            if state.consumer is not None:
                return False
            state.consumer, state.owner = consumer, broker
            self._hand_out(state)
        return True

    def end(self, consumer: Consumer) -> None:
        """Consume no more."""
        with self._lock:
            state = self._queues.get(consumer.queue.name)
            if state is not None and state.consumer is consumer:
                state.put_back()

    def route(self, letter: Letter, waited: float, left: float | None) -> bool:
        """Put a letter into every queue that it belongs to; False when there is none."""
        with self._lock:
            now = self._clock()
            gone_at = None if left is None else now + left
            found = [state for state in self._queues.values() if state.accepts(letter)]
            for state in found:
                state.waiting.append(_Stored(letter, waited, time.time(), gone_at))
                if state.queue.most is not None:
                    while len(state.waiting) > state.queue.most:
                        state.waiting.popleft()
                self._hand_out(state)
            return bool(found)

    def acknowledge(self, delivery: Delivery) -> None:
        """It is done; there is room for the next."""
        with self._lock:
            state = self._queues.get(delivery.queue)
            if state is not None and state.taken.pop(delivery.tag, None) is not None:
                self._hand_out(state)

    def drop_late(self) -> None:
        """What waited longer than its time to live goes where such letters go."""
        with self._lock:
            for state in list(self._queues.values()):
                self._drop_late(state)

    def _drop_late(self, state: _QueueState) -> None:
        now = self._clock()
        while state.waiting and (gone_at := state.waiting[0].gone_at) is not None and gone_at <= now:
            late = state.waiting.popleft().letter
            if state.queue.late:
                self.route(replace(late, exchange=state.queue.late, time_to_live=None), 0.0, None)

    def _hand_out(self, state: _QueueState) -> None:
        consumer, broker = state.consumer, state.owner
        self._drop_late(state)
        while consumer is not None and broker is not None and state.waiting:
            if len(state.taken) >= consumer.prefetch:
                return
            tag, stored = next(self._tags), state.waiting.popleft()
            state.taken[tag] = stored
            broker.hand(consumer, _delivery(state.queue, stored, tag))
            self._drop_late(state)


def _delivery(queue: Queue, stored: _Stored, tag: int) -> Delivery:
    letter = stored.letter
    headers = {**letter.headers, "kind": letter.kind}
    return Delivery(
        queue.name,
        letter.routing_key,
        letter.body,
        stored.redelivered,
        stored.waited,
        stored.sent_at,
        headers,
        tag,
    )


class MemoryBroker(ThreadedBroker):
    """A connection with a `MemoryServer`; made by its `connect`."""

    def __init__(self, server: MemoryServer, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._server = server
        self._tag = 0
        self._cut = threading.Event()
        self._again: list[Consumer] = []
        """Consumers of queues that somebody else consumes."""

    @property
    def place(self) -> str:
        """Where the broker is."""
        return "memory"

    def hand(self, consumer: Consumer, delivery: Delivery) -> None:
        """From the server, on any thread: something for a consumer."""
        self._commands.do(partial(guard, consumer.receive, delivery))

    def break_off(self) -> None:
        """From the server: the connection is gone."""
        self._cut.set()
        self._commands.do(lambda: None)

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self._server.is_up:
                self._serve()
            self._wait(TRY_AGAIN)

    def _serve(self) -> None:
        self._cut.clear()
        self._again.clear()
        self._server.join(self)
        for queue in list(self._queues.values()):
            self._make(queue)
        self._begin()
        while not (self._cut.is_set() or self._stopping.is_set()):
            self._commands.wait(LOOK_EVERY / 10)
            self._server.drop_late()
            self._open_again()
            self._flush()
        self._server.leave(self)
        self._reason = "cut"
        self._lose()

    def _close(self) -> None:
        """The thread looks by itself whether it is to end."""

    def _make(self, queue: Queue) -> None:
        self._server.make(queue)

    def _open_consumer(self, consumer: Consumer) -> None:
        if self._server.take_from(consumer, self):
            self._refusals.forget(f"queue {consumer.queue.name!r}")
            consumer.begin()
        elif consumer.refused is None:
            title = f"queue {consumer.queue.name!r}"
            self._refusals.note(
                title, f"{title} at {self.place} is in exclusive use; asked for until it is free"
            )
            self._again.append(consumer)
        else:
            del self._consumers[consumer.queue.name]
            guard(consumer.refused, f"queue {consumer.queue.name} is in exclusive use")

    def _open_again(self) -> None:
        again, self._again = self._again, []
        for consumer in again:
            if self._consumers.get(consumer.queue.name) is consumer:
                self._open_consumer(consumer)

    def _close_consumer(self, consumer: Consumer) -> None:
        self._server.end(consumer)

    def _publish(self, letter: Letter) -> None:
        if self.connected:
            self._server.route(letter, 0.0, letter.time_to_live)

    def _keeps_up(self) -> bool:
        return True

    def _send_entrusted(self, letter: Letter, waited: float, left: float | None) -> int:
        self._tag += 1
        tag, found = self._tag, self._server.route(letter, waited, left)

        def confirm() -> None:
            entry = self._outbox.entry(tag)
            if entry is not None:
                entry.returned = not found
                self._outbox.confirm(tag, multiple=False)
                self._flush()

        self._commands.do(confirm)
        return tag

    def _acknowledge(self, delivery: Delivery) -> None:
        self._server.acknowledge(delivery)
