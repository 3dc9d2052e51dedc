"""Executions joined with what they cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

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


Told = TypeVar("Told")


class NewestRevisions(dict[str, Told]):
    """What is told of executions, by execution id; of one that was corrected, what is told of the correction."""

    __slots__ = (
        "_newest",
        "revision",
    )  # a desk copies those of all its orders every second that it shows them

    def __init__(self, told: Mapping[str, Told] | None = None, newest: dict[str, str] | None = None) -> None:
        super().__init__(told or {})
        self._newest: dict[str, str] = newest or {}
        self.revision = 0
        """Counts what was told."""

    def copy(self) -> NewestRevisions[Told]:
        """The same at this moment."""
        return NewestRevisions(self, self._newest.copy())

    def knows(self, execution_id: str) -> bool:
        """Whether it, or a correction of it, was told already."""
        newest = self._newest.get(_uncorrected(execution_id))
        return newest is not None and _revision(newest) >= _revision(execution_id)

    def tell(self, execution_id: str, told: Told) -> bool:
        """Keep it, in place of what it corrects; nothing is kept of what was corrected already. Whether it is new."""
        is_new, stem = not self.knows(execution_id), _uncorrected(execution_id)
        if is_new:
            self.pop(self._newest.get(stem, execution_id), None)
            self._newest[stem] = execution_id
        if self._newest[stem] == execution_id:
            self[execution_id] = told
            self.revision += 1
        return is_new


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
            if former is None or _revision(_id_of(former)) <= _revision(_id_of(message)):
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


def _id_of(details: ExecutionDetails) -> str:
    return details.execution.execution_id


def _revision(execution_id: str) -> int:
    revision = execution_id.rpartition(".")[2]
    return int(revision) if revision.isdecimal() else 0
