"""What pacing holds back, on each interface: orders wait for nothing else, what is cancelled meanwhile never leaves."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.api import IBKR_API
from ibkr_actors.base.messages.connection import CurrentTime, CurrentTimeRequest
from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.messages.history import (
    CancelHistoricalData,
    HistoricalData,
    HistoricalDataEnd,
    HistoricalDataRequest,
)
from ibkr_actors.base.messages.market_data import MarketDataRequest
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.errors import ConnectionLost
from ibkr_actors.multiple_client_application import MultiClientApplication
from tests.actors.conftest import _no_thread_left, leaves_threads  # noqa: F401
from tests.actors.helpers import PATIENCE, ibm, limit_order
from tests.actors.scripted_bridge import ScriptedBridge
from tests.client_applications import Noting

FLOOD = 150
"""Requests made at once: three seconds' worth of them."""


@pytest.fixture
def bridge():
    with ScriptedBridge() as bridge:
        bridge.answers[CurrentTimeRequest] = lambda _asked: [CurrentTime(1_800_000_000)]
        yield bridge


def came_before_the_order(bridge, kind):
    """How many requests of a type did."""
    order = bridge.requests.wait_for(PlaceOrderRequest)
    return len(
        [
            each
            for each in bridge.requests.items[: bridge.requests.items.index(order)]
            if isinstance(each, kind)
        ]
    )


class TestAnOrder:
    def test_of_a_desk_waits_for_no_other_strategy_s_requests(self, bridge):
        class Curious(StrategyActor):
            def initialize(self):
                for _ in range(FLOOD):
                    self.request_contract_data(ibm())

        class Trading(StrategyActor):
            act_interval = 0.02

            def act(self):
                if not self.orders and bridge.sent(ContractDataRequest):
                    self.place_order(limit_order(), ibm())

        desk = MultiClientApplication("127.0.0.1", bridge.port, 7)
        desk.register(Trading, code="trading")
        desk.register(Curious, code="curious")
        with desk:
            assert came_before_the_order(bridge, ContractDataRequest) < FLOOD

    def test_of_a_client_application_waits_for_none_of_its_requests(self, bridge):
        def start(app):
            for _ in range(FLOOD):
                app.request_contract_data(app.get_local_request_id(), ibm())
            app.place_order(app.next_order_id(), limit_order(), ibm())

        Noting(bridge, at_start=start, until=lambda app: bridge.sent(PlaceOrderRequest)).run()

        assert came_before_the_order(bridge, ContractDataRequest) < FLOOD

    def test_of_the_blocking_interface_waits_for_none_of_its_requests(self, bridge):
        with IBKR_API("127.0.0.1", bridge.port, 7) as ibkr:
            for _ in range(FLOOD):
                ibkr.request_market_data(ibm())
            ibkr.place_order(limit_order(), ibm())

            assert came_before_the_order(bridge, MarketDataRequest) < FLOOD


ONCE = {"bar_size": "5 secs", "duration": "60 S"}
BARS = ONCE | {"keep_up_to_date": True}


class TestHistoryThatIsCancelled:
    """Of seven equal requests for small bars the second may leave 15 seconds after the first."""

    @staticmethod
    def check(bridge):
        bridge.requests.wait_for(CurrentTimeRequest)
        (asked,) = bridge.sent(HistoricalDataRequest)
        assert bridge.sent(CancelHistoricalData) == [CancelHistoricalData(asked.request_id)]

    def test_at_a_desk_is_neither_asked_for_nor_cancelled_when_it_still_waits(self, bridge):
        class Fickle(StrategyActor):
            def initialize(self):
                ids = [self.request_historical_data(ibm(), **BARS) for _ in range(7)]
                for request_id in ids:
                    self.cancel_historical_data(request_id)
                self.request_current_time()

        desk = MultiClientApplication("127.0.0.1", bridge.port, 7)
        desk.register(Fickle, code="fickle")
        with desk:
            self.check(bridge)

    def test_by_a_client_application_is_neither_asked_for_nor_cancelled_when_it_still_waits(self, bridge):
        def start(app):
            for request_id in range(10, 17):
                app.request_historical_data(request_id, ibm(), **BARS)
            for request_id in range(10, 17):
                app.cancel_historical_data(request_id)
            app.request_current_time()

        Noting(bridge, at_start=start, until=lambda app: app.of(CurrentTime)).run()

        self.check(bridge)

    def test_by_the_blocking_interface_is_neither_asked_for_nor_cancelled_when_it_still_waits(self, bridge):
        with IBKR_API("127.0.0.1", bridge.port, 7) as ibkr:
            streams = [ibkr.streams.request_historical_data(ibm(), **BARS) for _ in range(7)]
            for stream in streams:
                stream.cancel()
            ibkr.request_current_time()

            self.check(bridge)

    def test_ends_for_whoever_waits_for_its_answer(self, bridge):
        bridge.answers[HistoricalDataRequest] = lambda asked: [
            HistoricalData(asked.request_id),
            HistoricalDataEnd(asked.request_id),
        ]
        with IBKR_API("127.0.0.1", bridge.port, 7) as ibkr, ThreadPoolExecutor() as pool:
            ibkr.request_historical_data(ibm(), **ONCE)
            held_back = pool.submit(ibkr.request_historical_data, ibm(), **ONCE)
            request_id = bridge.requests.wait_for(HistoricalDataRequest).request_id + 1
            until_done = time.monotonic() + PATIENCE
            while not held_back.done() and time.monotonic() < until_done:
                ibkr.cancel_historical_data(request_id)
                wait([held_back], 0.05)

            with pytest.raises(ConnectionLost, match="CancelHistoricalData ended the request"):
                held_back.result(0)
            assert ibkr._client.link._departures._waiting == {}
