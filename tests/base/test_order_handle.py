"""What a user sees of an order: facts of one moment, and how they came about."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.order_handle import MOST_CHANGES, OrderFacts, OrderView
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


class TestTheHistoryOfAnOrderInManyParts:
    PARTS = 400

    @pytest.fixture
    def tracked(self):
        return TrackedOrder(7, PlaceOrderRequest(7, ibm(), limit_order(self.PARTS)), 0.0)

    def fill_it(self, view, tracked):
        for number in range(1, self.PARTS + 1):
            execution_id = f"a.{number}.01"
            tracked.hear_execution(fill(7, 1, cumulative=number, execution_id=execution_id))
            view.take_over(START)
            tracked.hear_commission(commission(execution_id))
            tracked.hear_commission(commission(execution_id))
            view.take_over(START)

    def test_has_each_moment_as_it_was(self, view, tracked):
        self.fill_it(view, tracked)
        tracked.hear_execution(fill(7, 2, cumulative=self.PARTS, execution_id="a.5.02"))
        view.take_over(START)

        counts = [
            (len(change.facts.executions), len(change.facts.commissions)) for change in view.history[-5:]
        ]
        last = self.PARTS
        assert counts == [
            (last - 1, last - 2),
            (last - 1, last - 1),
            (last, last - 1),
            (last, last),
            (last, last),
        ]
        assert view.history[-2].facts.executions[4].execution_id == "a.5.01"
        assert [each.execution_id for each in view.executions if each.shares == 2] == ["a.5.02"]

    def test_is_not_larger_than_its_parts(self, view, tracked):
        """What each moment has in common with the one before is there once."""
        tracemalloc.start()
        self.fill_it(view, tracked)
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert size < 4_000 * self.PARTS

    def test_shows_a_moment_in_full(self, view, tracked):
        tracked.hear_execution(fill(7))
        view.take_over(START)

        assert "executions=(Execution(order_id=7" in repr(view.facts)
        assert hash(view.facts) == hash(OrderFacts.of(tracked))
        assert view.facts == OrderFacts.of(tracked)
