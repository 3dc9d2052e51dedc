"""The thirty stocks of the Dow Jones Industrial Average, now and on any day since 2018."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar, Final, NamedTuple

from ibkr_actors.classes.stocks.index_members import IndexMembers
from ibkr_actors.errors import InvalidRequest

KNOWN_SINCE: Final = date(2018, 1, 1)


class Change(NamedTuple):
    """Members that took the place of others, before the opening of a day."""

    day: date
    left: tuple[str, ...]
    joined: tuple[str, ...]


MEMBERS: Final = frozenset(
    (
        *("AAPL", "AMGN", "AMZN", "AXP", "BA", "CAT", "CRM", "CSCO", "CVX", "DIS"),
        *("GOOGL", "GS", "HD", "HON", "IBM", "JNJ", "JPM", "KO", "MCD", "MMM"),
        *("MRK", "MSFT", "NKE", "NVDA", "PG", "SHW", "TRV", "UNH", "V", "WMT"),
    )
)
"""Since the last of the changes."""

CHANGES: Final = (
    Change(date(2026, 6, 29), ("VZ",), ("GOOGL",)),
    Change(date(2024, 11, 8), ("DOW", "INTC"), ("NVDA", "SHW")),
    Change(date(2024, 2, 26), ("WBA",), ("AMZN",)),
    Change(date(2020, 8, 31), ("PFE", "RTX", "XOM"), ("AMGN", "CRM", "HON")),
    Change(date(2020, 4, 6), ("UTX",), ("RTX",)),  # United Technologies, after its merger with Raytheon
    Change(date(2019, 4, 2), ("DWDP",), ("DOW",)),  # DowDuPont, split up
    Change(date(2018, 6, 26), ("GE",), ("WBA",)),
)
"""The newest first."""

EVERY_MEMBER: Final = MEMBERS.union(*(change.left for change in CHANGES))
"""Whoever was a member since `KNOWN_SINCE`, by the symbol of that time."""


class Dow30(IndexMembers):
    """The members of the Dow, as stocks: `Dow30().stocks()`, `Dow30().as_of(date(2020, 1, 2)).symbols()`.

    The thirty of any day since 2018, with the changes that were announced until `as_known_on`. A later day has the
    members of that one. Each member is also an attribute: `Dow30().IBM()` is a new Stock. Former members stay reachable
    that way.
    """

    name: ClassVar[str] = "the Dow"
    source: ClassVar[str] = "announcements of S&P Dow Jones Indices"
    as_known_on: ClassVar[date] = date(2026, 10, 9)
    known_since: ClassVar[date] = KNOWN_SINCE
    every_member: ClassVar[frozenset[str]] = EVERY_MEMBER

    def __init__(self, day: date | None = None) -> None:
        """The Dow of a day; without a day, that of the last change known. Raises ValueError for a day before 2018."""
        super().__init__(MEMBERS if day is None else _members_on(day))

    def as_of(self, day: date) -> Dow30:
        """The Dow of a day, from its opening on.

        Raises ValueError for a day before 2018, InvalidRequest for what is no day.
        """
        return Dow30(day)


def _members_on(day: date) -> frozenset[str]:
    """The members on a day: the present ones, with the later changes undone."""
    if not isinstance(day, date) or isinstance(day, datetime):
        raise InvalidRequest(f"the Dow is that of a day, such as date(2020, 1, 2); got {day!r}")
    if day < KNOWN_SINCE:
        raise ValueError(f"the members of the Dow are known here since {KNOWN_SINCE}, not on {day}")
    members = MEMBERS
    for change in CHANGES:
        if change.day > day:
            members = members.difference(change.joined).union(change.left)
    return members
