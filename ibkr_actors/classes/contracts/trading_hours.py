"""When a contract is traded: the bridge's text as aware times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from ibkr_actors.classes.time_zones import time_zone
from ibkr_actors.classes.value import FrozenValue
from ibkr_actors.errors import InvalidRequest, RemoteProtocolError

_DAY: Final = timedelta(days=1)
_CLOSED: Final = re.compile(r"(?P<day>\d{8}):CLOSED")
_SESSION: Final = re.compile(r"(?P<day>\d{8}):(?P<start>\d{4})-(?:(?P<last>\d{8}):)?(?P<end>\d{4})")
_LATER_SESSION: Final = re.compile(r"(?P<start>\d{4})-(?P<end>\d{4})")


class Session(FrozenValue, frozen=True):
    """A stretch of trading without a break, in the time zone of the exchange."""

    start: datetime
    """The first moment at which it is open."""
    end: datetime
    """The first moment at which it is closed again."""

    def __contains__(self, at: datetime) -> bool:
        """Whether it is open at an aware time."""
        return self.start <= at < self.end

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M %Z}"


class TradingHours(FrozenValue, frozen=True):
    """The sessions of a contract on the days that its details tell of, which is about a week from when they came.

    Responsible for: answering when it is open within those days, and for saying so when asked about another day, for
    the answer would be a guess.

    All methods raise InvalidRequest for a time without a zone, and for one outside of `first` to `last`.
    """

    sessions: tuple[Session, ...]
    """In the order of time; those that meet without a break stay two."""
    closed_days: tuple[date, ...]
    """The days that are said to be closed."""
    first: datetime | None
    """From when on the hours are known; None when nothing is."""
    last: datetime | None
    """Until when the hours are known: the first moment about which they say nothing."""
    text: str
    """The bridge's own text."""

    @classmethod
    def read(cls, text: str, zone_name: str) -> TradingHours:
        """The hours of a bridge's text, such as "20260405:CLOSED;20260406:0400-20260406:2000", on an exchange's clock.

        Raises RemoteProtocolError when it can't be read, or its zone is unknown: guessed hours would be wrong ones.
        """
        return _read(text, zone_name)

    def is_open(self, at: datetime) -> bool:
        """Whether it is traded at that time."""
        return self.session_at(at) is not None

    def session_at(self, at: datetime) -> Session | None:
        """The session that runs at that time; None when it is closed."""
        moment = self._known(at)
        return next((session for session in self.sessions if moment in session), None)

    def next_open(self, at: datetime) -> datetime | None:
        """When the next session after that time starts, even if one is running; None when none is known."""
        moment = self._known(at)
        return next((session.start for session in self.sessions if session.start > moment), None)

    def next_close(self, at: datetime) -> datetime | None:
        """When the session that runs at that time ends, or else the next one; None when none is known.

        A session that another one follows without a break closes nothing, so it is the end of the last of them.
        """
        moment = self._known(at)
        closing = None
        for session in self.sessions:
            if closing is not None and session.start > closing:
                break
            if session.end > moment:
                closing = session.end
        return closing

    def on(self, day: date) -> tuple[Session, ...]:
        """The sessions that end on that day: the trading of a day may start on the evening before.

        Raises InvalidRequest for a day that the hours do not tell of.
        """
        found = tuple(session for session in self.sessions if session.end.date() == day)
        if not found and day not in self.closed_days:
            raise InvalidRequest(f"the hours say nothing about {day}. {self._advice()}")
        return found

    def __str__(self) -> str:
        return self.text

    def _known(self, at: datetime) -> datetime:
        """The time in UTC: times of one zone are compared by their clocks, which strike an hour twice in autumn."""
        if not isinstance(at, datetime) or at.utcoffset() is None:
            raise InvalidRequest(f"{at!r} is no time with a zone; datetime.now(UTC) is one")
        if self.first is None or self.last is None or not self.first <= at.astimezone(UTC) < self.last:
            raise InvalidRequest(f"the hours say nothing about {at}. {self._advice()}")
        return at.astimezone(UTC)

    def _advice(self) -> str:
        if self.first is None:
            return "The details came without hours"
        return f"They tell of {self.first} to {self.last}: request the details again for later days"


# ------------------------------------------------------------------------------------------------------- reading


@lru_cache(maxsize=1000)
def _read(text: str, zone_name: str) -> TradingHours:
    parts = [part.strip() for part in text.split(";") if part.strip()]
    if not parts:
        return TradingHours((), (), None, None, text)
    zone = time_zone(zone_name)
    if zone is None:
        raise _unreadable(f"{zone_name!r} is no known time zone, for the hours {text!r}")
    spans = [(part, span) for part in parts for span in _spans(part, zone)]
    sessions = sorted(
        (span for part, span in spans if not _CLOSED.fullmatch(part)), key=lambda one: one.start
    )
    closed = tuple(span.start.date() for part, span in spans if _CLOSED.fullmatch(part))
    first, last = min(span.start for _, span in spans), max(span.end for _, span in spans)
    return TradingHours(tuple(sessions), closed, first, last, text)


def _spans(part: str, zone: ZoneInfo) -> Iterator[Session]:
    """The stretches of time that one part of the text tells of: a closed day, or sessions with commas between."""
    if closed := _CLOSED.fullmatch(part):
        yield Session(_at(closed["day"], "0000", zone), _at(closed["day"], "2400", zone))
        return
    day = ""
    for piece in part.split(","):
        match = _SESSION.fullmatch(piece) or (_LATER_SESSION.fullmatch(piece) if day else None)
        if match is None:
            raise _unreadable(f"{part!r} is no trading hours")
        told = match.groupdict()
        day = told.get("day") or day
        yield _session(day, told["start"], told.get("last") or day, told["end"], zone)


def _session(day: str, start: str, last: str, end: str, zone: ZoneInfo) -> Session:
    session = Session(_at(day, start, zone), _at(last, end, zone))
    if session.start >= session.end:
        # Without a day of its own, an end before the start leaves open whether the evening before is meant.
        raise _unreadable(f"{day}:{start}-{last}:{end} ends before it starts")
    return session


def _at(day: str, clock: str, zone: ZoneInfo) -> datetime:
    """A day and a clock, which may say 2400, in a zone."""
    try:
        midnight = datetime.combine(date(int(day[:4]), int(day[4:6]), int(day[6:])), time(), zone)
        if clock == "2400":
            return midnight + _DAY
        return midnight.replace(hour=int(clock[:2]), minute=int(clock[2:]))
    except (ValueError, OverflowError):
        raise _unreadable(f"{day}:{clock} is no time") from None


def _unreadable(reason: str) -> RemoteProtocolError:
    return RemoteProtocolError(reason, message_id=None, field="trading hours", server_version=None)
