"""The contract of a broker, kept by the one in memory and by RabbitMQ: the same tests."""

from __future__ import annotations

import threading
import time

import pytest

from ibkr_actors.brokers.broker import BrokerState, Letter, Outcome
from ibkr_actors.brokers.topology import (
    ACTOR,
    BRIDGE,
    BURIED,
    DESK_LATE,
    DESK_NEWS,
    DESK_REQUESTS,
    EVENTS,
    MARKET_DATA,
    MULTI_CLIENT,
    TRADING_DESK,
    actor_events,
    actor_market_data,
    actor_requests,
    routing_key,
)
from ibkr_actors.errors import BrokerError
from tests.actors.conftest import _no_thread_left, log  # noqa: F401
from tests.actors.helpers import PATIENCE, Record
from tests.brokers.helpers import bodies

KEY = routing_key(BRIDGE, "cross")


def request(body: bytes, **values: object) -> Letter:
    return Letter(TRADING_DESK, KEY, body, **values)  # type: ignore[arg-type]


def event(body: bytes, kind: str = EVENTS, code: str = "cross") -> Letter:
    return Letter(ACTOR, routing_key(BRIDGE, code), body, kind, persistent=kind == EVENTS)


def settle(broker, letter):
    """Entrust a letter, and wait for what became of it."""
    outcomes = Record()
    broker.entrust(letter, outcomes.add)
    return outcomes.wait_for(Outcome)


@pytest.fixture
def record():
    return Record()


class TestRouting:
    def test_requests_of_all_actors_come_to_the_desk_in_their_order(self, server, record):
        desk, actor = server.connect(), server.connect()
        desk.consume(DESK_REQUESTS, record.add, prefetch=10)
        for number in range(5):
            actor.entrust(Letter(TRADING_DESK, routing_key(BRIDGE, f"actor{number}"), b"%d" % number))
        record.wait(lambda delivery: delivery.body == b"4")
        assert bodies(record) == [b"0", b"1", b"2", b"3", b"4"]
        assert record.items[3].routing_key == "bridge.actor3"
        assert not record.items[0].redelivered

    def test_the_message_type_tells_the_queue(self, server, record):
        desk, actor = server.connect(), server.connect()
        desk.consume(DESK_NEWS, record.add, prefetch=10)
        actor.entrust(request(b"for the bridge"))
        actor.entrust(Letter(TRADING_DESK, routing_key(MULTI_CLIENT, "cross"), b"for the desk"))
        assert record.wait(lambda _: True).body == b"for the desk"

    def test_an_actor_gets_its_own_and_the_kind_tells_the_queue(self, server, record):
        desk, actor = server.connect(), server.connect()
        ticks = Record()
        actor.declare(actor_events("other"))
        actor.consume(actor_events("cross"), record.add, prefetch=10)
        actor.consume(actor_market_data("cross"), ticks.add, prefetch=10)
        actor.declare(actor_market_data("other"))
        self.wait_until_there(desk)
        for code in ("other", "cross"):
            desk.entrust(event(b"event " + code.encode(), code=code))
            desk.entrust(event(b"tick " + code.encode(), MARKET_DATA, code))
        record.wait(lambda _: True)
        ticks.wait(lambda _: True)
        assert bodies(record) == [b"event cross"]
        assert bodies(ticks) == [b"tick cross"]

    @staticmethod
    def wait_until_there(desk):
        """Queues are declared behind one's back: letters to them are unroutable until then."""
        for code in ("other", "cross"):
            for kind in (EVENTS, MARKET_DATA):
                desk.declare(actor_events(code) if kind == EVENTS else actor_market_data(code))

    def test_requests_to_an_actor_reach_each_process_that_has_its_code(self, server, record):
        """So that a second one can be told that the code is taken."""
        desk, first, second = server.connect(), server.connect(), server.connect()
        first.consume(actor_requests("cross", "a"), record.add, prefetch=10)
        second.consume(actor_requests("cross", "b"), record.add, prefetch=10)
        letter = Letter(ACTOR, routing_key(MULTI_CLIENT, "cross"), b"who are you")
        deadline = time.monotonic() + PATIENCE
        while len({delivery.queue for delivery in list(record.items)}) < 2:  # until both queues are there
            settle(desk, letter)
            assert time.monotonic() < deadline

    def test_what_has_no_queue_is_told(self, server, log):  # noqa: F811
        outcome = settle(server.connect(), Letter(ACTOR, routing_key(BRIDGE, "nobody"), b"", EVENTS))
        assert outcome is Outcome.UNROUTABLE


class TestAcknowledgements:
    def test_no_more_than_the_prefetch_is_out_at_a_time(self, server, record):
        desk, actor = server.connect(), server.connect()
        desk.consume(DESK_REQUESTS, record.add, prefetch=2)
        for number in range(4):
            assert settle(actor, request(b"%d" % number)) is Outcome.CONFIRMED
        record.wait(lambda delivery: delivery.body == b"1")
        assert bodies(record) == [b"0", b"1"]
        desk.acknowledge(record.items[0])
        record.wait(lambda delivery: delivery.body == b"2")

    def test_what_a_dead_process_did_not_acknowledge_comes_again_in_its_place(self, server, record):
        desk, actor = server.connect(), server.connect()
        desk.consume(DESK_REQUESTS, record.add, prefetch=2)
        for number in range(3):
            settle(actor, request(b"%d" % number))
        record.wait(lambda delivery: delivery.body == b"1")
        desk.acknowledge(record.items[0])
        record.wait(lambda delivery: delivery.body == b"2")
        desk.stop()

        next_desk, again = server.connect(), Record()
        next_desk.consume(DESK_REQUESTS, again.add, prefetch=10)
        again.wait(lambda delivery: delivery.body == b"2")
        assert bodies(again) == [b"1", b"2"]
        assert again.items[0].redelivered

    def test_a_cancelled_consumer_gives_back_what_it_had(self, server, record):
        desk, actor = server.connect(), server.connect()
        desk.consume(DESK_REQUESTS, record.add, prefetch=2)
        settle(actor, request(b"0"))
        record.wait(lambda _: True)
        desk.cancel(DESK_REQUESTS)
        again = Record()
        desk.consume(DESK_REQUESTS, again.add, prefetch=2)
        assert again.wait(lambda _: True).redelivered

    def test_a_second_consumer_of_a_queue_is_refused_with_a_reason(self, server, record):
        first, second, refusals = server.connect(), server.connect(), Record()
        first.consume(DESK_REQUESTS, record.add, prefetch=1)
        settle(first, request(b"0"))
        record.wait(lambda _: True)
        second.consume(DESK_REQUESTS, record.add, prefetch=1, refused=refusals.add)
        assert "exclusive" in refusals.wait_for(str)
        assert second.connected

    def test_a_queue_in_use_is_taken_from_when_it_is_free_unless_somebody_wants_to_be_told(
        self,
        server,
        record,
        log,  # noqa: F811
    ):
        first, second, again = server.connect(), server.connect(), Record()
        first.consume(DESK_REQUESTS, record.add, prefetch=1)
        settle(first, request(b"0"))
        record.wait(lambda _: True)
        second.consume(DESK_REQUESTS, again.add, prefetch=1)
        log.wait(lambda line: line.startswith("ERROR") and "exclusive" in line)
        first.stop()
        assert again.wait(lambda _: True).redelivered

    def test_a_receiver_that_raises_ends_nothing(self, server, record, log):  # noqa: F811
        desk = server.connect()

        def receive(delivery):
            record.add(delivery)
            raise RuntimeError("at fault")

        desk.consume(DESK_REQUESTS, receive, prefetch=10)
        for number in range(2):
            settle(desk, request(b"%d" % number))
        record.wait(lambda delivery: delivery.body == b"1")
        log.wait(lambda line: "at fault" in line)


class TestBounds:
    def test_a_full_queue_of_market_data_drops_the_oldest(self, server, record):
        desk, actor = server.connect(), server.connect()
        queue = actor_market_data("cross", most=3)
        desk.declare(queue)
        for number in range(10):
            assert settle(desk, event(b"%d" % number, MARKET_DATA)) is Outcome.CONFIRMED
        actor.consume(queue, record.add, prefetch=10)
        record.wait(lambda delivery: delivery.body == b"9")
        assert bodies(record) == [b"7", b"8", b"9"]

    def test_what_is_only_published_may_be_lost_and_says_so(self, server, record):
        desk, changes = server.connect(record), Record()
        desk.declare(actor_market_data("cross"))
        settle(desk, event(b"first", MARKET_DATA))
        assert desk.publish(event(b"second", MARKET_DATA))
        server.cut()
        record.wait(lambda state: state is BrokerState.LOST)
        assert not desk.connected
        assert not desk.publish(event(b"third", MARKET_DATA))
        server.mend()
        desk.consume(actor_market_data("cross"), changes.add, prefetch=10)
        changes.wait(lambda delivery: delivery.body == b"first")
        assert b"third" not in bodies(changes)


class TestTimeToLive:
    def test_what_waited_too_long_is_not_delivered_but_goes_where_late_letters_go(self, server, record):
        desk, actor, late = server.connect(), server.connect(), Record()
        settle(actor, request(b"late", time_to_live=0.05, persistent=True))
        desk.consume(DESK_LATE, late.add, prefetch=10)
        assert late.wait(lambda _: True).routing_key == KEY
        desk.consume(DESK_REQUESTS, record.add, prefetch=10)
        settle(actor, request(b"in time", time_to_live=30.0, persistent=True))
        record.wait(lambda delivery: delivery.body == b"in time")
        assert bodies(record) == [b"in time"]

    def test_what_could_not_be_sent_in_time_is_told_to_its_sender(self, server, record):
        actor, outcomes = server.connect(record), Record()
        server.cut()
        record.wait(lambda state: state is BrokerState.LOST)
        actor.entrust(request(b"late", time_to_live=0.05), outcomes.add)
        assert outcomes.wait_for(Outcome) is Outcome.NEVER_SENT
        server.mend()

    def test_how_long_a_letter_waited_at_its_sender_arrives_with_it(self, server, record):
        actor, deliveries = server.connect(record), Record()
        server.cut()
        record.wait(lambda state: state is BrokerState.LOST)
        actor.entrust(request(b"waited", time_to_live=30.0, persistent=True))
        waiting = threading.Event()
        waiting.wait(0.1)  # the subject is time
        server.mend()
        desk = server.connect()
        desk.consume(DESK_REQUESTS, deliveries.add, prefetch=10)
        assert 0.1 <= deliveries.wait(lambda _: True).waited < 30.0


class TestLostConnections:
    def test_what_was_entrusted_arrives_after_all_in_its_order(self, server, record):
        actor, deliveries = server.connect(record), Record()
        server.cut()
        record.wait(lambda state: state is BrokerState.LOST)
        outcomes = Record()
        for number in range(20):
            actor.entrust(request(b"%d" % number, persistent=True), outcomes.add)
        server.mend()
        outcomes.wait_for(Outcome, 20)
        actor.consume(DESK_REQUESTS, deliveries.add, prefetch=50)
        deliveries.wait(lambda delivery: delivery.body == b"19")
        assert bodies(deliveries) == [b"%d" % number for number in range(20)]
        assert set(outcomes.items) == {Outcome.CONFIRMED}

    def test_nothing_is_lost_when_the_connection_breaks_while_letters_are_on_their_way(self, server, record):
        """Some may arrive twice: nobody can know whether what was not confirmed has arrived."""
        actor, desk, deliveries, outcomes = server.connect(record), server.connect(), Record(), Record()
        desk.consume(DESK_REQUESTS, deliveries.add, prefetch=1000)
        for number in range(300):
            actor.entrust(request(b"%d" % number, persistent=True), outcomes.add)
            if number == 150:
                server.cut()
                server.mend()
        outcomes.wait_for(Outcome, 300)
        deliveries.wait(lambda _: len(set(bodies(deliveries))) == 300)
        assert set(outcomes.items) == {Outcome.CONFIRMED}

    def test_consumers_go_on_and_get_again_what_they_had_not_acknowledged(self, server, record):
        desk, states = server.connect(record), Record()
        desk.consume(DESK_REQUESTS, states.add, prefetch=10)
        settle(desk, request(b"0", persistent=True))
        states.wait(lambda _: True)
        server.cut()
        server.mend()
        second = states.wait(lambda delivery: delivery.redelivered)
        desk.acknowledge(states.items[0])  # of the earlier connection: says nothing now
        desk.acknowledge(second)
        settle(desk, request(b"1", persistent=True))
        states.wait(lambda delivery: delivery.body == b"1")
        assert [state for state in record.items if state is BrokerState.CONNECTED][1:]

    def test_letters_entrusted_before_the_end_leave_before_it(self, server, record):
        actor = server.make()
        actor.start()
        for number in range(50):
            actor.entrust(request(b"%d" % number, persistent=True))
        actor.stop()
        desk = server.connect()
        desk.consume(DESK_REQUESTS, record.add, prefetch=100)
        record.wait(lambda delivery: delivery.body == b"49")

    def test_letters_that_could_not_leave_before_it_are_told(self, server, record, log):  # noqa: F811
        actor = server.connect(record)
        server.cut()
        record.wait(lambda state: state is BrokerState.LOST)
        for number in range(3):
            actor.entrust(request(b"%d" % number, persistent=True))
        actor.stop()
        log.wait(lambda line: line.startswith("ERROR 3 letters were not confirmed"))

    def test_a_letter_of_many_frames_arrives_whole(self, server, record):
        actor, desk = server.connect(), server.connect()
        desk.consume(DESK_REQUESTS, record.add, prefetch=1)
        body = bytes(range(256)) * 4096
        settle(actor, request(body))
        assert record.wait(lambda _: True).body == body

    def test_a_second_start_is_refused_and_a_second_stop_is_nothing(self, server):
        broker = server.connect()
        with pytest.raises(BrokerError, match="started already"):
            broker.start()
        broker.stop()
        broker.stop()
        broker.start()
        assert broker.connected


class TestDeadLetters:
    def test_are_kept_with_the_reason_and_the_queue_that_they_came_from(self, server, record):
        desk, actor, dead = server.connect(), server.connect(), Record()
        desk.consume(DESK_REQUESTS, record.add, prefetch=1)
        settle(actor, request(b"gibberish"))
        settle(actor, request(b"good"))
        desk.bury(record.wait(lambda _: True), "it is no MessagePack")
        record.wait(lambda delivery: delivery.body == b"good")
        actor.consume(BURIED, dead.add, prefetch=1)
        letter = dead.wait(lambda _: True)
        assert (letter.body, letter.routing_key) == (b"gibberish", KEY)
        assert letter.headers["reason"] == "it is no MessagePack"
        assert letter.headers["queue"] == "trading_desk.bridge"
