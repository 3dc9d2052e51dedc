"""The handles of a strategy's orders follow what is heard, before the strategy's own handlers run."""

from __future__ import annotations

import threading
import time
from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace

from ibkr_actors.actors.messages import CancelOrder, PlaceOrder
from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.base.ids import OrderIds
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, OrderChanged, RequestFailed
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.orders import CancelOrderRequest, PlaceOrderRequest
from ibkr_actors.classes.enum.exercise_action import ExerciseAction
from ibkr_actors.errors import InvalidRequest
from tests.actors.helpers import FakeMail, commission, fake_desk, fill, ibm, limit_order, open_order, status


class Trader(StrategyActor):
    """Notes how its order stood in each of its handlers."""

    def initialize(self):
        self.seen = []
        self.order = self.place_order(limit_order(), ibm())

    def order_status(self, _message):
        self.seen.append(("order_status", self.order.status, self.order.filled))

    def execution_details(self, _message):
        self.seen.append(("execution_details", self.order.status, self.order.filled))

    def order_changed(self, _change):
        self.seen.append(("order_changed", self.order.status, self.order.filled))


@pytest.fixture
def desk():
    order_ids = OrderIds()
    order_ids.at_least(50)
    return fake_desk(order_ids=order_ids)


@pytest.fixture
def trader(desk):
    trader = Trader("trader")
    trader.run_behind(FakeMail("trader"))
    trader.attach(desk)
    trader.initialize()
    return trader


def test_a_new_order_is_sent_and_nothing_has_been_heard_of_it(trader):
    order = trader.order

    assert (order.order_id, order.status, order.filled, order.remaining) == (50, "Sent", 0, 100)
    assert trader.orders == {50: order}
    assert not order.ended


def test_a_handler_sees_the_order_as_its_message_tells(trader):
    trader.handle([status(50, "Submitted", 40, 60), fill(50, 60, cumulative=100, execution_id="a.b.02.01")])

    assert trader.seen == [
        ("order_status", "Submitted", 40),
        ("execution_details", "Filled", 100),
    ]


def test_the_desk_has_the_last_word(trader):
    trader.handle([OrderChanged(50, "Refused", Decimal(0), Decimal(100), None, "201 no margin")])

    assert (trader.order.status, trader.order.reason, trader.order.ended) == (
        "Refused",
        "201 no margin",
        True,
    )
    assert trader.seen == [("order_changed", "Refused", 0)]


def test_a_correction_lowers_what_is_filled_and_what_was_said_before_does_not_raise_it(trader):
    """The desk heard all of it, the strategy perhaps not: what the desk said is known here."""
    trader.handle([OrderChanged(50, "Submitted", Decimal(40), Decimal(60), 187.25)])
    trader.handle([status(50, "Submitted", 10, 90)])
    assert (trader.order.filled, trader.order.remaining) == (40, 60)

    corrected = fill(50, 30, execution_id="a.b.02")
    trader.handle([fill(50, 40, execution_id="a.b.01"), corrected, status(50, "Submitted", 40, 60)])
    assert (trader.order.filled, trader.order.remaining) == (30, 70)


def test_what_a_code_does_to_the_order_says_the_desk(trader):
    """Its user may have the code treated otherwise than usual."""
    trader.handle([Notice(50, code=201, text="margin"), open_order(50, state="")])
    assert trader.order.status == "Sent"


def test_it_keeps_fills_their_cost_notices_and_its_history(trader):
    trader.handle(
        [
            open_order(50),
            fill(50, 100, execution_id="a.b.01.01"),
            commission("a.b.01.01", 1.25),
            Notice(request_id=50, code=399, text="a warning"),
        ]
    )

    assert [execution.shares for execution in trader.order.executions] == [100]
    assert trader.order.commission == 1.25
    assert [notice.code for notice in trader.order.notices] == [399]
    assert trader.order.history[0].status == "Sent"
    assert trader.order.history[-1].status == "Filled"


def test_an_order_of_another_client_with_the_same_id_is_another_order(trader):
    trader.handle([replace(status(50, "Filled", 100, 0), client_id=9)])

    assert trader.order.status == "Sent"


def test_it_is_changed_and_cancelled_by_its_handle(trader, desk):
    order = trader.order.order
    order.limit_price = 190.0
    trader.order.modify(order)
    trader.order.cancel()

    placed, changed = desk.orders.of(PlaceOrder)
    (cancelled,) = desk.orders.of(CancelOrder)
    assert not placed.changes
    assert (changed.changes, changed.request.order_id, changed.request.order.limit_price) == (True, 50, 190.0)
    assert cancelled.request.order_id == 50
    assert trader.order.order.limit_price == 190.0


class TestTheOrderToBuildOn:
    """A handle's copy, to change and to send again."""

    def change(self, trader, **fields):
        order = trader.order.order
        for name, value in fields.items():
            setattr(order, name, value)
        trader.order.modify(order)

    def test_has_nothing_of_a_change_that_the_bridge_refused(self, trader):
        trader.handle([open_order(50)])
        self.change(trader, limit_price=190.0, total_quantity=Decimal(200))
        trader.handle([Notice(50, code=201, text="margin")])

        assert (trader.order.order.limit_price, trader.order.order.total_quantity) == (187.25, 100)
        assert "BUY 100 IBM" in str(trader.order)

    def test_has_nothing_of_a_change_that_the_desk_refused_or_that_could_not_be_sent(self, trader, desk):
        self.change(trader, limit_price=190.0)
        sent = desk.orders.of(PlaceOrder)[-1].request
        trader.handle(
            [
                RequestFailed(
                    50,
                    "there is no connection",
                    msgspec.msgpack.decode(msgspec.msgpack.encode(sent), type=PlaceOrderRequest),
                )
            ]
        )

        assert trader.order.order.limit_price == 187.25

    def test_has_nothing_of_a_change_that_never_reached_the_desk(self, trader, desk):
        desk.orders.tell = lambda _message: 1 / 0
        with pytest.raises(ZeroDivisionError):
            self.change(trader, limit_price=190.0)

        assert trader.order.order.limit_price == 187.25

    def test_has_nothing_of_a_change_that_a_lost_connection_left_in_doubt(self, trader):
        """Also one with the desk, of a strategy in another process: nobody says then what became of the change."""
        self.change(trader, limit_price=190.0)
        trader.handle([ConnectionChanged(ConnectionState.LOST)])
        assert trader.order.order.limit_price == 187.25

        trader.handle([ConnectionChanged(ConnectionState.CONNECTED), open_order(50, price=190.0)])
        assert trader.order.order.limit_price == 190.0

    def test_keeps_a_change_when_a_cancellation_fails(self, trader):
        self.change(trader, limit_price=190.0)
        trader.handle(
            [RequestFailed(50, "in doubt", CancelOrderRequest(50)), Notice(50, code=10147, text="not found")]
        )

        assert trader.order.order.limit_price == 190.0

    def test_is_what_the_bridge_tells_of_a_change_by_hand(self, trader):
        trader.handle([open_order(50, price=180.0)])

        assert trader.order.order.limit_price == 180.0


class TestExercise:
    """Options that are exercised are an order to the bridge, and to the desk."""

    def test_it_is_tracked_under_an_order_id(self, trader, desk):
        order = trader.exercise_options(ibm(), ExerciseAction.EXERCISE, 3, "DU1")

        placed = desk.orders.of(PlaceOrder)[-1]
        assert (order.order_id, order.remaining, order.status) == (51, 3, "Sent")
        assert (placed.exercise.order_id, placed.exercise.exercise_quantity) == (51, 3)
        assert trader.orders[51] is order

    def test_values_of_a_wrong_type_use_up_no_id(self, trader, desk):
        with pytest.raises(InvalidRequest):
            trader.exercise_options("IBM")

        assert desk.order_ids.next() == 51


def test_two_strategies_send_their_orders_with_rising_ids(desk):
    """The bridge refuses a lower id that comes behind a higher one."""
    sent, together = [], threading.Barrier(4)

    def send(placed):
        time.sleep(0)  # lets another strategy overtake, if it can
        sent.append(placed.request.order_id)

    desk.orders.tell = send

    def trade(code):
        trader = StrategyActor(code)
        trader.run_behind(FakeMail(code))
        trader.attach(desk)
        together.wait(10)
        for _ in range(50):
            trader.place_order(limit_order(), ibm())

    threads = [threading.Thread(target=trade, args=(f"trader {number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert sent == list(range(50, 250))
