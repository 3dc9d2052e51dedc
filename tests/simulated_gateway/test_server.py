"""The edge: sockets, time, slow clients, a clean end. Real sockets, no sleeps."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from ibkr_actors.base.codec import Role
from ibkr_actors.base.messages.connection import (
    CurrentTime,
    CurrentTimeRequest,
    ManagedAccounts,
    NextValidId,
    Notice,
    StartApiRequest,
)
from ibkr_actors.base.messages.declaration import Message, Request
from ibkr_actors.base.messages.history import HistoricalDataRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest, TickPrice
from ibkr_actors.base.messages.orders import (
    OpenOrder,
    OpenOrdersRequest,
    OrderStatus,
    PlaceOrderRequest,
)
from ibkr_actors.base.session import Session
from ibkr_actors.simulated_gateway import Gateway, Limits, Options, Server
from tests.simulated_gateway.helpers import AAPL, M, apple, limit, order

TIMEOUT = 10.0


class Caller:
    """A client on a real socket, which waits for the messages it wants."""

    def __init__(self, port: int, client_id: int | None = 1, connect_options: str = "") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.session = Session(Role.CLIENT, connect_options=connect_options)
        self.heard: list[Message] = []
        self.socket.sendall(self.session.output())
        while self.session.server_version is None:
            self._receive()
        if client_id is not None:
            self.ask(StartApiRequest(client_id))

    def ask(self, request: Request) -> None:
        self.socket.sendall(self.session.encode(request))

    def ask_for_ever(self, request: Request) -> None:
        """Ask and never listen, until the connection breaks."""
        while True:
            self.ask(request)

    def wait_for(self, kind: type[M], fits: Callable[[M], bool] = lambda _: True) -> M:
        """The next message of a type that fits; what comes before it is forgotten."""
        while True:
            while self.heard:
                message = self.heard.pop(0)
                if isinstance(message, kind) and fits(message):
                    return message
            self._receive()

    def _receive(self) -> None:
        data = self.socket.recv(1 << 16)
        if not data:
            raise EOFError("the gateway closed the connection")
        self.heard += self.session.receive(data)

    def is_closed(self) -> bool:
        """Reads to the end, if there is one within the time."""
        try:
            while True:
                self._receive()
        except (EOFError, ConnectionError):
            return True


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(Options(seed=3), tick=0.02) as running:
        yield running


@pytest.fixture
def call(server: Server) -> Iterator[Callable[..., Caller]]:
    callers: list[Caller] = []

    def connect(client_id: int | None = 1) -> Caller:
        callers.append(Caller(server.port, client_id))
        return callers[-1]

    yield connect
    for caller in callers:
        caller.socket.close()


class TestService:
    def test_it_listens_on_this_machine_only_at_a_port_of_its_own(self, server: Server) -> None:
        assert server.host == "127.0.0.1"
        assert server.port > 0

    def test_a_client_is_welcomed_and_answered(self, call: Callable[..., Caller]) -> None:
        caller = call()

        assert caller.wait_for(ManagedAccounts).accounts == ("DU1000001",)
        caller.ask(CurrentTimeRequest())
        assert caller.wait_for(CurrentTime).time > 0

    def test_many_clients_are_served_at_once(self, call: Callable[..., Caller]) -> None:
        callers = [call(number) for number in range(1, 9)]
        for caller in callers:
            caller.ask(CurrentTimeRequest())

        assert all(caller.wait_for(CurrentTime) for caller in callers)

    def test_ticks_come_by_themselves(self, call: Callable[..., Caller]) -> None:
        caller = call()
        caller.ask(MarketDataRequest(apple(), request_id=9))

        first = caller.wait_for(TickPrice, lambda tick: tick.tick_type == 1)

        assert caller.wait_for(TickPrice, lambda tick: tick.tick_type == 1 and tick.price != first.price)

    def test_a_test_may_set_prices_while_it_holds_the_gateway(
        self, server: Server, call: Callable[..., Caller]
    ) -> None:
        caller = call()
        with server.hold() as gateway:
            gateway.market.set_quote(AAPL, bid=50.0, ask=50.02, last=50.0, bid_size=900.0, ask_size=900.0)

        caller.ask(PlaceOrderRequest(1, apple(), order("BUY", 10)))

        told = caller.wait_for(OrderStatus, lambda status: status.status == "Filled")
        assert told.average_fill_price == 50.02

    def test_its_newest_version_can_be_capped(self) -> None:
        with Server(server_version=178) as server:
            caller = Caller(server.port)
            assert caller.session.server_version == 178
            caller.socket.close()


class TestEndsOfConnections:
    def test_a_client_id_in_use_is_refused_and_its_connection_closed(
        self, call: Callable[..., Caller]
    ) -> None:
        call(1).wait_for(NextValidId)
        second = call(1)

        assert second.wait_for(Notice).code == 326
        assert second.is_closed()

    def test_who_is_sent_away_hears_why_though_it_sent_much_more(self) -> None:
        """A socket that is closed with bytes unread is reset, and what was said last is lost."""
        with Server(Options(limits=Limits.REAL)) as server:
            caller = Caller(server.port)
            caller.wait_for(NextValidId)
            burst = caller.session.encode(CurrentTimeRequest()) * 20_000
            caller.socket.sendall(burst)

            assert caller.wait_for(Notice, lambda notice: notice.code == 100).request_id == -1
            assert caller.is_closed()
            caller.socket.close()

    def test_an_order_outlives_the_connection(self, call: Callable[..., Caller]) -> None:
        first = call(1)
        first.ask(PlaceOrderRequest(1, apple(), limit("BUY", 10, 1.0)))
        first.wait_for(OrderStatus)
        first.socket.close()

        # The old connection's end and the new one's start travel on different sockets.
        again = call(2)
        again.wait_for(NextValidId)
        again.socket.close()
        returned = call(1)
        returned.wait_for(NextValidId)
        returned.ask(OpenOrdersRequest())

        assert returned.wait_for(OpenOrder).order.limit_price == 1.0

    def test_who_speaks_another_protocol_is_cut_off_and_nobody_else_notices(
        self, server: Server, call: Callable[..., Caller]
    ) -> None:
        caller = call()
        with socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert stranger.recv(100) == b""

        caller.ask(CurrentTimeRequest())
        assert caller.wait_for(CurrentTime)

    def test_a_client_that_does_not_read_is_cut_off_and_slows_nobody(self) -> None:
        with Server(tick=0.02, unsent_limit=1 << 20) as server:
            idle, busy = Caller(server.port, 1), Caller(server.port, 2)
            request = HistoricalDataRequest(apple(), duration="2 D", bar_size="1 min", request_id=3)
            with pytest.raises(ConnectionError):  # sooner or later the gateway gives it up
                idle.ask_for_ever(request)

            busy.ask(CurrentTimeRequest())
            assert busy.wait_for(CurrentTime)
            for caller in (idle, busy):
                caller.socket.close()

    def test_no_more_than_32_are_let_in(self, server: Server, call: Callable[..., Caller]) -> None:
        callers = [call(number) for number in range(32)]
        for caller in callers:
            caller.wait_for(NextValidId)

        with socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT) as turned_away:
            assert turned_away.recv(100) == b""

    def test_a_bug_that_one_request_meets_is_told_and_ends_nothing(
        self, call: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        caller = call()
        caller.wait_for(NextValidId)
        handle = Gateway.handle

        def fail_once(*_: object) -> None:
            monkeypatch.setattr(Gateway, "handle", handle)
            raise ZeroDivisionError

        monkeypatch.setattr(Gateway, "handle", fail_once)
        caller.ask(MarketDataRequest(apple(), request_id=4))
        caller.ask(CurrentTimeRequest())

        told = caller.wait_for(Notice, lambda notice: notice.request_id == 4)
        assert told.code == 322
        assert caller.wait_for(CurrentTime)


class TestStop:
    def test_it_closes_every_connection_and_leaves_no_thread(self) -> None:
        before = set(threading.enumerate())
        server = Server().start()
        caller = Caller(server.port)
        server.stop()

        assert caller.is_closed()
        assert set(threading.enumerate()) == before
        server.stop()  # a second time does nothing
        caller.socket.close()

    def test_its_port_can_be_used_again_at_once(self) -> None:
        with Server() as first:
            caller = Caller(first.port)
        caller.socket.close()

        with Server(port=first.port) as second:
            assert second.port == first.port

    def test_a_port_in_use_is_an_error_at_the_start(self, server: Server) -> None:
        with pytest.raises(OSError, match="in use"):
            Server(port=server.port).start()

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send")
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_serving_says_where_and_ends_at_a_signal(self, number: signal.Signals) -> None:
        program = "from ibkr_actors.simulated_gateway import serve; serve(0, seed=1, server_version=200)"
        with subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            where = process.stdout.readline()
            assert where.startswith("listening on 127.0.0.1:")
            caller = Caller(int(where.rpartition(":")[2]))
            assert caller.session.server_version == 200

            process.send_signal(number)

            assert process.wait(TIMEOUT) == 0
            assert caller.is_closed()
            caller.socket.close()
