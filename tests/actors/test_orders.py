"""Every order of the desk, from the strategy's call to its end."""

from __future__ import annotations

import json
import os
import threading
from decimal import Decimal

import pytest

from ibkr_actors.actors.desk import Signals
from ibkr_actors.actors.direct_mail import run_directly
from ibkr_actors.actors.journal import Journal
from ibkr_actors.actors.messages import (
    Adopt,
    CancelAll,
    CancelOrder,
    ChangeHandled,
    OrderUnanswered,
    Origin,
    OwnOrder,
    PlaceOrder,
)
from ibkr_actors.actors.orders import OrdersActor
from ibkr_actors.actors.recovery import take_over
from ibkr_actors.base.ids import OrderIds
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, OrderChanged, RequestFailed
from ibkr_actors.base.messages.connection import ManagedAccounts, NextValidId, Notice
from ibkr_actors.base.messages.executions import ExecutionDetails, ExecutionDetailsEnd, ExecutionRequest
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import (
    CancelOrderRequest,
    OpenOrderEnd,
    OpenOrdersRequest,
    PlaceOrderRequest,
)
from ibkr_actors.classes.orders.order import Order
from tests.actors.disks import fill_disk_of
from tests.actors.helpers import (
    Clock,
    FakeMail,
    Record,
    commission,
    fill,
    ibm,
    limit_order,
    open_order,
    status,
)

FOUND = ConnectionChanged(ConnectionState.CONNECTED, 2)


class Arrangement:
    def __init__(self, journal=None, client_id=0, **options):
        self.bridge, self.router, self.clock = FakeMail("bridge"), FakeMail("router"), Clock()
        self.order_ids, self.signals = OrderIds(), Signals()
        journal, recovered = take_over(journal, client_id, durable=options.pop("durable_journal", False))
        self.actor = OrdersActor(
            self.bridge, self.router, self.order_ids, self.signals, iter(range(10**9, 10**9 + 100)).__next__,
            journal=journal, recovered=recovered, client_id=client_id,
            clock=self.clock, answer_within=5.0, **options,
        )  # fmt: skip
        self.actor.run_behind(FakeMail("orders"))
        self.actor.handle([ManagedAccounts("DU1")])
        self.cross, self.momentum = FakeMail("cross"), FakeMail("momentum")

    def place(self, order_id=1, mail=None, code="cross", *, changes=False, **fields):
        request = PlaceOrderRequest(order_id, ibm(), limit_order(**fields))
        self.actor.receive(PlaceOrder(mail or self.cross, code, request, changes))

    def cancel(self, order_id=1, mail=None, code="cross"):
        self.actor.receive(CancelOrder(mail or self.cross, code, CancelOrderRequest(order_id)))

    def hear(self, *messages):
        self.actor.handle(messages)

    def answer_what_stands(self, *messages):
        self.hear(*messages, OpenOrderEnd(), ExecutionDetailsEnd(10**9))

    def answer_what_stands_now(self, *messages):
        """The answer to what was asked last."""
        question = [request for request in self.bridge.sent if isinstance(request, ExecutionRequest)][-1]
        self.hear(*messages, OpenOrderEnd(), ExecutionDetailsEnd(question.request_id))

    @property
    def orders(self):
        return {order.order_id: order for order in self.actor.receive("orders")}

    @property
    def changes(self):
        return [change.status for change in self.cross.of(OrderChanged)]


@pytest.fixture
def desk():
    return Arrangement()


class TestPlacing:
    def test_the_router_knows_the_owner_before_the_bridge_has_the_order(self, desk):
        order = []
        desk.router.tell, desk.bridge.tell = order.append, order.append
        desk.place(7)
        assert [type(message).__name__ for message in order] == ["OwnOrder", "Send"]

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"action": "HOLD"}, "none of BUY, SELL"),
            ({"quantity": 0}, "not positive"),
            ({"quantity": -5}, "not positive"),
            ({"quantity": None}, "not positive"),
            ({"quantity": Decimal("NaN")}, "not positive"),
            ({"quantity": Decimal("Infinity")}, "not positive"),
            ({"price": float("nan")}, "nan is no price"),
            ({"order_type": ""}, "no type"),
            ({"account": "DU999"}, "not one of this login"),
        ],
    )
    def test_an_order_that_can_t_be_right_does_not_leave(self, desk, fields, reason):
        desk.place(**fields)
        assert desk.bridge.sent == []
        (change,) = desk.cross.of(OrderChanged)
        assert change.status == "Refused"
        assert reason in change.reason

    def test_a_live_account_needs_permission(self):
        for allowed, sent in ((frozenset(), 0), (frozenset({"U1234567"}), 1)):
            desk = Arrangement(live_accounts=allowed)
            desk.hear(ManagedAccounts("U1234567"))
            desk.place()
            assert len(desk.bridge.sent) == sent

    def test_no_whole_account_code_reaches_the_log(self, log):
        desk = Arrangement()
        desk.hear(ManagedAccounts("U1234567,DU1"))
        desk.place(1, account="U1234567")
        desk.place(2, account="U7654321")
        assert not any("1234567" in line or "7654321" in line for line in log.items)

    def test_a_cash_order_needs_no_quantity(self, desk):
        desk.place(quantity=None, cash_quantity=Decimal(1000))
        assert len(desk.bridge.sent) == 1

    def test_an_id_that_is_in_use_is_no_new_order(self, desk):
        desk.place(1)
        desk.place(1, desk.momentum, "momentum")
        assert len(desk.bridge.sent) == 1
        assert desk.orders[1].code == "cross"
        assert len(desk.momentum.of(RequestFailed)) == 1


class TestOrdersThatAreSizedElsewhere:
    """By the order that they hedge, or by an advisor's allocation: they have no quantity of their own."""

    @pytest.mark.parametrize(
        "fields", [{"hedge_type": "D"}, {"advisor_group": "all"}, {"advisor_method": "NetLiq"}]
    )
    def test_leave_without_a_quantity(self, desk, fields):
        desk.place(quantity=0, **fields)

        assert len(desk.bridge.sent) == 1


class TestChanging:
    def test_sends_the_same_id_with_new_values(self, desk):
        desk.place(1)
        desk.place(1, changes=True, price=190.0)
        assert [request.order.limit_price for request in desk.bridge.sent] == [187.25, 190.0]
        assert len(desk.orders) == 1

    def test_a_change_that_is_refused_here_leaves_the_order_as_it_is(self, desk):
        """Also when nothing has been heard of the order yet: it is on its way."""
        desk.place(1)
        desk.place(1, changes=True, quantity=-1)
        assert desk.orders[1].status == "Sent"
        assert desk.orders[1].request.order.total_quantity == 100

    @pytest.mark.parametrize("order_id", [1, 99])
    def test_of_an_order_that_is_not_its_own_is_denied(self, desk, order_id):
        """An unknown id would be a new order, under an id that is handed out later."""
        desk.place(1)
        desk.bridge.clear()
        desk.place(order_id, desk.momentum, "momentum", changes=True)
        assert desk.bridge.sent == []
        assert len(desk.momentum.of(RequestFailed)) == 1


class TestCancelling:
    def test_its_own_order(self, desk):
        desk.place(1)
        desk.cancel(1)
        assert desk.bridge.sent[-1] == CancelOrderRequest(1)

    @pytest.mark.parametrize("order_id", [1, 99])
    def test_another_s_is_denied(self, desk, order_id):
        desk.place(1)
        desk.bridge.clear()
        desk.cancel(order_id, desk.momentum, "momentum")
        assert desk.bridge.sent == []
        assert len(desk.momentum.of(RequestFailed)) == 1

    def test_an_order_that_has_ended_needs_none(self, desk):
        desk.place(1)
        desk.hear(fill(1))
        desk.bridge.clear()
        desk.cancel(1)
        assert desk.bridge.sent == []

    def test_an_order_that_may_still_work_can_be_cancelled(self, desk):
        """Unknown is not ended for certain."""
        desk.place(1)
        desk.hear(status(1, "Submitted"), FOUND)
        desk.answer_what_stands()
        assert desk.orders[1].status == "Unknown"
        desk.cancel(1)
        assert desk.bridge.sent[-1] == CancelOrderRequest(1)


class TestTelling:
    def test_the_owner_is_told_each_change_once_a_batch(self, desk):
        desk.place(1)
        desk.hear(open_order(1), status(1, "Submitted"), open_order(1), status(1, "Submitted"))
        desk.hear(fill(1), status(1, "Filled", 100, 0), status(1, "Filled", 100, 0))
        assert desk.changes == ["Submitted", "Filled"]

    def test_signals_tell_an_embedding_application(self, desk):
        seen = {name: Record() for name in ("order_changed", "order_filled", "execution", "commission")}
        for name, record in seen.items():
            getattr(desk.signals, name).connect(record.receive)
        desk.place(1)
        for _ in range(2):
            desk.hear(fill(1), status(1, "Filled", 100, 0), commission())
        assert {name: len(record.items) for name, record in seen.items()} == dict.fromkeys(seen, 1)
        assert seen["order_filled"].items[0]["code"] == "cross"

    def test_a_receiver_that_raises_is_logged_and_stops_nobody(self, desk, log):
        def broken(_sender, **_facts):
            raise RuntimeError("receiver at fault")

        record = Record()
        desk.signals.order_changed.connect(broken)
        desk.signals.order_changed.connect(record.receive)
        desk.place(1)
        desk.hear(status(1, "Submitted"))
        assert len(record.items) == 1
        assert desk.changes == ["Submitted"]
        assert any("receiver at fault" in line for line in log.items)

    def test_orders_of_other_clients_are_not_ours(self, desk):
        desk.place(1)
        desk.hear(status(1, "Filled", client_id=5), fill(1, client_id=5), open_order(1, client_id=5))
        assert desk.orders[1].status == "Sent"

    def test_a_what_if_order_is_over_with_its_answer(self, desk):
        desk.place(1, what_if=True)
        desk.hear(open_order(1, "PreSubmitted", what_if=True))
        desk.clock.now += 60
        desk.actor.act()
        assert desk.changes == ["Previewed"]
        assert desk.cross.of(OrderUnanswered) == []

    def test_an_order_that_could_not_be_sent_is_refused(self, desk):
        desk.place(1)
        desk.hear(RequestFailed(1, "there is no connection", desk.bridge.sent[0]))
        assert desk.changes == ["Refused"]


class TestAnswers:
    def test_an_order_without_one_is_looked_for(self, desk):
        desk.place(1)
        desk.clock.now += 4
        desk.actor.act()
        assert desk.cross.of(OrderUnanswered) == []
        desk.clock.now += 2
        desk.actor.act()
        desk.actor.act()
        assert desk.cross.of(OrderUnanswered) == [OrderUnanswered(1, 6.0)]
        assert [type(request) for request in desk.bridge.sent[1:]] == [OpenOrdersRequest, ExecutionRequest]

    def test_one_that_the_bridge_does_not_know_is_refused(self, desk):
        desk.place(1)
        desk.clock.now += 6
        desk.actor.act()
        desk.answer_what_stands()
        assert desk.changes == ["Refused"]
        assert "neither as an open order" in desk.orders[1].reason

    def test_one_that_was_sent_after_the_question_is_not_judged_by_the_answer(self, desk):
        """A strategy that is told so would order again, and own twice what it wants."""
        desk.place(1)
        desk.clock.now += 6
        desk.actor.act()
        desk.place(2)
        desk.answer_what_stands()
        assert desk.orders[2].status == "Sent"

    def test_one_that_the_bridge_was_told_to_hold_back_may_be_silent(self, desk):
        desk.place(1, transmit=False)
        desk.place(2)
        desk.clock.now += 60
        desk.actor.act()
        desk.answer_what_stands()
        assert (desk.orders[1].status, desk.orders[2].status) == ("Sent", "Refused")


class TestAfterALostConnection:
    def test_the_first_connection_asks_nothing(self, desk):
        desk.place(1)
        desk.bridge.clear()
        desk.hear(ConnectionChanged(ConnectionState.CONNECTED, 1))
        assert desk.bridge.sent == []

    def test_open_orders_and_executions_are_asked_for(self, desk):
        desk.place(1)
        desk.bridge.clear()
        desk.hear(FOUND)
        assert [type(request) for request in desk.bridge.sent] == [OpenOrdersRequest, ExecutionRequest]

    def test_what_still_works_goes_on(self, desk):
        desk.place(1)
        desk.hear(status(1, "Submitted"), FOUND)
        desk.answer_what_stands(open_order(1), status(1, "Submitted"))
        assert desk.orders[1].status == "Submitted"

    def test_what_was_filled_meanwhile_is_told_to_its_owner(self, desk):
        desk.place(1)
        desk.hear(status(1, "Submitted"), FOUND)
        desk.answer_what_stands(fill(1, request_id=10**9), commission())
        assert desk.changes == ["Submitted", "Filled"]
        assert fill(1) in desk.cross.messages  # as if it had just happened, for nobody of theirs asked

    def test_what_is_in_neither_is_unknown(self, desk):
        desk.place(1)
        desk.hear(status(1, "Submitted"), FOUND)
        desk.hear(OpenOrderEnd())
        assert desk.changes == ["Submitted"]
        desk.hear(ExecutionDetailsEnd(10**9))
        assert desk.changes == ["Submitted", "Unknown"]
        assert desk.cross.of(OrderChanged)[-1].reason

    def test_an_order_just_sent_is_judged_only_after_a_while(self, desk):
        desk.place(1)
        desk.hear(FOUND)
        desk.answer_what_stands()
        assert desk.orders[1].status == "Sent"
        desk.clock.now += 6
        desk.actor.act()
        desk.answer_what_stands_now()
        assert desk.orders[1].status == "Refused"

    def test_another_client_s_order_of_the_same_id_is_no_sign_of_life(self, desk):
        desk.place(1)
        desk.hear(status(1, "Submitted"), FOUND)
        desk.answer_what_stands(open_order(1, client_id=5))
        assert desk.orders[1].status == "Unknown"


class TestOwners:
    def test_a_strategy_s_next_life_owns_its_orders(self, desk):
        desk.place(1)
        desk.place(2, desk.momentum, "momentum")
        desk.hear(status(1, "Submitted"))
        desk.cross.alive = False
        born_again = FakeMail("cross")
        desk.actor.receive(Adopt("cross", born_again))
        assert [change.order_id for change in born_again.of(OrderChanged)] == [1]
        assert desk.router.told[-1] == OwnOrder(born_again, 1)
        desk.hear(fill(1))
        assert born_again.of(OrderChanged)[-1].status == "Filled"

    def test_it_is_told_what_was_filled_while_it_was_down(self, desk):
        desk.place(1)
        desk.place(2)
        desk.hear(fill(2, execution_id="x.1"))
        desk.actor.receive(ChangeHandled(desk.cross.of(OrderChanged)[-1]))
        desk.cross.alive = False
        desk.hear(fill(1))
        born_again = FakeMail("cross")
        desk.actor.receive(Adopt("cross", born_again))
        assert [(change.order_id, change.status) for change in born_again.of(OrderChanged)] == [(1, "Filled")]


class TestIdsAndJournal:
    def test_ids_go_on_from_the_bridge_s_and_never_back(self, desk):
        desk.hear(NextValidId(50), NextValidId(10))
        assert [desk.order_ids.next(), desk.order_ids.next()] == [50, 51]

    def test_ids_in_the_journal_are_not_used_again(self, tmp_path):
        path = tmp_path / "orders.jsonl"
        first = Arrangement(journal=path)
        first.place(41)
        first.actor.stop()
        second = Arrangement(journal=path)
        second.hear(NextValidId(1))
        assert second.order_ids.next() == 42
        second.actor.stop()

    def test_an_order_is_recorded_before_it_leaves(self, tmp_path):
        path = tmp_path / "orders.jsonl"
        desk = Arrangement(journal=path)
        seen = []
        desk.bridge.tell = lambda _message: seen.append(path.read_text())
        desk.place(1)
        desk.actor.stop()
        assert json.loads(seen[0])["event"] == "place"

    def test_an_order_of_a_durable_journal_is_on_the_disk_before_it_leaves(self, tmp_path, monkeypatch):
        desk = Arrangement(journal=tmp_path / "orders.jsonl", durable_journal=True)
        happened = []
        monkeypatch.setattr(os, "fsync", lambda _file: happened.append("kept"))
        desk.bridge.tell = lambda _message: happened.append("sent")
        desk.place(1)
        desk.hear(status(1, "Submitted"), fill(1), commission())
        desk.actor.stop()
        assert happened == ["kept", "sent"]

    def test_an_order_that_the_disk_does_not_keep_does_not_leave(self, tmp_path, monkeypatch, log):
        desk = Arrangement(journal=tmp_path / "orders.jsonl", durable_journal=True)

        def fail(_file):
            raise OSError("Input/output error")

        monkeypatch.setattr(os, "fsync", fail)
        desk.place(1)
        desk.actor.stop()
        assert desk.bridge.sent == []
        assert "can't be written: Input/output error" in desk.orders[1].reason

    def test_its_whole_life_is_in_the_journal(self, tmp_path):
        path = tmp_path / "orders.jsonl"
        desk = Arrangement(journal=path)
        desk.place(1)
        desk.hear(status(1, "Submitted"), Notice(1, code=399, text="held"))
        desk.cancel(1)
        desk.hear(fill(1), commission())
        desk.actor.stop()
        events = [json.loads(line)["event"] for line in path.read_text().splitlines()]
        assert events == ["place", "notice", "status", "cancel", "execution", "commission", "status"]

    def test_an_order_that_can_t_be_recorded_does_not_leave(self, tmp_path, log):
        desk = Arrangement(journal=tmp_path / "orders.jsonl")
        desk.place(1)
        fill_disk_of(desk.actor.records._journal, 100)
        desk.place(2)
        desk.hear(fill(1))  # what has happened is told all the same
        desk.actor.stop()
        assert len(desk.bridge.sent) == 1
        assert desk.orders[2].status == "Refused"
        assert desk.changes == ["Refused", "Filled"]


class TestExercise:
    """Exercising options is an order: checked, recorded, owned."""

    def exercise(self, desk, **fields):
        request = ExerciseOptionsRequest(7, ibm(), exercise_quantity=fields.pop("quantity", 3), **fields)
        tracked = PlaceOrderRequest(7, ibm(), Order(total_quantity=Decimal(3)))
        desk.actor.receive(PlaceOrder(desk.cross, "cross", tracked, exercise=request))
        return request

    def test_it_is_sent_and_followed(self, desk):
        request = self.exercise(desk)
        desk.hear(status(7, "Filled", 3, 0))

        assert desk.bridge.sent == [request]
        assert desk.changes == ["Filled"]

    def test_it_has_to_be_allowed_for_a_live_account(self):
        desk = Arrangement()
        desk.hear(ManagedAccounts("U1234567"))
        self.exercise(desk)

        assert desk.bridge.sent == []
        assert desk.changes == ["Refused"]

    def test_of_no_options_does_not_leave(self, desk):
        self.exercise(desk, quantity=0)

        assert desk.bridge.sent == []

    def test_that_could_not_be_sent_is_refused(self, desk):
        request = self.exercise(desk)
        desk.hear(RequestFailed(7, "the connection was lost", request))

        assert desk.changes == ["Refused"]

    def test_it_can_not_be_changed(self, desk):
        request = self.exercise(desk)
        desk.place(7, changes=True)

        assert desk.bridge.sent == [request]
        (failure,) = desk.cross.of(RequestFailed)
        assert "exercises options, which can't be changed; cancel it" in failure.reason

    def test_it_can_not_be_changed_after_the_desk_started_again_either(self, tmp_path):
        path = tmp_path / "orders.jsonl"
        desk = Arrangement(journal=path)
        self.exercise(desk)
        desk.actor.stop()
        again = Arrangement(journal=path)
        again.place(7, changes=True)
        again.actor.stop()

        assert again.bridge.sent == []
        (failure,) = again.cross.of(RequestFailed)
        assert "exercises options" in failure.reason

    def test_it_is_in_the_journal(self, tmp_path):
        path = tmp_path / "orders.jsonl"
        desk = Arrangement(journal=path)
        self.exercise(desk)
        desk.actor.stop()

        (line,) = [json.loads(line) for line in path.read_text().splitlines()]
        assert (line["event"], line["exercise"]["exercise_quantity"]) == ("place", 3)


class TestAfterTheDeskStartedAgain:
    @pytest.fixture
    def journal(self, tmp_path):
        """Of a desk that had placed an order of an actor in another process, which was told of one fill."""
        journal = Journal(tmp_path / "orders.jsonl")
        journal.write(
            "place", 1, code="cross", contract=ibm(), order=limit_order(), origin=Origin("a", 1_100_500_000)
        )
        journal.write("told", 1, what=fill(1).execution.execution_id)
        journal.close()
        return tmp_path / "orders.jsonl"

    @pytest.fixture
    def desk(self, journal):
        desk = Arrangement(journal=journal)
        desk.actor.receive(Adopt("cross", desk.cross))
        yield desk
        desk.actor.stop()

    def test_the_first_connection_asks_what_became_of_earlier_orders(self, desk):
        desk.hear(ConnectionChanged(ConnectionState.CONNECTED, 1))
        assert [type(request) for request in desk.bridge.sent] == [OpenOrdersRequest, ExecutionRequest]
        desk.answer_what_stands()
        assert desk.changes[-1] == "Unknown"

    def test_a_fill_that_its_owner_was_told_of_is_not_told_again_and_another_is(self, desk):
        desk.hear(ConnectionChanged(ConnectionState.CONNECTED, 1))
        other = fill(1, 60, execution_id="0000e0d5.6579a1b2.02.01", request_id=10**9)
        desk.hear(fill(1, 40, request_id=10**9), other)
        (told,) = desk.cross.of(ExecutionDetails)
        assert told.execution.execution_id == other.execution.execution_id
        assert desk.orders[1].filled == 60

    def test_the_next_order_has_a_higher_id(self, desk):
        desk.hear(NextValidId(1))
        assert desk.order_ids.next() == 2

    def test_all_of_a_code_are_cancelled_on_the_bridge_s_thread(self):
        """The lock that reading waits for is held here, and a bridge that takes nothing may block whoever writes."""
        written = []
        desk = Arrangement(send=written.append)
        desk.place(1)
        run_directly(desk.actor, threading.RLock()).mail.tell(CancelAll("cross"))
        assert [type(request) for request in written] == [PlaceOrderRequest]
        assert desk.bridge.sent == [CancelOrderRequest(1)]

    def test_all_of_a_code_can_be_cancelled(self, desk):
        desk.place(2, desk.momentum, "momentum")
        desk.actor.receive(CancelAll("cross"))
        assert [request for request in desk.bridge.sent if isinstance(request, CancelOrderRequest)] == [
            CancelOrderRequest(1)
        ]
