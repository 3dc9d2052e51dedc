"""An order of the desk: what is known of it, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ibkr_actors.actors.messages import PlaceOrder
from ibkr_actors.base.order_tracking import TrackedOrder


@dataclass(slots=True)
class OwnedOrder(TrackedOrder):
    """The state of one order, and the actor that owns it."""

    code: str = ""
    mail: Any = None
    reminded: bool = False
    """Nothing was heard for too long, and the bridge was asked."""
    untold: bool = False
    """It changed while its owner was down."""

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
        )
