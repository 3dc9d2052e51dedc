"""Trades on their way to the desk, whatever the broker says became of them."""

from __future__ import annotations

import pytest

from ibkr_actors.actors.messages import CancelOrder, OrderUnanswered, PlaceOrder
from ibkr_actors.actors.remote.codec import FOR_DESK
from ibkr_actors.actors.remote.letters import OrderAnswer
from ibkr_actors.actors.remote.outgoing_trades import OutgoingTrades
from ibkr_actors.base.local_messages import OrderChanged, RequestFailed
from ibkr_actors.base.messages.orders import CancelOrderRequest
from ibkr_actors.base.order_checks import placement
from ibkr_actors.brokers.broker import Outcome
from tests.actors.helpers import Clock, FakeMail, ibm, limit_order

NUMBER = 1_100_500_007


class NotingBroker:
    """Keeps what was entrusted to it, and how to say what became of it."""

    def __init__(self):
        self.entrusted = []

    def entrust(self, letter, settled):
        self.entrusted.append((letter, settled))

    @property
    def trades(self):
        return [FOR_DESK.read(letter.body)[0] for letter, _ in self.entrusted]

    def settle(self, outcome):
        self.entrusted[-1][1](outcome)


class Arrangement:
    def __init__(self):
        self.broker, self.clock, self.told = NotingBroker(), Clock(), []
        self.trades = OutgoingTrades("cross", "a", self.broker, self.told.extend, clock=self.clock)

    def place(self, *, changes=False):
        wanted = PlaceOrder(FakeMail(), "cross", placement(limit_order(), ibm(), NUMBER), changes)
        self.trades.place(wanted, lambda: NUMBER + 1)


@pytest.fixture
def on():
    return Arrangement()


def test_an_order_is_persistent_and_lives_five_seconds(on):
    on.place()
    ((letter, _),) = on.broker.entrusted
    assert (letter.persistent, letter.time_to_live, letter.routing_key) == (True, 5.0, "bridge.cross")
    assert (on.broker.trades[0].number, on.broker.trades[0].time_to_live) == (NUMBER, 5.0)


def test_a_cancellation_is_never_too_late(on):
    on.trades.cancel(CancelOrder(FakeMail(), "cross", CancelOrderRequest(NUMBER)), lambda: NUMBER + 1)
    assert on.broker.entrusted[0][0].time_to_live is None
    assert on.broker.trades[0].number == NUMBER + 1


def test_one_that_was_never_sent_is_refused_for_certain(on):
    on.place()
    on.broker.settle(Outcome.NEVER_SENT)
    failed, change = on.told
    assert isinstance(failed, RequestFailed)
    assert (change.order_id, change.status) == (NUMBER, "Refused")
    on.trades.hear(OrderAnswer("a", NUMBER, 7))  # says nothing any more
    assert len(on.told) == 2


def test_of_one_that_may_have_arrived_the_desk_is_asked(on):
    on.place()
    on.broker.settle(Outcome.UNCERTAIN)
    assert on.told == []
    assert [(trade.number, trade.late) for trade in on.broker.trades] == [(NUMBER, False), (NUMBER, True)]
    assert on.broker.entrusted[-1][0].time_to_live is None
    on.trades.hear(OrderAnswer("a", NUMBER, 7))
    assert on.told == []


@pytest.mark.parametrize(
    ("outcome", "reason"), [(Outcome.UNROUTABLE, "no queue"), (Outcome.TOO_LARGE, "no letters of that size")]
)
def test_one_that_the_broker_does_not_take_is_refused(on, outcome, reason):
    on.place()
    on.broker.settle(outcome)
    assert reason in on.told[0].reason
    assert on.told[1].status == "Refused"


def test_a_refusal_of_a_change_leaves_the_order_as_it_is(on):
    on.place(changes=True)
    on.trades.hear(OrderAnswer("a", NUMBER + 1, refusal="too late"))
    (failed,) = on.told
    assert (failed.request_id, failed.reason) == (NUMBER, "too late")


def test_a_refusal_is_told_once_however_often_it_comes(on):
    on.place()
    for _ in range(2):
        on.trades.hear(OrderAnswer("a", NUMBER, refusal="too late"))
    assert [type(message) for message in on.told] == [RequestFailed, OrderChanged]


def test_one_that_nobody_answers_is_reported_once(on):
    on.place()
    on.clock.now += 6.9
    on.trades.look()
    assert on.told == []
    on.clock.now += 0.2
    on.trades.look()
    on.trades.look()
    assert on.told == [OrderUnanswered(NUMBER, pytest.approx(7.1))]
