"""Lives of orders as the bridge tells them: in whatever order, again, and with connections lost in between."""

from __future__ import annotations

import threading
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ibkr_actors.actors.actor import run_directly
from ibkr_actors.actors.desk import Signals
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
from ibkr_actors.base.messages.orders import OpenOrder, OpenOrderEnd, OrderStatus, PlaceOrderRequest
from tests.actors.helpers import Clock, FakeMail, commission, fill, ibm, limit_order, open_order, status

ONE, TWO, THREE = "a.b.01.01", "a.b.02.01", "a.b.03.01"
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
LIVES = {
    "filled": (FILLED, {"Filled"}, 100),
    "cancelled": (CANCELLED, {"Cancelled"}, 60),
    "filled while it was cancelled": (FILLED_WHILE_CANCELLED, {"Filled"}, 100),
    "changed": (CHANGED, {"Filled"}, 200),
    "changed in vain": (CHANGE_REFUSED, {"Filled"}, 100),
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


def truth_after(life):
    """What the bridge knows of the order when so much of its life has passed."""
    statuses = [message for message in life if isinstance(message, OrderStatus)]
    held = [message for message in life if isinstance(message, OpenOrder)]
    works = bool(statuses) and statuses[-1].status not in ("Filled", "Cancelled")
    return SimpleNamespace(
        open=(held[-1], statuses[-1]) if works and held else (),
        fills=[message for message in life if isinstance(message, ExecutionDetails)],
        commissions=[message for message in life if isinstance(message, CommissionAndFeesReport)],
    )


def in_some_order(data, messages):
    """Messages in any order, some of them twice; the cost of an execution always follows it."""
    drawn = data.draw(st.permutations(messages + data.draw(st.lists(st.sampled_from(messages), max_size=4))))
    costs = [message for message in drawn if isinstance(message, CommissionAndFeesReport)]
    return [message for message in drawn if not isinstance(message, CommissionAndFeesReport)] + costs


@pytest.mark.parametrize("name", LIVES)
@given(data=st.data())
def test_what_is_heard_in_any_order_and_again_comes_to_the_same(name, data):
    life, ends, filled = LIVES[name]
    before = [message for message in life if isinstance(message, PlaceOrder)]
    said = [message for message in life if not isinstance(message, PlaceOrder)]
    trade = Trade()

    trade.go_through([*before, *in_some_order(data, said)])

    assert (trade.order.status in ends, trade.order.filled) == (True, filled)
    assert_told(trade, life)
    assert len(trade.order.commissions) == len(truth_after(life).commissions)


@pytest.mark.parametrize("name", LIVES)
@given(data=st.data())
def test_what_is_lost_with_a_connection_is_found_on_the_next(name, data):
    life, ends, filled = LIVES[name]
    trade = Trade()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(life)), max_size=4)))
    for begin, end in pairwise([0, *cuts, len(life)]):
        if data.draw(st.booleans(), label="lost"):
            trade.go_through([message for message in life[begin:end] if isinstance(message, PlaceOrder)])
            trade.lose_connection(truth_after(life[:end]))
        else:
            trade.go_through(life[begin:end])
        works = bool(truth_after(life[:end]).open)
        assert not (works and trade.order.ended)

    told = {message.execution.execution_id for message in trade.strategy.of(ExecutionDetails)}
    assert told == {message.execution.execution_id for message in truth_after(life).fills}
    assert len(told) == len(trade.strategy.of(ExecutionDetails))
    assert trade.order.filled == filled
    assert trade.order.status in {*ends, "Unknown"}
    assert_told(trade, life)


def assert_told(trade, life):
    """The owner knows what the desk knows, and heard of each change once."""
    order = trade.order
    assert trade.changes[-1] == order.as_change()
    assert all(first != second for first, second in pairwise(trade.changes))
    assert set(order.executions) == {each.execution.execution_id for each in truth_after(life).fills}
