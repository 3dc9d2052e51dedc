"""Many clients, long runs: ticks that are shared, clients that do not read, what is forgotten as days pass."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from loguru import logger

from ibkr_actors.base.codec import Role
from ibkr_actors.base.messages.connection import CurrentTime, CurrentTimeRequest, NextValidId
from ibkr_actors.base.messages.market_data import MarketDataRequest, MarketDataTypeRequest, Tick, TickPrice
from ibkr_actors.base.session import Session
from ibkr_actors.simulated_gateway import Options, Server, SteppedClock
from ibkr_actors.simulated_gateway.clients.shared_ticks import SharedTicks, in_full
from ibkr_actors.simulated_gateway.gateway import Gateway
from tests.simulated_gateway.helpers import AAPL, NOW, Desk, apple, codes, limit, only, order
from tests.simulated_gateway.test_server import Caller
from tests.simulated_gateway.test_server_time import received

DAY = 86_400.0


@pytest.fixture
def log() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lambda line: lines.append(str(line)), level="INFO", format="{message}")
    yield lines
    logger.remove(sink)


def session_at(version: int) -> Session:
    """A gateway's session after the handshake."""
    near, far = Session(Role.CLIENT), Session(Role.GATEWAY, range(157, version + 1))
    far.receive(near.output())
    return far


class TestSharedTicks:
    @pytest.mark.parametrize("version", [157, 200, 201, 206, 219, 226])
    @pytest.mark.parametrize("delayed", [False, True])
    def test_are_the_same_bytes_as_the_messages_one_by_one(self, version: int, delayed: bool) -> None:
        desk = Desk(seed=5)
        clients = [desk.connect(number, version) for number in range(1, 8)]
        for client in clients:
            if delayed:
                desk.ask(client, MarketDataTypeRequest(3))
            desk.ask(client, MarketDataRequest(apple(), "233,236", request_id=client.number * 1000))
            desk.ask(client, MarketDataRequest(apple(), request_id=client.number))
        desk.gateway.shares_ticks = True
        session, compared = session_at(version), 0

        for _ in range(8):
            desk.step()
            for client in clients:
                for shared in only(SharedTicks, desk.heard(client)):
                    assert shared.encoded(session) == b"".join(map(session.encode, shared.messages()))
                    compared += 1

        assert compared > 20

    def test_a_negative_request_id_is_no_obstacle(self) -> None:
        desk = Desk(seed=5)
        client = desk.connect(1, 226)
        desk.ask(client, MarketDataRequest(apple(), request_id=-5))
        desk.gateway.shares_ticks = True
        desk.step(1)
        (shared,) = only(SharedTicks, desk.heard(client))

        session = session_at(226)
        assert shared.encoded(session) == b"".join(map(session.encode, shared.messages()))

    def test_whoever_wants_single_messages_gets_them_in_their_order(self) -> None:
        plain, sharing = Desk(seed=5), Desk(seed=5)
        told = []
        for desk in (plain, sharing):
            desk.gateway.shares_ticks = desk is sharing
            client = desk.connect()
            heard = desk.ask(client, MarketDataRequest(apple(), request_id=7))
            heard += desk.place(client, 1, order("BUY", 10))
            desk.step()
            told.append([*heard, *desk.heard(client)])

        assert any(isinstance(message, SharedTicks) for message in told[1])
        assert in_full(told[1]) == told[0]  # type: ignore[arg-type]


class TestAClientThatDoesNotRead:
    def test_is_cut_off_with_a_line_in_the_log_and_the_others_miss_nothing(self, log: list[str]) -> None:
        clock = SteppedClock(datetime.fromtimestamp(NOW, UTC))
        with Server(Options(seed=3), clock=clock, unsent_limit=1 << 16) as server:
            idle, busy = Caller(server.port, 1), Caller(server.port, 2)
            for caller in (idle, busy):
                caller.wait_for(NextValidId)
                for number in range(100):
                    caller.ask(MarketDataRequest(apple(), request_id=number))
            prices = []
            for step in range(400):
                price = 100.0 + step % 7
                with server.hold() as gateway:
                    gateway.market.set_quote(AAPL, bid=price, ask=price + 0.02, last=price)
                    connected = len(gateway._clients)
                server.step(1)
                ticks = only(TickPrice, received(busy))
                prices.append([tick.price for tick in ticks if (tick.request_id, tick.tick_type) == (99, 1)])
                if connected == 1:
                    break

            assert connected == 1
            assert all(prices)
            busy.ask(CurrentTimeRequest())
            assert busy.wait_for(CurrentTime)
            for caller in (idle, busy):
                caller.socket.close()
        assert any("the client does not read" in line for line in log)


class TestAsDaysPass:
    def test_orders_that_ended_are_forgotten_and_their_ids_stay_used(self) -> None:
        desk = Desk()
        client = desk.connect()
        for number in range(1, 4):
            desk.place(client, number, order("BUY", 10))
        desk.place(client, 4, limit("BUY", 10, 1.0, time_in_force="GTC"))

        for _ in range(3):
            desk.step(DAY)
            desk.heard(client)

        assert [key[1] for key in desk.gateway.exchange.book._orders] == [4]
        assert codes(desk.place(client, 2, order("BUY", 10))) == [103]

    def test_trades_are_kept_for_a_week(self) -> None:
        desk = Desk()
        client = desk.connect()
        desk.place(client, 1, order("BUY", 10))
        kept = []
        for _ in range(9):
            desk.step(DAY)
            kept.append(len(desk.gateway.exchange.trades._trades))

        assert kept[5] == kept[0] > 0
        assert kept[-1] == 0

    def test_options_that_expired_are_forgotten_unless_somebody_looked_at_them(self) -> None:
        gateway = Gateway(Options(), NOW)
        options = [each for each in gateway.catalogue if each.right and each.expires is not None]
        first_end = min(each.expires for each in options if each.expires is not None)
        ending = [each.contract_id for each in options if each.expires == first_end]
        gateway.market.quote(ending[0])

        gateway.advance(first_end + 1)
        there = [number in gateway.catalogue for number in ending]
        for days in range(1, 4):
            gateway.advance(first_end + days * DAY)

        assert all(there)
        assert ending[0] in gateway.catalogue
        assert not any(number in gateway.catalogue for number in ending[1:])

    def test_clients_that_come_and_go_leave_nothing_behind(self) -> None:
        with Server(Options(seed=3), clock=SteppedClock(datetime.fromtimestamp(NOW, UTC))) as server:
            for _ in range(5):
                caller = Caller(server.port)
                caller.ask(MarketDataRequest(apple(), request_id=1))
                assert only(Tick, received(caller))
                caller.socket.close()
                server.step(1)

            with server.hold() as gateway:
                assert gateway._clients == []
                assert not set(gateway._watched())
            layer = server._fault_layer()
            kept = (server._connections, server._connection_of, layer._clients, layer._streams)
            assert not any(kept)
