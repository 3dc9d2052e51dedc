"""Executions joined with what they cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import field

from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.execution import Execution
from ibkr_actors.classes.rows import Rows
from ibkr_actors.classes.value import FrozenValue


class Fill(FrozenValue, frozen=True):
    """An execution of a contract, with its commission."""

    contract: Contract = field(default_factory=Contract)
    execution: Execution = field(default_factory=Execution)
    commission: CommissionAndFeesReport | None = None
    """None until the bridge has reported it, which may take seconds."""


def fills_of(
    messages: Iterable[object], reports: Mapping[str, CommissionAndFeesReport] | None = None
) -> Rows[Fill]:
    """The executions among messages, each once and with its report, in the order in which they first came.

    `reports` are those known beside the messages, by execution id. A correction takes the place of what it corrects:
    their ids differ behind the last point only.
    """
    executions: dict[str, ExecutionDetails] = {}
    known = dict(reports or {})
    for message in messages:
        if isinstance(message, CommissionAndFeesReport):
            known[message.execution_id] = message
        elif isinstance(message, ExecutionDetails):
            key = _uncorrected(message.execution.execution_id)
            former = executions.get(key)
            if former is None or _revision(former) <= _revision(message):
                executions[key] = message
    return Rows(
        (
            Fill(each.contract, each.execution, known.get(each.execution.execution_id))
            for each in executions.values()
        ),
        Fill,
    )


def _uncorrected(execution_id: str) -> str:
    """The id without its revision, where it has one."""
    head, point, revision = execution_id.rpartition(".")
    return head if point and revision.isdecimal() else execution_id


def _revision(details: ExecutionDetails) -> int:
    revision = details.execution.execution_id.rpartition(".")[2]
    return int(revision) if revision.isdecimal() else 0
