"""How a span of any length is asked for, in steps that the bridge takes.

No socket, no thread, no clock: `now` is an argument. What a step covers:

* a duration of seconds counts time of trading, so it reaches back at least that far;
* a duration of days counts days of trading, the last of which has perhaps just begun: a day less is sure;
* weeks, months and years are those of the calendar, and begin with a whole day: a day less is sure as well;
* whatever the duration, everything behind the first bar of the answer is in the answer.

So a plan goes backwards, each step up to the first bar of the answer before. The longest step for each bar size is that
of the vendor's table, where the real service allows more for bars of a minute and longer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from ibkr_actors.base.bar_periods import (
    DAY,
    end_of_period,
    is_of_days,
    key_of,
    latest_trading_day,
    moment,
    period_of,
    refuse_empty_span,
    seconds_of,
)
from ibkr_actors.classes.bar import Bar
from ibkr_actors.classes.enum.bar_size import BarSize
from ibkr_actors.classes.enum.duration_unit import DurationUnit
from ibkr_actors.errors import InvalidRequest

_SECONDS_AT_ONCE: Final = {
    BarSize.ONE_SECOND: 1_800,
    BarSize.FIVE_SECONDS: 3_600,
    BarSize.TEN_SECONDS: 14_400,
    BarSize.FIFTEEN_SECONDS: 14_400,
    BarSize.THIRTY_SECONDS: 28_800,
    # A day at once would be legal too, but of one day of trading nothing is sure: it has perhaps just begun.
    BarSize.ONE_MINUTE: 28_800,
}
_DAYS_AT_ONCE: Final = {
    BarSize.TWO_MINUTES: 2,
    **dict.fromkeys(
        (
            BarSize.THREE_MINUTES,
            BarSize.FIVE_MINUTES,
            BarSize.TEN_MINUTES,
            BarSize.FIFTEEN_MINUTES,
            BarSize.TWENTY_MINUTES,
        ),
        7,
    ),
    **dict.fromkeys(
        (
            BarSize.THIRTY_MINUTES,
            BarSize.ONE_HOUR,
            BarSize.TWO_HOURS,
            BarSize.THREE_HOURS,
            BarSize.FOUR_HOURS,
            BarSize.EIGHT_HOURS,
        ),
        28,
    ),
    **dict.fromkeys((BarSize.ONE_DAY, BarSize.ONE_WEEK, BarSize.ONE_MONTH), 365),
}
_SHORT_YEAR: Final = 330
"""Days of a year of weeks or months that hold whole bars in any case."""
_DAYS_BEFORE_YEARS: Final = 365
_PAST_MIDNIGHT: Final = DAY // 2
"""So long after midnight in UTC the trading day before it is over on every exchange."""
_CLOCKS_DIFFER: Final = 60
"""Seconds after which a bar is over on the bridge's clock too."""


class Step(Struct, frozen=True):
    """One request for bars: up to `end` (epoch seconds; None for now), so far back."""

    end: int | None
    duration: str
    sure: int
    """All bars from there on are surely in the answer."""
    to: int
    """Where the plan is: only bars before are wanted of the answer."""

    @property
    def end_text(self) -> str:
        """The end as a request spells it, in UTC."""
        return "" if self.end is None else f"{moment(self.end):%Y%m%d-%H:%M:%S}"


class Answer(Struct, frozen=True):
    """What is known of a stretch: all its bars from `start` up to, and without, `end` (epoch seconds)."""

    start: int
    end: int
    bars: tuple[Bar, ...]


class HistoryPlan:
    """The steps that bring the bars which begin in a span, and the bars that they brought.

    Responsible for:
    1. asking for nothing that is in the answers that are `known` already, or between two of the `sessions`;
    2. each bar once, and whole: of two bars for the same time the one is kept that was not cut by a step;
    3. coming to an end, whatever the answers.

    `start` and `end` are epoch seconds, `sessions` likewise: when there was trading, none overlapping another. With
    `newest_only` there is a single step, for what the bridge gives only up to now.
    """

    def __init__(
        self,
        size: BarSize,
        start: int,
        end: int,
        *,
        known: Iterable[Answer] = (),
        sessions: Iterable[tuple[int, int]] = (),
        newest_only: bool = False,
    ) -> None:
        refuse_empty_span("history", start, end)
        self._size = size
        self._start, self._end = (start, end) if not is_of_days(size) else _whole_periods(start, end, size)
        self._known = sorted(known, key=lambda answer: answer.end)
        self._sessions = () if is_of_days(size) else tuple(sorted(sessions))
        self._newest_only = newest_only
        self._bars: dict[int, Bar] = {}
        self._cursor = self._end

    # -------------------------------------------------------------------------------------------------------- steps

    def step(self, now: float) -> Step | None:
        """The next request to make; None when the span is complete."""
        self._cursor = self._into_session(min(self._cursor, self._latest(now)))
        self._use_what_is_known()
        if self._cursor <= self._start:
            return None
        if self._newest_only:
            return Step(None, self._duration_until_now(now), self._start, self._cursor)
        end = self._end_of_request()
        duration, covered = self._duration(end - self._lowest_needed())
        return Step(None if end >= now else end, duration, self._aligned(end - covered), self._cursor)

    def take(self, step: Step, bars: Iterable[Bar], now: float) -> Answer:
        """The answer to a step, with no bars when there are none: what it tells of which stretch, to be kept.

        `now` is when the step was asked for: what ended since then may have run when it was answered.
        """
        found = {key: bar for bar in bars if (key := key_of(bar, self._size)) < step.to}
        self._bars |= found
        end = self._cursor
        self._cursor = self._start if self._newest_only else self._next_cursor(found, step)
        return self._to_keep(found, end, now)

    def _latest(self, now: float) -> int:
        """Behind the bar that runs now there is nothing to ask for."""
        if is_of_days(self._size):
            return end_of_period(period_of(latest_trading_day(now), self._size), self._size)
        return int(now) + seconds_of(self._size)

    def _end_of_request(self) -> int:
        """Far enough behind the cursor that the last bar before it is whole."""
        if is_of_days(self._size):
            return self._cursor + _PAST_MIDNIGHT
        seconds = seconds_of(self._size)
        return -(-self._cursor // seconds) * seconds + seconds

    def _aligned(self, sure: int) -> int:
        """The first bar that surely is there, for those of a day and longer."""
        if self._is_of_several_days:
            return period_of(moment(sure).date(), self._size)
        return -(-sure // DAY) * DAY if is_of_days(self._size) else sure

    def _next_cursor(self, found: dict[int, Bar], step: Step) -> int:
        if not found:
            return step.sure
        # The first week or month of an answer is perhaps cut: the next step brings it whole.
        first = end_of_period(min(found), self._size) if self._is_of_several_days else min(found)
        return min(first, step.sure)

    @property
    def _is_of_several_days(self) -> bool:
        return self._size in (BarSize.ONE_WEEK, BarSize.ONE_MONTH)

    def _into_session(self, cursor: int) -> int:
        """Where nothing is traded right before the cursor, the end of the session before.

        Of the time behind the last session, as of that before the first, the sessions tell nothing.
        """
        place = bisect_left(self._sessions, (cursor, cursor))
        return min(cursor, self._sessions[place - 1][1]) if 0 < place < len(self._sessions) else cursor

    def _use_what_is_known(self) -> None:
        for answer in reversed(self._known):
            if self._start < self._cursor and answer.start < self._cursor <= answer.end:
                self._bars |= {
                    key: bar for bar in answer.bars if (key := key_of(bar, self._size)) < self._cursor
                }
                self._cursor = self._into_session(answer.start)

    def _lowest_needed(self) -> int:
        """Where the next step may end: what lies before is known, or not asked for."""
        known = [answer.end for answer in self._known if answer.end < self._cursor]
        return max([self._start, *known])

    def _to_keep(self, found: dict[int, Bar], end: int, now: float) -> Answer:
        """Of the present only what will not change any more."""
        whole = {key: bar for key, bar in found.items() if self._is_over(key, now)}
        if len(whole) < len(found) or not self._is_over(end - 1, now):
            end = max((end_of_period(key, self._size) for key in whole), default=self._cursor)
        return Answer(self._cursor, max(end, self._cursor), tuple(whole[key] for key in sorted(whole)))

    def _is_over(self, key: int, now: float) -> bool:
        margin = DAY if is_of_days(self._size) else _CLOCKS_DIFFER
        return end_of_period(key, self._size) + margin <= now

    # ----------------------------------------------------------------------------------------------------- durations

    def _duration(self, seconds: int) -> tuple[str, int]:
        """The shortest legal duration that covers so much, or else the longest; and what it surely covers."""
        size = seconds_of(self._size)
        if self._size in _SECONDS_AT_ONCE:
            count = min(max(-(-seconds // size) * size, size), _SECONDS_AT_ONCE[self._size])
            return DurationUnit.SECOND.times(count), count
        most, days = _DAYS_AT_ONCE[self._size], -(-seconds // DAY) + 1
        if self._is_of_several_days:
            return DurationUnit.YEAR.times(1), _SHORT_YEAR * DAY
        if days <= most:
            return DurationUnit.DAY.times(days), (days - 1) * DAY
        return _LONGEST[most], (most - 1) * DAY

    def _duration_until_now(self, now: float) -> str:
        seconds = int(now) - self._start
        if self._size in _SECONDS_AT_ONCE and self._size is not BarSize.ONE_MINUTE:
            most = _SECONDS_AT_ONCE[self._size]
            if seconds > most:
                raise InvalidRequest(
                    f"bars of {self._size} that the bridge gives only up to now reach back {most} seconds; "
                    f"{seconds} were asked for. Ask for larger bars, or for TRADES"
                )
            return DurationUnit.SECOND.times(max(seconds, seconds_of(self._size)))
        days = -(-seconds // DAY) + 1
        if days <= _DAYS_BEFORE_YEARS and not self._is_of_several_days:
            return DurationUnit.DAY.times(days)
        return DurationUnit.YEAR.times(-(-(days + 31) // _DAYS_BEFORE_YEARS))

    # ------------------------------------------------------------------------------------------------------ the result

    @property
    def done(self) -> float:
        """How much of the span is there: from 0 to 1."""
        whole, left = self._end - self._start, max(self._cursor - self._start, 0)
        return 1 - left / whole

    @property
    def start(self) -> int:
        """Where the span begins; that of whole days, weeks or months is the first one's beginning."""
        return self._start

    @property
    def end(self) -> int:
        """Where the span ends; that of whole days, weeks or months is the last one's end."""
        return self._end

    @property
    def reached(self) -> int:
        """Everything from there on is there: epoch seconds."""
        return self._cursor

    def bars(self) -> list[Bar]:
        """The bars that begin in the span, in order."""
        return [self._bars[key] for key in self.keys()]

    def keys(self) -> Sequence[int]:
        """The times that the bars stand for, in order."""
        return sorted(key for key in self._bars if self._start <= key < self._end)


_LONGEST: Final = {
    2: DurationUnit.DAY.times(2),
    7: DurationUnit.WEEK.times(1),
    28: DurationUnit.MONTH.times(1),
    365: DurationUnit.YEAR.times(1),
}
"""The longest durations by what they have at least, in days."""


def _whole_periods(start: int, end: int, size: BarSize) -> tuple[int, int]:
    """Bars of a day and longer are those of every day, week or month that the span touches."""
    last = period_of(moment(end - 1).date(), size)
    return period_of(moment(start).date(), size), end_of_period(last, size)
