"""Time that a test moves: `step` on a real server. No sleeps, no waiting for ticks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ibkr_actors.base.messages.connection import CurrentTime, CurrentTimeRequest, NextValidId
from ibkr_actors.base.messages.history import RealTimeBar, RealTimeBarsRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest, TickPrice, TickSnapshotEnd
from ibkr_actors.base.messages.orders import OrderStatus, PlaceOrderRequest
from ibkr_actors.simulated_gateway import Options, RunningClock, Server, SteppedClock
from tests.simulated_gateway.helpers import AAPL, NOW, apple, limit, only, order
from tests.simulated_gateway.test_server import Caller

START = datetime.fromtimestamp(NOW, UTC)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(Options(seed=3), clock=SteppedClock(START)) as running:
        yield running


@pytest.fixture
def caller(server: Server) -> Iterator[Caller]:
    connected = Caller(server.port)
    connected.wait_for(NextValidId)
    yield connected
    connected.socket.close()


def received(caller: Caller) -> list[object]:
    """All that lies in the socket now: the end of it is the answer to one more request."""
    caller.ask(CurrentTimeRequest())
    found: list[object] = []
    while True:
        while caller.heard:
            message = caller.heard.pop(0)
            if isinstance(message, CurrentTime):
                return found
            found.append(message)
        caller._receive()


class TestStep:
    def test_time_stands_still_until_it_is_moved(self, server: Server, caller: Caller) -> None:
        caller.ask(CurrentTimeRequest())
        before = caller.wait_for(CurrentTime).time
        server.step(3600)
        caller.ask(CurrentTimeRequest())

        assert before == int(NOW)
        assert caller.wait_for(CurrentTime).time == int(NOW) + 3600
        assert server.now() == NOW + 3600

    def test_the_handshake_tells_it_with_the_zone_of_the_machine(self, server: Server) -> None:
        server.step(3600)
        later = Caller(server.port)
        later.wait_for(NextValidId)

        day, clock, zone = later.session.connection_time.split(" ", 2)
        later.socket.close()

        there = datetime.fromtimestamp(NOW + 3600).astimezone()
        assert (day, clock) == (f"{there:%Y%m%d}", f"{there:%H:%M:%S}")
        assert zone == there.tzname()

    def test_it_serves_first_what_was_sent_before(self, server: Server, caller: Caller) -> None:
        caller.ask(RealTimeBarsRequest(apple(), 5, "TRADES", False, request_id=4))

        server.step(15)

        assert [bar.time for bar in only(RealTimeBar, received(caller))] == [NOW, NOW + 5, NOW + 10]

    def test_it_serves_all_of_it_however_much_that_is(self, server: Server, caller: Caller) -> None:
        request = caller.session.encode(CurrentTimeRequest())
        number = 300_000 // len(request)  # more than the server reads at a time
        with server.hold():
            caller.socket.sendall(request * number)

        server.step(3600)

        assert {caller.wait_for(CurrentTime).time for _ in range(number)} == {int(NOW)}

    def test_everything_due_is_with_the_client_when_it_returns(self, server: Server, caller: Caller) -> None:
        caller.ask(MarketDataRequest(apple(), request_id=4))
        caller.ask(MarketDataRequest(apple(), snapshot=True, request_id=5))
        caller.wait_for(TickSnapshotEnd)
        with server.hold() as gateway:
            gateway.market.set_quote(AAPL, bid=50.0, ask=50.02, last=50.0)

        server.step(0.25)

        # No request in between: what was told lies in this machine's socket already.
        caller.socket.setblocking(False)
        caller._receive()
        assert 50.02 in [tick.price for tick in only(TickPrice, caller.heard)]

    def test_an_order_fills_at_the_step_that_brings_its_price(self, server: Server, caller: Caller) -> None:
        with server.hold() as gateway:
            gateway.market.set_quote(AAPL, bid=100.0, ask=100.02, last=100.0)
        caller.ask(PlaceOrderRequest(1, apple(), limit("BUY", 10, 90.0)))
        server.step(60)
        waiting = [status.status for status in only(OrderStatus, received(caller))]
        with server.hold() as gateway:
            gateway.market.set_quote(AAPL, bid=89.0, ask=89.02, last=89.0)
        server.step(1)

        assert set(waiting) == {"Submitted"}
        assert only(OrderStatus, received(caller))[-1].status == "Filled"

    def test_what_goes_wrong_in_a_step_reaches_who_asked_for_it(self, server: Server) -> None:
        with pytest.raises(ValueError, match="can't be moved by -1"):
            server.step(-1)

    def test_who_holds_the_gateway_is_told_instead_of_waiting_for_ever(self, server: Server) -> None:
        with server.hold(), pytest.raises(RuntimeError, match=r"leave hold\(\) first"):
            server.step(1)
        server.step(1)

    def test_a_server_that_does_not_run_or_has_a_clock_of_its_own_says_so(self) -> None:
        with pytest.raises(RuntimeError, match="start it first"):
            Server(clock=SteppedClock()).step(1)
        with Server() as running, pytest.raises(ValueError, match="give it clock=SteppedClock"):
            running.step(1)

    def test_steps_of_several_threads_add_up(self, server: Server) -> None:
        threads = [threading.Thread(target=server.step, args=(1.5,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert server.now() == NOW + 9


class TestSpeed:
    def test_a_fast_clock_brings_minutes_in_a_moment(self) -> None:
        with Server(Options(seed=3), clock=RunningClock(START, speed=600), tick=0.02) as server:
            caller = Caller(server.port)
            caller.ask(RealTimeBarsRequest(apple(), 5, "TRADES", False, request_id=4))

            bars = [caller.wait_for(RealTimeBar).time for _ in range(24)]

            caller.socket.close()
        assert bars == [bars[0] + 5 * number for number in range(24)]
        assert bars[0] >= NOW - 5

    def test_an_order_that_waits_for_the_opening_fills_after_it(self) -> None:
        evening = datetime(2026, 11, 25, 21, 0)  # noqa: DTZ001  # New York's
        with Server(Options(seed=3, always_open=False), clock=SteppedClock(evening), resolution=60) as server:
            caller = Caller(server.port)
            caller.ask(PlaceOrderRequest(1, apple(), order("BUY", 10)))
            server.step(26 * 3600)  # Thanksgiving
            waiting = [status.status for status in only(OrderStatus, received(caller))]
            server.step(12 * 3600)  # Friday, eleven o'clock

            filled = only(OrderStatus, received(caller))
            caller.socket.close()
        assert set(waiting) == {"PreSubmitted"}
        assert filled[-1].status == "Filled"
