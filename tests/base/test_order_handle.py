"""What a user sees of an order: facts of one moment, and how they came about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.order_handle import MOST_CHANGES, OrderView
from ibkr_actors.base.order_tracking import TrackedOrder
from tests.actors.helpers import commission, fill, ibm, limit_order, status

START = datetime(2026, 11, 23, 15, tzinfo=UTC)


@pytest.fixture
def tracked():
    return TrackedOrder(7, PlaceOrderRequest(7, ibm(), limit_order()), 0.0, remaining=Decimal(100))


@pytest.fixture
def view(tracked):
    return OrderView(tracked, START)


def test_shows_what_was_sent_before_anything_is_heard(view):
    assert (view.order_id, view.status, view.filled, view.remaining) == (7, "Sent", 0, 100)
    assert (view.average_price, view.commission, view.ended) == (None, 0, False)
    assert (view.contract.symbol, view.order.limit_price) == ("IBM", 187.25)


def test_shows_nothing_new_before_it_is_told_to(view, tracked):
    """So that what a reader sees belongs together."""
    tracked.hear_status(status(7, "Submitted"))

    assert view.status == "Sent"
    assert view.take_over(START)
    assert view.status == "Submitted"


def test_the_history_has_each_change_once_with_its_time(view, tracked):
    for seconds in (1, 2):
        tracked.hear_status(status(7, "Submitted"))
        view.take_over(START + timedelta(seconds=seconds))

    assert [(change.at, change.status) for change in view.history] == [
        (START, "Sent"),
        (START + timedelta(seconds=1), "Submitted"),
    ]


def test_fills_and_commissions_are_shown_with_their_sum(view, tracked):
    tracked.hear_execution(fill(7))
    tracked.hear_commission(commission(amount=1.5))
    view.take_over(START)

    assert (view.status, view.filled, view.remaining, view.average_price) == ("Filled", 100, 0, 187.25)
    assert (len(view.executions), len(view.commissions), view.commission, view.ended) == (1, 1, 1.5, True)


def test_facts_do_not_change_under_whoever_holds_them(view, tracked):
    facts = view.facts
    tracked.hear_execution(fill(7))
    view.take_over(START)

    assert (facts.status, facts.executions) == ("Sent", ())


def test_a_change_of_the_copies_reaches_nobody(view):
    view.order.limit_price = 1.0
    view.contract.symbol = "MSFT"

    assert (view.order.limit_price, view.contract.symbol) == (187.25, "IBM")


def test_the_history_and_the_notices_are_bounded(view, tracked):
    for number in range(MOST_CHANGES + 5):
        tracked.hear_status(status(7, "Submitted", filled=number, remaining=1))
        view.take_over(START)
        view.note(Notice(7, None, 399, str(number)))

    assert len(view.history) == MOST_CHANGES
    assert len(view.notices) == 100
    assert view.notices[-1].text == str(MOST_CHANGES + 4)


def test_it_reads_as_a_sentence(view):
    assert str(view) == "order 7: BUY 100 IBM LMT, Sent, filled 0"
    assert repr(view) == f"<OrderView {view}>"
