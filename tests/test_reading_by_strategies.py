"""Strategies that have nothing to do read the connection for the desk; one that is busy keeps nobody waiting."""

from __future__ import annotations

import atexit
import gc
import os
import subprocess
import sys
import threading
import time

import pytest

from ibkr_actors.actors.supervisor import RestartPolicy
from ibkr_actors.base import reading_turns
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState
from ibkr_actors.base.messages.contracts import ContractData, ContractDataRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest, TickPrice
from ibkr_actors.base.session import Session
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.contract_details import ContractDetails
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.multiple_client_application import MultiClientApplication
from tests.actors.conftest import _no_thread_left, leaves_threads, log  # noqa: F401
from tests.actors.helpers import PATIENCE, Record, recording, told
from tests.actors.scripted_bridge import ScriptedBridge

pytestmark = pytest.mark.skipif(
    not reading_turns.CAN_STAND_IN, reason="this system lets no thread wait for a pipe and a socket at once"
)

BLOCKS, TALKS, ENDS = 666.0, 777.0, 888.0
"""Prices at which the strategy `cross` blocks, sends a lot, and ends."""
SIZE, COUNT = 100_000, 150
"""Bytes of a long message, and how many of them are a lot: more than sockets hold."""


class Desk:
    """A desk with the strategies `cross` and `other`, each of which follows a stock of its name."""

    def __init__(self, bridge, monkeypatch):
        self.bridge, self.record = bridge, Record()
        self.readers: list[str] = []
        self.blocks, self.let_go = threading.Event(), threading.Event()
        self.talked: list[int] = []
        monkeypatch.setattr(Session, "receive", self.noting_who_reads(Session.receive))
        self.desk = MultiClientApplication("127.0.0.1", bridge.port, 7, messages_per_second=1_000_000)
        for code in ("cross", "other"):
            self.desk.register(
                recording(self.record, initialize=follow, tick_price=self.handling(code)), code=code
            )

    def noting_who_reads(self, receive):
        def noting(session, data):
            self.readers.append(threading.current_thread().name)
            return receive(session, data)

        return noting

    def handling(self, code):
        def tick_price(strategy, tick):
            if code == "cross" and tick.price == BLOCKS:
                self.blocks.set()
                self.let_go.wait(3 * PATIENCE)
            elif code == "cross" and tick.price == ENDS:
                strategy.stop()
            elif code == "cross" and tick.price == TALKS:
                long = Contract(local_symbol="x" * SIZE)
                self.talked += [strategy.request_contract_data(long) for _ in range(COUNT)]

        return tick_price

    def tick(self, code, price):
        """Let a price come, and wait until it has reached its strategy."""
        wanted = self.bridge.requests.wait(
            lambda request: isinstance(request, MarketDataRequest) and request.contract.symbol == code
        )
        self.bridge.say(TickPrice(wanted.request_id, 1, price))
        told(self.record, TickPrice, code, lambda tick: tick.price == price)

    def reads(self, code):
        """Let a strategy get its turn, which it has when it has read."""
        for price in range(1, 500):
            self.tick(code, price + 0.25)
            if self.readers[-1] == f"actor {code}":
                return
        raise AssertionError(f"{code} does not read; those who did: {set(self.readers)}")


def follow(strategy):
    strategy.request_market_data(Stock(strategy.code))


@pytest.fixture
def bridge():
    with ScriptedBridge() as bridge:
        yield bridge


@pytest.fixture
def desk(bridge, monkeypatch):
    desk = Desk(bridge, monkeypatch)
    with desk.desk:
        yield desk
        desk.let_go.set()


def test_a_strategy_that_has_nothing_to_do_reads_itself_and_for_others(desk):
    desk.reads("cross")
    desk.tick("other", 1.5)


def test_one_that_blocks_while_it_is_its_turn_keeps_nobody_waiting(desk):
    desk.reads("cross")
    desk.tick("cross", BLOCKS)
    assert desk.blocks.wait(PATIENCE)
    for price in range(100):
        desk.tick("other", price + 0.5)
    assert desk.readers[-1] != "actor cross"

    desk.let_go.set()
    desk.tick("cross", 7.75)


def test_a_connection_that_is_lost_meanwhile_is_made_again(desk, bridge):
    desk.reads("cross")
    desk.tick("cross", BLOCKS)
    assert desk.blocks.wait(PATIENCE)

    bridge.hang_up()

    for state in (ConnectionState.LOST, ConnectionState.CONNECTED):
        told(desk.record, ConnectionChanged, "other", lambda change, state=state: change.state is state)
    desk.let_go.set()
    told(desk.record, ConnectionChanged, "cross", lambda change: change.epoch == 2)


def test_one_that_reads_hears_the_end_of_the_connection_as_any_other_does(desk, bridge):
    desk.reads("cross")
    bridge.hang_up()
    told(desk.record, ConnectionChanged, "cross", lambda change: change.state is ConnectionState.LOST)
    told(desk.record, ConnectionChanged, "cross", lambda change: change.state is ConnectionState.CONNECTED)
    assert bridge.connections == 2


def test_what_can_t_be_read_at_all_ends_the_connection_and_no_strategy(desk, bridge):
    desk.reads("cross")
    with bridge._lock:
        bridge._client.sendall(b"\xff\xff\xff\xff")  # the length of a frame that no bridge sends
    lost = told(desk.record, ConnectionChanged, "cross", lambda change: change.state is ConnectionState.LOST)
    assert "4294967295 bytes" in lost.reason
    assert [status.starts for status in desk.desk.status().strategies] == [1, 1]


def test_the_desk_stops_in_time_while_one_that_reads_waits_for_more(desk):
    desk.reads("cross")
    began = time.monotonic()
    desk.desk.stop()
    assert time.monotonic() - began < 2.0


def test_one_that_ends_while_it_is_its_turn_leaves_it_to_the_others(desk):
    desk.reads("cross")
    desk.tick("cross", ENDS)
    desk.reads("other")


def open_files():
    return len(os.listdir("/dev/fd"))


def test_strategies_that_fail_and_start_again_leave_no_file_open(bridge):
    """However many lives they have, and whether or not memory is tidied up."""
    record = Record()
    desk = MultiClientApplication("127.0.0.1", bridge.port, 7)
    policy = RestartPolicy(most_failures=1000, first_delay=0.001, longest_delay=0.001)
    desk.register(
        recording(record, initialize=lambda _: record.add("a life"), tick_price=fall, act=fall),
        code="short",
        policy=policy,
    )
    gc.disable()
    try:
        with desk:
            lives(record, 2)
            before = open_files()
            lives(record, 6)
            assert open_files() <= before + 2  # those of a life that has not ended yet
    finally:
        gc.enable()


def lives(record, count):
    record.wait(lambda _: record.items.count("a life") >= count, f"life {count}")


def fall(*_):
    raise ValueError("at fault")


def a_program_that_stops_its_desk_at_its_very_end():
    """What it tidies up otherwise, and what modules do, is done by then."""
    bridge = ScriptedBridge().start()
    desk = Desk(bridge, pytest.MonkeyPatch())

    def end():
        desk.tick("cross", 1.5)
        desk.tick("other", 2.5)
        desk.desk.stop()
        print("connections:", bridge.connections)

    atexit.register(end)
    desk.desk.start()
    desk.reads("cross")


def test_the_end_of_a_program_ends_no_reading():
    """A desk may be stopped by whatever runs last, and orders be cancelled by it."""
    program = f"import {__name__} as tests; tests.{a_program_that_stops_its_desk_at_its_very_end.__name__}()"
    ended = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=6 * PATIENCE, check=False
    )
    assert (ended.stdout, ended.returncode) == ("connections: 1\n", 0), ended.stderr
    assert "ERROR" not in ended.stderr


def test_one_that_sends_more_than_the_bridge_takes_can_t_bring_both_to_a_standstill(desk, bridge):
    """The bridge waits until we read what it sends, and we until it reads what we send: somebody has to read."""
    bridge.answers[ContractDataRequest] = lambda request: [
        ContractData(request.request_id, details=ContractDetails(long_name="y" * SIZE))
    ]
    desk.reads("cross")
    desk.tick("cross", TALKS)
    bridge.requests.wait_for(ContractDataRequest, COUNT)
    told(
        desk.record, ContractData, "cross", lambda answer: answer.request_id == max(desk.talked, default=None)
    )
    assert len(desk.talked) == COUNT
    assert bridge.connections == 1
