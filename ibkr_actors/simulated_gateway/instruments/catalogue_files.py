"""Catalogue files, in TOML or CSV: what the simulated gateway lists, and what a user adds to it or puts in its place.

The built-in catalogue is files of the same kind, in `built_in/`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from ibkr_actors.base.toml_files import in_words, read_toml
from ibkr_actors.errors import ConfigurationError
from ibkr_actors.simulated_gateway.hours.trading_hours import TradingHours
from ibkr_actors.simulated_gateway.instruments.catalogue_chains import (
    FutureEntry,
    FuturesOptionEntry,
    OptionEntry,
)
from ibkr_actors.simulated_gateway.instruments.catalogue_entries import (
    BondEntry,
    CfdEntry,
    CommodityEntry,
    CryptoEntry,
    CurrencyEntry,
    Entry,
    FundEntry,
    IndexEntry,
    StockEntry,
)
from ibkr_actors.simulated_gateway.instruments.catalogue_listed import EntryError
from ibkr_actors.simulated_gateway.instruments.catalogue_venues import HoursEntry, VenueEntry
from ibkr_actors.simulated_gateway.instruments.instrument import Venue

AnyEntry: TypeAlias = Entry | CfdEntry | FutureEntry | OptionEntry | FuturesOptionEntry

_TYPE_COLUMN: Final = "security_type"


class CatalogueFile(Struct, forbid_unknown_fields=True):
    """A catalogue file in TOML. What refers to another entry stands behind it, in the order of these tables."""

    replace: bool = False
    """List what this file has and nothing else; built-in venues can be used still."""
    hours: dict[str, HoursEntry] = {}
    venues: dict[str, VenueEntry] = {}
    stocks: tuple[StockEntry, ...] = ()
    indices: tuple[IndexEntry, ...] = ()
    currencies: tuple[CurrencyEntry, ...] = ()
    cryptos: tuple[CryptoEntry, ...] = ()
    commodities: tuple[CommodityEntry, ...] = ()
    funds: tuple[FundEntry, ...] = ()
    bonds: tuple[BondEntry, ...] = ()
    futures: tuple[FutureEntry, ...] = ()
    options: tuple[OptionEntry, ...] = ()
    futures_options: tuple[FuturesOptionEntry, ...] = ()
    cfds: tuple[CfdEntry, ...] = ()


TABLES: Final[Mapping[str, type[AnyEntry]]] = {
    name: get_args(hint)[0]
    for name, hint in get_type_hints(CatalogueFile).items()
    if get_origin(hint) is tuple
}
"""The tables that list instruments, in the order in which they are listed."""

_TABLE_OF: Final = {entry.security_type: name for name, entry in TABLES.items()}


class Place(NamedTuple):
    """Where an entry stands."""

    path: Path
    where: str
    """`key stocks[3]` of a TOML file, `line 7` of a CSV file."""

    def error(self, key: str, reason: str) -> ConfigurationError:
        """What is wrong with a key of the entry."""
        joint = ", column " if self.where.startswith("line") else "."
        return ConfigurationError(f"{self.path}: {self.where}{joint}{key}: {reason}")


class Placed(NamedTuple):
    """An entry, and where it stands."""

    entry: AnyEntry
    place: Place


class Listing(NamedTuple):
    """Everything that is to be listed."""

    venues: Mapping[str, Venue]
    tables: Mapping[str, list[Placed]]


def listing(catalogue: Path | None = None) -> Listing:
    """The built-in listing, extended or replaced by the file of a user.

    An entry of the user's that means what a built-in one means (the same symbol, exchange and currency; the same
    underlying and trading class) takes its place. Raises ConfigurationError, which names the file, the key or line,
    and what was expected.
    """
    if catalogue is None:
        return _built_in()
    found = _read(catalogue)
    base = _built_in()
    venues = {**base.venues, **_venues(found.file, catalogue)}
    if found.file.replace:
        return Listing(venues, _merged({}, found.entries))
    return Listing(venues, _merged(base.tables, found.entries))


class _Found(NamedTuple):
    file: CatalogueFile
    entries: list[Placed]


@lru_cache(maxsize=1)
def _built_in() -> Listing:
    venues: dict[str, Venue] = {}
    entries: list[Placed] = []
    folder = Path(str(files("ibkr_actors.simulated_gateway.instruments").joinpath("built_in")))
    for path in sorted(folder.glob("*.toml")):
        found = _read(path)
        venues |= _venues(found.file, path)
        entries += found.entries
    return Listing(venues, _merged({}, entries))


def _read(path: Path) -> _Found:
    if path.suffix.lower() == ".csv":
        return _Found(CatalogueFile(), _rows(path))
    values = read_toml(path)
    try:
        file = msgspec.convert(values, CatalogueFile)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{path}: {in_words(error, CatalogueFile)}") from error
    entries = [
        Placed(entry, Place(path, f"key {table}[{number}]"))
        for table in TABLES
        for number, entry in enumerate(getattr(file, table))
    ]
    return _Found(file, entries)


def _venues(file: CatalogueFile, path: Path) -> dict[str, Venue]:
    hours: dict[str, TradingHours] = {}
    venues = {}
    for name, times in file.hours.items():
        try:
            hours[name] = times.hours()
        except EntryError as error:
            raise Place(path, f"key hours.{name}").error(error.key, error.reason) from error
    for name, entry in file.venues.items():
        try:
            venues[name] = entry.venue(hours)
        except EntryError as error:
            raise Place(path, f"key venues.{name}").error(error.key, error.reason) from error
    return venues


def _merged(base: Mapping[str, list[Placed]], added: Iterable[Placed]) -> dict[str, list[Placed]]:
    """The base with entries replaced and added. Raises ConfigurationError for two that mean the same."""
    tables = {name: {each.entry.identity(): each for each in base.get(name, ())} for name in TABLES}
    seen: dict[tuple[str, tuple[str, ...]], Place] = {}
    for each in added:
        name, identity = _TABLE_OF[each.entry.security_type], each.entry.identity()
        if (name, identity) in seen:
            other = seen[name, identity]
            shown = " ".join(filter(None, identity))
            raise ConfigurationError(
                f"{each.place.path}: {each.place.where}: {shown} is listed by {other.where} already"
            )
        seen[name, identity] = each.place
        tables[name][identity] = each
    return {name: list(entries.values()) for name, entries in tables.items()}


# ----------------------------------------------------------------------------------------------------------------- CSV


def _rows(path: Path) -> list[Placed]:
    """The entries of a CSV file: `security_type`, and columns named after the keys; an empty cell is no key."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if _TYPE_COLUMN not in (reader.fieldnames or ()):
                raise ConfigurationError(f"{path}: line 1: expected a header with a column {_TYPE_COLUMN}")
            return [_row(Place(path, f"line {reader.line_num}"), cells) for cells in reader]
    except OSError as error:
        raise ConfigurationError(f"{path}: can't be read: {error.strerror}") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: is not CSV: {error}") from error


def _row(place: Place, cells: dict[str | Any, str | Any]) -> Placed:
    if None in cells or None in cells.values():
        raise ConfigurationError(f"{place.path}: {place.where}: expected as many cells as the header has")
    filled = {name.strip(): text.strip() for name, text in cells.items() if text.strip()}
    security_type = filled.pop(_TYPE_COLUMN, "")
    if security_type not in _TABLE_OF:
        expected = f"expected one of {', '.join(_TABLE_OF)}, got {security_type!r}"
        raise place.error(_TYPE_COLUMN, expected)
    kind = TABLES[_TABLE_OF[security_type]]
    values = {name: _cell(kind, name, text) for name, text in filled.items()}
    try:
        return Placed(msgspec.convert(values, kind, strict=False), place)
    except msgspec.ValidationError as error:
        words = in_words(error, kind).removeprefix("key ")
        raise ConfigurationError(f"{place.path}: {place.where}, column {words}") from error


def _cell(kind: type[Struct], name: str, text: str) -> Any:
    """Cells of keys that hold several values have blanks between these."""
    return text.split() if get_origin(get_type_hints(kind).get(name)) is tuple else text
