"""A queue of the topology, as a server of AMQP 0-9-1 has to be asked for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from ibkr_actors.brokers.amqp_connection import close_channel, closed_by_server
from ibkr_actors.brokers.topology import KIND, TOPIC_EXCHANGES, Queue, sorting_exchange

Answered = Callable[[Any], None]
OpenChannel = Callable[[Answered], None]
"""Opens a channel, and gives it; does nothing when the connection is about to end."""
Done = Callable[[Queue, "tuple[int, str] | None"], None]
"""Called when a queue is there (None), or with code and text when the server refuses it."""


class QueueMaker:
    """Asks for exchanges, queues and bindings; `prefix` stands before each name."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def name(self, name: str) -> str:
        """A name as it is on the server."""
        return self._prefix + name

    def declare_exchanges(self, channel: Any, last: Answered) -> None:
        """Those that are there before there is any queue: a letter to an exchange that is not is an error."""
        for exchange in TOPIC_EXCHANGES:
            callback = last if exchange == TOPIC_EXCHANGES[-1] else None
            channel.exchange_declare(self.name(exchange), "topic", durable=True, callback=callback)

    def declare(self, channel: Any, queue: Queue, last: Answered | None) -> None:
        """Ask for everything that the queue needs. The server answers in order; the `last` answer is told."""
        name, exchange = self.name(queue.name), self.name(queue.exchange)
        kind = "topic" if queue.exchange in TOPIC_EXCHANGES else "fanout"
        channel.exchange_declare(exchange, kind, durable=True)
        shared = not queue.temporary
        arguments = self._arguments(queue)
        channel.queue_declare(name, durable=shared, exclusive=not shared, arguments=arguments)
        if queue.kind:
            self._sort(channel, queue, exchange, last)
        else:
            channel.queue_bind(name, exchange, queue.key, callback=last)

    def _arguments(self, queue: Queue) -> dict[str, Any]:
        arguments: dict[str, Any] = {}
        if queue.most is not None:
            arguments |= {"x-max-length": queue.most, "x-overflow": "drop-head"}
        if queue.late:
            arguments["x-dead-letter-exchange"] = self.name(queue.late)
        if queue.unused_for is not None:
            arguments["x-expires"] = int(queue.unused_for * 1000)
        return arguments

    def _sort(self, channel: Any, queue: Queue, exchange: str, last: Answered | None) -> None:
        """A topic exchange looks at keys only: behind it an exchange of the actor's own looks at the kind."""
        sorting = self.name(sorting_exchange(queue.key.partition(".")[2]))
        channel.exchange_declare(sorting, "headers", durable=True, auto_delete=True)
        wanted = {"x-match": "all", KIND: queue.kind}
        channel.queue_bind(self.name(queue.name), sorting, "", arguments=wanted)
        channel.exchange_bind(sorting, exchange, queue.key, callback=last)


class QueuesInTurn:
    """Makes queues one after the other, on one channel of one connection.

    The server closes the channel with which it refuses a queue: the next ones are made on another.
    """

    def __init__(self, maker: QueueMaker, open_channel: OpenChannel, done: Done) -> None:
        self._maker, self._open_channel, self._done = maker, open_channel, done
        self._waiting: deque[Queue] = deque()
        self._channel: Any = None

    def add(self, queue: Queue) -> None:
        """Make this one too."""
        self._waiting.append(queue)
        if len(self._waiting) == 1:
            self._open_channel(self._begin)

    def _begin(self, channel: Any) -> None:
        self._channel = channel
        channel.add_on_close_callback(self._end)
        self._make_first()

    def _make_first(self) -> None:
        if self._channel.is_open:
            self._maker.declare(self._channel, self._waiting[0], self._made_first)

    def _made_first(self, _frame: Any) -> None:
        queue = self._waiting.popleft()
        if self._waiting:
            self._make_first()
        else:
            close_channel(self._channel)
        self._done(queue, None)

    def _end(self, channel: Any, error: BaseException) -> None:
        refusal = closed_by_server(error)
        if refusal is None or channel is not self._channel or not self._waiting:
            return
        queue = self._waiting.popleft()
        if self._waiting:
            self._open_channel(self._begin)
        self._done(queue, refusal)
