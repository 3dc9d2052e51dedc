"""The instruments of a day: what the catalogue files list, futures and options with the expiries that follow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from ibkr_actors.simulated_gateway.instruments.catalogue_chains import (
    FutureEntry,
    FuturesOptionEntry,
    OptionEntry,
)
from ibkr_actors.simulated_gateway.instruments.catalogue_files import Listing, Placed, listing
from ibkr_actors.simulated_gateway.instruments.catalogue_listed import MADE_UP, EntryError, Listed
from ibkr_actors.simulated_gateway.instruments.instrument import Instrument

__all__ = ["MADE_UP", "listed_instruments"]

_CHAINS = FutureEntry | OptionEntry | FuturesOptionEntry


def listed_instruments(
    today: date,
    beginning: date | None = None,
    listed: Listing | None = None,
    prices: Mapping[int, float] | None = None,
) -> list[Instrument]:
    """Every instrument that trades on `today` or later, and the futures that have expired lately.

    `beginning` is the day on which the market began, to which prices refer; today when it is left out. `prices`, by
    contract id, replace those of the files. Raises ConfigurationError, which names file and key, for an entry that
    can't be.
    """
    beginning = beginning or today
    if listed is None and not prices:
        return list(_built_in(today, beginning))
    return _instruments(listed or listing(), today, beginning, prices)


@lru_cache(maxsize=2)  # for many gateways on one day; one that runs for weeks must not keep its past
def _built_in(today: date, beginning: date) -> tuple[Instrument, ...]:
    return tuple(_instruments(listing(), today, beginning))


def _instruments(
    listed: Listing, today: date, beginning: date, prices: Mapping[int, float] | None = None
) -> list[Instrument]:
    found = Listed(listed.venues, today, beginning, prices)
    for entries in listed.tables.values():
        for number, placed in enumerate(entries):
            _add(found, placed, number)
    return found.instruments


def _add(found: Listed, placed: Placed, number: int) -> None:
    entry = placed.entry
    try:
        if isinstance(entry, _CHAINS):
            found.add(entry.instruments(found, number))
        else:
            found.add(entry.instruments(found))
    except EntryError as error:
        raise placed.place.error(error.key, error.reason) from error
