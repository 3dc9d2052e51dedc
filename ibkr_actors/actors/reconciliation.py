"""After a lost connection: which orders the bridge does not know any more."""

from __future__ import annotations

from collections.abc import Collection

from ibkr_actors.base.messages.executions import ExecutionDetailsEnd
from ibkr_actors.base.messages.orders import OpenOrderEnd


class Reconciliation:
    """The bridge was asked for open orders and for executions: what is in neither answer is lost."""

    def __init__(self) -> None:
        self._missing: set[type] = set()
        self._asked_about: set[int] = set()
        self._seen: set[int] = set()

    @property
    def goes_on(self) -> bool:
        """Whether an answer is still missing."""
        return bool(self._missing)

    def begin(self, asked_about: Collection[int]) -> None:
        """The bridge was asked; those orders have to be in one of its answers."""
        self._missing = {OpenOrderEnd, ExecutionDetailsEnd}
        self._asked_about = set(asked_about)
        self._seen.clear()

    def see(self, order_id: int) -> None:
        """The bridge has told of an open order."""
        self._seen.add(order_id)

    def hear_end(self, arrived: type) -> set[int]:
        """One answer is complete. The orders that are lost, when it was the last one."""
        if arrived not in self._missing:
            return set()
        self._missing.discard(arrived)
        return set() if self._missing else self._asked_about - self._seen
