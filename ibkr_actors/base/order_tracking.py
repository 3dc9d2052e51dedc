"""One order as its client knows it: everything heard about it, in whatever order it was heard.

The bridge sends statuses twice, executions before or after the status that they cause, commissions seconds later, and
all of it again on request. So nothing here depends on the order of callbacks, and hearing a thing twice is hearing it
once. No thread and no clock: whoever tracks the order has them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final, Self

from ibkr_actors.base.local_messages import OrderChanged
from ibkr_actors.base.message_codes import CODES, CodeTable
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import OpenOrder, OrderStatus, PlaceOrderRequest
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.execution import Execution

MAKES_AN_ORDER: Final = (PlaceOrderRequest, ExerciseOptionsRequest)
"""Requests that the bridge treats as an order, under an order id."""

SENT: Final = "Sent"
"""Our own: given to the bridge, nothing heard yet."""
REFUSED: Final = "Refused"
"""Our own: no such order came to exist; the reason says why."""
UNKNOWN: Final = "Unknown"
"""Our own: was working before the connection was lost, and is among neither the open orders nor the fills now."""

PREVIEWED: Final = "Previewed"
"""Our own: a what-if order, which only asks, was answered."""

ENDED: Final = frozenset(("Filled", "Cancelled", "ApiCancelled", REFUSED, UNKNOWN, PREVIEWED))
"""Statuses that no message leaves any more, but that of a correction by the bridge for our own two."""

_FILLED: Final = Status.FILLED


@dataclass(slots=True)
class TrackedOrder:
    """The state of one order."""

    order_id: int
    request: PlaceOrderRequest
    sent_at: float
    status: str = SENT
    filled: Decimal = Decimal(0)
    remaining: Decimal | None = None
    quantity: Decimal | None = None
    """As the bridge holds it, once it has said so: a change that it refuses changes nothing."""
    average_price: float | None = None
    permanent_id: int = 0
    reason: str = ""
    executions: dict[str, Execution] = field(default_factory=dict)
    contracts: dict[str, Contract] = field(default_factory=dict)
    """What each execution traded, as the bridge names it: completed, and of a combination a leg."""
    commissions: dict[str, CommissionAndFeesReport] = field(default_factory=dict)
    heard: bool = False
    """The bridge has said something about it."""

    @property
    def ended(self) -> bool:
        """Nothing more will happen to it."""
        return self.status in ENDED

    @property
    def commission(self) -> float:
        """Commission and fees reported so far."""
        return sum(report.commission_and_fees for report in self.commissions.values())

    def copy(self) -> Self:
        """The state of this moment, for another thread."""
        return replace(
            self,
            executions=dict(self.executions),
            contracts=dict(self.contracts),
            commissions=dict(self.commissions),
        )

    def facts(self) -> tuple[Any, ...]:
        """What a user sees of it; two equal facts need no second message."""
        return self.status, self.filled, self.remaining, self.average_price, self.reason

    def as_change(self) -> OrderChanged:
        """The same, to tell its owner."""
        return OrderChanged(
            self.order_id, self.status, self.filled, self.remaining, self.average_price, self.reason
        )

    # Each of these takes one message about the order.

    def hear_status(self, message: OrderStatus) -> None:
        """A status. One that is older than what executions have told does not turn anything back."""
        self.heard = True
        self.permanent_id = message.permanent_id or self.permanent_id
        if message.filled >= self.filled:
            self.filled, self.remaining = message.filled, message.remaining
            if message.filled:
                self.average_price = message.average_fill_price
        self._move_to(message.status)

    def hear_open_order(self, message: OpenOrder) -> None:
        """The order as the bridge holds it."""
        self.heard = True
        if message.order.what_if:
            self.status = PREVIEWED
            return
        self.permanent_id = message.order.permanent_id or self.permanent_id
        self.quantity = message.order.total_quantity or self.quantity
        self.reason = message.order_state.reject_reason or self.reason
        self._move_to(message.order_state.status)

    def hear_execution(self, message: ExecutionDetails) -> None:
        """A fill; one with a corrected id replaces the one that it corrects."""
        self.heard = True
        execution = message.execution
        stem = execution.execution_id.rpartition(".")[0]
        for known in [key for key in self.executions if stem and key.rpartition(".")[0] == stem]:
            del self.executions[known], self.contracts[known]
        self.executions[execution.execution_id] = execution
        self.contracts[execution.execution_id] = message.contract
        if execution.cumulative_quantity >= self.filled:
            self.filled = execution.cumulative_quantity
            self.average_price = execution.average_price
        total = self.quantity if self.quantity is not None else self.request.order.total_quantity
        if total is not None:
            self.remaining = total - self.filled
            if self.remaining <= 0:
                self._move_to(_FILLED)

    def hear_commission(self, report: CommissionAndFeesReport) -> None:
        """The cost of one fill."""
        self.commissions[report.execution_id] = report

    def hear_notice(self, notice: Notice, codes: CodeTable = CODES) -> None:
        """An error about the order: it refuses an order that has neither status nor fill yet, and ends no other."""
        facts = codes.facts(notice.code)
        if facts.refuses_new_order and self.status in (SENT, REFUSED) and not self.executions:
            self.heard = True
            self.status = REFUSED
        if facts.refuses_new_order or notice.code == _CANCEL_CONFIRMED:
            self.reason = f"{notice.code} {notice.text}"

    def lose(self, reason: str) -> None:
        """It was not sent, or is not known to the bridge any more."""
        if not self.ended:
            self.status = UNKNOWN if self.heard else REFUSED
            self.reason = reason

    def _move_to(self, status: str) -> None:
        if not status or self.status in (_FILLED, "Cancelled", "ApiCancelled"):
            return
        self.status = status


_CANCEL_CONFIRMED: Final = 202
