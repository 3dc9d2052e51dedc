"""Faults that only bytes show, and the way in for tests: `Server.fault`."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ibkr_actors.base.messages.connection import CurrentTime, CurrentTimeRequest, NextValidId, Notice
from ibkr_actors.base.messages.market_data import MarketDataRequest, TickPrice, TickSnapshotEnd
from ibkr_actors.base.session import Undecodable
from ibkr_actors.errors import FrameTooLarge
from ibkr_actors.simulated_gateway import Options, Server, SteppedClock
from tests.simulated_gateway.helpers import NOW, apple, only
from tests.simulated_gateway.test_server import TIMEOUT, Caller
from tests.simulated_gateway.test_server_time import received


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    version = getattr(request, "param", 226)
    clock = SteppedClock(datetime.fromtimestamp(NOW, UTC))
    with Server(Options(seed=3), clock=clock, server_version=version) as running:
        yield running


@pytest.fixture
def caller(server: Server) -> Iterator[Caller]:
    connected = Caller(server.port)
    connected.wait_for(NextValidId)
    received(connected)
    yield connected
    connected.socket.close()


@pytest.mark.parametrize("server", [178, 203, 226], indirect=True)
class TestGarbage:
    def test_a_message_nobody_knows_is_counted_and_nothing_else_is_lost(
        self, server: Server, caller: Caller
    ) -> None:
        server.fault("garbage-frame", kind="unknown", times=2)

        assert received(caller) == []
        assert caller.session.statistics.unknown.total() == 2

    @pytest.mark.parametrize("kind", ["truncated", "noise"])
    def test_a_message_that_can_not_be_read_has_a_stand_in(
        self, server: Server, caller: Caller, kind: str
    ) -> None:
        server.fault("garbage-frame", kind=kind)

        assert [type(message) for message in received(caller)] == [Undecodable]

    def test_a_length_that_can_not_be_ends_the_clients_session(self, server: Server, caller: Caller) -> None:
        server.fault("garbage-frame", kind="length")

        with pytest.raises(FrameTooLarge):
            received(caller)


class TestSplitFrames:
    def test_every_frame_arrives_whole_in_the_end(self, server: Server, caller: Caller) -> None:
        server.fault("split-frames", size=3)
        caller.ask(CurrentTimeRequest())
        server.step(0)  # it has answered
        caller.socket.settimeout(0.05)
        with pytest.raises(TimeoutError):  # but not to the end
            caller.wait_for(CurrentTime)
        caller.socket.settimeout(TIMEOUT)

        server.step(1)

        assert caller.wait_for(CurrentTime)

    def test_streams_go_on_as_if_nothing_were(self, server: Server, caller: Caller) -> None:
        server.fault("split-frames", size=7)
        caller.ask(MarketDataRequest(apple(), request_id=4))
        for _ in range(20):
            server.step(0.25)
        server.end_faults()

        assert len(only(TickPrice, received(caller))) > 10


class TestTheWayIn:
    def test_what_clients_hear_at_once_is_with_them_when_it_returns(
        self, server: Server, caller: Caller
    ) -> None:
        server.fault("data-lost", seconds=5)
        caller.socket.setblocking(False)
        caller._receive()

        assert 1100 in [notice.code for notice in only(Notice, caller.heard)]

    def test_a_step_brings_the_end(self, server: Server, caller: Caller) -> None:
        server.fault("data-lost", seconds=5)
        server.step(4)
        early = [notice.code for notice in only(Notice, received(caller))]
        server.step(1)

        assert 1101 not in early
        assert 1101 in [notice.code for notice in only(Notice, received(caller))]

    def test_a_dropped_client_finds_its_socket_closed_and_nobody_lets_it_in(
        self, server: Server, caller: Caller
    ) -> None:
        server.fault("socket-drop", down=10)

        assert caller.is_closed()
        with socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT) as again:
            assert again.recv(100) == b""
        server.step(10)
        returned = Caller(server.port)
        assert returned.wait_for(NextValidId)
        returned.socket.close()

    def test_the_end_of_faults_lets_clients_in_again(self, server: Server, caller: Caller) -> None:
        server.fault("socket-drop", down=1000)
        server.end_faults()

        returned = Caller(server.port)

        assert returned.wait_for(NextValidId)
        returned.socket.close()

    def test_what_was_sent_before_a_fault_is_served_before_it(self, server: Server, caller: Caller) -> None:
        for _ in range(300):
            caller.ask(CurrentTimeRequest())
        server.fault("slow", delay=60)

        assert all(caller.wait_for(CurrentTime) for _ in range(300))

    def test_a_half_open_connection_looks_alive(self, server: Server, caller: Caller) -> None:
        server.fault("half-open")
        caller.ask(MarketDataRequest(apple(), snapshot=True, request_id=4))
        server.step(60)
        caller.socket.settimeout(0.05)

        with pytest.raises(TimeoutError):
            caller.wait_for(TickSnapshotEnd)

    def test_a_planned_fault_comes_by_the_servers_clock(self) -> None:
        options = Options(faults=("data-maintained:seconds=1@2s",))
        with Server(options, clock=SteppedClock(datetime.fromtimestamp(NOW, UTC))) as server:
            caller = Caller(server.port)
            caller.wait_for(NextValidId)
            server.step(3)

            told = [notice.code for notice in only(Notice, received(caller))]
            caller.socket.close()
        assert told[-1] == 1102
