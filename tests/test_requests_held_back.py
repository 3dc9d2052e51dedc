"""What pacing holds back, on each interface: orders wait for nothing else."""

from __future__ import annotations

import pytest

from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.api import IBKR_API
from ibkr_actors.base.messages.connection import CurrentTime, CurrentTimeRequest
from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.multiple_client_application import MultiClientApplication
from tests.actors.conftest import _no_thread_left, leaves_threads  # noqa: F401
from tests.actors.helpers import ibm, limit_order
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
