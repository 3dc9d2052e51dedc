"""When futures and options expire: dates computed from a day, as the exchanges' rules say.

They are fixed long before anybody knows of a day of mourning, so they go by the days that are foretold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import count, islice
from typing import Final

from msgspec import Struct

from ibkr_actors.simulated_gateway.hours.calendars import foretold_days
from ibkr_actors.simulated_gateway.hours.trading_hours import US_STOCKS

MONTH_CODES: Final = "FGHJKMNQUVXZ"
"""The letters of January to December in the symbols of futures."""

_WEDNESDAY: Final = 2
_FRIDAY: Final = 4
_ONE_DAY: Final = timedelta(days=1)


class Expiry(Struct, frozen=True):
    """A contract month and the day on which it stops trading."""

    year: int
    month: int
    last_day: date

    @property
    def contract_month(self) -> str:
        """YYYYMM."""
        return f"{self.year}{self.month:02}"


def third_friday(year: int, month: int) -> date:
    """Expiry of monthly options and index futures; the Thursday before when that is a holiday."""
    first = date(year, month, 1)
    return on_or_before(first + timedelta(days=(_FRIDAY - first.weekday()) % 7 + 14))


def on_or_before(day: date) -> date:
    """The day itself when the exchanges are open, else the trading day before."""
    while day not in foretold_days(US_STOCKS.calendar, day.year).all:
        day -= _ONE_DAY
    return day


def trading_days_before(day: date, trading_days: int) -> date:
    """The day itself for none; holidays are those of the stock exchanges."""
    for _ in range(trading_days):
        day = on_or_before(day - _ONE_DAY)
    return day


def crude_oil(year: int, month: int) -> date:
    """Three trading days before the 25th of the month before the contract month."""
    before = date(year, month, 1) - _ONE_DAY
    return trading_days_before(on_or_before(before.replace(day=25)), 3)


def gold(year: int, month: int) -> date:
    """The third last trading day of the contract month."""
    after = date(year + month // 12, month % 12 + 1, 1)
    return trading_days_before(after, 3)


def currency(year: int, month: int) -> date:
    """Two trading days before the third Wednesday of the contract month."""
    first = date(year, month, 1)
    third = first + timedelta(days=(_WEDNESDAY - first.weekday()) % 7 + 14)
    return trading_days_before(on_or_before(third), 2)


RULES: Final[dict[str, Callable[[int, int], date]]] = {
    "third_friday": third_friday,
    "crude_oil": crude_oil,
    "gold": gold,
    "currency": currency,
}
"""The rules by the names that catalogue files use."""


def futures_expiries(rule: str, months: tuple[int, ...], today: date, number: int) -> list[Expiry]:
    """The next expiries that still trade today, of the contract months that are listed."""
    return list(islice(_futures_expiries(RULES[rule], months, today), number))


def _futures_expiries(
    last_day: Callable[[int, int], date], months: tuple[int, ...], today: date
) -> Iterator[Expiry]:
    for year in count(today.year):
        for month in sorted(months):
            day = last_day(year, month)
            if day >= today:
                yield Expiry(year, month, day)


def past_expiries(rule: str, months: tuple[int, ...], today: date, number: int) -> list[Expiry]:
    """The last expiries before today, the oldest first."""
    last_day = RULES[rule]
    found = (
        Expiry(year, month, day)
        for year in count(today.year + 1, -1)
        for month in sorted(months, reverse=True)
        if (day := last_day(year, month)) < today
    )
    return list(islice(found, number))[::-1]


def option_expiries(today: date, weeks: int, months: int) -> list[date]:
    """The next weekly expiries and, after them, the monthly ones. Today's is not among them."""
    friday = today + timedelta(days=(_FRIDAY - today.weekday() - 1) % 7 + 1)
    weekly = [on_or_before(friday + timedelta(weeks=week)) for week in range(weeks)]
    monthly = (third_friday(year, month) for year in count(today.year) for month in range(1, 13))
    later = islice((day for day in monthly if day > weekly[-1]), months)
    return sorted({day for day in [*weekly, *later] if day > today})
