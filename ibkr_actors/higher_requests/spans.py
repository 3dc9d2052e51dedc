"""Starts and ends of a span, as users give them, in epoch seconds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta, tzinfo
from math import ceil

from ibkr_actors.base.bar_periods import midnight
from ibkr_actors.classes import moment as moments
from ibkr_actors.errors import InvalidRequest

Edge = datetime | date | str
"""An aware time, a day, or the bridge's text for either. The day of an end is part of the span."""


def instant(edge: Edge, zone: Callable[[], tzinfo], *, is_end: bool) -> int:
    """The second of an edge; a day is one of the `zone`, which is asked for when it matters.

    Bars and ticks have whole seconds: of a time within a second, those from the next one on are behind it.

    Raises InvalidRequest for a time without a zone, and for a text that tells neither time nor day.
    """
    found = _time_or_day(edge)
    if isinstance(found, datetime):
        return ceil(found.timestamp())
    following = found + timedelta(days=1) if is_end else found
    return int(datetime.combine(following, time(), zone()).timestamp())


def day_edge(edge: Edge, *, is_end: bool) -> int:
    """The midnight in UTC that stands for an edge, for bars of a day and longer: that of its own day."""
    found = _time_or_day(edge)
    if isinstance(found, datetime):
        found = (found - timedelta(microseconds=1) if is_end else found).date()
    return midnight(found + timedelta(days=1) if is_end else found)


def _time_or_day(edge: Edge) -> datetime | date:
    if isinstance(edge, str):
        found = moments.moment(edge)
        told = moments.day(edge) if len(edge.strip()) == 8 else None
        if found is None and told is None:
            raise InvalidRequest(
                f'{edge!r} tells neither a time with a zone nor a day: expected "YYYYMMDD-HH:MM:SS" (UTC), '
                '"YYYYMMDD HH:MM:SS US/Eastern" or "YYYYMMDD"'
            )
        return found or told  # type: ignore[return-value]  # one of them is there
    if isinstance(edge, datetime) and edge.utcoffset() is None:
        raise InvalidRequest(
            f"{edge!r} names no time zone. Say which one it is in, as in "
            'datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("US/Eastern"))'
        )
    if not isinstance(edge, date):
        raise InvalidRequest(f"{edge!r} is no time: expected an aware datetime, a date, or the bridge's text")
    return edge
