"""Files of real bars or ticks, CSV or Parquet: their rows, checked one by one.

Whatever can't be replayed is refused with the line (of a CSV file) or row (of a Parquet file), and what to do.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from importlib import import_module
from math import isfinite, isnan, nan
from pathlib import Path
from typing import Any, Final, NamedTuple, Self, overload

from ibkr_actors.classes.moment import moment
from ibkr_actors.errors import ConfigurationError, MissingExtra
from ibkr_actors.simulated_gateway.hours.market_time import EASTERN

_TIME_COLUMNS: Final = ("time", "date", "datetime", "timestamp", "at")
BAR_COLUMNS: Final = ("open", "high", "low", "close")
_TICK_COLUMNS: Final = ("price", "bid", "ask")
_OTHER_NAMES: Final = {"bid_price": "bid", "ask_price": "ask"}
_NUMBERS: Final = (*BAR_COLUMNS, "volume", *_TICK_COLUMNS, "size", "bid_size", "ask_size")
_PLAUSIBLE_SECONDS: Final = range(100_000_000, 5_000_000_000)
"""Epoch seconds of the years 1973 to 2128: other numbers are milliseconds or no times at all."""
_LENGTH_OF_DAY: Final = len("YYYYMMDD")
_LIBRARIES: Final = ("polars", "pandas")

_NAIVE: Final = (
    "{value!r} has no time zone; expected an aware time such as 2026-11-23T09:30:00-05:00, "
    "20261123 09:30:00 US/Eastern or epoch seconds. {fix}"
)
_FIX_IN_CSV: Final = "Write the offset behind each time"
_FIX_IN_FRAME: Final = (
    "Give the column its zone before it is written: "
    'frame["time"].dt.tz_localize("America/New_York") in pandas, '
    'pl.col("time").dt.replace_time_zone("America/New_York") in polars'
)


class Row(NamedTuple):
    """One bar or tick."""

    place: int
    """Its line in a CSV file, its row in a Parquet file, counted from 1."""
    time: float
    """Epoch seconds; of a daily bar midnight in New York."""
    day: date | None
    """The trading day of a daily bar, whose time is a date alone."""
    values: Mapping[str, float | None]


class Rows(Sequence[Row]):
    """Rows in little space, for files of a million ticks; each is made anew when it is asked for."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._places, self._times = array("q"), array("d")
        self._days: list[date | None] = []
        self._values: dict[str, array[float]] = {}
        for row in rows:
            self._add(row)

    def _add(self, row: Row) -> None:
        if not self._places:
            self._values = {name: array("d") for name in row.values}
        self._places.append(row.place)
        self._times.append(row.time)
        self._days.append(row.day)
        for name, value in row.values.items():
            self._values[name].append(nan if value is None else value)

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, number: int) -> Row: ...

    @overload
    def __getitem__(self, number: slice) -> Sequence[Row]: ...

    def __getitem__(self, number: int | slice) -> Row | Sequence[Row]:
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(len(self)))]
        values = {name: _known(column[number]) for name, column in self._values.items()}
        return Row(self._places[number], self._times[number], self._days[number], values)


def _known(value: float) -> float | None:
    return None if isnan(value) else value


@dataclass(frozen=True, slots=True)
class MarketData:
    """The bars or ticks of one instrument, in the order of time. `read` makes it."""

    name: str
    """Symbol, local symbol or contract id of the instrument."""
    path: Path
    is_bars: bool
    rows: Rows

    @classmethod
    def read(cls, file: str | Path) -> Self:
        """Read `FILE` or `NAME=FILE`; without a name, that of the file is the instrument's: AAPL.csv, EUR.USD.parquet.

        Raises ConfigurationError with the line and what was expected, and MissingExtra for a Parquet file when neither
        polars nor pandas is installed.
        """
        name, _, path_text = str(file).rpartition("=")
        path = Path(path_text)
        table = _parquet(path) if path.suffix.lower() in (".parquet", ".pq") else _csv(path)
        columns = [
            _OTHER_NAMES.get(column.strip().lower(), column.strip().lower()) for column in table.header
        ]
        is_bars = set(BAR_COLUMNS) <= set(columns)
        checker = _Checker(table, columns, is_bars)
        return cls(name or path.stem, path, is_bars, Rows(checker.rows()))

    @property
    def begins(self) -> datetime:
        """When the first bar or tick is, in New York's time."""
        return datetime.fromtimestamp(self.rows[0].time, EASTERN)

    @property
    def unit(self) -> str:
        """What rows are counted in: the lines of a CSV file, the rows of a Parquet file."""
        return _unit(self.path)

    def error(self, row: Row, reason: str) -> ConfigurationError:
        """What is wrong with one row."""
        return ConfigurationError(f"{self.path}: {self.unit} {row.place}: {reason}")


def _unit(path: Path) -> str:
    return "line" if path.suffix.lower() not in (".parquet", ".pq") else "row"


class _Table(NamedTuple):
    path: Path
    header: list[str]
    rows: Iterable[tuple[int, list[Any]]]
    """The place of each row, and its cells."""


def _csv(path: Path) -> _Table:
    lines = _lines(path)
    _, header = next(lines, (1, []))
    return _Table(path, header, lines)


def _lines(path: Path) -> Iterator[tuple[int, list[Any]]]:
    """The lines that are not empty, one by one, with their numbers."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            for cells in reader:
                if cells:
                    yield reader.line_num, cells
    except OSError as error:
        raise ConfigurationError(f"{path}: can't be read: {error.strerror}") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: is not CSV: {error}") from error


def _parquet(path: Path) -> _Table:
    for name in _LIBRARIES:
        try:
            library = import_module(name)
        except ImportError:
            continue
        try:
            frame = library.read_parquet(path)
        except Exception as error:  # each library has errors of its own
            raise ConfigurationError(f"{path}: can't be read by {name}: {error}") from error
        header = [str(column) for column in frame.columns]
        cells = [frame[column].to_list() for column in frame.columns]
        rows = [(place, list(row)) for place, row in enumerate(zip(*cells, strict=True), start=1)]
        return _Table(path, header, rows)
    raise MissingExtra("a Parquet file", _LIBRARIES[0], "frames")


class _Checker:
    """Makes rows of cells, and refuses what can't be replayed."""

    def __init__(self, table: _Table, columns: list[str], is_bars: bool) -> None:
        self._table = table
        self._is_bars = is_bars
        self._unit = _unit(table.path)
        time_column = next((name for name in _TIME_COLUMNS if name in columns), None)
        has_ticks = "price" in columns or {"bid", "ask"} <= set(columns)
        if time_column is None or not (is_bars or has_ticks):
            raise ConfigurationError(
                f"{table.path}: {self._unit} 1: expected a header with time and either open, high, low, close (bars) "
                f"or price, or bid and ask (ticks); got {', '.join(columns) or 'nothing'}"
            )
        self._time_column = time_column
        self._time = columns.index(time_column)
        wanted = (*BAR_COLUMNS, "volume") if is_bars else _NUMBERS[len(BAR_COLUMNS) + 1 :]
        self._numbers = [(name, columns.index(name)) for name in wanted if name in columns]
        self._width = len(columns)

    def rows(self) -> Iterator[Row]:
        """Every row. Raises ConfigurationError."""
        before: Row | None = None
        for place, cells in self._table.rows:
            if len(cells) != self._width:
                raise self._error(place, f"expected {self._width} cells, got {len(cells)}")
            row = self._row(place, cells)
            self._check_prices(row)
            if before is not None:
                self._check_order(before, row)
            before = row
            yield row
        if before is None:
            raise ConfigurationError(f"{self._table.path}: expected at least one {self._unit} of data")

    def _error(self, place: int, reason: str, column: str = "") -> ConfigurationError:
        where = f"{self._unit} {place}" + (f", column {column}" if column else "")
        return ConfigurationError(f"{self._table.path}: {where}: {reason}")

    def _row(self, place: int, cells: list[Any]) -> Row:
        values = {name: self._number(place, name, cells[index]) for name, index in self._numbers}
        told = self._moment(place, cells[self._time])
        if isinstance(told, datetime):
            return Row(place, told.timestamp(), None, values)
        return Row(place, datetime.combine(told, time(), EASTERN).timestamp(), told, values)

    def _number(self, place: int, column: str, cell: Any) -> float | None:
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            return None
        try:
            number = float(cell)
        except (TypeError, ValueError):
            raise self._error(place, f"expected a number, got {cell!r}", column) from None
        if not isfinite(number):
            raise self._error(place, f"expected a number, got {cell!r}; leave the row out", column)
        return number

    # times

    def _moment(self, place: int, cell: Any) -> datetime | date:
        """The time of a row: aware, or a date alone for a daily bar."""
        told = self._told(cell.strip() if isinstance(cell, str) else cell)
        if told is None:
            expected = "expected an aware time, or a date for a daily bar"
            raise self._error(place, f"{expected}, got {cell!r}", self._time_column)
        if isinstance(told, datetime):
            if told.utcoffset() is None:
                fix = _FIX_IN_CSV if self._unit == "line" else _FIX_IN_FRAME
                raise self._error(place, _NAIVE.format(value=str(cell), fix=fix), self._time_column)
            return told
        if not self._is_bars:
            raise self._error(place, f"expected an aware time for a tick, got {cell!r}", self._time_column)
        return told

    def _told(self, cell: Any) -> datetime | date | None:
        if isinstance(cell, datetime | date):
            return cell
        digits = str(cell) if isinstance(cell, int | str) else ""
        if digits.isdecimal() and len(digits) == _LENGTH_OF_DAY:
            return _from_text(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}")
        if isinstance(cell, int | float) or (isinstance(cell, str) and cell.replace(".", "", 1).isdecimal()):
            seconds = float(cell)
            plausible = isfinite(seconds) and int(seconds) in _PLAUSIBLE_SECONDS
            return datetime.fromtimestamp(seconds, UTC) if plausible else None
        return _from_text(cell) if isinstance(cell, str) else None

    # what rows say of each other

    def _check_order(self, before: Row, row: Row) -> None:
        if (before.day is None) is not (row.day is None):
            raise self._error(row.place, "expected times or dates in all rows, not both", self._time_column)
        if row.time < before.time:
            raise self._error(
                row.place,
                f"is earlier than {self._unit} {before.place}; sort the rows by time",
                self._time_column,
            )
        if self._is_bars and row.time == before.time:
            raise self._error(
                row.place,
                f"is the time of {self._unit} {before.place} too; expected one bar for each",
                self._time_column,
            )

    def _check_prices(self, row: Row) -> None:
        for name, value in row.values.items():
            is_price = name in BAR_COLUMNS or name in _TICK_COLUMNS
            if value is not None and (value < 0 or (is_price and value == 0)):
                expected = "above 0" if is_price else "not below 0"
                raise self._error(row.place, f"expected a number {expected}, got {value:g}", name)
        if self._is_bars:
            self._check_bar(row)
        elif row.values.get("price") is None and None in (row.values.get("bid"), row.values.get("ask")):
            raise self._error(row.place, "expected a price, or a bid and an ask")
        elif (bid := row.values.get("bid")) and (ask := row.values.get("ask")) and bid >= ask:
            raise self._error(row.place, f"expected a bid below the ask, got {bid:g} and {ask:g}")

    def _check_bar(self, row: Row) -> None:
        missing = [name for name in BAR_COLUMNS if row.values[name] is None]
        if missing:
            raise self._error(row.place, "expected a price in every bar", missing[0])
        opening, high, low, close = (row.values[name] or 0.0 for name in BAR_COLUMNS)
        if not low <= min(opening, close) <= max(opening, close) <= high:
            told = f"open {opening:g}, high {high:g}, low {low:g}, close {close:g}"
            raise self._error(row.place, f"expected open and close between low and high, got {told}")


def _from_text(text: str) -> datetime | date | None:
    """ISO 8601, or as the bridge spells times; a naive time is returned as one."""
    told = moment(text)
    if told is not None:
        return told
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
