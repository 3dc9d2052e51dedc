"""Executions with their commissions."""

from __future__ import annotations

from ibkr_actors.base.fills import Fill, fills_of
from ibkr_actors.base.messages.executions import ExecutionRequest
from ibkr_actors.classes.execution import ExecutionFilter
from ibkr_actors.classes.rows import Rows
from ibkr_actors.classes.value import snapshot
from ibkr_actors.higher_requests.asking import Asks


class FillRequests(Asks):
    """Requests about what was traded. Whoever mixes it in answers the calls of `Asks`."""

    def request_fills(self, filter: ExecutionFilter | None = None) -> Rows[Fill]:  # noqa: A002  # the field's own name
        """The executions of the day, or those that pass a filter, each with its commission.

        The commission of an execution that just happened may be missing: None. Ask again a few seconds later.
        """
        request = ExecutionRequest(ExecutionFilter() if filter is None else filter)
        answer = self.answer_to(snapshot(request, ExecutionRequest))
        return fills_of(answer.parts, self.known_commissions())
