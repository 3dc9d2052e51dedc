"""What only actors in other processes have: letters twice or too late, lives and deaths, bounded market data."""

from __future__ import annotations

import json
import threading
import time

import msgspec
import pytest

from ibkr_actors.actors.remote.codec import FOR_ACTOR, encode
from ibkr_actors.actors.remote.host import RemoteOptions
from ibkr_actors.actors.remote.letters import (
    SCHEMA,
    Actors,
    Heartbeat,
    OrderAnswer,
    Question,
    Registration,
    Trade,
    Welcome,
)
from ibkr_actors.actors.remote.roster import Roster
from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.actors.supervisor import RestartPolicy
from ibkr_actors.base.local_messages import (
    ConnectionChanged,
    ConnectionState,
    OrderChanged,
    RequestFailed,
    TicksConflated,
)
from ibkr_actors.base.messages.executions import ExecutionDetails, ExecutionDetailsEnd, ExecutionRequest
from ibkr_actors.base.messages.market_data import CancelMarketData, MarketDataRequest, TickPrice
from ibkr_actors.base.messages.orders import (
    CancelOrderRequest,
    OpenOrderEnd,
    OpenOrdersRequest,
    PlaceOrderRequest,
)
from ibkr_actors.base.order_checks import placement
from ibkr_actors.brokers.broker import Letter
from ibkr_actors.brokers.topology import (
    BRIDGE,
    BURIED,
    MULTI_CLIENT,
    TRADING_DESK,
    actor_events,
    actor_requests,
    routing_key,
)
from ibkr_actors.errors import DeskError
from ibkr_actors.multiple_client_application import MultiClientApplication
from ibkr_actors.remote_application import RemoteApplication
from tests.actors.conftest import _no_thread_left, log  # noqa: F401
from tests.actors.helpers import PATIENCE, Record, fill, ibm, limit_order, open_order, recording, status, told
from tests.actors.scripted_bridge import ScriptedBridge
from tests.brokers.helpers import BROKERS

QUICK = RemoteOptions(heartbeat=0.1, grace=0.6)


@pytest.fixture(params=BROKERS)
def server(request):
    with BROKERS[request.param]() as arrangement:
        yield arrangement


@pytest.fixture
def bridge():
    with ScriptedBridge() as bridge:
        yield bridge


@pytest.fixture
def record():
    return Record()


@pytest.fixture
def floor(server, bridge, tmp_path):
    """A desk at the scripted bridge, and what comes to it; everything is stopped in the end."""
    floor = Floor(server, bridge, tmp_path / "orders.jsonl")
    yield floor
    for one in reversed(floor.started):
        one.stop()


class Floor:
    def __init__(self, server, bridge, journal):
        self.server, self.bridge, self.journal = server, bridge, journal
        self.started = []

    def desk(self, **options):
        desk = MultiClientApplication(
            "127.0.0.1", self.bridge.port, 7, broker=self.server.make(), journal=self.journal, **options
        )
        desk.start()
        self.started.append(desk)
        return desk

    def actors(self, strategy, *codes, options=QUICK, policy=None, start=True):
        actors = RemoteApplication(self.server.make(), options)
        for code in codes or ("cross",):
            actors.register(strategy, code=code, policy=policy)
        if start:
            actors.start()
            self.started.append(actors)
        return actors

    def write(self, letter, message_type, code="cross"):
        """A letter to the desk, from nobody in particular."""
        broker = self.server.connect()
        broker.entrust(Letter(TRADING_DESK, routing_key(message_type, code), encode(letter), persistent=True))
        return broker


def until(holds, what="it"):
    """As soon as something holds; fails at a deadline."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not come to be"
        time.sleep(0.01)  # between two looks; nothing depends on how long


def prices(bridge):
    """The limit prices of the orders that reached the bridge: each test gives every order its own."""
    return [request.order.limit_price for request in bridge.sent(PlaceOrderRequest)]


class Buyer(StrategyActor):
    """Places an order for each price that it finds in `wanted`, and records what it hears."""

    wanted: list
    record: Record
    act_interval = 0.02

    def handle(self, messages):
        messages = list(messages)
        for message in messages:
            self.record.add((self.code, message))
        super().handle(messages)

    def act(self):
        while self.wanted:
            self.record.add(self.place_order(limit_order(price=self.wanted.pop(0)), ibm()))


def buyer(record, *wanted):
    return type("Buyer", (Buyer,), {"wanted": list(wanted), "record": record})


class TestTradesAreDoneOnce:
    def test_though_all_connections_with_the_broker_are_cut_again_and_again(self, floor, bridge, record):
        bridge.answers[PlaceOrderRequest] = lambda request: [
            status(request.order_id, "Submitted", client_id=7)
        ]
        strategy = buyer(record)
        floor.desk(messages_per_second=1000)
        floor.actors(strategy)
        wanted = [float(price) for price in range(1, 61)]
        for group in range(3):
            strategy.wanted.extend(wanted[group * 20 : (group + 1) * 20])
            record.wait(lambda _, group=group: len(prices(bridge)) > group * 20)
            floor.server.cut()
            floor.server.mend()
        until(lambda: len(prices(bridge)) >= 60, "60 orders")
        until(
            lambda: (
                len(
                    {
                        item[1].order_id
                        for item in record.items
                        if isinstance(item, tuple) and isinstance(item[1], OrderChanged)
                    }
                )
                == 60
            ),
            "news of 60 orders",
        )
        assert sorted(prices(bridge)) == wanted

    def test_a_letter_that_comes_twice_is_answered_twice_with_the_first_result(self, floor, bridge):
        floor.desk()
        answers = Record()
        life, broker, number = self.registered(floor, answers)
        trade = Trade(life, number, placement(limit_order(), ibm(), number), time_to_live=5.0)
        for _ in range(2):
            broker.entrust(Letter(TRADING_DESK, routing_key(BRIDGE, "cross"), encode(trade), persistent=True))
        answers.wait_for(OrderAnswer, 2)
        assert {(one.number, one.order_id, one.refusal) for one in answers.of(OrderAnswer)} == {
            (number, 1, "")
        }
        bridge.requests.wait_for(PlaceOrderRequest)
        assert len(bridge.sent(PlaceOrderRequest)) == 1

    def test_also_by_the_next_life_of_a_desk_that_ended_before_it_acknowledged(self, floor, bridge):
        desk = floor.desk()
        answers = Record()
        life, broker, number = self.registered(floor, answers)
        trade = Trade(life, number, placement(limit_order(), ibm(), number), time_to_live=5.0)
        letter = Letter(TRADING_DESK, routing_key(BRIDGE, "cross"), encode(trade), persistent=True)
        broker.entrust(letter)
        answers.wait_for(OrderAnswer)
        desk.stop()
        broker.entrust(letter)  # as a broker does with what was not acknowledged

        bridge.answers[OpenOrdersRequest] = lambda _request: [open_order(1, client_id=7), OpenOrderEnd()]
        floor.desk()
        assert answers.wait_for(OrderAnswer, 2) == OrderAnswer(life, number, 1)
        assert len(bridge.sent(PlaceOrderRequest)) == 1

    @staticmethod
    def registered(floor, heard):
        """The hand-made connection of an actor: its life, its broker, its first order number."""
        broker, life = floor.server.connect(), "handmade"

        def receive(delivery):
            heard.add(FOR_ACTOR.read(delivery.body)[0])
            broker.acknowledge(delivery)

        ready = threading.Event()
        broker.consume(actor_events("cross"), receive, prefetch=10)
        broker.consume(actor_requests("cross", life), receive, prefetch=10, started=ready.set)
        assert ready.wait(PATIENCE)
        registration = Registration(life, "Handmade", "here", 1, grace=60.0)
        broker.entrust(
            Letter(TRADING_DESK, routing_key(MULTI_CLIENT, "cross"), encode(registration), persistent=True)
        )
        return life, broker, heard.wait_for(Welcome).first_order


class TestTradesInTime:
    def test_one_that_never_left_its_process_is_refused_there(self, floor, bridge, record):
        strategy = buyer(record)
        desk = floor.desk()
        actors = floor.actors(strategy, options=RemoteOptions(heartbeat=0.1, grace=30.0, time_to_live=1.0))
        floor.server.cut()
        until(lambda: not actors._broker.connected)
        strategy.wanted.append(1.0)
        refused = told(record, OrderChanged)
        assert (refused.status, "not sent" in refused.reason) == ("Refused", True)
        assert "no connection with the broker" in told(record, RequestFailed).reason
        floor.server.mend()
        until(lambda: actors._broker.connected and desk._broker.connected)
        strategy.wanted.append(2.0)
        until(lambda: prices(bridge) == [2.0])

    def test_one_that_waited_for_a_desk_that_was_down_is_refused_by_the_next(self, floor, bridge, record):
        strategy = buyer(record)
        desk = floor.desk()
        floor.actors(strategy, options=RemoteOptions(heartbeat=0.1, grace=30.0, time_to_live=0.2))
        desk.stop()
        strategy.wanted.append(1.0)
        record.wait(lambda item: hasattr(item, "cancel"))
        threading.Event().wait(0.4)  # the subject is time
        floor.desk()
        refused = told(record, OrderChanged)
        assert (refused.status, "time to live" in refused.reason) == ("Refused", True)
        strategy.wanted.append(2.0)
        until(lambda: prices(bridge) == [2.0])

    def test_one_that_a_desk_finds_in_time_when_it_is_back_is_sent(self, floor, bridge, record):
        strategy = buyer(record)
        desk = floor.desk()
        floor.actors(strategy, options=RemoteOptions(heartbeat=0.1, grace=30.0, time_to_live=30.0))
        desk.stop()
        strategy.wanted.append(1.0)
        record.wait(lambda item: hasattr(item, "cancel"))
        floor.desk()
        until(lambda: prices(bridge) == [1.0])


class TestNewsOfOrders:
    def test_that_come_while_the_actor_is_away_wait_for_its_next_life(self, floor, bridge, record):
        floor.desk()
        first = floor.actors(buyer(record, 1.0))
        bridge.requests.wait_for(PlaceOrderRequest)
        bridge.say(status(1, "Submitted", client_id=7))
        told(record, OrderChanged, wanted=lambda change: change.status == "Submitted")
        first.stop()
        bridge.say(fill(1, client_id=7), status(1, "Filled", 100, 0, client_id=7))

        again = Record()
        floor.actors(buyer(again))
        execution = told(again, ExecutionDetails)
        change = told(again, OrderChanged, wanted=lambda change: change.status == "Filled")
        number = next(item.order_id for item in record.items if hasattr(item, "cancel"))
        assert execution.execution.order_id == change.order_id == number
        assert len([item for item in again.items if isinstance(item[1], ExecutionDetails)]) == 1

    def test_that_happen_while_the_desk_is_away_are_found_out_by_its_next_life(self, floor, bridge, record):
        desk = floor.desk()
        floor.actors(buyer(record, 1.0, 2.0))
        bridge.requests.wait_for(PlaceOrderRequest, 2)
        bridge.say(*(status(order_id, "Submitted", client_id=7) for order_id in (1, 2)))
        told(record, OrderChanged, wanted=lambda change: change.order_id % 10 == 1)
        desk.stop()
        bridge.answers[OpenOrdersRequest] = lambda _request: [OpenOrderEnd()]
        bridge.answers[ExecutionRequest] = lambda request: [
            fill(1, request_id=request.request_id, client_id=7),
            *self.end_of(request),
        ]
        floor.desk()
        first, second = (item.order_id for item in record.items if hasattr(item, "cancel"))
        filled = told(record, OrderChanged, wanted=lambda change: change.status == "Filled")
        lost = told(record, OrderChanged, wanted=lambda change: change.status == "Unknown")
        assert (filled.order_id, lost.order_id) == (first, second)
        assert told(record, ExecutionDetails).execution.order_id == first
        assert len(prices(bridge)) == 2

    @staticmethod
    def end_of(request):
        return [ExecutionDetailsEnd(request.request_id)]

    def test_find_their_owner_however_long_the_next_life_takes_to_know_it(
        self, floor, bridge, record, monkeypatch
    ):
        desk = floor.desk()
        floor.actors(buyer(record, 1.0))
        bridge.requests.wait_for(PlaceOrderRequest)
        bridge.say(status(1, "Submitted", client_id=7))
        told(record, OrderChanged, wanted=lambda change: change.status == "Submitted")
        desk.stop()
        bridge.answers[OpenOrdersRequest] = lambda _request: [OpenOrderEnd()]
        bridge.answers[ExecutionRequest] = lambda request: [
            fill(1, request_id=request.request_id, client_id=7),
            *self.end_of(request),
        ]
        recover = Roster.recover

        def recover_late(roster, recovered):
            # Longer than a bridge needs that is asked too early; for whoever does not ask it is never too short.
            threading.Event().wait(0.5)
            recover(roster, recovered)

        monkeypatch.setattr(Roster, "recover", recover_late)
        floor.desk()
        number = next(item.order_id for item in record.items if hasattr(item, "cancel"))
        assert told(record, ExecutionDetails).execution.order_id == number
        assert told(record, OrderChanged, wanted=lambda change: change.status == "Filled").order_id == number

    def test_that_were_told_before_the_desk_ended_are_not_told_again(self, floor, bridge, record):
        desk = floor.desk()
        floor.actors(buyer(record, 1.0))
        bridge.requests.wait_for(PlaceOrderRequest)
        bridge.say(fill(1, 40, client_id=7))
        told(record, ExecutionDetails)
        until(lambda: '"told"' in floor.journal.read_text(), "the mark that it was told")
        desk.stop()
        bridge.answers[OpenOrdersRequest] = lambda _request: [open_order(1, client_id=7), OpenOrderEnd()]
        bridge.answers[ExecutionRequest] = lambda request: [
            fill(1, 40, request_id=request.request_id, client_id=7),
            fill(
                1,
                60,
                cumulative=100,
                execution_id="0000e0d5.6579a1b2.02.01",
                request_id=request.request_id,
                client_id=7,
            ),
            *self.end_of(request),
        ]
        floor.desk()
        told(record, ExecutionDetails, wanted=lambda message: message.execution.shares == 60)
        shares = [
            item[1].execution.shares
            for item in record.items
            if isinstance(item, tuple) and isinstance(item[1], ExecutionDetails)
        ]
        assert shares == [40, 60]


class TestLives:
    def test_a_second_process_with_a_living_code_is_refused_and_the_first_goes_on(
        self, floor, bridge, record
    ):
        floor.desk()
        floor.actors(recording(record))
        second = floor.actors(recording(Record()), start=False)
        with pytest.raises(DeskError, match=r"'cross' lives already, on .* \(process \d+\)"):
            second.start()
        assert not second.running
        bridge.say(TickPrice(1, 4, 1.0))

    def test_a_code_of_the_desk_s_own_process_is_refused(self, floor, bridge, record):
        desk = MultiClientApplication(
            "127.0.0.1", bridge.port, 7, broker=floor.server.make(), journal=floor.journal
        )
        desk.register(recording(record), code="cross")
        floor.started.append(desk)
        desk.start()
        with pytest.raises(DeskError, match="'cross' is that of a strategy in the desk's own process"):
            floor.actors(recording(record), start=False).start()

    def test_a_desk_that_is_not_there_is_told_after_the_time_out(self, floor):
        with pytest.raises(DeskError, match=r"no desk .* has let in cross within 0\.3 seconds"):
            floor.actors(StrategyActor, start=False).start(timeout=0.3)

    def test_a_second_desk_is_told_that_there_is_one(self, floor, bridge, log):  # noqa: F811
        floor.desk()
        with ScriptedBridge() as other:
            second = MultiClientApplication(
                "127.0.0.1",
                other.port,
                7,
                broker=floor.server.make(),
                journal=floor.journal.with_name("other"),
            )
            with pytest.raises(DeskError, match="another desk"):
                second.start(timeout=0.5)

    @pytest.mark.parametrize("policy", ["keep", "cancel"])
    def test_one_that_dies_loses_its_subscriptions_and_its_orders_as_it_declared(
        self, floor, bridge, record, policy
    ):
        def initialize(self):
            self.request_market_data(ibm())
            self.place_order(limit_order(), ibm())

        desk = floor.desk()
        failures = Record()
        desk.signals.strategy_failed.connect(failures.receive)
        actors = floor.actors(
            recording(record, initialize=initialize), policy=RestartPolicy(orders_at_death=policy)
        )
        bridge.requests.wait_for(PlaceOrderRequest)
        bridge.say(status(1, "Submitted", client_id=7))
        told(record, OrderChanged)
        began = time.monotonic()
        kill(actors)
        bridge.requests.wait_for(CancelMarketData)
        assert time.monotonic() - began > QUICK.grace / 2
        if policy == "cancel":
            assert bridge.requests.wait_for(CancelOrderRequest).order_id == 1
        assert "silent" in str(failures.wait(lambda _: True)["error"])
        until(lambda: desk.actors()[0].state == "dead")
        assert len(bridge.sent(CancelOrderRequest)) == (policy == "cancel")

    def test_one_that_seemed_dead_and_comes_back_is_served_again(self, floor, bridge, record):
        def initialize(self):
            self.request_market_data(ibm())

        floor.desk()
        floor.actors(recording(record, initialize=initialize))
        bridge.requests.wait_for(MarketDataRequest)
        floor.server.cut()
        told(record, ConnectionChanged, wanted=lambda change: change.state is ConnectionState.LOST)
        bridge.requests.wait_for(CancelMarketData)
        floor.server.mend()
        told(record, ConnectionChanged, wanted=lambda change: change.state is ConnectionState.CONNECTED)
        line = bridge.requests.wait_for(MarketDataRequest, 2)
        bridge.say(TickPrice(line.request_id, 4, 10.0))
        told(record, TickPrice)

    def test_the_list_of_actors_is_for_everybody_who_asks(self, floor, bridge, record):
        desk = floor.desk()
        floor.actors(recording(record), "one", "two")
        until(lambda: all(one.state == "running" for one in desk.actors()))
        answers, broker = Record(), floor.server.connect()
        ready = threading.Event()
        broker.consume(
            actor_requests("somebody", "q"),
            lambda each: answers.add(FOR_ACTOR.read(each.body)[0]),
            prefetch=5,
            started=ready.set,
        )
        assert ready.wait(PATIENCE)
        question = Letter(TRADING_DESK, routing_key(MULTI_CLIENT, "somebody"), encode(Question("q", 1)))
        broker.entrust(question)
        listed = answers.wait_for(Actors)
        assert [(one.code, one.state, one.strategy) for one in listed.actors] == [
            ("one", "running", "Recording"),
            ("two", "running", "Recording"),
        ]
        assert all(one.seconds_silent < 5 for one in listed.actors)

    def test_the_desk_can_stop_one(self, floor, bridge, record):
        desk = floor.desk()
        actors = floor.actors(recording(record), "one", "two")
        desk.stop_actor("one")
        until(lambda: {one.code: one.state for one in desk.actors()} == {"one": "stopped", "two": "running"})
        until(
            lambda: (
                {one.code: one.state for one in actors.strategies()} == {"one": "stopped", "two": "running"}
            )
        )
        with pytest.raises(DeskError, match="no actor with the code 'three'"):
            desk.stop_actor("three")


def kill(actors):
    """What is left of an application whose process was killed: nothing says farewell, and its connection is gone."""
    for host in actors._hosts:
        host.remote._final = True
    actors._broker.stop(0.0)


class TestMarketData:
    def test_a_slow_actor_misses_ticks_knows_how_many_and_delays_nobody(self, floor, bridge, record):
        let_go, is_slow = threading.Event(), threading.Event()
        seen = {"slow": [], "fast": []}

        def initialize(self):
            self.request_market_data(ibm())

        def tick_price(self, tick):
            if self.code == "slow" and is_slow.is_set():
                let_go.wait(6 * PATIENCE)
            seen[self.code].append(tick.price)

        def ticks_conflated(self, news):
            if self.code == "slow":
                record.add(news)

        strategy = type(
            "Watcher",
            (StrategyActor,),
            {"initialize": initialize, "tick_price": tick_price, "ticks_conflated": ticks_conflated},
        )
        floor.desk()
        options = RemoteOptions(heartbeat=0.1, grace=30.0, market_data_batches=5)
        for code in seen:
            floor.actors(strategy, code, options=options)
        line = bridge.requests.wait_for(MarketDataRequest)
        until(lambda: self.both_watch(bridge, line, seen), "both")
        is_slow.set()
        for count in range(41):  # a batch each: more than may wait
            bridge.say(TickPrice(line.request_id, 4, 100.0 + count))
            until(lambda count=count: seen["fast"][-1] == 100.0 + count, "the tick, at the fast one")
        let_go.set()
        until(lambda: seen["slow"][-1] == 140.0, "the newest tick, at the slow one")
        missed = sum(news.dropped for news in record.of(TicksConflated))
        assert missed > 0
        assert len([price for price in seen["slow"] if price >= 100.0]) + missed == 41
        assert len(bridge.sent(MarketDataRequest)) == 1

    def test_a_next_life_may_have_another_bound_and_disturbs_nobody(self, floor, bridge, record, log):  # noqa: F811
        desk = floor.desk()
        for code, most in (("other", 500), ("cross", 500), ("cross", 50)):
            options = RemoteOptions(heartbeat=0.1, grace=30.0, market_data_batches=most)
            heard = Record()
            actors = floor.actors(recording(heard, initialize=self.watch), code, options=options)
            line = bridge.requests.wait_for(MarketDataRequest)
            until(lambda line=line, heard=heard: self.hears(bridge, line, heard), f"a tick at {code}")
            if code == "cross":
                actors.stop()
        states = {"other": "running", "cross": "stopped"}
        until(lambda: {one.code: one.state for one in desk.actors()} == states, "the end of cross")
        assert not [entry for entry in log.items if "refuses" in entry or "no connection" in entry]

    @staticmethod
    def watch(strategy):
        strategy.request_market_data(ibm())

    @staticmethod
    def hears(bridge, line, heard):
        bridge.say(TickPrice(line.request_id, 4, 1.0))
        return any(isinstance(message, TickPrice) for _code, message in heard.items)

    @staticmethod
    def both_watch(bridge, line, seen):
        bridge.say(TickPrice(line.request_id, 4, 1.0))
        return all(seen.values())


class TestDeadLetters:
    def test_what_the_desk_can_t_read_is_kept_with_the_reason_and_counted(self, floor, bridge, record, log):  # noqa: F811
        desk = floor.desk()
        broker, dead = floor.server.connect(), Record()
        key = routing_key(BRIDGE, "cross")
        broker.entrust(Letter(TRADING_DESK, key, b"gibberish"))
        broker.entrust(
            Letter(TRADING_DESK, key, encode(Heartbeat("a", "running")).replace(b"Heartbeat", b"Heartbore"))
        )
        broker.consume(BURIED, dead.add, prefetch=5)
        reasons = [
            dead.wait(lambda _, n=n: len(dead.items) > n) and dead.items[n].headers["reason"] for n in (0, 1)
        ]
        assert "no letter" in reasons[0]
        assert "Heartbore" in reasons[1]
        assert desk.unreadable_letters == 2
        floor.actors(recording(record))  # others go on


class TestOtherVersions:
    @staticmethod
    def rewritten(letter, change):
        """A letter as a process of another version would write it."""
        plain = msgspec.msgpack.decode(encode(letter))
        change(plain)
        return msgspec.msgpack.encode(plain)

    def test_an_actor_of_a_newer_minor_version_with_things_that_the_desk_does_not_know_trades(
        self, floor, bridge
    ):
        def newer(plain):
            plain["schema"] = [SCHEMA[0], SCHEMA[1] + 7]
            plain["content"]["mood"] = {"deep": ["future"]}

        self.trade_as(floor, newer)
        bridge.requests.wait_for(PlaceOrderRequest)

    def test_an_actor_of_an_older_minor_version_that_lacks_fields_trades(self, floor, bridge):
        def older(plain):
            for name in (
                "grace",
                "orders_at_death",
                "slot",
                "start",
                "market_data_batches",
                "changes",
                "late",
            ):
                plain["content"].pop(name, None)

        self.trade_as(floor, older)
        bridge.requests.wait_for(PlaceOrderRequest)

    def test_one_of_another_major_version_is_refused_cleanly(self, floor, bridge, log):  # noqa: F811
        def other(plain):
            plain["schema"] = [SCHEMA[0] + 1, 0]

        desk = floor.desk()
        broker = floor.server.connect()
        body = self.rewritten(Registration("new", "Future", "there", 1), other)
        broker.entrust(Letter(TRADING_DESK, routing_key(MULTI_CLIENT, "cross"), body))
        until(lambda: desk.unreadable_letters == 1)
        assert desk.actors() == []
        log.wait(lambda line: "update the older one" in line)

    def trade_as(self, floor, change):
        floor.desk()
        broker, heard, ready = floor.server.connect(), Record(), threading.Event()
        broker.consume(
            actor_requests("cross", "other"),
            lambda each: heard.add(FOR_ACTOR.read(each.body)[0]),
            prefetch=10,
            started=ready.set,
        )
        assert ready.wait(PATIENCE)
        registration = self.rewritten(Registration("other", "Other", "there", 1), change)
        broker.entrust(Letter(TRADING_DESK, routing_key(MULTI_CLIENT, "cross"), registration))
        number = heard.wait_for(Welcome).first_order
        trade = Trade("other", number, placement(limit_order(), ibm(), number), time_to_live=5.0)
        body = self.rewritten(trade, change)
        broker.entrust(Letter(TRADING_DESK, routing_key(BRIDGE, "cross"), body, persistent=True))


class TestTheDesk:
    def test_needs_a_journal(self, floor):
        with pytest.raises(DeskError, match="needs a journal"):
            MultiClientApplication(broker=floor.server.make())

    def test_records_the_ids_of_each_code_and_gives_them_again(self, floor, bridge, record):
        desk = floor.desk()
        floor.actors(buyer(record, 1.0), "one").stop()
        floor.actors(buyer(record, 2.0), "two")
        until(lambda: len(prices(bridge)) == 2)
        desk.stop()
        again = Record()
        desk = floor.desk()
        floor.actors(buyer(again, 3.0), "one")
        first = next(item.order_id for item in record.items if hasattr(item, "cancel"))
        assert again.wait(lambda item: hasattr(item, "cancel")).order_id == first + 1
        desk.stop()
        events = [json.loads(line) for line in floor.journal.read_text().splitlines()]
        slots = {event["code"]: event["slot"] for event in events if event["event"] == "actor"}
        assert slots == {"one": 0, "two": 1}
