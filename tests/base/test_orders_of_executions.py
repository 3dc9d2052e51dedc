"""Commissions find their orders by the execution that they are the cost of."""

from __future__ import annotations

from ibkr_actors.base.orders_of_executions import EARLY_REPORTS, OrdersOfExecutions
from tests.actors.helpers import commission


def test_a_report_behind_its_execution_is_about_the_order():
    orders = OrdersOfExecutions()
    assert orders.fill("a.01", "order 3") is None
    assert orders.hear(commission("a.01")) == "order 3"


def test_a_report_before_its_execution_is_kept_until_that_comes_once():
    orders = OrdersOfExecutions()
    assert orders.hear(commission("a.01")) is None
    assert orders.fill("a.01", "order 3") == commission("a.01")
    assert orders.fill("a.01", "order 3") is None


def test_reports_whose_executions_never_come_are_kept_within_bounds():
    orders = OrdersOfExecutions()
    for number in range(EARLY_REPORTS + 1):
        orders.hear(commission(f"{number}.01"))
    assert orders.fill("0.01", "order 3") is None
    assert orders.fill("1.01", "order 3") is not None
