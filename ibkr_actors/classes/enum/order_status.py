"""Where an order stands."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class Status(Words):
    """`OrderStatus.status` and `OrderState.status`. Only a status ends an order, never an error."""

    API_PENDING = "ApiPending"
    """With the bridge, which has not looked at it yet."""
    PENDING_SUBMIT = "PendingSubmit"
    """Sent, and not acknowledged."""
    PRE_SUBMITTED = "PreSubmitted"
    """Accepted and held: a stop, a condition, a child, or outside trading hours."""
    SUBMITTED = "Submitted"
    """Works at its destination."""
    PENDING_CANCEL = "PendingCancel"
    """To be cancelled, and not confirmed: it may still fill."""
    CANCELLED = "Cancelled"
    API_CANCELLED = "ApiCancelled"
    """Cancelled before it was acknowledged."""
    FILLED = "Filled"
    INACTIVE = "Inactive"
    """Rejected, or held back; a change may bring it to life."""

    @property
    def is_terminal(self) -> bool:
        """No other status follows."""
        return self in (Status.CANCELLED, Status.API_CANCELLED, Status.FILLED)

    @property
    def is_working(self) -> bool:
        """It may fill as it is, now or when its conditions hold."""
        return not self.is_terminal and self is not Status.INACTIVE
