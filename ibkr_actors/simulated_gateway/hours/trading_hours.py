"""When exchanges trade: sessions by date, holidays, and hours in the bridge's own text.

A session belongs to a trading day. That of a future or a currency pair opens on the evening before.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from ibkr_actors.simulated_gateway.hours.calendars import EVERY_DAY, foretold_days, trading_days

MINUTE: Final = 60
_ONE_DAY: Final = timedelta(days=1)


class Hours(StrEnum):
    """When the simulated exchanges trade."""

    ALWAYS = "always"
    """Around the clock, so that a demo trades on a Sunday too."""
    EXCHANGE = "exchange"
    """In the hours of the real exchanges."""


class Session(Struct, frozen=True):
    """The trading of one day: from `start` until before `end`, in epoch seconds."""

    day: date
    start: int
    end: int


class TradingHours(Struct, frozen=True):
    """The week of an exchange, in minutes since midnight of the trading day; negative is the evening before."""

    zone: str
    opening: int
    closing: int
    liquid_opening: int
    liquid_closing: int
    calendar: str
    """Which days it trades on: a code of `exchange_calendars` (mostly the market identifier), `FX` or `24/7`."""
    early_closing: int | None = None
    """When trading ends on short days; None for a day like any other."""
    early_liquid_closing: int | None = None

    def trades_on(self, day: date) -> bool:
        """It is a trading day: no weekend, no holiday."""
        return day in trading_days(self.calendar, day.year).all

    def session(self, day: date, *, liquid: bool = False) -> Session | None:
        """The session of a trading day, or its regular part; None when it is closed."""
        return _session(self, day, liquid)

    def foretold_end(self, day: date) -> int:
        """Epoch seconds of the end of a day's regular trading, as it is known long before: earlier on a short day."""
        is_short = day in foretold_days(self.calendar, day.year).short
        return epoch(day, self.closing_of(liquid=True, is_short=is_short), self.zone)

    def closing_of(self, *, liquid: bool, is_short: bool) -> int:
        """When a day ends, or its regular trading, in minutes since midnight."""
        usual, early = (
            (self.liquid_closing, self.early_liquid_closing) if liquid else (self.closing, self.early_closing)
        )
        return early if is_short and early is not None else usual

    def sessions_back(self, now: float, *, liquid: bool = False) -> Iterator[Session]:
        """The sessions that began at `now` or before, the latest first, without end."""
        day = datetime.fromtimestamp(now, ZoneInfo(self.zone)).date() + _ONE_DAY
        while True:
            session = self.session(day, liquid=liquid)
            if session is not None and session.start <= now:
                yield session
            day -= _ONE_DAY

    def latest(self, now: float, *, liquid: bool = False) -> Session:
        """The session that runs at `now`, or else the last one before."""
        return next(self.sessions_back(now, liquid=liquid))

    def is_open(self, now: float) -> bool:
        """A session runs at `now`."""
        return now < self.latest(now).end

    def upcoming(self, now: float, *, liquid: bool = False) -> Session:
        """The session that runs at `now`, or its regular part; otherwise the next one."""
        session: Session | None = self.latest(now, liquid=liquid)
        assert session is not None
        day = session.day
        while session is None or session.end <= now:
            day += _ONE_DAY
            session = self.session(day, liquid=liquid)
        return session

    def next_opening(self, now: float) -> float:
        """When it trades next: `now` if a session runs."""
        return max(now, self.upcoming(now).start)

    def text(self, now: float, *, liquid: bool = False, days: int = 6) -> str:
        """The hours of the days from `now` on: "YYYYMMDD:HHMM-YYYYMMDD:HHMM" or "YYYYMMDD:CLOSED", with semicolons.

        The Sunday on whose evening Monday's session opens has an empty text, as recorded from a real gateway.
        """
        first = datetime.fromtimestamp(now, ZoneInfo(self.zone)).date()
        return ";".join(self._text_of(first + timedelta(days=ahead), liquid) for ahead in range(days))

    def _text_of(self, day: date, liquid: bool) -> str:
        session = self.session(day, liquid=liquid)
        if session is not None:
            zone = ZoneInfo(self.zone)
            ends = (datetime.fromtimestamp(moment, zone) for moment in (session.start, session.end))
            return "-".join(f"{end:%Y%m%d:%H%M}" for end in ends)
        opens_in_the_evening = (self.liquid_opening if liquid else self.opening) < 0
        if opens_in_the_evening and self.trades_on(day + _ONE_DAY):
            return ""
        return f"{day:%Y%m%d}:CLOSED"


@lru_cache(maxsize=20_000)
def _session(hours: TradingHours, day: date, liquid: bool) -> Session | None:
    if not hours.trades_on(day):
        return None
    opening = hours.liquid_opening if liquid else hours.opening
    is_short = day in trading_days(hours.calendar, day.year).short
    closing = hours.closing_of(liquid=liquid, is_short=is_short)
    return Session(day, epoch(day, opening, hours.zone), epoch(day, closing, hours.zone))


def epoch(day: date, minutes: int, zone: str) -> int:
    """Epoch seconds of a wall clock time, given in minutes since midnight of a day."""
    midnight = datetime.combine(day, time(), ZoneInfo(zone))
    return int((midnight + timedelta(minutes=minutes)).timestamp())


def _at(hour: int, minute: int = 0) -> int:
    return hour * 60 + minute


US_STOCKS: Final = TradingHours(
    "US/Eastern",
    _at(4),
    _at(20),
    _at(9, 30),
    _at(16),
    "XNYS",
    early_closing=_at(17),
    early_liquid_closing=_at(13),
)
US_OPTIONS: Final = TradingHours(
    "US/Eastern",
    _at(9, 30),
    _at(16),
    _at(9, 30),
    _at(16),
    "XNYS",
    early_closing=_at(13),
    early_liquid_closing=_at(13),
)
INDEX_FUTURES: Final = TradingHours(
    "US/Central",
    _at(-7),
    _at(16),
    _at(8, 30),
    _at(16),
    "CMES",
    early_closing=_at(12),
    early_liquid_closing=_at(12),
)
COMMODITY_FUTURES: Final = TradingHours(
    "US/Eastern",
    _at(-6),
    _at(17),
    _at(9, 30),
    _at(17),
    "CMES",
    early_closing=_at(13),
    early_liquid_closing=_at(13),
)
CURRENCIES: Final = TradingHours("US/Eastern", _at(-7, 15), _at(17), _at(-7, 15), _at(17), "FX")
BONDS: Final = TradingHours("US/Eastern", _at(-4), _at(17), _at(-4), _at(17), "XNYS")
FUNDS: Final = TradingHours("US/Eastern", _at(15, 59), _at(22), _at(15, 59), _at(22), "XNYS")
CRYPTOS: Final = TradingHours("US/Eastern", _at(0), _at(24), _at(0), _at(24), EVERY_DAY)
XETRA: Final = TradingHours(
    "MET",
    _at(9),
    _at(17, 30),
    _at(9),
    _at(17, 30),
    "XETR",
    early_closing=_at(14),
    early_liquid_closing=_at(14),
)
LONDON: Final = TradingHours(
    "GB-Eire",
    _at(8),
    _at(16, 30),
    _at(8),
    _at(16, 30),
    "XLON",
    early_closing=_at(12, 30),
    early_liquid_closing=_at(12, 30),
)

HOURS: Final = {
    "us_stocks": US_STOCKS,
    "us_options": US_OPTIONS,
    "index_futures": INDEX_FUTURES,
    "commodity_futures": COMMODITY_FUTURES,
    "currencies": CURRENCIES,
    "bonds": BONDS,
    "funds": FUNDS,
    "cryptos": CRYPTOS,
    "xetra": XETRA,
    "london": LONDON,
}
"""The hours by the names that catalogue files use."""
