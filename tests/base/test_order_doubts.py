"""Orders of which something was refused: when the bridge is asked which of them exist."""

from __future__ import annotations

import pytest

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.order_doubts import ANSWER_WITHIN, OrderDoubts
from ibkr_actors.base.order_tracking import REFUSED, TrackedOrder
from tests.actors.helpers import ibm, limit_order, status

LONG_ENOUGH = 100.0 + ANSWER_WITHIN


def an_order(*, changes=1):
    order = TrackedOrder(7, PlaceOrderRequest(7, ibm(), limit_order()), 0.0)
    for price in range(changes):
        order.change(PlaceOrderRequest(7, ibm(), limit_order(price=190.0 + price)))
    return order


@pytest.fixture
def order():
    order = an_order()
    order.hear_notice(Notice(7, code=201, text="margin"))
    return order


@pytest.fixture
def doubts(order):
    doubts = OrderDoubts()
    doubts.note(order, 100.0)
    return doubts


def test_it_is_asked_about_after_the_time_that_an_answer_takes(doubts, order):
    assert doubts.due(LONG_ENOUGH - 0.1) == []
    assert doubts.due(LONG_ENOUGH) == [order]


def test_what_is_said_again_gives_it_no_more_time(doubts, order):
    doubts.note(order, 103.0)
    assert doubts.due(LONG_ENOUGH) == [order]


def test_it_is_asked_about_again_when_that_tells_nothing(doubts, order):
    doubts.due(LONG_ENOUGH)
    assert doubts.due(LONG_ENOUGH + ANSWER_WITHIN - 0.1) == []
    assert doubts.due(LONG_ENOUGH + ANSWER_WITHIN) == [order]


@pytest.mark.parametrize(
    "heard",
    [
        lambda order: order.hear_status(status(7, "Submitted")),
        lambda order: order.hear_notice(Notice(7, code=103, text="duplicate order id")),
        lambda order: order.lose("the bridge knows it not"),
    ],
)
def test_one_of_which_is_known_what_became_of_it_is_not_asked_about(doubts, order, heard):
    heard(order)
    assert doubts.due(LONG_ENOUGH) == []


@pytest.mark.parametrize(("changes", "code"), [(0, 201), (1, 2102), (1, 399)])
def test_one_of_which_is_clear_what_was_refused_is_not_asked_about(changes, code):
    order, doubts = an_order(changes=changes), OrderDoubts()
    order.hear_notice(Notice(7, code=code, text="no"))
    doubts.note(order, 100.0)
    assert doubts.due(LONG_ENOUGH) == []


def test_after_a_lost_connection_all_orders_are_asked_about_anyway(doubts, order):
    order.lose_changes()
    assert doubts.due(LONG_ENOUGH) == []


def test_what_the_bridge_does_not_know_was_refused_for_the_reason_that_it_gave(order):
    order.lose("the bridge knows it neither as an open order nor by its fills")
    assert (order.status, order.reason) == (REFUSED, "201 margin")
