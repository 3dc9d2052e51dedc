"""What is missing among bars, told from the hours in which their contract was traded."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from ibkr_actors.base.bar_periods import end_of_period, is_of_days, moment, period_of, seconds_of
from ibkr_actors.classes.contracts.trading_hours import Session as TradingSession
from ibkr_actors.classes.enum.bar_size import BarSize
from ibkr_actors.classes.historical_session import HistoricalSession
from ibkr_actors.classes.history import Gap
from ibkr_actors.errors import InvalidRequest

Session = HistoricalSession | TradingSession | tuple[datetime, datetime]
"""When a contract was traded: of a schedule, of the details' trading hours, or its start and end as aware times."""


def edges_of(session: Session) -> tuple[datetime, datetime]:
    """Start and end of a session; raises InvalidRequest when it tells no aware times."""
    match session:
        case HistoricalSession():
            start, end = session.starts_at, session.ends_at
        case TradingSession():
            start, end = session.start, session.end
        case _:
            start, end = session
    if start is None or end is None or start.utcoffset() is None or end.utcoffset() is None:
        raise InvalidRequest(f"{session!r} tells no times with a time zone, so nobody knows when it was")
    if start.timestamp() > end.timestamp():
        raise InvalidRequest(
            f"{session!r} ends before it begins: say when trading began first, then when it ended"
        )
    return start, end


def stretches_of(sessions: Iterable[Session]) -> list[tuple[datetime, datetime]]:
    """When there was trading, in order; sessions that overlap, as regular and extended hours do, are one stretch."""
    stretches: list[tuple[datetime, datetime]] = []
    for start, end in sorted(map(edges_of, sessions), key=lambda edges: edges[0].timestamp()):
        if stretches and start.timestamp() < stretches[-1][1].timestamp():
            first, last = stretches[-1]
            stretches[-1] = first, max(last, end, key=datetime.timestamp)
        else:
            stretches.append((start, end))
    return stretches


def in_seconds(sessions: Iterable[Session]) -> list[tuple[int, int]]:
    """When there was trading, as epoch seconds, in order."""
    return [(int(start.timestamp()), int(end.timestamp())) for start, end in stretches_of(sessions)]


def gaps_among(
    keys: Sequence[int], size: BarSize, sessions: Iterable[Session], start: int, end: int
) -> tuple[Gap, ...]:
    """The stretches from `start` up to `end` in which sessions expect bars that there are not.

    `keys` are the times that the bars stand for, in order, as epoch seconds. Missing bars that follow each other are
    one gap, also over the night. A day has no bar before its session has begun.
    """
    begun = [session for session in sessions if edges_of(session)[0].timestamp() < end]
    expected = [bar for bar in _expected(size, begun) if start <= bar[0] < end]
    gaps = []
    for is_there, run in groupby(expected, lambda bar: _is_there(keys, *bar)):
        if not is_there:
            missing = list(run)
            gaps.append(Gap(moment(missing[0][0]), moment(missing[-1][1]), len(missing)))
    return tuple(gaps)


def _is_there(keys: Sequence[int], first: int, last: int) -> bool:
    place = bisect_left(keys, first)
    return place < len(keys) and keys[place] < last


def _expected(size: BarSize, sessions: Iterable[Session]) -> Iterator[tuple[int, int]]:
    """Start and end of each bar that trading makes, in order."""
    if is_of_days(size):
        keys = {period_of(_day_of(session), size) for session in sessions}
        yield from ((key, end_of_period(key, size)) for key in sorted(keys))
        return
    for stretch in stretches_of(sessions):
        yield from _within(*stretch, seconds_of(size))


def _day_of(session: Session) -> date:
    """The trading day: that of a schedule, else the one on which the session ends."""
    told = session.day if isinstance(session, HistoricalSession) else None
    return told if told is not None else edges_of(session)[1].date()


def _within(start: datetime, end: datetime, seconds: int) -> Iterator[tuple[int, int]]:
    """The bars of a session keep to the clock of the exchange, so that the first one may be shorter."""
    offset = int((start.utcoffset() or timedelta()).total_seconds())
    first, last = int(start.timestamp()), int(end.timestamp())
    while first < last:
        following = first + seconds - (first + offset) % seconds
        yield first, min(following, last)
        first = following
