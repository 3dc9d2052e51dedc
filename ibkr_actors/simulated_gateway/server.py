"""The edge of the simulated gateway: a listener and its clients, served by one thread.

One thread watches all sockets: a client that does not read can't hold up another, nothing needs a lock but the door
that a test or an embedding application uses, and requests are served in the order in which they arrive.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Final, Self

from loguru import logger

from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.server_versions import NEWEST, OLDEST
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.connection import Connection, ConnectionClosed
from ibkr_actors.simulated_gateway.farewells import Farewells
from ibkr_actors.simulated_gateway.faults import FaultLayer, fault_named
from ibkr_actors.simulated_gateway.faults.effect import notice
from ibkr_actors.simulated_gateway.front import front_of
from ibkr_actors.simulated_gateway.gateway import MAXIMUM_CLIENTS, Deliveries, Gateway, Options
from ibkr_actors.simulated_gateway.hours.clock import RESOLUTION, Clock, RunningClock, SteppedClock, Timeline
from ibkr_actors.simulated_gateway.limits import PACED
from ibkr_actors.simulated_gateway.refusals import id_of, unprocessable
from ibkr_actors.simulated_gateway.responder import Responder
from ibkr_actors.simulated_gateway.wiretap import Wiretap

LOCALHOST: Final = "127.0.0.1"
TICK: Final = 0.25
"""Seconds between two movements of the market."""
UNSENT_LIMIT: Final = 16 << 20
"""Bytes that may wait for a client that does not read; then it is cut off."""
STOP_TIMEOUT: Final = 5.0
MOST_READS: Final = 1000
"""Reads from the sockets before a step: somebody who never ceases to send does not hold it up."""


class Server:
    """A simulated gateway that listens.

    Responsible for: accepting clients, moving bytes, moving time; cutting off clients that don't read.
    Delegates: everything that a message means, to `Gateway`; what time it is, to its clock.

    `start` returns when it listens; `stop` when its thread has ended. Use it as a context manager, or `serve`.
    With `clock=SteppedClock(...)` time stands still until `step`. A `wiretap` is told of all bytes that pass. A
    `responder` answers in the gateway's place.
    """

    def __init__(
        self,
        options: Options | None = None,
        *,
        host: str = LOCALHOST,
        port: int = 0,
        server_version: int = NEWEST,
        oldest_version: int = OLDEST,
        clock: Clock | None = None,
        tick: float = TICK,
        resolution: float = RESOLUTION,
        unsent_limit: int = UNSENT_LIMIT,
        wiretap: Wiretap | None = None,
        responder: Responder | None = None,
    ) -> None:
        self.host = host
        self.port = port
        """The port it listens on; 0 means any, and becomes the real one at the start."""
        self._versions = range(oldest_version, server_version + 1)
        self._unsent_limit = unsent_limit
        self._wiretap = wiretap
        options = options or Options()
        self._time = Timeline(clock or RunningClock(options.begins), tick, resolution)
        self._faults = front_of(options, self._time.now()) if responder is None else None
        self._responder: Responder = responder or self._faults  # type: ignore[assignment]  # one of them is there
        self._lock = threading.RLock()
        self._holder: int | None = None
        self._errands: deque[tuple[Callable[[], None], Future[None]]] = deque()
        self._connections: dict[Connection, Client | None] = {}
        self._connection_of: dict[Client, Connection] = {}
        self._selector: selectors.BaseSelector
        self._thread: threading.Thread | None = None
        self._is_stopping = self._has_ended = False

    # -------------------------------------------------------------------------------------------------------- control

    def start(self) -> Self:
        """Listen, and serve from a thread of its own. Raises OSError when the port is taken."""
        self._listener = socket.create_server((self.host, self.port), backlog=MAXIMUM_CLIENTS)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._alarm, self._alarm_bell = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._farewells = Farewells(self._selector)
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        self._selector.register(self._alarm, selectors.EVENT_READ, None)
        self._is_stopping = self._has_ended = False
        self._thread = threading.Thread(target=self._run, name=f"simulated gateway {self.port}", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close all connections and the listener; returns when the thread has ended. A second call does nothing."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._is_stopping = True
        self._ring()
        thread.join(STOP_TIMEOUT)
        self._alarm_bell.close()

    def _ring(self) -> None:
        """Wake the thread."""
        # The bell is the caller's to close: the thread may see the flag and be gone before it rings.
        with suppress(OSError):
            self._alarm_bell.send(b"!")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @contextmanager
    def hold(self) -> Iterator[Gateway]:
        """The gateway behind the server, which stands still meanwhile: to set prices, to look at books.

        Raises RuntimeError when something else answers in its place.
        """
        gateway = self._fault_layer().gateway
        with self._lock:
            holder, self._holder = self._holder, threading.get_ident()
            try:
                yield gateway
            finally:
                self._holder = holder

    def now(self) -> float:
        """The gateway's time, epoch seconds."""
        return self._time.clock.now()

    def step(self, seconds: float) -> None:
        """Let simulated time pass, at once; for a server whose clock is a `SteppedClock`.

        First serves what clients have sent. When it returns, everything that became due has been handed to the
        clients' sockets. Raises ValueError for another clock or a step back, RuntimeError when the server does not run
        or this thread holds it.
        """
        clock = self._time.clock
        if not isinstance(clock, SteppedClock):
            raise ValueError(
                "this gateway's clock runs by itself; give it clock=SteppedClock() to move it by steps"
            )
        self._do(lambda: self._step(clock, seconds))

    def fault(self, name: str, **parameters: Any) -> None:
        """Let something go wrong now: a fault by its name, such as "data-lost", with its parameters.

        First serves what clients have sent. When it returns, what clients hear of it at once has been handed to their
        sockets. Raises ConfigurationError for what `docs/gateway_faults.md` does not list, RuntimeError as `step` and
        `hold` do.
        """
        faults, fault = self._fault_layer(), fault_named(name, **parameters)
        self._do(lambda: self._deliver(faults.begin(fault, self._time.now())))

    def end_faults(self) -> None:
        """Let what goes wrong at present end, as at the end of its time; serves and raises RuntimeError as `fault`."""
        faults = self._fault_layer()
        self._do(lambda: self._deliver(faults.end_all(self._time.now())))

    def _fault_layer(self) -> FaultLayer:
        if self._faults is None:
            raise RuntimeError(
                "there is no simulated gateway behind this server: it was given another responder"
            )
        return self._faults

    def settle(self) -> None:
        """Serve what clients have sent by now, whatever clock it is. Raises RuntimeError as `step` does."""
        self._do(lambda: None)

    def _do(self, errand: Callable[[], None]) -> None:
        """Have the server's thread do something behind what clients have sent, and wait until it is done.

        Raises what it raises.
        """
        if self._thread is None:
            raise RuntimeError("the simulated gateway does not run; start it first")
        if self._holder == threading.get_ident():
            raise RuntimeError(
                "this thread holds the gateway, which can't go on meanwhile; leave hold() first"
            )
        done: Future[None] = Future()
        self._errands.append((errand, done))
        self._ring()
        if self._has_ended:  # it may have looked at its errands for the last time
            self._refuse_errands()
        done.result()

    # ----------------------------------------------------------------------------------------------------- the thread

    def _run(self) -> None:
        try:
            while not self._is_stopping:
                events = self._selector.select(self._time.wait())
                with self._lock:
                    self._serve_all(events)
                    self._farewells.expire()
                    self._do_errands()
                    for moment in self._time.due():
                        self._advance(moment)
        finally:
            self._close_all()
            self._has_ended = True
            self._refuse_errands()

    def _do_errands(self) -> None:
        while self._errands:
            errand, done = self._errands.popleft()
            try:
                self._serve_what_waits()
                errand()
            except Exception as error:  # noqa: BLE001  # it belongs to whoever asked for it
                done.set_exception(error)
            else:
                done.set_result(None)

    def _refuse_errands(self) -> None:
        with suppress(IndexError):  # until there is none left
            while True:
                self._errands.popleft()[1].set_exception(RuntimeError("the simulated gateway has stopped"))

    def _serve_what_waits(self) -> None:
        for _ in range(MOST_READS):
            if not (events := self._selector.select(0)):
                break
            self._serve_all(events)

    def _step(self, clock: SteppedClock, seconds: float) -> None:
        clock.move(seconds)
        for moment in self._time.due(most=None):
            self._deliver(self._responder.advance(moment))

    def _serve_all(self, events: list[tuple[selectors.SelectorKey, int]]) -> None:
        for key, mask in events:
            self._serve(key, mask)

    def _serve(self, key: selectors.SelectorKey, mask: int) -> None:
        if key.fileobj is self._listener:
            self._accept()
        elif key.fileobj is self._alarm:
            self._alarm.recv(64)
        elif key.data is self._farewells:
            self._farewells.serve(key.fileobj)
        elif isinstance(key.data, Connection) and key.data in self._connections:
            self._serve_connection(key.data, mask)

    def _accept(self) -> None:
        try:
            accepted, (peer, port, *_) = self._listener.accept()
        except OSError:  # it left before it was let in
            return
        if self._faults is not None and self._faults.refuses_connections(self._time.now()):
            accepted.close()
            return
        if len(self._connections) >= MAXIMUM_CLIENTS:
            logger.warning("a client is turned away: {} are connected", MAXIMUM_CLIENTS)
            accepted.close()
            return
        clock = time.strftime("%Y%m%d %H:%M:%S %Z", time.localtime(self._time.now()))
        tap = self._wiretap.opened(f"{peer}:{port}") if self._wiretap is not None else None
        connection = Connection(accepted, self._versions, clock, self._unsent_limit, tap)
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
            self._deliver(self._responder.handle(client, message, self._time.now()))
        except Exception:  # noqa: BLE001  # a bug that one request meets must not end the service of all others
            logger.exception("a request could not be served: {}", type(message).__name__)
            failed = unprocessable("the simulated gateway failed, its log says how")
            refusal = notice(self._time.now(), failed.code, failed.text, id_of(message))
            self._deliver([(client, [refusal])])

    def _client_of(self, connection: Connection) -> Client | None:
        """The client of a connection, from its first message on; None when the connection is closed already."""
        if connection not in self._connections or connection.server_version is None:
            return None
        client = self._connections[connection]
        if client is None:
            client = self._connections[connection] = self._responder.connect(connection.server_version)
            self._connection_of[client] = connection
            client.is_paced = PACED in connection.connect_options.split()
        return client

    def _advance(self, moment: float) -> None:
        try:
            self._deliver(self._responder.advance(moment))
        except Exception:  # noqa: BLE001  # as above
            logger.exception("the gateway could not go on by one tick")

    def _deliver(self, deliveries: Deliveries) -> None:
        for client, messages in deliveries:
            connection = self._connection_of.get(client)
            if connection is None:  # closed behind what it was told before
                continue
            try:
                connection.send(messages, client.wire)
            except ConnectionClosed as reason:
                self._close(connection, str(reason))
                continue
            if client.closing:
                self._close(connection, client.closing, has_heard=False)
            else:
                self._watch(connection)

    def _watch(self, connection: Connection) -> None:
        """Wait for a socket to take more only while there is something to send."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.has_unsent else 0)
        if self._selector.get_key(connection.socket).events != events:
            self._selector.modify(connection.socket, events, connection)

    # ---------------------------------------------------------------------------------------------------------- ends

    def _close(self, connection: Connection, reason: str, *, has_heard: bool = True) -> None:
        logger.info("a client's connection ends: {}", reason)
        client = self._connections.pop(connection)
        self._selector.unregister(connection.socket)
        if has_heard:
            connection.close(reason)
        else:
            connection.end(reason)
            self._farewells.add(connection.socket)
        if client is not None:
            del self._connection_of[client]
            self._responder.disconnect(client)

    def _close_all(self) -> None:
        for connection in list(self._connections):
            self._close(connection, "the gateway stops")
        self._farewells.close()
        self._selector.close()
        for each in (self._listener, self._alarm):
            each.close()
