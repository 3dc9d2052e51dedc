"""Executions joined with what they cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import islice
from typing import Generic, NamedTuple, Self, TypeVar

import msgspec

from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.execution import Execution
from ibkr_actors.classes.rows import Rows
from ibkr_actors.classes.value import FrozenValue


class Fill(FrozenValue, frozen=True):
    """An execution of a contract, with its commission."""

    contract: Contract = msgspec.field(default_factory=Contract)
    execution: Execution = msgspec.field(default_factory=Execution)
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
        """Counts what was told that was not known."""

    def copy(self) -> NewestRevisions[Told]:
        """The same at this moment."""
        return NewestRevisions(self, self._newest.copy())

    def knows(self, execution_id: str) -> bool:
        """Whether it, or a correction of it, was told already."""
        newest = self._newest.get(uncorrected(execution_id))
        return newest is not None and revision_of(newest) >= revision_of(execution_id)

    def tell(self, execution_id: str, told: Told) -> bool:
        """Keep it, in place of what it corrects; nothing is kept of what was corrected already. Whether it is new."""
        is_new, stem = not self.knows(execution_id), uncorrected(execution_id)
        if is_new:
            self.pop(self._newest.get(stem, execution_id), None)
            self._newest[stem] = execution_id
        if self._newest[stem] == execution_id and self.get(execution_id) != told:
            self[execution_id] = told
            self.revision += 1
        return is_new


class ToldSoFar(Generic[Told]):
    """What `NewestRevisions` held at one moment, for good. Moments between which it only grew share one list."""

    __slots__ = ("_count", "_revision", "_told")

    def __init__(self, told: list[Told], revision: int) -> None:
        self._told, self._count, self._revision = told, len(told), revision

    @classmethod
    def by(cls, revisions: NewestRevisions[Told]) -> Self:
        """The present moment."""
        return cls(list(revisions.values()), revisions.revision)

    def followed_by(self, revisions: NewestRevisions[Told]) -> ToldSoFar[Told]:
        """The present moment, behind this one; only the newest is followed. One thread at a time."""
        added = len(revisions) - self._count
        if revisions.revision == self._revision:
            return self
        if added != revisions.revision - self._revision:
            return ToldSoFar.by(revisions)
        newest = list(islice(reversed(revisions.values()), added))
        self._told[self._count :] = reversed(newest)
        return ToldSoFar(self._told, revisions.revision)

    @property
    def values(self) -> tuple[Told, ...]:
        """What was told, the oldest first."""
        return tuple(self._told[: self._count])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ToldSoFar):
            return NotImplemented
        is_shared = self._told is other._told and self._count == other._count
        return is_shared or self.values == other.values

    def __hash__(self) -> int:
        return hash(self.values)


class _Counted(NamedTuple):
    """One execution, in all of its revisions."""

    revision: int = -1
    """The newest."""
    shares: Decimal = Decimal(0)
    """As the newest revision says; so is the price."""
    price: float = 0.0
    most: Decimal = Decimal(0)
    """The most that any revision said."""

    @property
    def value(self) -> Decimal:
        """What was paid."""
        return self.shares * Decimal(str(self.price))


@dataclass(slots=True)
class FilledQuantity:
    """How much of an order is filled, and at which price.

    Responsible for: statuses and running sums that were told before a correction, or repeat one from before, don't
    bring back what it took off, and those told behind it are not lessened by it once more. It is all the same in which
    order things are told, and how often.
    """

    said: Decimal = Decimal(0)
    """The most that a status, or the running sum of an execution, has said."""
    _average_said: float | None = None
    _executions: dict[str, _Counted] = field(default_factory=dict)
    _shares: Decimal = Decimal(0)
    _most: Decimal = Decimal(0)
    _value: Decimal = Decimal(0)
    _has_correction: bool = False

    def copy(self) -> Self:
        """The same at this moment."""
        return replace(self, _executions=self._executions.copy())

    def say(self, quantity: Decimal, average_price: float | None) -> None:
        """So much is filled, somebody says."""
        if quantity >= self.said:
            self.said = quantity
            if quantity:
                self._average_said = average_price

    def count(self, execution: Execution) -> None:
        """An execution, or a revision of one, the newest or not."""
        self.say(execution.cumulative_quantity, execution.average_price)
        stem, revision = uncorrected(execution.execution_id), revision_of(execution.execution_id)
        known = self._executions.get(stem, _Counted())
        self._has_correction |= known.revision not in (-1, revision)
        newest = known if known.revision >= revision else execution
        counted = _Counted(
            max(known.revision, revision), newest.shares, newest.price, max(known.most, execution.shares)
        )
        self._executions[stem] = counted
        self._shares += counted.shares - known.shares
        self._most += counted.most - known.most
        self._value += counted.value - known.value

    @property
    def quantity(self) -> Decimal:
        """What is filled: the executions as they were corrected, and what was said of those not told yet."""
        if not self._executions:
            return self.said
        untold = max(self.said - self._most, Decimal(0))
        return min(self.said, self._shares + untold)

    @property
    def average_price(self) -> float | None:
        """As the bridge says; behind a correction, which it may not have heard of, that of the executions. None while
        nothing is filled."""
        if not self._executions:
            return self._average_said
        if self._has_correction and self._shares and self.said <= self._most:
            return float(self._value / self._shares)
        return self._average_said if self.quantity else None


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
            key = uncorrected(message.execution.execution_id)
            former = executions.get(key)
            if former is None or revision_of(_id_of(former)) <= revision_of(_id_of(message)):
                executions[key] = message
    return Rows(
        (
            Fill(each.contract, each.execution, known.get(each.execution.execution_id))
            for each in executions.values()
        ),
        Fill,
    )


def uncorrected(execution_id: str) -> str:
    """What the ids of an execution and of its corrections have in common: all but the part behind the last point."""
    head, point, revision = execution_id.rpartition(".")
    return head if point and revision.isdecimal() else execution_id


def _id_of(details: ExecutionDetails) -> str:
    return details.execution.execution_id


def revision_of(execution_id: str) -> int:
    """How often an execution was corrected, as its id counts it; 0 for an id that does not."""
    revision = execution_id.rpartition(".")[2]
    return int(revision) if revision.isdecimal() else 0
