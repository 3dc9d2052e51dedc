"""Orders when things go wrong between the strategy and the bridge: nothing is silent, and nothing ends that works."""

from __future__ import annotations

import math

import pytest

from ibkr_actors.actors.journal import Journal
from ibkr_actors.actors.messages import Adopt, CancelAll, ChangeHandled, OrderUnanswered
from ibkr_actors.base.ids import FIRST_REQUEST_ID
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, OrderChanged, RequestFailed
from ibkr_actors.base.messages.connection import ManagedAccounts, NextValidId, Notice
from ibkr_actors.base.messages.executions import ExecutionDetails, ExecutionDetailsEnd, ExecutionRequest
from ibkr_actors.base.messages.orders import (
    CancelOrderRequest,
    OpenOrderEnd,
    OpenOrdersRequest,
    OrderBound,
    PlaceOrderRequest,
)
from ibkr_actors.classes.contracts.contract import Contract
from tests.actors.helpers import FakeMail, fill, ibm, limit_order, open_order, status
from tests.actors.test_orders import FOUND, Arrangement

LOST = ConnectionChanged(ConnectionState.LOST, 1, 0, "the bridge closed the connection")


@pytest.fixture
def desk():
    return Arrangement()


def cancellations(desk):
    return [request for request in desk.bridge.sent if isinstance(request, CancelOrderRequest)]


def questions(desk):
    return [type(request) for request in desk.bridge.sent if not isinstance(request, PlaceOrderRequest)]


class TestAChange:
    def test_that_fails_to_leave_does_not_refuse_an_order_on_its_way(self, desk):
        """Its strategy would order again, and own twice what it wants."""
        desk.place(1)
        desk.place(1, changes=True, price=190.0)
        desk.hear(RequestFailed(1, "there is no connection", desk.bridge.sent[1]))
        assert desk.orders[1].status == "Sent"

    def test_that_the_bridge_refuses_at_once_does_not_either(self, desk):
        desk.place(1)
        desk.place(1, changes=True, price=187.2501)
        desk.hear(Notice(1, code=110, text="price"))
        assert desk.orders[1].status == "Sent"
        desk.hear(status(1, "Submitted"))
        assert desk.orders[1].status == "Submitted"

    def test_that_refused_all_there_was_is_found_out(self, desk):
        """The code meant the order itself: nobody says more of it, so the bridge is asked."""
        desk.place(1)
        desk.place(1, changes=True, price=187.2501)
        desk.hear(Notice(1, code=201, text="margin"))
        desk.clock.now += 6
        desk.actor.act()
        desk.answer_what_stands()
        assert (desk.orders[1].status, desk.orders[1].reason) == ("Refused", "201 margin")

    @pytest.mark.parametrize(
        "end", [status(1, "Filled", 100, 0), status(1, "Cancelled"), Notice(1, code=201)]
    )
    def test_of_an_order_that_has_ended_is_denied(self, desk, end):
        """Under the same id it could become a new order, of which a cancellation would not be sent."""
        desk.place(1)
        desk.hear(end)
        desk.bridge.clear()
        desk.place(1, changes=True, price=190.0)
        assert desk.bridge.sent == []
        (denied,) = desk.cross.of(RequestFailed)
        assert f"has ended ({desk.orders[1].status})" in denied.reason

    def test_that_is_refused_again_for_the_same_reason_is_told_again(self, desk):
        desk.place(1)
        for _ in range(2):
            desk.place(1, changes=True, quantity=-1)
        failures = desk.cross.of(RequestFailed)
        assert [failure.reason for failure in failures] == ["quantity -1 is not positive"] * 2
        assert failures[0].request.order.total_quantity == -1

    def test_of_an_order_that_is_unknown_is_sent(self, desk):
        desk.place(1)
        desk.hear(status(1, "Submitted"), FOUND)
        desk.answer_what_stands()
        desk.place(1, changes=True, price=190.0)
        assert desk.bridge.sent[-1].order.limit_price == 190.0

    def test_is_no_question(self, desk):
        desk.place(1)
        desk.place(1, changes=True, what_if=True)
        assert len(desk.bridge.sent) == 1
        assert "what-if" in desk.orders[1].reason

    def test_to_more_than_was_filled_meanwhile_can_be_cancelled(self, desk):
        desk.place(1)
        desk.hear(open_order(1))
        desk.place(1, changes=True, quantity=200)
        desk.hear(fill(1, 100))
        desk.cancel(1)
        assert cancellations(desk) == [CancelOrderRequest(1)]


class TestWhatADeskShowsOfAnOrder:
    """In its picture, in what it says at its end, and in its next life."""

    def change(self, desk, *said):
        desk.place(1)
        desk.hear(open_order(1), status(1, "Submitted"))
        desk.place(1, changes=True, price=190.0, quantity=200, time_in_force="GTC")
        desk.hear(*said)

    @pytest.fixture(params=["as it is", "after its desk started again"])
    def shown(self, request, tmp_path):
        """The one order of a desk, perhaps in the desk's next life."""
        journal = tmp_path / "orders.jsonl"

        def shown_after(*said):
            desk = Arrangement(journal=journal)
            self.change(desk, *said)
            if request.param != "as it is":
                desk.actor.stop()
                desk = Arrangement(journal=journal)
            (order,) = desk.orders.values()
            desk.actor.stop()
            return order

        return shown_after

    @pytest.mark.parametrize(
        "refusal",
        [
            Notice(1, code=201, text="margin"),
            Notice(1, code=2102, text="still being processed"),
            LOST,
        ],
    )
    def test_has_nothing_of_a_change_that_was_refused(self, shown, refusal):
        order = shown(refusal)
        assert order.request.order.limit_price == 187.25
        assert "BUY 100 IBM LMT 187.25 DAY, Submitted" in order.in_words()
        assert order.remaining == 100

    def test_has_all_of_a_change_that_was_confirmed(self, shown):
        order = shown(open_order(1, price=190.0, quantity=200, time_in_force="GTC"), LOST)
        assert "BUY 200 IBM LMT 190 GTC, Submitted" in order.in_words()

    def test_is_what_the_bridge_tells(self, shown):
        order = shown(Notice(1, code=201, text="margin"), open_order(1, price=180.0))
        assert "BUY 100 IBM LMT 180 DAY, Submitted" in order.in_words()

    def test_has_nothing_of_a_change_that_could_not_be_sent(self, desk):
        self.change(desk)
        desk.hear(RequestFailed(1, "there is no connection", desk.bridge.sent[-1]))
        assert desk.orders[1].request.order.limit_price == 187.25
        assert desk.cross.of(OrderChanged)[-1].reason == "there is no connection"

    def test_has_of_a_change_that_nobody_answered_before_the_desk_ended_nothing(self, tmp_path):
        """Nobody knows whether it was taken; the bridge is asked."""
        desk = Arrangement(journal=tmp_path / "orders.jsonl")
        self.change(desk)
        desk.actor.stop()
        again = Arrangement(journal=tmp_path / "orders.jsonl")
        assert again.orders[1].request.order.limit_price == 187.25
        again.hear(open_order(1, price=190.0, quantity=200, time_in_force="GTC"))
        assert again.orders[1].request.order.limit_price == 190.0
        again.actor.stop()


class TestALostConnection:
    def test_leaves_no_cancellation_in_the_dark(self, desk):
        desk.place(1)
        desk.hear(status(1, "Submitted"))
        desk.cancel(1)
        desk.hear(LOST)
        (failure,) = desk.cross.of(RequestFailed)
        assert (failure.request_id, failure.request) == (1, CancelOrderRequest(1))
        assert "before the bridge confirmed" in failure.reason

    def test_leaves_no_cancellation_of_an_unknown_order_in_the_dark(self, desk):
        desk.place(1)
        desk.hear(status(1, "Submitted"), FOUND)
        desk.answer_what_stands()
        desk.cancel(1)
        desk.hear(LOST)
        assert len(desk.cross.of(RequestFailed)) == 1

    @pytest.mark.parametrize(
        ("fields", "change"),
        [
            ({}, {"price": 190.0}),
            ({}, {"time_in_force": "GTC"}),
            ({"order_type": "TRAIL", "trailing_percent": 1.0}, {"trailing_percent": 2.0}),
            ({"order_type": "STP", "auxiliary_price": 180.0}, {"trigger_price": 182.0}),
            ({}, {"outside_regular_trading_hours": True}),
        ],
    )
    def test_leaves_no_change_in_the_dark(self, desk, fields, change):
        """An open order that says nothing of it does not confirm it."""
        desk.place(1, **fields)
        desk.hear(open_order(1, **fields))
        desk.place(1, changes=True, **fields | change)
        desk.hear(open_order(1, **fields), LOST)
        (failure,) = desk.cross.of(RequestFailed)
        assert failure.request == PlaceOrderRequest(1, ibm(), limit_order(**fields | change))

    def test_leaves_none_of_several_changes_in_the_dark(self, desk):
        desk.place(1)
        desk.hear(open_order(1))
        for price in (190.0, 191.0, 192.0):
            desk.place(1, changes=True, price=price)
        desk.hear(open_order(1, price=190.0), LOST)
        assert [failure.request.order.limit_price for failure in desk.cross.of(RequestFailed)] == [
            191.0,
            192.0,
        ]

    @pytest.mark.parametrize(
        "answer", [open_order(1, price=190.0), Notice(1, code=110, text="price"), fill(1, 100)]
    )
    def test_fails_no_change_that_was_answered(self, desk, answer):
        desk.place(1)
        desk.hear(open_order(1))
        desk.place(1, changes=True, price=190.0)
        desk.hear(answer, LOST)
        assert desk.cross.of(RequestFailed) == []

    @pytest.mark.parametrize(
        "answer", [status(1, "Cancelled"), fill(1), Notice(1, code=10148, text="cannot be cancelled")]
    )
    def test_fails_no_cancellation_that_was_answered(self, desk, answer):
        desk.place(1)
        desk.hear(status(1, "Submitted"))
        desk.cancel(1)
        desk.hear(answer, LOST)
        assert desk.cross.of(RequestFailed) == []

    def test_tells_once_of_what_could_not_even_be_sent(self, desk):
        """The router has told the owner already."""
        desk.place(1)
        desk.hear(status(1, "Submitted"))
        desk.cancel(1)
        desk.hear(RequestFailed(1, "there is no connection", desk.bridge.sent[-1]), LOST)
        assert desk.cross.of(RequestFailed) == []

    def test_in_the_middle_of_a_bracket_tells_the_owner_what_became_of_the_first_part(self, desk):
        """The bridge was told to hold it back, so silence alone is no sign; a lost connection is."""
        desk.place(1, transmit=False)
        desk.place(2, parent_id=1)
        desk.hear(RequestFailed(2, "there is no connection", desk.bridge.sent[-1]), LOST)
        desk.clock.now += 1
        desk.hear(FOUND)
        desk.answer_what_stands()
        desk.clock.now += 6
        desk.actor.act()
        assert [unanswered.order_id for unanswered in desk.cross.of(OrderUnanswered)] == [1]
        desk.answer_what_stands_now()
        assert (desk.orders[1].status, desk.orders[2].status) == ("Refused", "Refused")

    def test_an_order_of_which_a_status_came_is_known_though_the_answer_is_older(self, desk):
        desk.place(1)
        desk.clock.now += 6
        desk.actor.act()
        desk.hear(status(1, "Submitted"))
        desk.answer_what_stands()
        assert desk.orders[1].status == "Submitted"


class TestQuestionsAboutOrders:
    def test_are_asked_again_for_an_order_that_the_last_ones_were_not_about(self, desk):
        desk.place(1)
        desk.clock.now += 3
        desk.place(2)
        desk.clock.now += 3
        desk.actor.act()
        desk.clock.now += 3
        desk.actor.act()  # the second is overdue too, while the answer about the first is on its way
        desk.answer_what_stands()
        desk.bridge.clear()
        desk.actor.act()
        desk.clock.now += 5
        desk.actor.act()
        assert questions(desk) == [OpenOrdersRequest, ExecutionRequest]
        desk.answer_what_stands_now()
        assert (desk.orders[1].status, desk.orders[2].status) == ("Refused", "Refused")

    @pytest.mark.parametrize("how", ["notice", "failure"])
    def test_that_get_no_answer_are_asked_again_and_conclude_nothing(self, desk, how):
        desk.place(1)
        desk.clock.now += 6
        desk.actor.act()
        open_orders, executions = desk.bridge.sent[1:]
        refusal = {
            "notice": Notice(executions.request_id, code=322, text="failed"),
            "failure": RequestFailed(-1, "no OpenOrderEnd came", open_orders),
        }[how]
        desk.hear(refusal, OpenOrderEnd(), ExecutionDetailsEnd(executions.request_id))
        assert desk.orders[1].status == "Sent"
        desk.clock.now += 6
        desk.actor.act()
        desk.answer_what_stands_now()
        assert desk.orders[1].status == "Refused"

    def test_wait_for_the_connection(self, desk):
        desk.place(1)
        desk.hear(LOST)
        desk.clock.now += 6
        desk.actor.act()
        assert len(desk.cross.of(OrderUnanswered)) == 1
        assert questions(desk) == []

    def test_do_not_judge_an_order_that_pacing_held_back_till_then(self, desk):
        desk.place(1)
        desk.clock.now += 6
        desk.actor.act()
        desk.actor.note_departure(desk.bridge.sent[0])
        desk.answer_what_stands()
        assert desk.orders[1].status == "Sent"


class TestOrdersOfAStrategyThatStaysDown:
    def test_are_cancelled_when_the_connection_is_back(self, desk):
        desk.place(1)
        desk.hear(status(1, "Submitted"), LOST)
        desk.actor.receive(CancelAll("cross"))
        desk.hear(RequestFailed(1, "there is no connection", desk.bridge.sent[-1]))
        desk.bridge.clear()
        desk.hear(FOUND)
        desk.answer_what_stands(open_order(1), status(1, "Submitted"))
        assert cancellations(desk) == [CancelOrderRequest(1)]

    def test_are_left_alone_once_it_runs_again(self, desk):
        desk.place(1)
        desk.hear(status(1, "Submitted"), LOST)
        desk.actor.receive(CancelAll("cross"))
        desk.actor.receive(Adopt("cross", FakeMail("cross")))
        desk.bridge.clear()
        desk.hear(FOUND)
        desk.answer_what_stands(open_order(1), status(1, "Submitted"))
        assert cancellations(desk) == []

    def test_are_cancelled_also_when_it_is_unknown_whether_they_work(self, desk):
        desk.place(1)
        desk.hear(status(1, "Submitted"), FOUND)
        desk.answer_what_stands()
        desk.actor.receive(CancelAll("cross"))
        assert cancellations(desk) == [CancelOrderRequest(1)]


class TestAStrategyThatFailedBeforeItHandledAChange:
    def test_hears_of_it_in_its_next_life(self, desk):
        """An exception in its handler of fills takes along what waited behind the fill."""
        desk.place(1)
        desk.hear(fill(1))
        born_again = FakeMail("cross")
        desk.actor.receive(Adopt("cross", born_again))
        assert [change.status for change in born_again.of(OrderChanged)] == ["Filled"]

    def test_does_not_hear_again_of_what_it_handled(self, desk):
        desk.place(1)
        desk.hear(fill(1))
        desk.actor.receive(ChangeHandled(desk.cross.of(OrderChanged)[-1]))
        born_again = FakeMail("cross")
        desk.actor.receive(Adopt("cross", born_again))
        assert born_again.of(OrderChanged) == []

    def test_to_have_handled_an_earlier_one_is_not_to_have_handled_the_last(self, desk):
        desk.place(1)
        desk.hear(status(1, "Submitted"))
        (first,) = desk.cross.of(OrderChanged)
        desk.hear(fill(1))
        desk.actor.receive(ChangeHandled(first))
        born_again = FakeMail("cross")
        desk.actor.receive(Adopt("cross", born_again))
        assert [change.status for change in born_again.of(OrderChanged)] == ["Filled"]


class TestACancellationByAnotherClient:
    """The bridge tells it with that client's id (recorded); the permanent id is the order's all the same."""

    def test_ends_the_order(self, desk):
        desk.place(1)
        desk.hear(status(1, "Submitted", permanent_id=77))
        desk.hear(status(1, "Cancelled", client_id=9, permanent_id=77))
        assert desk.changes == ["Submitted", "Cancelled"]

    @pytest.mark.parametrize("permanent_id", [0, 78])
    def test_of_its_own_order_of_the_same_id_does_not(self, desk, permanent_id):
        desk.place(1)
        desk.place(2)
        desk.hear(status(1, "Submitted", permanent_id=77))
        for order_id in (1, 2):
            desk.hear(status(order_id, "Cancelled", client_id=9, permanent_id=permanent_id))
        assert (desk.orders[1].status, desk.orders[2].status) == ("Submitted", "Sent")


class TestOrderIds:
    @pytest.mark.parametrize("message", [open_order(50), OrderBound(123, 0, 50)])
    def test_go_on_behind_those_that_the_bridge_has_given_itself(self, desk, message):
        """To an order placed by hand, which client 0 binds: ours under that id would change it."""
        desk.hear(NextValidId(10), message)
        assert desk.order_ids.next() == 51

    @pytest.mark.parametrize(
        "message",
        [
            open_order(50, client_id=5),
            OrderBound(123, 5, 50),
            OrderBound(123, 0, -7),
            open_order(2**31 - 1),
        ],
    )
    def test_are_not_moved_by_those_of_others_and_by_no_ids(self, desk, message):
        desk.hear(NextValidId(10), message)
        assert desk.order_ids.next() == 10

    def test_that_would_meet_request_ids_are_an_error_and_no_order_leaves(self, desk, log):
        """A refused request would refuse the order of its id."""
        desk.hear(NextValidId(FIRST_REQUEST_ID))
        desk.place(FIRST_REQUEST_ID)
        assert desk.bridge.sent == []
        assert "another client id" in desk.orders[FIRST_REQUEST_ID].reason


class TestAccounts:
    @pytest.mark.parametrize("account", ["", "DU1"])
    def test_that_are_not_known_are_no_permission(self, account):
        desk = Arrangement()
        desk.hear(ManagedAccounts(""))
        desk.place(1, account=account)
        assert desk.bridge.sent == []
        assert "not told" in desk.orders[1].reason


class TestTheEnd:
    def test_no_order_leaves_without_a_record_when_the_journal_is_closed(self, tmp_path):
        desk = Arrangement(journal=tmp_path / "orders.jsonl")
        desk.actor.stop()
        desk.place(1)
        assert desk.bridge.sent == []
        assert desk.changes == ["Refused"]

    def test_one_that_can_t_be_told_costs_no_other_its_news(self, desk):
        failing = FakeMail("failing")
        desk.place(1, failing, "failing")
        desk.place(2)
        failing.tell = lambda _message: 1 / 0
        with pytest.raises(ZeroDivisionError):
            desk.hear(status(1, "Submitted"), status(2, "Submitted"))
        desk.actor.act()
        assert desk.changes == ["Submitted"]


class TestExecutionsToldAgain:
    def test_a_corrected_one_is_not_told_again_after_a_lost_connection(self, desk):
        first, corrected = (
            fill(1, price=10.0, execution_id="a.b.01"),
            fill(1, price=11.0, execution_id="a.b.02"),
        )
        desk.place(1)
        desk.hear(first, corrected, LOST, FOUND)
        asked = [
            fill(1, price=10.0, execution_id="a.b.01", request_id=10**9),
            fill(1, price=11.0, execution_id="a.b.02", request_id=10**9),
        ]
        desk.answer_what_stands(*asked)
        assert desk.cross.of(ExecutionDetails) == []
        assert list(desk.orders[1].executions) == ["a.b.02"]


class TestAnExecutionCorrectedToASmallerQuantity:
    def test_is_told_as_less_that_is_filled(self, desk):
        desk.place(1)
        desk.hear(fill(1, 40, execution_id="a.b.01"))
        desk.hear(fill(1, 30, execution_id="a.b.02"))
        assert [change.filled for change in desk.cross.of(OrderChanged)] == [40, 30]
        assert desk.orders[1].remaining == 70

    def test_that_is_told_first_counts_no_less(self, desk):
        desk.place(1)
        desk.hear(status(1, "Submitted", 40, 60), fill(1, 30, execution_id="a.b.02"))
        desk.hear(fill(1, 40, execution_id="a.b.01"))
        assert desk.orders[1].filled == 30


class TestAfterTheDeskStartedAgain:
    @pytest.fixture
    def journal(self, tmp_path):
        journal = Journal(tmp_path / "orders.jsonl")
        yield journal
        journal.close()

    def place(self, journal, **facts):
        journal.write("place", 1, code="cross", contract=ibm(), order=limit_order(), **facts)

    def again(self, journal, **options):
        """A desk that starts with what is in the journal."""
        journal.close()
        return Arrangement(journal=journal.path, **options)

    def test_a_strategy_is_not_told_that_nothing_was_filled_of_what_was(self, journal):
        self.place(journal)
        journal.write("status", 1, code="cross", status="Submitted", reason="")
        journal.write("execution", 1, code="cross", execution=fill(1, 60).execution)
        desk = self.again(journal)
        desk.actor.receive(Adopt("cross", desk.cross))
        (change,) = desk.cross.of(OrderChanged)
        assert (change.status, change.filled, change.remaining) == ("Submitted", 60, 40)
        assert math.isclose(change.average_price, 187.25)
        desk.actor.stop()

    def test_fills_of_legs_are_no_fills_of_a_combination(self, journal):
        spread = Contract(symbol="IBM", security_type="BAG")
        journal.write("place", 1, code="cross", contract=spread, order=limit_order())
        journal.write("execution", 1, code="cross", execution=fill(1, 100).execution)
        desk = self.again(journal)
        assert (desk.orders[1].filled, desk.orders[1].remaining) == (0, 100)
        desk.actor.stop()

    def test_an_unknown_order_is_still_its_strategy_s(self, journal):
        """It may work all the same, and has to be followed and cancelled then."""
        self.place(journal)
        journal.write("status", 1, code="cross", status="Unknown", reason="the bridge knows it not")
        desk = self.again(journal)
        desk.actor.receive(Adopt("cross", desk.cross))
        desk.hear(ConnectionChanged(ConnectionState.CONNECTED, 1))
        desk.answer_what_stands(open_order(1), status(1, "Submitted"))
        desk.cancel(1)
        assert desk.changes == ["Submitted"]
        assert cancellations(desk) == [CancelOrderRequest(1)]
        desk.actor.stop()

    def test_orders_of_another_client_id_are_left_alone_and_named(self, journal, log):
        """The bridge counts order ids per client: the same id is another order there."""
        desk = self.again(journal, client_id=7)
        desk.place(1)
        desk.actor.stop()
        again = self.again(journal, client_id=8)
        assert again.orders == {}
        assert again.order_ids.next() == 2
        assert any("order 1" in line and "client id 7" in line for line in log.items)
        again.actor.stop()
