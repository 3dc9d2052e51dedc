"""The orders of one client: each message reaches its order, and nothing else does."""

from __future__ import annotations

import threading

import pytest

from ibkr_actors.base.ended_orders import MOST_ENDED
from ibkr_actors.base.local_messages import RequestFailed
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.executions import ExecutionRequest
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import OpenOrdersRequest
from ibkr_actors.base.order_checks import placement
from ibkr_actors.base.tracked_orders import TrackedOrders
from ibkr_actors.errors import InvalidRequest
from tests.actors.conftest import switches_often  # noqa: F401
from tests.actors.helpers import Clock, commission, fill, ibm, limit_order, open_order, status

QUESTION = 1_000_000_007


@pytest.fixture
def orders():
    """Orders of client 7, with order 3 sent."""
    orders = TrackedOrders(7, Clock())
    orders.place(placement(limit_order(), ibm(), 3))
    return orders


def heard(orders, *messages):
    """The statuses that were told."""
    return [change.status for message in messages for change in orders.hear(message)]


def answered(orders, *questions):
    """The same, of answers that are complete."""
    return [change.status for question in questions for change in orders.hear_answer(question)]


def test_a_message_that_changes_nothing_tells_nothing(orders):
    submitted = status(3, "Submitted", client_id=7)
    assert heard(orders, submitted, submitted) == ["Submitted"]


@pytest.mark.parametrize(
    "message",
    [
        status(3, "Filled", 100, 0, client_id=8),
        open_order(3, "Submitted", client_id=8),
        fill(3, client_id=8),
        commission(),
        Notice(4, code=201, text="another order's"),
    ],
)
def test_what_is_about_another_order_changes_nothing(orders, message):
    assert heard(orders, message) == []
    assert list(orders.by_id) == [3]
    assert orders.by_id[3].status == "Sent"


def test_commissions_find_their_order_by_the_execution(orders):
    heard(orders, fill(3, client_id=7), commission())
    assert orders.by_id[3].commission == 1.0


def test_a_commission_that_comes_before_its_execution_is_not_lost(orders):
    heard(orders, commission(), fill(3, client_id=7))
    assert orders.by_id[3].commission == 1.0


def test_a_refused_order_leaves_its_id_and_one_that_ended_does_not(orders):
    assert heard(orders, RequestFailed(3, "no connection", orders.by_id[3].request)) == ["Refused"]
    orders.place(placement(limit_order(), ibm(), 3))
    assert orders.by_id[3].status == "Sent"

    heard(orders, status(3, "Filled", 100, 0, client_id=7))
    with pytest.raises(InvalidRequest, match=r"order 3 has ended \(Filled\)"):
        orders.place(placement(limit_order(), ibm(), 3))


def test_an_exercise_that_was_not_sent_is_refused_and_leaves_its_id(orders):
    exercise = ExerciseOptionsRequest(4, ibm(), exercise_quantity=5)
    orders.place(exercise)
    assert orders.by_id[4].remaining == 5

    assert heard(orders, RequestFailed(4, "no connection", exercise)) == ["Refused"]
    orders.place(placement(limit_order(), ibm(), 4))
    assert not orders.by_id[4].is_exercise


def test_a_what_if_order_leaves_its_id_to_the_order_itself(orders):
    orders.place(placement(limit_order(what_if=True), ibm(), 4))
    assert heard(orders, open_order(4, "PreSubmitted", client_id=7, what_if=True)) == ["Previewed"]

    orders.place(placement(limit_order(), ibm(), 4))
    assert orders.by_id[4].status == "Sent"


def test_a_family_that_the_bridge_works_is_held_back_no_more(orders):
    orders.place(placement(limit_order(transmit=False), ibm(), 4))
    orders.place(placement(limit_order(parent_id=4), ibm(), 5))
    heard(orders, status(5, "PreSubmitted", client_id=7))
    assert orders.by_id[4].request.order.transmit


def place(orders, *order_ids):
    for order_id in order_ids:
        orders.place(placement(limit_order(), ibm(), order_id))


class TestFromAnyThread:
    def test_orders_are_placed_while_somebody_looks_at_all(self, orders):
        looked_at = []
        for order_id, order in orders.by_id.items():
            looked_at.append(order.order_id)
            assert orders.by_id[order_id] is order
            place(orders, 4)
        for each in orders.by_id.values():
            looked_at.append(each.order_id)
            place(orders, 5)
        for order_id in orders.by_id:
            looked_at.append(order_id)
            place(orders, 6)
        assert looked_at == [3, 3, 4, 3, 4, 5]

    def test_orders_are_placed_while_a_connection_is_lost(self, orders, switches_often):  # noqa: F811
        stop = threading.Event()
        failures = []

        def hear():
            try:
                while not stop.is_set():
                    orders.lose_connection()
                    orders.questions(QUESTION)
                    heard(orders, status(len(orders.by_id), "Submitted", client_id=7))
            except RuntimeError as error:
                failures.append(error)

        thread = threading.Thread(target=hear)
        thread.start()
        place(orders, *range(4, 500))
        stop.set()
        thread.join()
        assert failures == []


def test_of_orders_that_have_ended_the_newest_are_kept(orders):
    place(orders, *range(4, MOST_ENDED + 3))
    heard(orders, *(status(order_id, "Cancelled", client_id=7) for order_id in (4, 6)))
    place(orders, MOST_ENDED + 3)
    assert list(orders.by_id)[:3] == [3, 5, 6]

    place(orders, MOST_ENDED + 4, MOST_ENDED + 5)
    assert list(orders.by_id)[:3] == [3, 5, 7]
    assert len(orders.by_id) == MOST_ENDED + 1


class TestTheOrderToBuildOn:
    """`orders[order_id].order`: a copy, to change and to place again."""

    @pytest.fixture
    def changed(self, orders):
        heard(orders, open_order(3, client_id=7))
        orders.place(placement(limit_order(price=190.0), ibm(), 3))
        return orders.by_id[3]

    def test_has_nothing_of_a_change_that_was_refused(self, orders, changed):
        assert changed.order.limit_price == 190.0
        heard(orders, Notice(3, code=2102, text="still being processed"))
        assert changed.order.limit_price == 187.25

    def test_has_nothing_of_a_change_that_could_not_be_sent(self, orders, changed):
        (sent,) = changed.terms.under_way
        (change,) = orders.hear(RequestFailed(3, "no connection", sent))
        assert (changed.order.limit_price, change.reason) == (187.25, "no connection")

    def test_has_nothing_of_a_change_that_a_lost_connection_left_in_doubt(self, orders, changed):
        orders.lose_connection()
        assert changed.order.limit_price == 187.25

    def test_is_changed_by_no_question(self, orders, changed):
        with pytest.raises(InvalidRequest, match="can't be a what-if order"):
            orders.place(placement(limit_order(what_if=True), ibm(), 3))
        assert not changed.order.what_if


class TestAnOrderThatWasRefusedPerhaps:
    """Or a change of it, that was sent before anything was heard."""

    @pytest.fixture
    def clock(self):
        return Clock()

    @pytest.fixture
    def orders(self, clock):
        orders = TrackedOrders(7, clock)
        orders.place(placement(limit_order(), ibm(), 3))
        orders.place(placement(limit_order(price=190.0), ibm(), 3))
        heard(orders, Notice(3, code=201, text="margin"))
        return orders

    def test_is_asked_about_when_nothing_else_is_heard_of_it(self, orders, clock):
        assert orders.by_id[3].status == "Sent"
        assert orders.questions_in_doubt(lambda: QUESTION) == []
        clock.now += 5
        asked = orders.questions_in_doubt(lambda: QUESTION)
        assert asked == [OpenOrdersRequest(), ExecutionRequest(request_id=QUESTION)]
        assert answered(orders, *asked) == ["Refused"]
        assert orders.by_id[3].reason == "201 margin"

    def test_is_what_the_bridge_tells(self, orders, clock):
        clock.now += 5
        asked = orders.questions_in_doubt(lambda: QUESTION)
        assert heard(orders, open_order(3, "PreSubmitted", client_id=7, price=190.0)) == ["PreSubmitted"]
        assert answered(orders, *asked) == []

    def test_is_what_a_status_tells_that_comes_before_the_answer(self, orders, clock):
        clock.now += 5
        asked = orders.questions_in_doubt(lambda: QUESTION)
        assert heard(orders, status(3, "Submitted", client_id=7)) == ["Submitted"]
        assert answered(orders, *asked) == []

    def test_is_not_asked_about_while_an_answer_is_on_its_way(self, orders, clock):
        clock.now += 5
        orders.questions_in_doubt(lambda: QUESTION)
        clock.now += 5
        assert orders.questions_in_doubt(lambda: QUESTION) == []

    def test_is_asked_about_with_all_others_after_a_lost_connection(self, orders, clock):
        orders.lose_connection()
        clock.now += 5
        assert orders.questions_in_doubt(lambda: QUESTION) == []
        assert answered(orders, *orders.questions(QUESTION)) == ["Refused"]

    def test_is_asked_about_though_an_answer_was_lost_with_the_connection(self, orders, clock):
        orders.place(placement(limit_order(), ibm(), 4))
        orders.questions(QUESTION)
        heard(orders, *(status(order_id, "Cancelled", client_id=7) for order_id in (3, 4)))
        assert orders.questions(QUESTION) == []

        for _ in range(2):
            orders.place(placement(limit_order(), ibm(), 5))
        heard(orders, Notice(5, code=201, text="margin"))
        clock.now += 5
        assert answered(orders, *orders.questions_in_doubt(lambda: QUESTION)) == ["Refused"]

    def test_does_not_take_along_the_next_one_of_its_id(self, orders, clock):
        """A refused order leaves its id; what was asked before is not about the next one."""
        clock.now += 5
        asked = orders.questions_in_doubt(lambda: QUESTION)
        heard(orders, Notice(3, code=103, text="duplicate order id"))
        orders.place(placement(limit_order(), ibm(), 3))
        assert answered(orders, *asked) == []
        assert orders.by_id[3].status == "Sent"


class TestAfterALostConnection:
    def test_there_is_nothing_to_ask_when_no_order_works(self, orders):
        heard(orders, status(3, "Filled", 100, 0, client_id=7))
        assert orders.questions(QUESTION) == []

    def test_what_is_in_neither_answer_is_unknown(self, orders):
        heard(orders, status(3, "Submitted", client_id=7))
        asked = orders.questions(QUESTION)
        assert asked == [OpenOrdersRequest(), ExecutionRequest(request_id=QUESTION)]
        assert answered(orders, *reversed(asked)) == ["Unknown"]

    def test_what_is_among_the_open_orders_stays(self, orders):
        heard(orders, status(3, "Submitted", client_id=7))
        asked = orders.questions(QUESTION)
        assert heard(orders, open_order(3, "Submitted", client_id=7)) == []
        assert answered(orders, *asked) == []

    def test_answers_to_questions_of_others_conclude_nothing(self, orders):
        """What was told before these were asked is not in them."""
        heard(orders, status(3, "Submitted", client_id=7))
        orders.questions(QUESTION)
        assert answered(orders, OpenOrdersRequest(), ExecutionRequest(request_id=9)) == []
        assert orders.by_id[3].status == "Submitted"

    @pytest.mark.parametrize(
        "found",
        [fill(3, client_id=7), status(3, "Filled", 100, 0, client_id=7), open_order(3, client_id=7)],
        ids=type,
    )
    def test_an_unknown_order_that_is_found_has_the_reason_no_more(self, orders, found):
        heard(orders, status(3, "Submitted", client_id=7))
        answered(orders, *orders.questions(QUESTION))
        assert orders.by_id[3].reason
        assert heard(orders, found) in (["Filled"], ["Submitted"])
        assert orders.by_id[3].reason == ""

    def test_what_a_correction_leaves_unfilled_is_not_taken_for_an_order_that_works(self, orders):
        """Its executions said that it was filled; whether the bridge works it still only the bridge knows."""
        heard(orders, fill(3, client_id=7, execution_id="a.b.01"))
        asked = orders.questions(QUESTION)
        heard(orders, fill(3, 90, client_id=7, execution_id="a.b.02", request_id=QUESTION))
        assert answered(orders, *asked) == ["Unknown"]

    def test_a_refused_question_concludes_nothing(self, orders):
        heard(orders, status(3, "Submitted", client_id=7))
        open_orders, executions = orders.questions(QUESTION)
        answered(orders, open_orders)
        heard(orders, Notice(QUESTION, code=321, text="read-only"))
        assert answered(orders, executions) == []
        assert orders.by_id[3].status == "Submitted"

    def test_nor_does_one_that_could_not_be_sent(self, orders):
        heard(orders, status(3, "Submitted", client_id=7))
        open_orders, executions = orders.questions(QUESTION)
        heard(orders, RequestFailed(-1, "no connection", open_orders))
        assert answered(orders, executions) == []
        assert orders.by_id[3].status == "Submitted"
