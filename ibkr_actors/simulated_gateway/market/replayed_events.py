"""The events of a replay: what became known at which moment, one after the other."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import nan
from typing import Final, NamedTuple

from loguru import logger

from ibkr_actors.errors import ConfigurationError
from ibkr_actors.simulated_gateway.hours.trading_hours import Session
from ibkr_actors.simulated_gateway.instruments.instrument import Instrument
from ibkr_actors.simulated_gateway.market.market_data_files import BAR_COLUMNS, MarketData, Row
from ibkr_actors.simulated_gateway.market.price_series import TickGrid

_A_MOMENT: Final = 1e-6
"""Ticks of the same time follow each other so soon, in the order of the file."""
_PLACES: Final = (0.0, 0.25, 0.5, 0.75)
"""Where in a bar its four prices are."""


class Event(NamedTuple):
    """A trade, a quote, or both. A part that is not told is nan."""

    time: float
    """Epoch seconds."""
    price: float = nan
    size: float = 0.0
    bid: float = nan
    ask: float = nan
    bid_size: float = nan
    ask_size: float = nan


class Events:
    """Events in the order of time, no two at the same, kept in little space and found by bisection."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.times = array("d")
        self.columns = {name: array("d") for name in Event._fields[1:]}
        columns = (self.times, *self.columns.values())
        for event in events:
            for column, value in zip(columns, event, strict=True):
                column.append(value)
        self.end = 0.0
        """Epoch seconds when the data are over."""

    def __len__(self) -> int:
        return len(self.times)

    @property
    def begins(self) -> float:
        """Epoch seconds of the first event."""
        return self.times[0]

    def number_before(self, time: float) -> int:
        """How many events there are before a time."""
        return bisect_left(self.times, time)

    def number_until(self, time: float) -> int:
        """How many events there are until a time, that time included."""
        return bisect_right(self.times, time)

    def event(self, number: int) -> Event:
        """The event at a place."""
        return Event(self.times[number], *(column[number] for column in self.columns.values()))

    def moments(self, after: float, before: float) -> list[float]:
        """The times of the events between two moments, neither of them included."""
        return self.times[self.number_until(after) : self.number_before(before)].tolist()


def events_of(data: MarketData, instrument: Instrument) -> Events:
    """What a file says of an instrument.

    A bar becomes four prices, at its beginning and at each quarter of it: the open, then low and high, or high and low
    when the close is below the open, and the close. Its volume is divided among them. What lies outside of the
    instrument's trading hours is left out, and prices between two ticks are put on the grid: both are logged, with
    the first line. So are gaps between bars.

    Raises ConfigurationError for ticks without the prices that the instrument needs, for bars whose length can't be
    told, and for data that lie outside of its hours altogether.
    """
    report = _Report(data, instrument)
    make = _of_bars if data.is_bars else _of_ticks
    events = Events(_apart(make(data, instrument, report)))
    report.log()
    if not events:
        raise ConfigurationError(
            f"{data.path}: nothing lies in the trading hours of {instrument.local_symbol} ({instrument.hours.zone})"
        )
    events.end = report.end
    return events


class _Report:
    """What is worth saying of a file as a whole."""

    def __init__(self, data: MarketData, instrument: Instrument) -> None:
        self._data = data
        self._name = instrument.local_symbol
        self._grid = TickGrid(instrument)
        self._found: dict[str, tuple[int, int]] = {}
        self.end = 0.0

    def note(self, what: str, row: Row) -> None:
        """Count something, and keep where it was found first."""
        count, first = self._found.get(what, (0, row.place))
        self._found[what] = (count + 1, first)

    def check_grid(self, row: Row, names: tuple[str, ...]) -> None:
        """Note a row with a price between two ticks."""
        prices = (row.values.get(name) for name in names)
        if any(price is not None and not self._grid.holds(price) for price in prices):
            self.note("prices are not on the tick grid, and are rounded to it", row)

    def log(self) -> None:
        """Say it."""
        for what, (count, first) in self._found.items():
            place = f"{self._data.path} ({self._name})"
            logger.warning("{}: {} {}, first in {} {}", place, count, what, self._data.unit, first)


def _of_bars(data: MarketData, instrument: Instrument, report: _Report) -> Iterator[Event]:
    length = _length_of(data)
    before: tuple[Row, Session, float] | None = None
    sessions = _Sessions(instrument)
    for row in data.rows:
        session = sessions.of(row)
        if session is None:
            report.note("bars outside of trading hours are left out", row)
            continue
        report.check_grid(row, BAR_COLUMNS)
        start, end = _stretch(row, session, length)
        if before is not None and row.day is None and before[1] == session and start > before[2]:
            report.note("gaps between bars of one trading day", before[0])
        yield from _prices_of(row, start, end - start)
        report.end = end
        before = row, session, end


def _length_of(data: MarketData) -> float:
    """Seconds of a bar: the smallest distance between two; a daily bar has its day's session instead."""
    if data.rows[0].day is not None:
        return 0.0
    distances = [later.time - row.time for row, later in pairwise(data.rows)]
    if not distances:
        raise data.error(data.rows[0], "expected more than one bar, so that the length of a bar can be told")
    return min(distances)


def _session_of(instrument: Instrument, row: Row) -> Session | None:
    if row.day is not None:
        return instrument.hours.session(row.day, liquid=True)
    session = instrument.hours.latest(row.time)
    return session if row.time < session.end else None


def _stretch(row: Row, session: Session, length: float) -> tuple[float, float]:
    if row.day is not None:
        return float(session.start), float(session.end)
    return row.time, min(row.time + length, float(session.end))


def _prices_of(row: Row, start: float, length: float) -> Iterator[Event]:
    opening, high, low, close = (row.values[name] or 0.0 for name in BAR_COLUMNS)
    extremes = (high, low) if close < opening else (low, high)
    volume = row.values.get("volume") or 0.0
    share = float(volume // len(_PLACES))
    sizes = (share, share, share, volume - 3 * share)
    for place, price, size in zip(_PLACES, (opening, *extremes, close), sizes, strict=True):
        yield Event(start + place * length, price, size)


class _Sessions:
    """The session of one row after the other: the next row's is mostly that of the one before."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._latest: Session | None = None

    def of(self, row: Row) -> Session | None:
        """None outside of trading hours."""
        latest = self._latest
        if row.day is None and latest is not None and latest.start <= row.time < latest.end:
            return latest
        self._latest = _session_of(self._instrument, row)
        return self._latest


def _of_ticks(data: MarketData, instrument: Instrument, report: _Report) -> Iterator[Event]:
    if instrument.kind.has_trades and all(row.values.get("price") is None for row in data.rows):
        expected = f"expected a column price with trades, which {instrument.security_type} has"
        raise data.error(data.rows[0], expected)
    sessions = _Sessions(instrument)
    for row in data.rows:
        if sessions.of(row) is None:
            report.note("ticks outside of trading hours are left out", row)
            continue
        report.check_grid(row, ("price", "bid", "ask"))
        values = {name: nan if value is None else value for name, value in row.values.items()}
        size = row.values.get("size") or 0.0
        yield Event(row.time, **{**values, "size": size})
        report.end = row.time


def _apart(events: Iterable[Event]) -> Iterator[Event]:
    """The same with times that all differ."""
    last = float("-inf")
    for event in events:
        if event.time > last:
            last = event.time
            yield event
        else:
            last += _A_MOMENT
            yield event._replace(time=last)
