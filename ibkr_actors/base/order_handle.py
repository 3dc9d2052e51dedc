"""What a user sees of an order: facts that belong together, and how they came about. Nothing here waits.

Whoever tracks the order changes a `TrackedOrder` under a lock of its own, and then calls `OrderView.take_over`. That
puts a new `OrderFacts` in the place of the old one, so that any thread reads facts of one moment without a lock.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime
from decimal import Decimal
from typing import Final

from msgspec import Struct

from ibkr_actors.base.fills import ToldSoFar
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.executions import CommissionAndFeesReport
from ibkr_actors.base.order_tracking import ENDED, TrackedOrder
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.execution import Execution
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.value import snapshot

MOST_CHANGES: Final = 1_000
"""Changes of one order that are kept; an order that is filled in more parts forgets its oldest."""
MOST_NOTICES: Final = 100
"""What the bridge said about one order by codes, likewise."""


class OrderFacts(Struct, frozen=True):
    """Everything that is known of an order at one moment."""

    status: str
    """A `Status`, or one of our own: Sent, Refused, Unknown, Previewed."""
    filled: Decimal
    remaining: Decimal | None
    """None while nobody knows: an order by cash quantity before its first status."""
    average_price: float | None
    """Of what was filled, without commission; None before the first fill."""
    permanent_id: int
    """0 before the bridge has given one."""
    reason: str
    """Why it was refused, cancelled or lost; empty when nobody said."""
    _executions: ToldSoFar[Execution]
    _commissions: ToldSoFar[CommissionAndFeesReport]

    @classmethod
    def of(cls, tracked: TrackedOrder) -> OrderFacts:
        """The facts of this moment."""
        return _facts(tracked, ToldSoFar.by(tracked.executions), ToldSoFar.by(tracked.commissions))

    def followed_by(self, tracked: TrackedOrder) -> OrderFacts:
        """The facts of this moment, behind these: what they have in common is there once."""
        return _facts(
            tracked,
            self._executions.followed_by(tracked.executions),
            self._commissions.followed_by(tracked.commissions),
        )

    @property
    def executions(self) -> tuple[Execution, ...]:
        """The fills."""
        return self._executions.values

    @property
    def commissions(self) -> tuple[CommissionAndFeesReport, ...]:
        """What the fills cost, as far as it was reported."""
        return self._commissions.values

    @property
    def commission(self) -> float:
        """Commission and fees reported so far. They follow executions, sometimes by seconds."""
        return sum(report.commission_and_fees for report in self.commissions)

    @property
    def ended(self) -> bool:
        """Nothing more will happen to it, but that a commission may still be reported."""
        return self.status in ENDED

    def __repr__(self) -> str:
        names = [name.removeprefix("_") for name in self.__struct_fields__]
        return f"OrderFacts({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"


def _facts(
    tracked: TrackedOrder,
    executions: ToldSoFar[Execution],
    commissions: ToldSoFar[CommissionAndFeesReport],
) -> OrderFacts:
    return OrderFacts(
        tracked.status,
        tracked.filled,
        tracked.remaining,
        tracked.average_price,
        tracked.permanent_id,
        tracked.reason,
        executions,
        commissions,
    )


class OrderChange(Struct, frozen=True):
    """One step of an order's history: how it stood from then on."""

    at: datetime
    """When this side heard of it."""
    facts: OrderFacts

    @property
    def status(self) -> str:
        """The status from then on."""
        return self.facts.status


class OrderView:
    """One order, to look at from any thread.

    Responsible for: the facts of one moment, the history, what the bridge said about the order by codes. Each property
    is of the present moment; use `facts` for several that belong together.
    Not responsible for: hearing of anything (`TrackedOrder` does), placing, changing, waiting.
    """

    def __init__(self, tracked: TrackedOrder, at: datetime) -> None:
        """An order that was placed, or first heard of, at a moment (aware)."""
        self._tracked = tracked
        self._facts = OrderFacts.of(tracked)
        self._history = deque([OrderChange(at, self._facts)], maxlen=MOST_CHANGES)
        self._notices: deque[Notice] = deque(maxlen=MOST_NOTICES)

    # -------------------------------------------------------------------------------------- for whoever tracks it

    def take_over(self, at: datetime) -> bool:
        """Show what the tracked order knows now; True when something is new. One thread at a time."""
        facts = self._facts.followed_by(self._tracked)
        if facts == self._facts:
            return False
        self._facts = facts
        self._history.append(OrderChange(at, facts))
        return True

    def note(self, notice: Notice) -> None:
        """Keep what the bridge said about the order. One thread at a time."""
        self._notices.append(notice)

    # ------------------------------------------------------------------------------------------------ for everybody

    @property
    def facts(self) -> OrderFacts:
        """Everything that is known, of one moment."""
        return self._facts

    @property
    def order_id(self) -> int:
        """The id under which its client placed it; 0 for one that no client of the API placed."""
        return self._tracked.order_id

    @property
    def contract(self) -> Contract:
        """What it trades; a copy."""
        return snapshot(self._tracked.request.contract, Contract)

    @property
    def order(self) -> Order:
        """The order to build on; a copy, to change and send again.

        That is how the bridge holds it, as far as is known, with the last change while that is on its way. Nothing of
        a change that was refused, could not be sent, or that a lost connection left in doubt.
        """
        return self._tracked.order

    @property
    def status(self) -> str:
        """A `Status`, or one of our own: Sent, Refused, Unknown, Previewed."""
        return self._facts.status

    @property
    def filled(self) -> Decimal:
        """Quantity filled so far."""
        return self._facts.filled

    @property
    def remaining(self) -> Decimal | None:
        """Quantity that is still to be filled; None while nobody knows."""
        return self._facts.remaining

    @property
    def average_price(self) -> float | None:
        """Average price of what was filled, without commission; None before the first fill."""
        return self._facts.average_price

    @property
    def permanent_id(self) -> int:
        """Unique in the account and the same for ever; 0 before the bridge has given one."""
        return self._facts.permanent_id

    @property
    def executions(self) -> tuple[Execution, ...]:
        """Its fills so far."""
        return self._facts.executions

    @property
    def commissions(self) -> tuple[CommissionAndFeesReport, ...]:
        """What the fills cost, as far as it was reported."""
        return self._facts.commissions

    @property
    def commission(self) -> float:
        """Commission and fees reported so far."""
        return self._facts.commission

    @property
    def reason(self) -> str:
        """Why it was refused, cancelled or lost, or why a change was refused; empty when nobody said."""
        return self._facts.reason

    @property
    def ended(self) -> bool:
        """Nothing more will happen to it, but that a commission may still be reported."""
        return self._facts.ended

    @property
    def history(self) -> tuple[OrderChange, ...]:
        """Every change, oldest first. The oldest are forgotten beyond a thousand."""
        return tuple(self._history.copy())

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Errors and warnings that the bridge sent about it, oldest first; the last hundred."""
        return tuple(self._notices.copy())

    def __str__(self) -> str:
        facts, order = self._facts, self._tracked.request.order
        price = f" at {facts.average_price}" if facts.average_price is not None else ""
        reason = f" ({facts.reason})" if facts.reason else ""
        contract, kind = self._tracked.request.contract, order.order_type
        what = (order.action, order.total_quantity, contract if contract.strike else contract.symbol, kind)
        words = " ".join(str(each) for each in what if each not in (None, ""))
        return f"order {self.order_id}: {words}, {facts.status}, filled {facts.filled}{price}{reason}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"
