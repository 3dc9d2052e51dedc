"""Which order each execution fills: what it cost names the execution and nothing else."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

from ibkr_actors.base.messages.executions import CommissionAndFeesReport
from ibkr_actors.base.newest import Newest

EARLY_REPORTS: Final = 1_000
"""Reports that may wait for their executions; beyond it the oldest are forgotten. Some belong to nobody here."""

Filled = TypeVar("Filled")


class OrdersOfExecutions(Generic[Filled]):
    """Brings each commission to the order whose execution it is the cost of, whichever of the two comes first.

    Responsible for: keeping a report until its execution comes, and the orders of the newest executions, within bounds.
    Not thread-safe.
    """

    def __init__(self) -> None:
        self._orders: Newest[str, Filled] = Newest()
        self._early: Newest[str, CommissionAndFeesReport] = Newest(EARLY_REPORTS)

    def fill(self, execution_id: str, order: Filled) -> CommissionAndFeesReport | None:
        """An execution fills an order. Returns what it cost, when that was told before it."""
        self._orders.put(execution_id, order)
        return self._early.pop(execution_id, None)

    def hear(self, report: CommissionAndFeesReport) -> Filled | None:
        """The order that a report is about. None when nobody knows the execution: then `fill` returns the report."""
        order = self._orders.get(report.execution_id)
        if order is None:
            self._early.put(report.execution_id, report)
        return order
