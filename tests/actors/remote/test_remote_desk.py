"""A strategy's side by itself, with a broker that only notes."""

from __future__ import annotations

import pytest

from ibkr_actors.actors.remote.codec import encode
from ibkr_actors.actors.remote.host import Host, RemoteOptions
from ibkr_actors.actors.remote.letters import Heartbeat, Ping, Welcome
from ibkr_actors.actors.remote.remote_desk import IN_USE_FOR, RemoteDesk
from ibkr_actors.brokers.broker import Delivery
from ibkr_actors.brokers.topology import actor_events, actor_market_data
from tests.actors.helpers import Clock

EVENTS = actor_events("cross")


class NotingBroker:
    def __init__(self):
        self.consumers, self.receivers, self.buried = {}, {}, []

    def consume(self, queue, receive, *, prefetch, started=None, refused=None):
        self.consumers[queue.name] = (started, refused)
        self.receivers[queue.name] = receive

    def acknowledge(self, delivery):
        raise AssertionError("nothing here is to be acknowledged")

    def bury(self, delivery, reason):
        self.buried.append((delivery.queue, reason))

    def publish(self, letter):
        return True

    def entrust(self, letter, settled=None):
        pass


class NotingHost(Host):
    def __init__(self):
        self.refusals = []

    def state(self):
        return Heartbeat("life", "running")

    def welcome(self, desk):
        pass

    def refuse(self, reason):
        self.refusals.append(reason)

    def stop(self):
        pass

    def hear(self, messages):
        pass


class Arrangement:
    def __init__(self):
        self.broker, self.host, self.clock = NotingBroker(), NotingHost(), Clock()
        self.desk = RemoteDesk(
            "cross", "Cross", self.broker, self.host, RemoteOptions(), clock=lambda: self.clock.now
        )
        self.desk._enter(Welcome(self.desk.life, "desk", 0, 1, 1, 7, 1))

    def refuse(self):
        self.broker.consumers.pop(EVENTS.name)[1]("in exclusive use")

    def consume(self):
        self.broker.consumers[EVENTS.name][0]()


@pytest.fixture
def on():
    return Arrangement()


class TestAQueueThatAnotherConnectionTakes:
    def test_is_asked_for_again(self, on):
        on.refuse()
        on.clock.now += 1.0
        on.desk.look()
        assert EVENTS.name in on.broker.consumers
        assert not on.host.refusals

    def test_is_another_process_s_when_it_does_so_for_long(self, on):
        for _ in range(2):
            on.refuse()
            on.clock.now += IN_USE_FOR - 1.0
            on.desk.look()
        on.refuse()
        assert "another process takes what is for the code 'cross'" in on.host.refusals[0]

    def test_is_our_own_again_afterwards_and_a_second_time_is_another_matter(self, on):
        on.refuse()
        on.clock.now += IN_USE_FOR - 1.0
        on.desk.look()
        on.consume()
        on.clock.now += 3600.0
        on.refuse()
        assert not on.host.refusals


@pytest.mark.parametrize("queue", [EVENTS, actor_market_data("cross")], ids=["events", "ticks"])
def test_a_letter_in_the_wrong_queue_is_a_dead_letter_and_does_not_hold_others_up(on, queue):
    on.broker.receivers[queue.name](Delivery(queue.name, "bridge.cross", encode(Ping("life"))))
    assert on.broker.buried == [(queue.name, "no Ping is for this queue")]
    assert on.desk.unreadable == 1
