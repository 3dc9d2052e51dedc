"""Executions are joined with their commissions, each once."""

from __future__ import annotations

from decimal import Decimal

from ibkr_actors.base.fills import Fill, fills_of
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.execution import Execution


def execution(execution_id: str, shares: int = 100) -> ExecutionDetails:
    return ExecutionDetails(7, Stock("IBM"), Execution(execution_id=execution_id, shares=Decimal(shares)))


def test_a_commission_is_found_wherever_it_came():
    report = CommissionAndFeesReport("a.01", 1.25, "USD")

    fills = fills_of([report, execution("a.01"), execution("b.01")])

    assert [fill.commission for fill in fills] == [report, None]


def test_a_commission_that_is_known_already_serves():
    report = CommissionAndFeesReport("a.01", 1.25, "USD")

    assert fills_of([execution("a.01")], {"a.01": report})[0].commission == report


def test_a_correction_takes_the_place_of_what_it_corrects():
    for messages in (
        [execution("e.5f.01.01"), execution("f.01"), execution("e.5f.01.02", 90)],
        [execution("e.5f.01.02", 90), execution("f.01"), execution("e.5f.01.01")],
    ):
        fills = fills_of(messages)

        assert [fill.execution.shares for fill in fills] == [Decimal(90), Decimal(100)]


def test_an_execution_that_is_told_twice_is_one_fill():
    assert len(fills_of([execution("a.01"), execution("a.01")])) == 1


def test_no_executions_make_an_empty_table_of_fills():
    assert fills_of([]).kind is Fill
