"""How long something may take: one rule for all who are told a number of seconds."""

from __future__ import annotations

import math
from typing import Annotated, Final, TypeAlias

from msgspec import Meta

from ibkr_actors.errors import InvalidRequest

LONGEST: Final = 1_000_000.0
"""Seconds, eleven days: what sockets, locks and queues of every system can wait."""

Timeout: TypeAlias = Annotated[float, Meta(gt=0, le=LONGEST)]
"""The same rule in a configuration."""


def time_limit(seconds: float, name: str = "a timeout") -> float:
    """The seconds, if they can be a limit. Raises InvalidRequest for none above zero, and for one above `LONGEST`."""
    if not _is_number(seconds) or not 0 < seconds <= LONGEST:
        raise InvalidRequest(
            f"{name} is a positive number of seconds, {LONGEST:,.0f} at most, got {seconds!r}"
        )
    return seconds


def patience(seconds: float | None) -> float | None:
    """Seconds to wait where one may wait without a limit: with None, and so with infinity. Below zero is not at all.

    Raises InvalidRequest for what is no number, and for one above `LONGEST`.
    """
    if seconds is None or seconds == math.inf:
        return None
    if not _is_number(seconds) or not seconds <= LONGEST:
        raise InvalidRequest(
            f"a timeout is a number of seconds, {LONGEST:,.0f} at most, or None for no limit; got {seconds!r}"
        )
    return seconds


def _is_number(seconds: object) -> bool:
    return isinstance(seconds, int | float) and not isinstance(seconds, bool)
