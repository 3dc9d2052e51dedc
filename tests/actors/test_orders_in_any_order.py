"""Lives of orders as the bridge tells them: in whatever order, again, and with connections lost in between."""

from __future__ import annotations

import threading
from itertools import pairwise
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ibkr_actors.actors.desk import Signals
from ibkr_actors.actors.direct_mail import run_directly
from ibkr_actors.actors.messages import Batch, PlaceOrder, UseBridge
from ibkr_actors.actors.orders import OrdersActor
from ibkr_actors.actors.router import RouterActor
from ibkr_actors.base.ids import FIRST_REQUEST_ID, OrderIds
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, OrderChanged
from ibkr_actors.base.messages.connection import ManagedAccounts, Notice
from ibkr_actors.base.messages.executions import (
    CommissionAndFeesReport,
    ExecutionDetails,
    ExecutionDetailsEnd,
)
from ibkr_actors.base.messages.orders import OpenOrderEnd, OrderStatus, PlaceOrderRequest
from tests.actors.helpers import Clock, FakeMail, commission, fill, ibm, limit_order, open_order, status

ONE, TWO = "a.b.01.01", "a.b.02.01"
ONE_CORRECTED = "a.b.01.02"
CHANGE_TO_200 = PlaceOrder(
    None, "cross", PlaceOrderRequest(1, ibm(), limit_order(quantity=200)), changes=True
)

FILLED = (
    open_order(1, "PreSubmitted"),
    status(1, "PreSubmitted"),
    open_order(1),
    status(1, "Submitted"),
    fill(1, 40, execution_id=ONE),
    commission(ONE),
    status(1, "Submitted", 40, 60),
    fill(1, 60, cumulative=100, execution_id=TWO),
    open_order(1, "Filled"),
    status(1, "Filled", 100, 0),
    commission(TWO),
    status(1, "Filled", 100, 0),
)
CANCELLED = (
    open_order(1),
    status(1, "Submitted"),
    fill(1, 40, execution_id=ONE),
    status(1, "Submitted", 40, 60),
    status(1, "PendingCancel", 40, 60),
    fill(1, 20, cumulative=60, execution_id=TWO),
    status(1, "Cancelled", 60, 40),
    Notice(1, code=202, text="Order Canceled - reason:"),
)
FILLED_WHILE_CANCELLED = (
    open_order(1),
    status(1, "Submitted"),
    status(1, "PendingCancel"),
    fill(1, 100, execution_id=ONE),
    Notice(1, code=10148, text="cannot be cancelled, state: Filled."),
    status(1, "Filled", 100, 0),
)
CHANGED = (
    open_order(1),
    status(1, "Submitted"),
    CHANGE_TO_200,
    fill(1, 100, execution_id=ONE),
    open_order(1, quantity=200),
    status(1, "Submitted", 100, 100),
    fill(1, 100, cumulative=200, execution_id=TWO),
    status(1, "Filled", 200, 0),
)
CHANGE_REFUSED = (
    open_order(1),
    status(1, "Submitted"),
    CHANGE_TO_200,
    Notice(1, code=201, text="Order rejected - reason: margin"),
    fill(1, 100, execution_id=ONE),
    status(1, "Filled", 100, 0),
)


CORRECTED = (
    open_order(1),
    status(1, "Submitted"),
    fill(1, 40, execution_id=ONE),
    commission(ONE),
    status(1, "Submitted", 40, 60),
    fill(1, 30, execution_id=ONE_CORRECTED),
    commission(ONE_CORRECTED),
    status(1, "Submitted", 30, 70),
    fill(1, 60, cumulative=90, execution_id=TWO),
    status(1, "Submitted", 90, 10),
    status(1, "Cancelled", 90, 10),
)
CORRECTED_AFTER_ALL = (
    open_order(1),
    fill(1, 40, execution_id=ONE),
    fill(1, 60, cumulative=100, execution_id=TWO),
    status(1, "Filled", 100, 0),
    fill(1, 30, execution_id=ONE_CORRECTED),
)


class Life(NamedTuple):
    messages: tuple
    works_for: int
    """How many of the messages leave an order that works."""
    end: str
    filled: int
    held: int = 100
    """The quantity after the change."""

    def so_far(self, count):
        """What the bridge knows of the order when so many messages have passed."""
        passed = self.messages[:count]
        quantity = self.held if CHANGE_TO_200 in passed else 100
        statuses = [message for message in passed if isinstance(message, OrderStatus)]
        works = 0 < count <= self.works_for
        return SimpleNamespace(
            works=works,
            open=(open_order(1, quantity=quantity), *statuses[-1:]) if works else (),
            fills=[message for message in passed if isinstance(message, ExecutionDetails)],
            commissions=[message for message in passed if isinstance(message, CommissionAndFeesReport)],
        )

    @property
    def executions(self):
        """The ids of those that count in the end: of a corrected one that of the correction."""
        ids = [each.execution.execution_id for each in self.whole.fills]
        return set(ids) - ({ONE} if ONE_CORRECTED in ids else set())

    @property
    def whole(self):
        return self.so_far(len(self.messages))


LIVES = {
    "filled": Life(FILLED, 7, "Filled", 100),
    "cancelled": Life(CANCELLED, 6, "Cancelled", 60),
    "filled while it was cancelled": Life(FILLED_WHILE_CANCELLED, 3, "Filled", 100),
    "changed": Life(CHANGED, 6, "Filled", 200, held=200),
    "changed in vain": Life(CHANGE_REFUSED, 4, "Filled", 100),
    "corrected": Life(CORRECTED, 10, "Cancelled", 90),
    "corrected after all was filled": Life(CORRECTED_AFTER_ALL, 2, "Filled", 90),
}


class Trade:
    """One order at a desk of a router and an orders actor, with nothing but mails around them."""

    def __init__(self):
        lock, clock = threading.RLock(), Clock()
        self.clock, self.strategy, self.bridge = clock, FakeMail("cross"), FakeMail("bridge")
        router = RouterActor(client_id=0, clock=clock)
        self.router = run_directly(router, lock).mail
        self.router.tell(UseBridge(self.bridge))
        self.actor = OrdersActor(
            self.bridge, self.router, OrderIds(), Signals(), iter(range(FIRST_REQUEST_ID, 2 * 10**9)).__next__,
            lock=lock, deliver=router.deliver, clock=clock,
        )  # fmt: skip
        run_directly(self.actor, lock)
        self.epoch = 1
        self.hear(ManagedAccounts("DU1"))
        self.actor.take(PlaceOrder(self.strategy, "cross", PlaceOrderRequest(1, ibm(), limit_order())))

    def hear(self, *messages):
        self.router.tell(Batch(list(messages), self.clock()))

    def go_through(self, messages):
        for message in messages:
            if isinstance(message, PlaceOrder):
                self.actor.take(replace(message, mail=self.strategy))
            else:
                self.hear(message)

    def lose_connection(self, truth):
        """Lose it, find it again, and hear how the order stands in truth."""
        self.epoch += 1
        self.hear(ConnectionChanged(ConnectionState.LOST, self.epoch - 1))
        self.clock.now += 60
        self.bridge.clear()
        self.hear(ConnectionChanged(ConnectionState.CONNECTED, self.epoch))
        _, executions = self.bridge.sent
        asked = executions.request_id
        self.hear(*truth.open, OpenOrderEnd())
        self.hear(*(replace(each, request_id=asked) for each in truth.fills), *truth.commissions)
        self.hear(ExecutionDetailsEnd(asked))

    @property
    def order(self):
        (order,) = self.actor.receive("orders")
        return order

    @property
    def changes(self):
        return self.strategy.of(OrderChanged)


def in_some_order(data, messages):
    """Messages in any order, some of them twice."""
    return data.draw(st.permutations(messages + data.draw(st.lists(st.sampled_from(messages), max_size=4))))


@pytest.mark.parametrize("name", LIVES)
@settings(deadline=None)
@given(data=st.data())
def test_what_is_heard_in_any_order_and_again_comes_to_the_same(name, data):
    life, trade = LIVES[name], Trade()
    changes = [message for message in life.messages if isinstance(message, PlaceOrder)]
    said = [message for message in life.messages if not isinstance(message, PlaceOrder)]

    trade.go_through([*changes, *in_some_order(data, said)])

    assert (trade.order.status, trade.order.filled) == (life.end, life.filled)
    paid = {report.execution_id for report in life.whole.commissions}
    assert set(trade.order.commissions) == paid & life.executions
    assert_told(trade, life)


@pytest.mark.parametrize("name", LIVES)
@settings(deadline=None)
@given(data=st.data())
def test_what_is_lost_with_a_connection_is_found_on_the_next(name, data):
    life, trade = LIVES[name], Trade()
    last = len(life.messages)
    cuts = sorted(data.draw(st.sets(st.integers(1, last - 1), max_size=4)))
    for begin, end in pairwise([0, *cuts, last]):
        passed, truth = life.messages[begin:end], life.so_far(end)
        if data.draw(st.booleans(), label="lost"):
            trade.go_through([message for message in passed if isinstance(message, PlaceOrder)])
            trade.lose_connection(truth)
        else:
            trade.go_through(passed)
        assert not (truth.works and trade.order.ended)

    assert trade.order.status in (life.end, "Unknown")
    assert trade.order.filled == life.filled
    told = [message.execution.execution_id for message in trade.strategy.of(ExecutionDetails)]
    assert sorted(told) == sorted(message.execution.execution_id for message in life.whole.fills)
    assert_told(trade, life)


def assert_told(trade, life):
    """The owner knows what the desk knows, and heard of each change once."""
    assert trade.changes[-1] == trade.order.as_change()
    assert all(first != second for first, second in pairwise(trade.changes))
    assert set(trade.order.executions) == life.executions
