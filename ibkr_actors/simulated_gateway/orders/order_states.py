"""The ways between the states of an order, as recorded from real gateways.

    (new) ─► PendingSubmit ─► PreSubmitted ─► Submitted ─► Filled
      │            │               │              │
      │            ├─► ApiCancelled└──────┬───────┴─► PendingCancel ─► Cancelled
      └─► Inactive ◄──────────────────────┘
             └─► PreSubmitted, Submitted (after a change), Cancelled

`Inactive` is where a rejected or deactivated order rests; Filled, Cancelled and ApiCancelled are final. PendingSubmit
comes only where the gateway is set to take its time with an acknowledgement; ApiPending never, for it looks at once.
"""

from __future__ import annotations

from typing import Final

from ibkr_actors.classes.enum.order_status import Status

_ENDS: Final = frozenset((Status.FILLED, Status.PENDING_CANCEL, Status.CANCELLED, Status.INACTIVE))

_WAYS: Final[dict[Status, frozenset[Status]]] = {
    Status.PENDING_SUBMIT: _ENDS | {Status.PRE_SUBMITTED, Status.SUBMITTED, Status.API_CANCELLED},
    Status.PRE_SUBMITTED: _ENDS | {Status.SUBMITTED, Status.PENDING_SUBMIT},
    Status.SUBMITTED: _ENDS | {Status.PRE_SUBMITTED, Status.PENDING_SUBMIT},
    Status.PENDING_CANCEL: frozenset((Status.CANCELLED, Status.FILLED, Status.SUBMITTED)),
    Status.INACTIVE: frozenset((Status.SUBMITTED, Status.PRE_SUBMITTED, Status.CANCELLED)),
}


def check_way(before: Status, after: Status) -> None:
    """Raises RuntimeError for a change that no gateway makes: a bug in the exchange, not of a client."""
    if after is not before and after not in _WAYS.get(before, ()):
        raise RuntimeError(f"an order can't go from {before} to {after}")
