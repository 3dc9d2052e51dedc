"""An order of the desk: what is known of it, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from ibkr_actors.actors.messages import Origin, PlaceOrder
from ibkr_actors.base.local_messages import OrderChanged
from ibkr_actors.base.order_terms import OrderTerms
from ibkr_actors.base.order_tracking import UNKNOWN, TrackedOrder


@dataclass(slots=True)
class OwnedOrder(TrackedOrder):
    """The state of one order, and the actor that owns it."""

    code: str = ""
    mail: Any = None
    reminded: bool = False
    """Nothing was heard for too long, and the bridge was asked."""
    untold: OrderChanged | None = None
    """The last change, until it has reached its owner; for one in another process, until its mail has taken it."""
    outlived_connection: bool = False
    """It was sent before the connection was lost, and nothing was heard of it."""
    origin: Origin | None = None
    """The request of an actor in another process that it came from."""
    told: set[str] = field(default_factory=set)
    """Executions that an owner in another process was told of in an earlier life of the desk."""

    @classmethod
    def of(cls, wanted: PlaceOrder, now: float) -> OwnedOrder:
        """An order about to be sent."""
        request = wanted.request
        return cls(
            request.order_id,
            request,
            now,
            remaining=request.order.total_quantity,
            code=wanted.code,
            mail=wanted.mail,
            origin=wanted.origin,
            opening=wanted.exercise,
            terms=OrderTerms(request),  # nobody else has it, and `copy` keeps it so
        )

    def state(self) -> tuple[Any, ...]:
        """What differs whenever the order is another one to look at."""
        told = self.executions.revision, self.commissions.revision
        return self.facts(), id(self.request), self.permanent_id, self.quantity, told, self.heard

    @property
    def may_work(self) -> bool:
        """Whether the bridge may have it: it has not ended, or that is not known for certain."""
        return not self.ended or self.status == UNKNOWN

    @property
    def is_silent(self) -> bool:
        """Nothing was heard of it yet."""
        return not (self.heard or self.ended)

    def has_to_be_known(self, sent_before: float) -> bool:
        """Whether the bridge, asked for everything, would tell of this order if it worked.

        Not so for one that was sent later and may still be on its way, or that the bridge was told to hold back and may
        still hold: that lasts no longer than the connection.
        """
        if self.ended or self.heard:
            return not self.is_over
        return self.sent_at <= sent_before and (self.request.order.transmit or self.outlived_connection)

    def in_words(self) -> str:
        """Whose it is, what it is and how it stands: "cross 7: BUY 100 IBM LMT 187.25 DAY, Submitted, filled 0"."""
        order = replace(self.request.order, contract=self.request.contract)
        return f"{self.code} {self.order_id}: {order}, {self.status}, filled {self.filled}"
