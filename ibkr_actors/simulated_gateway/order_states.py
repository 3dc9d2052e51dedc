"""The ways between the states of an order, as recorded from real gateways.

    (new) ─► PreSubmitted ─► Submitted ─► Filled
      │            │             │
      │            └──────┬──────┴─► PendingCancel ─► Cancelled
      └─► Inactive ◄──────┘
             └─► PreSubmitted, Submitted (after a change), Cancelled

`Inactive` is where a rejected order rests; Filled and Cancelled are final. This gateway makes no use of the states
before an acknowledgement (ApiPending, PendingSubmit), for it acknowledges at once.
"""

from __future__ import annotations

from typing import Final

from ibkr_actors.classes.enum.order_status import Status

_ENDS: Final = frozenset((Status.FILLED, Status.PENDING_CANCEL, Status.CANCELLED, Status.INACTIVE))

_WAYS: Final[dict[Status, frozenset[Status]]] = {
    Status.PRE_SUBMITTED: _ENDS | {Status.SUBMITTED},
    Status.SUBMITTED: _ENDS | {Status.PRE_SUBMITTED},
    Status.PENDING_CANCEL: frozenset((Status.CANCELLED, Status.FILLED, Status.SUBMITTED)),
    Status.INACTIVE: frozenset((Status.SUBMITTED, Status.PRE_SUBMITTED, Status.CANCELLED)),
}


def check_way(before: Status, after: Status) -> None:
    """Raises RuntimeError for a change that no gateway makes: a bug in the exchange, not of a client."""
    if after is not before and after not in _WAYS.get(before, ()):
        raise RuntimeError(f"an order can't go from {before} to {after}")
