"""What a desk that starts again learns from its journal."""

from __future__ import annotations

import tracemalloc
from types import SimpleNamespace

import pytest

from ibkr_actors.actors import recovery
from ibkr_actors.actors.actor import NOBODY, tell
from ibkr_actors.actors.journal import Journal
from ibkr_actors.actors.messages import Batch, Origin
from ibkr_actors.actors.recovery import KnownActor, Recovered, recover, take_over
from ibkr_actors.errors import DeskError
from tests.actors.helpers import fill, ibm, limit_order

ORIGIN = Origin("a", 1_100_500_000)


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "orders.jsonl")
    yield journal
    journal.close()


def place(journal, order_id=7, *, origin=None, **fields):
    facts = {"origin": origin} if origin is not None else {}
    journal.write("place", order_id, code="cross", contract=ibm(), order=limit_order(**fields), **facts)


def recovered(journal):
    return recover(journal.path).orders


class TestOrders:
    def test_that_work_are_known_again(self, journal):
        place(journal)
        journal.write("status", 7, code="cross", status="Submitted", reason="")
        (order,) = recovered(journal)
        assert (order.order_id, order.code, order.status) == (7, "cross", "Submitted")
        assert (order.request.contract.symbol, order.request.order.limit_price) == ("IBM", 187.25)
        assert order.mail is NOBODY

    def test_that_perhaps_never_left_have_to_be_known_to_the_bridge(self, journal):
        place(journal)
        assert recovered(journal)[0].has_to_be_known(0.0)

    @pytest.mark.parametrize("status", ["Filled", "Cancelled", "Refused"])
    def test_that_have_ended_are_not(self, journal, status):
        place(journal)
        journal.write("status", 7, code="cross", status=status, reason="")
        assert recovered(journal) == []

    def test_have_the_values_of_their_last_change(self, journal):
        place(journal)
        place(journal, price=190.0)
        (order,) = recovered(journal)
        assert order.request.order.limit_price == 190.0

    def test_of_an_owner_elsewhere_stay_until_it_was_told_of_the_end_and_of_each_fill(self, journal):
        place(journal, origin=ORIGIN)
        journal.write("status", 7, code="cross", status="Filled", reason="")
        journal.write("execution", 7, code="cross", execution=fill(7).execution)
        assert len(recovered(journal)) == 1
        journal.write("told", 7, code="cross", what="Filled")
        assert len(recovered(journal)) == 1
        journal.write("told", 7, code="cross", what=fill(7).execution.execution_id)
        assert recovered(journal) == []

    def test_know_what_their_owner_was_told(self, journal):
        place(journal, origin=ORIGIN)
        journal.write("told", 7, what="0001")
        (order,) = recovered(journal)
        assert (order.origin, order.told) == (ORIGIN, {"0001"})

    def test_have_filled_what_a_correction_left(self, journal):
        place(journal)
        for shares, total, execution_id in (
            (40, 40, "a.b.01.01"),
            (20, 60, "a.b.02.01"),
            (30, 30, "a.b.01.02"),
        ):
            execution = fill(7, shares, cumulative=total, execution_id=execution_id).execution
            journal.write("execution", 7, code="cross", execution=execution)
        (order,) = recovered(journal)
        assert (order.filled, order.remaining) == (50, 50)

    def test_that_have_ended_take_little_memory(self, journal):
        for order_id in range(1, 501):
            place(journal, order_id)
            journal.write("execution", order_id, code="cross", execution=fill(order_id).execution)
            journal.write("status", order_id, code="cross", status="Filled", reason="")
        place(journal, 501)
        tracemalloc.start()
        orders = recovered(journal)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert [order.order_id for order in orders] == [501]
        assert most < journal.path.stat().st_size / 3

    def test_that_can_t_be_read_cost_no_others(self, journal, log):
        journal.write("place", 6, code="cross", contract={"strike": "high"}, order={})
        place(journal)
        assert [order.order_id for order in recovered(journal)] == [7]
        assert any("order 6 of the journal can't be read" in line for line in log.items)


class TestRequestsOfOtherProcesses:
    def test_are_known_with_the_ids_of_their_orders(self, journal):
        place(journal, origin=ORIGIN)
        place(journal, origin=Origin("a", ORIGIN.number + 1), price=190.0)
        journal.write("status", 7, code="cross", status="Cancelled", reason="")
        found = recover(journal.path)
        assert found.origins == {ORIGIN: 7, Origin("a", ORIGIN.number + 1): 7}
        assert found.orders[0].origin == ORIGIN  # its own, whatever changed it

    def test_and_the_ids_of_their_actors(self, journal):
        journal.write("actor", 0, code="cross", slot=3, orders_at_death="keep")
        journal.write("actor", 0, code="cross", slot=3, orders_at_death="cancel")
        assert recover(journal.path).actors == {"cross": KnownActor(3, "cancel")}


class TestTakingOver:
    def test_no_other_desk_adds_to_what_was_read(self, journal):
        place(journal)
        journal.close()
        taken, recovered = take_over(journal.path)

        with pytest.raises(DeskError, match="another desk has the journal"):
            Journal(journal.path)
        assert [order.order_id for order in recovered.orders] == [7]
        taken.close()

    def test_what_another_desk_still_adds_to_is_not_read(self, journal, monkeypatch):
        monkeypatch.setattr(recovery, "recover", lambda path, *_: pytest.fail(f"{path} was read"))
        with pytest.raises(DeskError, match="another desk has the journal"):
            take_over(journal.path)

    def test_a_journal_that_can_t_be_read_is_left_to_others(self, journal, monkeypatch):
        def fail(_text):
            raise OSError("Input/output error")

        place(journal)
        journal.close()
        monkeypatch.setattr(recovery, "_LINE", SimpleNamespace(decode=fail))
        with pytest.raises(DeskError, match="can't be read: Input/output error"):
            take_over(journal.path)

        Journal(journal.path).close()

    def test_no_journal_is_no_past(self):
        journal, recovered = take_over(None)

        assert not journal.is_open
        assert recovered == Recovered()


def test_nobody_hears_nothing():
    assert not tell(NOBODY, Batch([], 0.0))
    assert not NOBODY.is_alive()
