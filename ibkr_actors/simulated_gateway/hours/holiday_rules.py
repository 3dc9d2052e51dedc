"""Holidays of American exchanges by rule: what holds where no calendar of the exchanges is at hand.

Days of mourning and other closures that no rule foretells are not here.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

SATURDAY: Final = 5
_ONE_DAY: Final = timedelta(days=1)


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _last_monday_of_may(year: int) -> date:
    last = date(year, 5, 31)
    return last - timedelta(days=last.weekday())


def _observed(day: date) -> date:
    shift = {5: -1, 6: 1}.get(day.weekday(), 0)
    return day + timedelta(days=shift)


def good_friday(year: int) -> date:
    """Two days before Easter, by the anonymous Gregorian computus."""
    century, rest = divmod(year, 100)
    golden = year % 19
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    correction = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * correction + 114, 31)
    return date(year, month, day + 1) - timedelta(days=2)


@lru_cache(maxsize=256)
def common_holidays(year: int) -> frozenset[date]:
    """New Year, Good Friday, Christmas: nearly everything is closed."""
    new_year = date(year, 1, 1)
    # New Year's Day on a Saturday is not moved into the old year.
    return frozenset(
        {new_year if new_year.weekday() == SATURDAY else _observed(new_year), good_friday(year)}
        | {_observed(date(year, 12, 25))}
    )


@lru_cache(maxsize=256)
def us_holidays(year: int) -> frozenset[date]:
    """The days on which the American stock exchanges are closed."""
    juneteenth = {_observed(date(year, 6, 19))} if year >= 2022 else set()
    return (
        common_holidays(year)
        | juneteenth
        | {
            _nth(year, 1, 0, 3),  # Martin Luther King
            _nth(year, 2, 0, 3),  # Washington
            _last_monday_of_may(year),  # Memorial Day
            _observed(date(year, 7, 4)),
            _nth(year, 9, 0, 1),  # Labor Day
            _nth(year, 11, 3, 4),  # Thanksgiving
        }
    )


@lru_cache(maxsize=256)
def us_half_days(year: int) -> frozenset[date]:
    """The days on which the American stock exchanges close at 13:00."""
    candidates = {date(year, 7, 3), _nth(year, 11, 3, 4) + _ONE_DAY, date(year, 12, 24)}
    return frozenset(day for day in candidates if day.weekday() < SATURDAY and day not in us_holidays(year))


@lru_cache(maxsize=256)
def us_futures_half_days(year: int) -> frozenset[date]:
    """The days on which the American futures exchanges halt at noon: holidays and half days of the stock exchanges."""
    return (us_holidays(year) - common_holidays(year)) | us_half_days(year)


def none(_year: int) -> frozenset[date]:
    """No days at all."""
    return frozenset()
