"""The desk's side by itself, with a broker that only notes: when it acknowledges what."""

from __future__ import annotations

import queue

import pytest

from ibkr_actors.actors.desk import Signals
from ibkr_actors.actors.direct_mail import ShortCutMail
from ibkr_actors.actors.journal import Journal
from ibkr_actors.actors.messages import CancelAll, PlaceOrder
from ibkr_actors.actors.order_records import OrderRecords
from ibkr_actors.actors.recovery import KnownActor, Recovered
from ibkr_actors.actors.remote.codec import encode
from ibkr_actors.actors.remote.letters import Heartbeat, Registration, Trade
from ibkr_actors.actors.remote.remote_actors import (
    LONGEST_BACK_OFF,
    InUse,
    Open,
    Received,
    RemoteActors,
    Serving,
)
from ibkr_actors.base.ids import OrderIds
from ibkr_actors.base.order_checks import placement
from ibkr_actors.brokers.broker import Delivery
from ibkr_actors.brokers.topology import DESK_LATE, DESK_NEWS, DESK_REQUESTS
from tests.actors.helpers import Clock, FakeMail, fake_desk, ibm, limit_order

NUMBER = 1_100_500_000


class NotingBroker:
    place = "nowhere"

    def __init__(self, happened):
        self.happened = happened

    def acknowledge(self, delivery):
        self.happened.append(f"acknowledged {delivery.tag}")

    def bury(self, delivery, reason):
        self.happened.append(f"buried {delivery.tag}")

    def consume(self, queue, receive, **_options):
        self.happened.append(f"consumes {queue.name}")

    def declare(self, queue):
        pass

    def publish(self, letter):
        return True

    def entrust(self, letter, settled=None):
        pass


class Arrangement:
    def __init__(self, recovered=None):
        self.happened, self.clock = [], Clock()
        ids = OrderIds()
        ids.at_least(1)
        self.orders = FakeMail("orders")
        orders = ShortCutMail(self.orders, (PlaceOrder,), lambda _: self.happened.append("recorded"))
        self.desk = fake_desk(order_ids=ids, orders=orders)
        self.actor = RemoteActors(
            self.desk,
            NotingBroker(self.happened),
            OrderRecords(Journal(None), Signals(), lambda do: do()),
            recovered or Recovered(),
            local=list,
            clock=self.clock,
        )
        self.actor.run_behind(FakeMail("remote"))

    def receive(self, letter, tag, queue=DESK_REQUESTS, sent_at=0.0, at=0.0):
        body = letter if isinstance(letter, bytes) else encode(letter)
        delivery = Delivery(queue.name, "bridge.cross", body, sent_at=sent_at, tag=tag)
        self.actor.receive(Received(delivery, self.clock.now, at))

    def register(self):
        self.receive(Registration("a", "Cross", "here", 1), "registration", DESK_NEWS)
        self.happened.clear()


def trade(number=NUMBER):
    return Trade("a", number, placement(limit_order(), ibm(), number), time_to_live=5.0)


@pytest.fixture
def on():
    return Arrangement()


def test_an_order_is_acknowledged_when_it_is_recorded_and_not_before(on):
    on.register()
    on.receive(trade(), "trade")
    assert on.happened == ["recorded", "acknowledged trade"]


def test_one_that_can_t_be_dealt_with_is_a_dead_letter_and_not_lost(on, monkeypatch):
    on.register()
    monkeypatch.setattr(on.desk.order_ids, "placing", None)
    with pytest.raises(TypeError):
        on.receive(trade(), "trade")
    assert on.happened == ["buried trade"]
    assert on.actor.unreadable == 1


def test_one_of_an_actor_that_has_not_registered_yet_waits_for_that(on):
    on.receive(trade(), "trade")
    assert on.happened == []
    on.receive(Registration("a", "Cross", "here", 1), "registration", DESK_NEWS)
    assert on.happened == ["recorded", "acknowledged trade", "acknowledged registration"]


def test_or_is_refused_when_its_time_is_over(on):
    on.receive(trade(), "trade")
    on.clock.now += 5.1
    on.actor.act()
    assert on.happened == ["acknowledged trade"]


def test_one_that_comes_by_the_way_of_late_letters_is_never_sent(on):
    on.register()
    on.receive(trade(), "late", DESK_LATE)
    on.receive(trade(), "again")
    assert on.happened == ["acknowledged late", "acknowledged again"]


def test_one_that_was_on_its_way_too_long_is_not_sent_though_the_clocks_differ(on):
    on.register()
    for second in range(3):
        on.receive(Heartbeat("a", "running"), "beat", DESK_NEWS, sent_at=9000.0 + second, at=second)
    on.happened.clear()
    on.receive(trade(), "in time", sent_at=9004.0, at=8.0)
    on.receive(trade(NUMBER + 1), "too late", sent_at=9004.0, at=10.0)
    assert on.happened == ["recorded", "acknowledged in time", "acknowledged too late"]


def test_what_can_t_be_read_is_a_dead_letter(on):
    on.receive(b"gibberish", "gibberish")
    assert on.happened == ["buried gibberish"]


class TestWhoTakesTheRequests:
    REQUESTS = f"consumes {DESK_REQUESTS.name}"
    OTHERS = (f"consumes {DESK_NEWS.name}", f"consumes {DESK_LATE.name}")

    @pytest.fixture
    def outcome(self, on):
        outcome = queue.SimpleQueue()
        on.actor.receive(Open(on.clock.now + 5.0, outcome))
        return outcome

    def test_is_the_desk_and_takes_the_others_then(self, on, outcome):
        assert on.happened == [self.REQUESTS]
        on.actor.receive(Serving())
        assert on.happened == [self.REQUESTS, *self.OTHERS]
        assert outcome.get_nowait() == ""
        on.actor.receive(Serving())  # on the next connection, where the broker consumes all of them again
        assert on.happened == [self.REQUESTS, *self.OTHERS]

    def test_may_have_died_a_moment_ago_when_a_desk_starts(self, on, outcome):
        on.actor.receive(InUse("in exclusive use"))
        on.clock.now += 0.3
        on.actor.act()
        assert on.happened == [self.REQUESTS, self.REQUESTS]
        on.clock.now += 5.0
        on.actor.receive(InUse("in exclusive use"))
        assert "another desk takes the requests at nowhere: in exclusive use" in outcome.get_nowait()

    def test_later_may_be_an_earlier_connection_of_this_desk_and_is_waited_for_however_long(
        self, on, outcome, log
    ):
        on.actor.receive(Serving())
        on.happened.clear()
        for number in range(1, 100):
            on.actor.receive(InUse("in exclusive use"))
            on.clock.now += LONGEST_BACK_OFF
            on.actor.act()
            assert on.happened == [self.REQUESTS] * number
        errors = [line for line in log.items if line.startswith("ERROR")]
        assert len(errors) == 1
        assert "have no desk" in errors[0]
        on.actor.receive(Serving())
        assert "takes the requests at nowhere again" in log.items[-1]


class TestWhoHasBeenSilentForLongerThanItsGrace:
    @pytest.fixture
    def on(self):
        """A desk that starts again; an actor of its earlier life wants its orders cancelled when it is dead."""
        on = Arrangement(Recovered(actors={"cross": KnownActor(0, orders_at_death="cancel")}))
        on.actor._roster.recover(on.actor._recovered)
        on.actor.receive(Open(on.clock.now + 60.0, queue.SimpleQueue()))
        return on

    @staticmethod
    def wait(on, seconds):
        on.clock.now += seconds
        on.actor.act()
        return [told.code for told in on.orders.of(CancelAll)]

    def test_is_dead(self, on):
        on.actor.receive(Serving())
        assert self.wait(on, 9.9) == []
        assert self.wait(on, 0.2) == ["cross"]

    def test_lives_as_long_as_the_desk_may_take_no_letters_yet(self, on):
        for _ in range(5):
            on.actor.receive(InUse("in exclusive use"))
            assert self.wait(on, 10.1) == []
        on.actor.receive(Serving())
        assert self.wait(on, 9.9) == []
        assert self.wait(on, 0.2) == ["cross"]

    def test_lives_while_another_connection_takes_its_letters(self, on, log):
        on.actor.receive(Serving())
        on.receive(Registration("a", "Cross", "here", 1, "cancel"), "registration", DESK_NEWS)
        assert self.wait(on, 9.9) == []
        on.actor.receive(InUse("in exclusive use"))
        assert self.wait(on, 100.0) == []
        on.actor.receive(Serving())
        assert self.wait(on, 9.9) == []
        assert self.wait(on, 0.2) == ["cross"]

    def test_loses_its_code_to_another_process_only_when_it_could_have_answered(self, on, log):
        on.actor.receive(Serving())
        on.receive(Registration("a", "Cross", "here", 1), "registration", DESK_NEWS)
        on.receive(Registration("b", "Cross", "there", 2), "another's", DESK_NEWS)
        on.actor.receive(InUse("in exclusive use"))
        self.wait(on, 100.0)
        on.actor.receive(Serving())
        self.wait(on, 1.4)
        assert on.actor._roster.actors["cross"].life == "a"
        self.wait(on, 0.2)
        assert on.actor._roster.actors["cross"].life == "b"
