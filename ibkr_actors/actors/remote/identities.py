"""Ids of actors in other processes: each code has a range of numbers of its own, so that no two ever meet.

Request ids travel as they are. Order ids can't: the bridge refuses (103) an id that is lower than one it has got, and
who sends first is known at the desk only. So an order has its actor's own number, from the same range, and the desk
gives it the bridge's id when it leaves.
"""

from __future__ import annotations

from typing import Final

from ibkr_actors.base.ids import FIRST_REQUEST_ID

FIRST_NUMBER: Final = FIRST_REQUEST_ID + 100_000_000
"""Below are the request ids of the desk's own process."""
PER_ACTOR: Final = 1_000_000
FIRST_ORDER: Final = PER_ACTOR // 2
"""The first half of an actor's range are its request ids, the second half its orders."""
MOST_SLOTS: Final = (2**31 - 1 - FIRST_NUMBER) // PER_ACTOR
"""Codes that a desk can tell apart: the bridge's ids end there."""


def first_request(slot: int) -> int:
    """The first request id of an actor."""
    return FIRST_NUMBER + slot * PER_ACTOR


def first_order(slot: int) -> int:
    """The first order number of an actor."""
    return first_request(slot) + FIRST_ORDER


def is_number_of(slot: int, number: int) -> bool:
    """Whether a number is in an actor's range."""
    return first_request(slot) <= number < first_request(slot) + PER_ACTOR
