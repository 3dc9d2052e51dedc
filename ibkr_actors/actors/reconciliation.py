"""Which orders the bridge does not know any more: after a lost connection, or when it says nothing about an order."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any

from ibkr_actors.base.local_messages import RequestFailed
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.executions import ExecutionDetailsEnd, ExecutionRequest
from ibkr_actors.base.messages.orders import OpenOrderEnd, OpenOrdersRequest


class Reconciliation:
    """Asks the bridge for open orders and for executions: what is in neither answer is lost.

    Responsible for: the two questions (`ask` sends one and has its answer brought), and knowing when both are answered.
    When one of them gets no answer nothing is concluded. Times are monotonic seconds.
    """

    def __init__(self, ask: Callable[[Request], None], request_ids: Callable[[], int]) -> None:
        self._ask, self._request_ids = ask, request_ids
        self._questions: tuple[Request, ...] = ()
        self._missing: set[type] = set()
        self._asked_about: set[int] = set()
        self._seen: set[int] = set()
        self.begun_at = -math.inf
        """When the bridge was asked last."""

    @property
    def goes_on(self) -> bool:
        """Whether an answer is still missing."""
        return bool(self._missing)

    def may_begin(self, now: float, pause: float) -> bool:
        """Whether the bridge can be asked again: nothing is on its way, and it was not asked within the pause."""
        return not self.goes_on and now - self.begun_at >= pause

    def begin(self, asked_about: Collection[int], now: float) -> None:
        """Ask the bridge; those orders have to be in one of its answers."""
        self._missing = {OpenOrderEnd, ExecutionDetailsEnd}
        self._asked_about, self.begun_at = set(asked_about), now
        self._seen.clear()
        self._questions = (OpenOrdersRequest(), ExecutionRequest(request_id=self._request_ids()))
        for question in self._questions:
            self._ask(question)

    def see(self, order_id: int) -> None:
        """The bridge has told how an order stands, so it knows it."""
        self._seen.add(order_id)

    def hear_end(self, end: OpenOrderEnd | ExecutionDetailsEnd) -> set[int]:
        """One answer is complete. The orders that are lost, when it was the last one."""
        is_late = isinstance(end, ExecutionDetailsEnd) and not self._is_asked(end)
        if type(end) not in self._missing or is_late:
            return set()
        self._missing.discard(type(end))
        return set() if self._missing else self._asked_about - self._seen

    def hear_refusal(self, message: Notice | RequestFailed) -> None:
        """A question may have got no answer: then nothing can be concluded from that of the other one."""
        if self._is_asked(message):
            self._missing.clear()

    def _is_asked(self, message: Notice | RequestFailed | ExecutionDetailsEnd) -> bool:
        return any(_is_about(message, question) for question in self._questions)


def _is_about(message: Notice | RequestFailed | ExecutionDetailsEnd, question: Any) -> bool:
    if isinstance(message, RequestFailed):
        return message.request is question
    return message.request_id == getattr(question, "request_id", None)
