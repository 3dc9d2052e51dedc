"""How the ticks of a span of any length are asked for, page by page.

No socket, no thread, no clock: `now` is an argument. A page is what the bridge gives at once: ticks from a second on,
a thousand or a few more, for the last second should be complete. That it is, is checked: the next page begins with that
second again, and the longer of the two versions of it stays.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Final, Generic, TypeVar

from loguru import logger

from ibkr_actors.base.bar_periods import moment, refuse_empty_span
from ibkr_actors.classes.tick import SingleTick

TICKS_AT_ONCE: Final = 1_000
"""The most that a request may ask for."""
_HOP: Final = 900
"""Seconds behind an empty page at which the next one begins, for the empty one may tell only of the trading day that it
begins in. Currencies pause for as long between two days, and nothing for less."""

T = TypeVar("T", bound=SingleTick)


class TickPages(Generic[T]):
    """The pages that bring the ticks of a span, and the ticks that they brought, each once.

    `start` and `end` are epoch seconds; the end is not part of the span. `sessions` likewise, when they are known, and
    none overlaps another: nothing is asked for between them. Of the time before the first and behind the last they tell
    nothing.
    """

    def __init__(self, start: int, end: int, sessions: Iterable[tuple[int, int]] = ()) -> None:
        refuse_empty_span("ticks", start, end)
        self._start, self._end = start, end
        self._sessions = sorted(sessions)
        self._cursor = self._into_session(start)
        self._complete: list[T] = []
        self._last_second: list[T] = []
        """The ticks of the second that the next page begins with again."""

    def page(self, now: float) -> int | None:
        """The second with which the next page begins; None when the span is complete."""
        return self._cursor if self._cursor < self._end and self._cursor <= now else None

    def take(self, page: int, ticks: Sequence[T]) -> None:
        """The ticks of a page, in their order; none when there are none."""
        found = [tick for tick in ticks if tick.time >= page]
        if not found:
            self._keep_last_second()
            self._cursor = self._behind_nothing(page)
            return
        again = [tick for tick in found if self._last_second and tick.time == self._last_second[0].time]
        self._last_second = max(again, self._last_second, key=len)
        fresh = found[len(again) :]
        self._keep_last_second()
        last = found[-1].time
        if len(found) < TICKS_AT_ONCE or last == page:
            if len(found) == TICKS_AT_ONCE:
                logger.warning(
                    "the bridge tells {} ticks of {}: there may be more", TICKS_AT_ONCE, moment(last)
                )
            self._complete += fresh
            self._cursor = self._into_session(last + 1)
            return
        self._complete += [tick for tick in fresh if tick.time < last]
        self._last_second = [tick for tick in fresh if tick.time == last]
        self._cursor = last

    def _keep_last_second(self) -> None:
        self._complete += self._last_second
        self._last_second = []

    def _behind_nothing(self, page: int) -> int:
        """Where ticks may begin behind a page that has none: a little later, or in the next session."""
        place = bisect_right(self._sessions, page, key=itemgetter(0))
        later = self._into_session(page + _HOP)
        return min(later, self._sessions[place][0]) if place < len(self._sessions) else later

    def _into_session(self, cursor: int) -> int:
        """The cursor, or the start of the next session when nothing is traded at it."""
        place = bisect_right(self._sessions, cursor, key=itemgetter(0))
        if not 0 < place < len(self._sessions) or cursor < self._sessions[place - 1][1]:
            return cursor
        return self._sessions[place][0]

    @property
    def done(self) -> float:
        """How much of the span is there: from 0 to 1."""
        return (min(self._cursor, self._end) - self._start) / (self._end - self._start)

    @property
    def reached(self) -> int:
        """Everything before is there: epoch seconds."""
        return min(self._cursor, self._end)

    def ticks(self) -> list[T]:
        """The ticks of the span, in order."""
        return [
            tick for tick in (*self._complete, *self._last_second) if self._start <= tick.time < self._end
        ]
