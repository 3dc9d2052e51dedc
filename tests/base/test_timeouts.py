"""How long something may take: the same rule wherever a number of seconds can be given."""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ibkr_actors.api import IBKR_API
from ibkr_actors.base.messages.connection import CurrentTime, CurrentTimeRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest, TickPrice
from ibkr_actors.base.timeouts import LONGEST, patience, time_limit
from ibkr_actors.brokers.memory import MemoryServer
from ibkr_actors.client_application import ClientApplication
from ibkr_actors.configuration import load
from ibkr_actors.errors import ConfigurationError, ConnectionLost, InvalidRequest
from ibkr_actors.multiple_client_application import MultiClientApplication
from ibkr_actors.remote_application import RemoteApplication
from tests.actors.helpers import ibm, limit_order
from tests.actors.scripted_bridge import ScriptedBridge

PATIENCE = 10.0

NO_LIMITS: tuple[Any, ...] = (
    math.inf,
    math.nan,
    threading.TIMEOUT_MAX * 2,
    LONGEST + 1,
    0,
    -1.0,
    True,
    "5",
    None,
)
"""What no time limit is."""


@pytest.fixture
def bridge():
    with ScriptedBridge() as bridge:
        bridge.answers[CurrentTimeRequest] = lambda _asked: [CurrentTime(1795408311)]
        yield bridge


@pytest.fixture
def ibkr(bridge):
    with IBKR_API(port=bridge.port, timeout=PATIENCE) as ibkr:
        yield ibkr


@pytest.mark.parametrize("seconds", NO_LIMITS)
class TestATimeLimit:
    def test_is_a_positive_number_that_everything_can_wait(self, seconds):
        with pytest.raises(InvalidRequest, match="a positive number of seconds, 1,000,000 at most, got"):
            time_limit(seconds)

    def test_of_the_blocking_interface_is_one(self, ibkr, bridge, seconds):
        with pytest.raises(InvalidRequest, match="positive number of seconds"):
            IBKR_API(port=bridge.port, timeout=seconds)
        with pytest.raises(InvalidRequest, match="positive number of seconds"):
            ibkr.within(seconds)
        with pytest.raises(InvalidRequest, match="positive number of seconds"):
            ibkr.timeout = seconds

        assert ibkr.timeout == PATIENCE

    def test_of_a_client_application_is_one(self, seconds):
        with pytest.raises(InvalidRequest, match="connect_timeout is a positive number of seconds"):
            ClientApplication(connect_timeout=seconds)

    def test_of_a_desk_and_of_actors_elsewhere_is_one(self, seconds):
        with pytest.raises(InvalidRequest, match="positive number of seconds"):
            MultiClientApplication().start(seconds)
        with pytest.raises(InvalidRequest, match="positive number of seconds"):
            RemoteApplication(MemoryServer().connect()).start(seconds)


def test_the_longest_one_can_be_waited(bridge):
    with IBKR_API(port=bridge.port, timeout=LONGEST) as ibkr:
        assert ibkr.request_current_time() is not None


def test_a_configuration_has_the_same_rule(tmp_path):
    file = tmp_path / "desk.toml"
    file.write_text("[bridge]\ntimeout = inf\n")

    with pytest.raises(ConfigurationError, match=r"timeout.*1000000"):
        load(file)


class TestPatience:
    @pytest.mark.parametrize("seconds", [None, math.inf])
    def test_without_a_limit_is_told_by_none_and_by_infinity(self, seconds):
        assert patience(seconds) is None

    @pytest.mark.parametrize("seconds", [5, 0.5, 0, -1, LONGEST])
    def test_with_a_limit_is_a_number(self, seconds):
        assert patience(seconds) == seconds

    @pytest.mark.parametrize("seconds", [math.nan, threading.TIMEOUT_MAX * 2, True, "5"])
    def test_is_nothing_else(self, ibkr, seconds):
        handle = ibkr.place_order(limit_order(), ibm())
        with ibkr.request_market_data(ibm()) as ticks:
            for wait in (
                lambda: ticks.next(seconds),
                lambda: handle.wait_for("Filled", seconds),
                lambda: handle.wait_until_ended(seconds),
                lambda: handle.wait_for_commission(seconds),
            ):
                with pytest.raises(InvalidRequest, match="a timeout is a number of seconds"):
                    wait()

    def test_of_a_reader_may_be_endless(self, ibkr, bridge):
        with ibkr.request_market_data(ibm()) as ticks, ThreadPoolExecutor(1) as pool:
            reading = pool.submit(ticks.next, math.inf)
            line = bridge.requests.wait_for(MarketDataRequest).request_id
            bridge.say(TickPrice(line, 1, price=5.0))

            assert reading.result(PATIENCE).price == 5.0

    def test_of_an_order_s_handle_may_be_endless(self, ibkr, bridge):
        handle = ibkr.place_order(limit_order(), ibm())
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(handle.wait_until_ended, math.inf)
            bridge.hang_up()

            assert isinstance(waiting.exception(PATIENCE), ConnectionLost)
