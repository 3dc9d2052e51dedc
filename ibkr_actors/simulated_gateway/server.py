"""The edge of the simulated gateway: a listener and its clients, served by one thread.

One thread watches all sockets: a client that does not read can't hold up another, nothing needs a lock but the door
that a test or an embedding application uses, and requests are served in the order in which they arrive.
"""

from __future__ import annotations

import selectors
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Final, Self

from loguru import logger

from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.server_versions import NEWEST, OLDEST
from ibkr_actors.simulated_gateway.client import Client
from ibkr_actors.simulated_gateway.connection import Connection, ConnectionClosed
from ibkr_actors.simulated_gateway.gateway import MAXIMUM_CLIENTS, Deliveries, Gateway, Options

LOCALHOST: Final = "127.0.0.1"
TICK: Final = 0.25
"""Seconds between two movements of the market."""
UNSENT_LIMIT: Final = 16 << 20
"""Bytes that may wait for a client that does not read; then it is cut off."""
STOP_TIMEOUT: Final = 5.0


class Server:
    """A simulated gateway that listens.

    Responsible for: accepting clients, moving bytes, moving time; cutting off clients that don't read.
    Delegates: everything that a message means, to `Gateway`.

    `start` returns when it listens; `stop` when its thread has ended. Use it as a context manager, or `serve`.
    """

    def __init__(
        self,
        options: Options | None = None,
        *,
        host: str = LOCALHOST,
        port: int = 0,
        server_version: int = NEWEST,
        tick: float = TICK,
        unsent_limit: int = UNSENT_LIMIT,
    ) -> None:
        self.host = host
        self.port = port
        """The port it listens on; 0 means any, and becomes the real one at the start."""
        self._versions = range(OLDEST, server_version + 1)
        self._tick = tick
        self._unsent_limit = unsent_limit
        self._clock_offset = time.time() - time.monotonic()
        self._gateway = Gateway(options or Options(), self._now())
        self._lock = threading.RLock()
        self._connections: dict[Connection, Client | None] = {}
        self._selector: selectors.BaseSelector
        self._thread: threading.Thread | None = None
        self._is_stopping = False

    def _now(self) -> float:
        """Epoch seconds that never go back, whatever happens to the clock of the machine."""
        return self._clock_offset + time.monotonic()

    # -------------------------------------------------------------------------------------------------------- control

    def start(self) -> Self:
        """Listen, and serve from a thread of its own. Raises OSError when the port is taken."""
        self._listener = socket.create_server((self.host, self.port), backlog=MAXIMUM_CLIENTS)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._alarm, self._alarm_bell = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        self._selector.register(self._alarm, selectors.EVENT_READ, None)
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name=f"simulated gateway {self.port}", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close all connections and the listener; returns when the thread has ended. A second call does nothing."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._is_stopping = True
        # The bell is this side's to close: the thread may see the flag and be gone before it rings.
        with suppress(OSError):
            self._alarm_bell.send(b"!")
        thread.join(STOP_TIMEOUT)
        self._alarm_bell.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @contextmanager
    def hold(self) -> Iterator[Gateway]:
        """The gateway behind the server, which stands still meanwhile: to set prices, to look at books."""
        with self._lock:
            yield self._gateway

    # ----------------------------------------------------------------------------------------------------- the thread

    def _run(self) -> None:
        due = self._now()
        try:
            while not self._is_stopping:
                events = self._selector.select(max(0.0, due - self._now()))
                with self._lock:
                    for key, mask in events:
                        self._serve(key, mask)
                    if self._now() >= due:
                        due = self._now() + self._tick
                        self._advance()
        finally:
            self._close_all()

    def _serve(self, key: selectors.SelectorKey, mask: int) -> None:
        if key.fileobj is self._listener:
            self._accept()
        elif isinstance(key.data, Connection) and key.data in self._connections:
            self._serve_connection(key.data, mask)

    def _accept(self) -> None:
        try:
            accepted, _ = self._listener.accept()
        except OSError:  # it left before it was let in
            return
        if len(self._connections) >= MAXIMUM_CLIENTS:
            logger.warning("a client is turned away: {} are connected", MAXIMUM_CLIENTS)
            accepted.close()
            return
        clock = time.strftime("%Y%m%d %H:%M:%S %Z")
        connection = Connection(accepted, self._versions, clock, self._unsent_limit)
        self._connections[connection] = None
        self._selector.register(accepted, selectors.EVENT_READ, connection)

    def _serve_connection(self, connection: Connection, mask: int) -> None:
        try:
            if mask & selectors.EVENT_WRITE:
                connection.flush()
            messages = connection.receive() if mask & selectors.EVENT_READ else []
        except ConnectionClosed as reason:
            self._close(connection, str(reason))
            return
        self._watch(connection)
        for message in messages:
            self._handle(connection, message)

    def _handle(self, connection: Connection, message: Message) -> None:
        client = self._client_of(connection)
        if client is None:
            return
        try:
            self._deliver(self._gateway.handle(client, message, self._now()))
        except Exception:  # noqa: BLE001  # a bug that one request meets must not end the service of all others
            logger.exception("a request could not be served: {}", type(message).__name__)

    def _client_of(self, connection: Connection) -> Client | None:
        """The client of a connection, from its first message on; None when the connection is closed already."""
        if connection not in self._connections or connection.server_version is None:
            return None
        client = self._connections[connection]
        if client is None:
            client = self._connections[connection] = self._gateway.connect(connection.server_version)
        return client

    def _advance(self) -> None:
        try:
            self._deliver(self._gateway.advance(self._now()))
        except Exception:  # noqa: BLE001  # as above
            logger.exception("the gateway could not go on by one tick")

    def _deliver(self, deliveries: Deliveries) -> None:
        if not deliveries:
            return
        connections: dict[Any, Connection] = {
            client: connection for connection, client in self._connections.items() if client is not None
        }
        for client, messages in deliveries:
            connection = connections[client]
            try:
                connection.send(messages)
            except ConnectionClosed as reason:
                self._close(connection, str(reason))
                continue
            if client.is_closing:
                self._close(connection, "its client id is in use")
            else:
                self._watch(connection)

    def _watch(self, connection: Connection) -> None:
        """Wait for a socket to take more only while there is something to send."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.has_unsent else 0)
        if self._selector.get_key(connection.socket).events != events:
            self._selector.modify(connection.socket, events, connection)

    # ---------------------------------------------------------------------------------------------------------- ends

    def _close(self, connection: Connection, reason: str) -> None:
        logger.info("a client's connection ends: {}", reason)
        client = self._connections.pop(connection)
        self._selector.unregister(connection.socket)
        connection.close()
        if client is not None:
            self._gateway.disconnect(client)

    def _close_all(self) -> None:
        for connection in list(self._connections):
            self._close(connection, "the gateway stops")
        self._selector.close()
        for each in (self._listener, self._alarm):
            each.close()


def serve(
    port: int,
    *,
    seed: int = 0,
    server_version: int = NEWEST,
    host: str = LOCALHOST,
    options: Options | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; the first line of the output says where. Call it from the main thread."""
    asked_to_stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked_to_stop.set())
    with Server(options or Options(seed=seed), host=host, port=port, server_version=server_version) as server:
        print(f"listening on {server.host}:{server.port}", flush=True)
        while not asked_to_stop.wait(0.5):  # in steps, for a bare wait can't be interrupted on Windows
            pass
