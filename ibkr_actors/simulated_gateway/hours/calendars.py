"""On which days exchanges trade: by the package `exchange_calendars` where it is installed, else by rule.

It is an extra (`pip install 'ibkr-actors[calendars]'`), for it brings pandas with it: a gateway without it knows the
regular holidays and short days of American exchanges, and of all others only that they rest at weekends. It is
imported when the first trading day is asked for, not before.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache, lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from loguru import logger
from msgspec import Struct

from ibkr_actors.simulated_gateway.hours.holiday_rules import (
    SATURDAY,
    common_holidays,
    none,
    us_futures_half_days,
    us_half_days,
    us_holidays,
)

LIBRARY: Final = "exchange_calendars"
OF_CURRENCIES: Final = "FX"
"""The calendar of currencies, which no exchange keeps: New Year, Good Friday and Christmas are holidays."""
HOW_TO_GET_IT: Final = "pip install 'ibkr-actors[calendars]'"
EVERY_DAY: Final = "24/7"
"""The calendar of what never rests."""
_OURS: Final = (OF_CURRENCIES, EVERY_DAY)
"""Calendars that the library need not be asked about."""
_YEARS_AT_ONCE: Final = 10
"""A calendar takes as long to build for one year as for ten."""


class TradingDays(Struct, frozen=True):
    """The days of one year."""

    all: frozenset[date]
    short: frozenset[date]
    """Those on which trading ends early."""


class _Rule(Struct, frozen=True):
    holidays: Callable[[int], frozenset[date]]
    short_days: Callable[[int], frozenset[date]]
    rests_at_weekends: bool = True


_RULES: Final = {
    "XNYS": _Rule(us_holidays, us_half_days),
    "CMES": _Rule(common_holidays, us_futures_half_days),
    OF_CURRENCIES: _Rule(common_holidays, none),
    EVERY_DAY: _Rule(none, none, rests_at_weekends=False),
}
_WEEKDAYS: Final = _Rule(none, none)


@lru_cache(maxsize=1024)
def trading_days(calendar: str, year: int) -> TradingDays:
    """The days on which an exchange trades in a year. `calendar` is a code of `exchange_calendars`, `FX` or `24/7`."""
    if calendar in _OURS:
        return days_by_rule(calendar, year)
    return _of_library(calendar, year) or days_by_rule(calendar, year)


def foretold_days(calendar: str, year: int) -> TradingDays:
    """The days of a year as they are known long before it: by rule where there is one, without days of mourning."""
    return days_by_rule(calendar, year) if calendar in _RULES else trading_days(calendar, year)


@lru_cache(maxsize=1024)
def days_by_rule(calendar: str, year: int) -> TradingDays:
    """The days on which an exchange trades in a year by our rules for it, weekdays where we have none."""
    rule = _RULES.get(calendar, _WEEKDAYS)
    closed = rule.holidays(year)
    first = date(year, 1, 1)
    days = (first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days))
    last = SATURDAY if rule.rests_at_weekends else SATURDAY + 2
    traded = frozenset(day for day in days if day.weekday() < last and day not in closed)
    return TradingDays(traded, rule.short_days(year))


def is_known(calendar: str) -> bool:
    """Whether there is such a calendar; without the library any may be one."""
    return calendar in _OURS or library() is None or calendar in library().get_calendar_names()


def says_where_days_come_from() -> str:
    """A sentence for the log when there is no library; empty when there is."""
    if is_installed():
        return ""
    return (
        f"{LIBRARY} is not installed: holidays of American exchanges are kept by rule, those of others are not known; "
        f"{HOW_TO_GET_IT}"
    )


def is_installed() -> bool:
    """Whether there is the library, without the second that its import takes."""
    return find_spec(LIBRARY) is not None


@cache
def library() -> Any:
    """The module, or None where it isn't installed."""
    try:
        return import_module(LIBRARY)
    except ImportError:
        return None


def _of_library(calendar: str, year: int) -> TradingDays | None:
    """None without the library, and for years of which it knows nothing."""
    if library() is None:
        return None
    return _years(calendar, year // _YEARS_AT_ONCE * _YEARS_AT_ONCE).get(year)


@lru_cache(maxsize=256)
def _years(calendar: str, first: int) -> dict[int, TradingDays]:
    """What the library knows of the years from `first` on, each that it knows as a whole."""
    start, end = date(first, 1, 1), date(first + _YEARS_AT_ONCE - 1, 12, 31)
    kind = _built(calendar)  # with the bounds that it sets itself
    known_from, known_until = kind.bound_min(), kind.bound_max()
    start = start if known_from is None else max(start, known_from.date())
    end = end if known_until is None else min(end, known_until.date())
    if start >= end:
        logger.warning("{} does not know the days of {} from {} on", LIBRARY, calendar, first)
        return {}
    found = _built(calendar, start=start.isoformat(), end=end.isoformat())
    sessions = [moment.date() for moment in found.sessions]
    short = frozenset(moment.date() for moment in found.early_closes)
    whole = range(start.year + (start > date(start.year, 1, 1)), end.year + (end == date(end.year, 12, 31)))
    return {
        year: TradingDays(frozenset(day for day in sessions if day.year == year), short) for year in whole
    }


def _built(calendar: str, **bounds: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the library makes of pandas is not for our users to mend
        return library().get_calendar(calendar, **bounds)
