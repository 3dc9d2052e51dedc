"""A queue of the topology, as a server of AMQP 0-9-1 has to be asked for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ibkr_actors.brokers.topology import KIND, TOPIC_EXCHANGES, Queue, sorting_exchange

Answered = Callable[[Any], None]


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
