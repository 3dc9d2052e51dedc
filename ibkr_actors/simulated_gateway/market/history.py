"""Bars of history and of the running market, made of the same paths as the quotes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, islice, takewhile
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from ibkr_actors.classes.bar import Bar
from ibkr_actors.simulated_gateway.hours.trading_hours import Session
from ibkr_actors.simulated_gateway.instruments.instrument import Instrument
from ibkr_actors.simulated_gateway.market.bar_queries import (
    DAY,
    HOUR,
    LIVE,
    MINUTE,
    SIZES,
    BarQuery,
    Duration,
    check_data,
    check_live,
    check_step,
    duration_of,
    end_of,
    no_data,
    size_of,
)
from ibkr_actors.simulated_gateway.market.bar_shapes import BarShape, QuoteBars, shape_of
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.market.price_paths import STEPS_PER_SECOND
from ibkr_actors.simulated_gateway.market.price_series import Prices, PriceSeries, together
from ibkr_actors.simulated_gateway.refusals import Refusal, historical

__all__ = ["BarQuery", "BarSeries", "History"]

_MONTH: Final = SIZES["1M"]
_REAL_TIME_SECONDS: Final = 5
_MOST_BARS: Final = 200_000
OLDEST_BAR: Final = date(1980, 1, 1)
_EARLIEST_END: Final = datetime(1982, 1, 1, tzinfo=UTC).timestamp()


class BarSeries(Struct, frozen=True):
    """The answer: the bars, oldest first, and the range that was searched, as `YYYYMMDD HH:MM:SS zone`."""

    bars: list[Bar]
    start: str
    end: str


class _Window(Struct, frozen=True):
    """The part of one session that a query covers, in steps."""

    day: date
    first: int
    last: int
    offset: int
    """Seconds by which the exchange's clock is ahead of UTC."""


class History:
    """Bars of a market: past ones, the one that runs, and those of five seconds.

    A series ends with the present price. Bars of all sizes are pieces of the same paths, so small ones add up to large
    ones. Where the market trades outside the exchange's hours, that time belongs to the last trading day, unless only
    regular hours are asked for.

    Not responsible for: pacing, request ids, when updates are sent.
    """

    def __init__(self, market: Market) -> None:
        self._market = market

    def bars(self, query: BarQuery) -> BarSeries:
        """All bars of a query, up to the market's `now`. Raises Refusal with the bridge's code and text."""
        instrument = self._market.catalogue[query.contract_id]
        name = f"{instrument.local_symbol}@{instrument.exchange}"
        size, duration = size_of(query.bar_size), duration_of(query.duration)
        end = end_of(query.end, instrument.hours.zone, self._market.now)
        check_data(query, instrument, name)
        check_live(query, size)
        check_step(size, duration)
        if end is None or end > self._market.now:
            end = self._market.now
        if end < _EARLIEST_END:
            raise no_data(name, query.what_to_show)
        windows = self._windows(instrument, query, size, duration, end)
        _check_number(windows, size)
        bars = list(self._make_bars(instrument, query, size, windows))
        if not bars:
            raise no_data(name, query.what_to_show)
        return BarSeries(bars, *_range(instrument, duration, end))

    @property
    def now(self) -> float:
        """The market's time, up to which there are bars: epoch seconds."""
        return self._market.now

    def bars_since(self, query: BarQuery, moment: float) -> list[Bar]:
        """For keep-up-to-date: the bar that ran at a moment as it ended or stands now, and those that began since.

        Oldest first, the one that runs now last, each as `bars` has it. What has no price yet, which happens in data
        with gaps, is left out; nothing is left when no session has gone on since.
        """
        instrument, size = self._market.catalogue[query.contract_id], size_of(query.bar_size)
        windows = self._windows_back(instrument, query, self._market.now)
        if size < DAY:
            # The last step of a market that is closed runs on.
            step = min(int(moment * STEPS_PER_SECOND), self._market.present_step(query.contract_id))
            found = list(takewhile(lambda window: window.last > step, windows))
            found[-1:] = [_from_the_bar_at(window, step, size) for window in found[-1:]]
        else:
            oldest = _group(instrument.hours.latest(moment, liquid=query.use_rth).day, size)
            found = list(takewhile(lambda window: _group(window.day, size) >= oldest, windows))
        return list(self._make_bars(instrument, query, size, found[::-1]))

    def real_time_bar(
        self, contract_id: int, start: int, what_to_show: str, *, use_rth: bool = False
    ) -> Bar | None:
        """The 5-second bar that begins at `start` (epoch seconds, a multiple of 5); its date is that number.

        None when nothing trades then, or when `use_rth` is asked for and it lies outside. Raises Refusal(420, ...) for
        a bad `what_to_show`, ValueError for a start in the future.
        """
        instrument = self._market.catalogue[contract_id]
        self._check_real_time(instrument, what_to_show)
        first = start * STEPS_PER_SECOND
        last = min(
            first + _REAL_TIME_SECONDS * STEPS_PER_SECOND, int(self._market.now * STEPS_PER_SECOND) + 1
        )
        if last <= first:
            raise ValueError(f"{start} has not come yet")
        if not self._trades_at(instrument, start, use_rth):
            return None
        series, shape = self._shown(instrument, what_to_show)
        return shape.bar(str(start), series.between(first, last)) if series.is_known(first, last) else None

    def _check_real_time(self, instrument: Instrument, kind: str) -> None:
        has = instrument.kind.has_trades if kind == "TRADES" else instrument.kind.has_quotes
        if kind not in LIVE or not has:
            raise Refusal(420, f"Invalid Real-time Query:No {kind} data for {instrument.local_symbol}")

    def _trades_at(self, instrument: Instrument, moment: int, use_rth: bool) -> bool:
        session = instrument.hours.latest(moment, liquid=use_rth)
        return moment < session.end or (self._market.always_open and not use_rth)

    # which time

    def _windows(
        self, instrument: Instrument, query: BarQuery, size: int, duration: Duration, end: float
    ) -> list[_Window]:
        """The sessions that the duration reaches back to, oldest first; the first may be cut."""
        windows = self._windows_back(instrument, query, end)
        if duration.unit == "S":
            found = _so_many_steps(windows, duration.seconds * STEPS_PER_SECOND, size * STEPS_PER_SECOND)
        elif duration.unit == "D":
            found = list(islice(windows, duration.count))
        else:
            oldest = duration.before(datetime.fromtimestamp(end, ZoneInfo(instrument.hours.zone))).date()
            found = _later_than(windows, max(oldest, OLDEST_BAR))
        return found[::-1]

    def _windows_back(self, instrument: Instrument, query: BarQuery, end: float) -> Iterator[_Window]:
        """The sessions up to `end`, the latest first."""
        is_present = end >= self._market.now
        # What has expired has no prices behind its last step, however late the end is.
        limit = self._market.present_step(query.contract_id) + 1
        limit = limit if is_present else min(limit, int(end * STEPS_PER_SECOND))
        zone = ZoneInfo(instrument.hours.zone)
        latest_runs_on = is_present and self._market.always_open and not query.use_rth
        for session in instrument.hours.sessions_back(end, liquid=query.use_rth):
            first, last = session.start * STEPS_PER_SECOND, session.end * STEPS_PER_SECOND
            last = limit if latest_runs_on else min(last, limit)
            latest_runs_on = False
            if first < last:
                yield _Window(session.day, first, last, _offset(session, zone))

    # which bars

    def _make_bars(
        self, instrument: Instrument, query: BarQuery, size: int, windows: list[_Window]
    ) -> Iterator[Bar]:
        series, shape = self._shown(instrument, query.what_to_show)
        if size < DAY:
            dated = _within_days(query, size, windows, series, instrument.hours.zone)
        else:
            dated = _days_and_longer(size, windows, series)
        for label, prices in dated:
            yield shape.bar(label, prices)

    def _shown(self, instrument: Instrument, kind: str) -> tuple[PriceSeries, BarShape]:
        """The prices that bars of a kind are made of, and how; data with quotes have bids and asks of their own."""
        grid, replay = self._market.grid(instrument.contract_id), self._market.replay(instrument.contract_id)
        told = None if replay is None else replay.side(kind)
        if told is not None:
            told = self._market.with_pins(instrument.contract_id, told)
            return told, QuoteBars(grid.halved if kind == "MIDPOINT" else grid.price)
        return self._market.series(instrument.contract_id), shape_of(kind, instrument, grid)


def _within_days(
    query: BarQuery, size: int, windows: Iterable[_Window], series: PriceSeries, zone: str
) -> Iterator[tuple[str, Prices]]:
    steps = size * STEPS_PER_SECOND
    label_of = str if query.format_date == 2 else _ClockText(zone)
    for window in windows:
        first = window.first
        while first < window.last:
            # Bars keep to the clock: the first one of a session may be shorter.
            last = min(first + steps - (first + window.offset * STEPS_PER_SECOND) % steps, window.last)
            if series.is_known(first, last):
                yield label_of(first // STEPS_PER_SECOND), series.between(first, last)
            first = last


def _days_and_longer(
    size: int, windows: Iterable[_Window], series: PriceSeries
) -> Iterator[tuple[str, Prices]]:
    """A bar of a week or month has the date of its last trading day."""
    for _, members in groupby(windows, lambda window: _group(window.day, size)):
        found: Prices | None = None
        for window in members:
            if not series.is_known(window.first, window.last):
                continue
            prices = series.between(window.first, window.last)
            found = prices if found is None else together(found, prices)
            day = window.day
        if found is not None:
            yield f"{day:%Y%m%d}", found


def _so_many_steps(windows: Iterator[_Window], wanted: int, bar: int) -> list[_Window]:
    """Windows that hold so many steps in whole bars; the bar that runs counts as a whole one."""
    found = []
    for window in windows:
        edge = window.last + -(window.last + window.offset * STEPS_PER_SECOND) % bar
        first = max(window.first, edge - wanted)
        found.append(_Window(window.day, first, window.last, window.offset))
        wanted -= edge - first
        if wanted <= 0:
            break
    return found


def _later_than(windows: Iterator[_Window], oldest: date) -> list[_Window]:
    found = []
    for window in windows:
        if window.day <= oldest:
            break
        found.append(window)
    return found


def _from_the_bar_at(window: _Window, step: int, size: int) -> _Window:
    """A window from the beginning of the bar that holds a step; the whole of it when the step lies before."""
    first = step - (step + window.offset * STEPS_PER_SECOND) % (size * STEPS_PER_SECOND)
    return _Window(window.day, max(window.first, first), window.last, window.offset)


def _group(day: date, size: int) -> tuple[int, int, int]:
    """What the trading days of one bar have in common; that of a later bar is larger."""
    if size == DAY:
        return day.year, day.month, day.day
    return (day.year, day.month, 0) if size == _MONTH else (*day.isocalendar()[:2], 0)


def _offset(session: Session, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(session.start, zone).utcoffset() or timedelta()
    return int(offset.total_seconds())


class _ClockText:
    """`YYYYMMDD HH:MM:SS zone` of epoch seconds, for many in a row: the hour is looked up once."""

    def __init__(self, zone: str) -> None:
        self._name = zone
        self._zone = ZoneInfo(zone)
        self._hour = -1
        self._beginning = ""

    def __call__(self, moment: int) -> str:
        hour, second = divmod(moment, HOUR)
        if hour != self._hour:
            self._hour = hour
            self._beginning = f"{datetime.fromtimestamp(hour * HOUR, self._zone):%Y%m%d %H}"
        minute, second = divmod(second, MINUTE)
        return f"{self._beginning}:{minute:02}:{second:02} {self._name}"


def _check_number(windows: list[_Window], size: int) -> None:
    """Raises Refusal for more bars than one answer holds."""
    steps = sum(window.last - window.first for window in windows)
    if size < DAY and steps > size * STEPS_PER_SECOND * _MOST_BARS:
        raise historical("Time length exceed max.")


def _range(instrument: Instrument, duration: Duration, end: float) -> tuple[str, str]:
    zone = ZoneInfo(instrument.hours.zone)
    last = datetime.fromtimestamp(int(end), zone)
    first, last_text = duration.before(last), f"{last:%Y%m%d %H:%M:%S} {instrument.hours.zone}"
    return f"{first:%Y%m%d %H:%M:%S} {instrument.hours.zone}", last_text
