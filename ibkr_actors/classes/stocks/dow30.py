"""The thirty stocks of the Dow Jones Industrial Average, now and on any day since 2018."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from typing import Final, NamedTuple

from ibkr_actors.classes.contracts.stock import Stock

SOURCE: Final = "published lists of components"
CHECKED: Final = date(2024, 11, 8)
"""The day of the last change that is known here."""
KNOWN_SINCE: Final = date(2018, 1, 1)


class Change(NamedTuple):
    """Members that took the place of others, before the opening of a day."""

    day: date
    left: tuple[str, ...]
    joined: tuple[str, ...]


MEMBERS: Final = frozenset(
    (
        *("AAPL", "AMGN", "AMZN", "AXP", "BA", "CAT", "CRM", "CSCO", "CVX", "DIS"),
        *("GS", "HD", "HON", "IBM", "JNJ", "JPM", "KO", "MCD", "MMM", "MRK"),
        *("MSFT", "NKE", "NVDA", "PG", "SHW", "TRV", "UNH", "V", "VZ", "WMT"),
    )
)
"""Since the last of the changes."""

CHANGES: Final = (
    Change(date(2024, 11, 8), ("DOW", "INTC"), ("NVDA", "SHW")),
    Change(date(2024, 2, 26), ("WBA",), ("AMZN",)),
    Change(date(2020, 8, 31), ("PFE", "RTX", "XOM"), ("AMGN", "CRM", "HON")),
    Change(date(2020, 4, 6), ("UTX",), ("RTX",)),  # United Technologies, after its merger with Raytheon
    Change(date(2019, 4, 2), ("DWDP",), ("DOW",)),  # DowDuPont, split up
    Change(date(2018, 6, 26), ("GE",), ("WBA",)),
)
"""The newest first."""

EVERY_MEMBER: Final = MEMBERS.union(*(change.left for change in CHANGES))
"""Whoever was a member since `KNOWN_SINCE`."""


class Dow30:
    """The members of the Dow, as stocks: `Dow30().stocks()`, `Dow30().as_of(date(2020, 1, 2)).symbols()`.

    Each member is also an attribute: `Dow30().IBM()` is a new Stock. Former members stay reachable that way.
    """

    def __init__(self, day: date | None = None) -> None:
        """The Dow of a day; without a day, that of the last change known. Raises ValueError for a day before 2018."""
        self._members = MEMBERS if day is None else _members_on(day)

    def as_of(self, day: date) -> Dow30:
        """The Dow of a day, from its opening on. Raises ValueError for a day before 2018."""
        return Dow30(day)

    def symbols(self) -> list[str]:
        """The symbols of the members, sorted."""
        return sorted(self._members)

    def stocks(self) -> list[Stock]:
        """The members, sorted by symbol; new objects each time, for users complete and change them."""
        return [Stock(symbol) for symbol in self.symbols()]

    def __getattr__(self, symbol: str) -> Callable[[], Stock]:
        """`Dow30().XOM` makes that stock when it is called."""
        if symbol not in EVERY_MEMBER:
            raise AttributeError(f"{symbol} was no member of the Dow since {KNOWN_SINCE.year}", name=symbol)
        return partial(Stock, symbol)

    def __dir__(self) -> Iterable[str]:
        """What completion offers: the members too."""
        return [*super().__dir__(), *EVERY_MEMBER]


def _members_on(day: date) -> frozenset[str]:
    """The members on a day: the present ones, with the later changes undone."""
    if day < KNOWN_SINCE:
        raise ValueError(f"the members of the Dow are known here since {KNOWN_SINCE}, not on {day}")
    members = MEMBERS
    for change in CHANGES:
        if change.day > day:
            members = members.difference(change.joined).union(change.left)
    return members
