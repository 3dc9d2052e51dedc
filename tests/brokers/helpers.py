"""A broker for tests: in memory, or a RabbitMQ server behind a proxy that can be cut."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest

from ibkr_actors.brokers.broker import Broker, Delivery
from ibkr_actors.brokers.memory import MemoryServer
from ibkr_actors.brokers.rabbitmq import RabbitMQ
from ibkr_actors.brokers.topology import (
    ALWAYS,
    TOPIC_EXCHANGES,
    Queue,
    actor_events,
    actor_market_data,
)
from ibkr_actors.errors import BrokerError
from tests.actors.helpers import Record

RABBITMQ = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672/")
"""The server that tests use; the environment may name another."""


@cache
def why_no_rabbitmq() -> str:
    """Why the tests that need a server can't run; empty where they can."""
    broker = RabbitMQ(RABBITMQ, prefix=f"test-{uuid.uuid4().hex[:8]}.")
    try:
        broker.start(timeout=3.0)
    except BrokerError as error:
        return f"these tests need a RabbitMQ server, named by RABBITMQ_URL: {error}"
    remove_all(broker)
    broker.stop()
    return ""


def remove_all(broker: RabbitMQ) -> None:
    """Take away everything on the server that this connection knows of."""

    def remove() -> None:
        queues = [*ALWAYS, *broker._queues.values()]
        name, channel = broker._maker.name, broker._plain
        exchanges = {*TOPIC_EXCHANGES, *(queue.exchange for queue in queues)}
        for queue in queues:
            channel.queue_delete(name(queue.name))
        for exchange in exchanges:
            channel.exchange_delete(name(exchange))
        # The server answers in order: whoever waits for this answer waits for all of them.
        channel.queue_declare("", exclusive=True, callback=lambda _frame: done.set())

    done = threading.Event()
    broker._commands.do(remove)
    assert done.wait(10.0)


class Proxy:
    """Passes bytes on to a server, as long as it is whole."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self.port = 0
        self.mend()

    def mend(self) -> None:
        """Accept connections, at the same port as before."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name="proxy", daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """End every connection, and accept no more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5.0)
        with self._lock:
            ended, self._open = self._open, []
        for one in ended:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
            except OSError:
                return
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open += [client, server]
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)


class Arrangement:
    """A broker's server for one test: `connect` gives connections, `cut` and `mend` are what happens to all of them."""

    def __init__(
        self, connect: Callable[[], Broker], cut: Callable[[], None], mend: Callable[[], None]
    ) -> None:
        self._connect, self.cut, self.mend = connect, cut, mend
        self.connections: list[Broker] = []

    def make(self) -> Broker:
        """A connection that somebody else starts and stops."""
        return self._connect()

    def connect(self, record: Record | None = None) -> Broker:
        """A connection that is there; it ends with the test. What it hears of itself is recorded."""
        broker = self._connect()
        broker.start(None if record is None else lambda state, _reason: record.add(state))
        self.connections.append(broker)
        return broker


@contextmanager
def in_memory() -> Iterator[Arrangement]:
    """A broker without a server."""
    server = MemoryServer()
    arrangement = Arrangement(server.connect, server.cut, server.mend)
    yield arrangement
    for broker in arrangement.connections:
        broker.stop()


@contextmanager
def at_a_server() -> Iterator[Arrangement]:
    """RabbitMQ, behind a proxy, with names of its own that are taken away in the end."""
    if reason := why_no_rabbitmq():
        pytest.skip(reason)
    parts = urlsplit(RABBITMQ)
    assert parts.hostname is not None
    proxy = Proxy(parts.hostname, parts.port or 5672)
    prefix = f"test-{uuid.uuid4().hex[:8]}."
    seen: dict[str, Queue] = {
        queue.name: queue for queue in (actor_events("cross"), actor_market_data("cross"))
    }

    def connect() -> RabbitMQ:
        place = f"{parts.scheme}://{parts.username}:{parts.password}@127.0.0.1:{proxy.port}{parts.path}"
        broker = RabbitMQ(place, prefix=prefix)
        declare = broker._maker.declare

        def remember(channel: Any, queue: Queue, last: Any) -> None:
            seen[queue.name] = queue
            declare(channel, queue, last)

        broker._maker.declare = remember  # type: ignore[method-assign]
        return broker

    arrangement = Arrangement(connect, proxy.cut, proxy.mend)
    try:
        yield arrangement
    finally:
        for broker in arrangement.connections:
            broker.stop()
        proxy.cut()
        cleaner = RabbitMQ(RABBITMQ, prefix=prefix)
        cleaner.start()
        cleaner._queues |= {name: queue for name, queue in seen.items() if not queue.temporary}
        remove_all(cleaner)
        cleaner.stop()


BROKERS = {"memory": in_memory, "rabbitmq": at_a_server}


def bodies(record: Record) -> list[bytes]:
    """What deliveries said."""
    return [delivery.body for delivery in record.of(Delivery)]
