"""Bars by the time that they stand for, as epoch seconds, whatever their size.

A bar of less than a day stands for its start. Longer ones stand for midnight in UTC of their day, of the Monday of
their week, or of the first day of their month: the bridge gives them the date of a trading day, which is another one
while the week or month is not over.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from ibkr_actors.classes.bar import Bar
from ibkr_actors.classes.enum.bar_size import BarSize
from ibkr_actors.errors import InvalidRequest

DAY: Final = 86_400

_SECONDS: Final = {"secs": 1, "min": 60, "mins": 60, "hour": 3_600, "hours": 3_600}
_LONG: Final = {BarSize.ONE_DAY: DAY, BarSize.ONE_WEEK: 7 * DAY, BarSize.ONE_MONTH: 31 * DAY}


def bar_size_of(size: BarSize | str) -> BarSize:
    """The member for a bar size; raises InvalidRequest with the list of what there is."""
    try:
        return BarSize(size)
    except ValueError as error:
        raise InvalidRequest(f"{size!r} is no bar size; there are {', '.join(BarSize)}") from error


def seconds_of(size: BarSize) -> int:
    """How long a bar is; a month at its longest."""
    if size in _LONG:
        return _LONG[size]
    count, unit = size.value.split()
    return int(count) * _SECONDS[unit]


def is_of_days(size: BarSize) -> bool:
    """Whether bars are of a day or longer, and so have a day instead of a time."""
    return size in _LONG


def key_of(bar: Bar, size: BarSize) -> int:
    """The time that a bar stands for. Raises InvalidRequest when its text tells none."""
    if is_of_days(size):
        if bar.day is not None:
            return period_of(bar.day, size)
    elif bar.at is not None:
        return int(bar.at.timestamp())
    raise InvalidRequest(f"a bar of {size} is dated {bar.date!r}, which tells no {_told(size)}")


def _told(size: BarSize) -> str:
    return "day" if is_of_days(size) else "time with a zone; ask for dates as epoch seconds"


def period_of(day: date, size: BarSize) -> int:
    """The time that the bar of a day stands for, for bars of a day and longer."""
    if size is BarSize.ONE_WEEK:
        day -= timedelta(days=day.weekday())
    elif size is BarSize.ONE_MONTH:
        day = day.replace(day=1)
    return midnight(day)


def end_of_period(key: int, size: BarSize) -> int:
    """Where the time ends that a bar stands for."""
    if size is BarSize.ONE_MONTH:
        return period_of((moment(key) + timedelta(days=31)).date(), size)
    return key + seconds_of(size)


def latest_trading_day(now: float) -> date:
    """The latest day that a bar can have by now: on some exchanges trading for a day begins the afternoon before."""
    return moment(int(now) + DAY).date()


def midnight(day: date) -> int:
    """The first second of a day of UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def moment(key: int) -> datetime:
    """Epoch seconds as an aware time."""
    return datetime.fromtimestamp(key, UTC)


def refuse_empty_span(what: str, start: int, end: int) -> None:
    """Raises InvalidRequest for a span in which there is no time."""
    if start >= end:
        raise InvalidRequest(f"{what} from {moment(start)} to {moment(end)}: the start is not before the end")
