"""The states of an order and the ways between them, as recorded from real gateways.

    (new) ─► PreSubmitted ─► Submitted ─► Filled
      │            │             │
      │            └──────┬──────┴─► PendingCancel ─► Cancelled
      └─► Inactive ◄──────┘
             └─► PreSubmitted, Submitted (after a change), Cancelled

`Inactive` is where a rejected order rests; Filled and Cancelled are final.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """Where an order stands, as the wire spells it."""

    PRE_SUBMITTED = "PreSubmitted"
    """Held by the broker: a stop that waits for its trigger, a child that waits for its parent."""
    SUBMITTED = "Submitted"
    """Works at the exchange."""
    PENDING_CANCEL = "PendingCancel"
    CANCELLED = "Cancelled"
    FILLED = "Filled"
    INACTIVE = "Inactive"
    """Rejected, or killed because it could not be filled at once."""


_WAYS: Final = {
    Status.PRE_SUBMITTED: {
        Status.SUBMITTED,
        Status.FILLED,
        Status.PENDING_CANCEL,
        Status.CANCELLED,
        Status.INACTIVE,
    },
    Status.SUBMITTED: {
        Status.PRE_SUBMITTED,
        Status.FILLED,
        Status.PENDING_CANCEL,
        Status.CANCELLED,
        Status.INACTIVE,
    },
    Status.PENDING_CANCEL: {Status.CANCELLED, Status.FILLED, Status.SUBMITTED},
    Status.INACTIVE: {Status.SUBMITTED, Status.PRE_SUBMITTED, Status.CANCELLED},
    Status.CANCELLED: set[Status](),
    Status.FILLED: set[Status](),
}

LIVE: Final = frozenset((Status.PRE_SUBMITTED, Status.SUBMITTED, Status.PENDING_CANCEL))
"""An order in one of these can still be filled, and belongs into a list of open orders."""

FINAL: Final = frozenset(status for status, ways in _WAYS.items() if not ways)


def check_way(before: Status, after: Status) -> None:
    """Raises RuntimeError for a change that no gateway makes: a bug in the exchange, not of a client."""
    if after is not before and after not in _WAYS[before]:
        raise RuntimeError(f"an order can't go from {before} to {after}")
