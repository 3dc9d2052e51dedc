"""The prices of one instrument over time: a path made into money, on the instrument's tick grid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from math import ceil, exp, floor
from typing import Final, NamedTuple, Protocol

from ibkr_actors.simulated_gateway.hours.trading_hours import epoch
from ibkr_actors.simulated_gateway.instruments.instrument import FUTURES_OPTION, Instrument
from ibkr_actors.simulated_gateway.market.option_pricing import OptionTerms, smile
from ibkr_actors.simulated_gateway.market.price_paths import ACTIVITY, STEPS_PER_SECOND, Path, Stretch

_HAIR: Final = 1e-9
"""A price this close to the grid lies on it."""
_QUIET: Final = 0.05
"""Activity outside of regular hours, as a share of that inside."""
_MOST_OF_A_DAY: Final = 12 * 60


class Prices(NamedTuple):
    """Open, high, low and close of a stretch of time in money, not yet on the grid, and the volume."""

    open: float
    high: float
    low: float
    close: float
    volume: float

    def each(self, change: Callable[[float], float]) -> Prices:
        """The same with all four prices changed alike."""
        return Prices(change(self.open), change(self.high), change(self.low), change(self.close), self.volume)


def together(first: Prices, second: Prices) -> Prices:
    """Two stretches, one after the other, as one."""
    return Prices(
        first.open,
        max(first.high, second.high),
        min(first.low, second.low),
        second.close,
        first.volume + second.volume,
    )


class PriceSeries(Protocol):
    """Prices of one instrument between two steps."""

    def between(self, first: int, last: int) -> Prices:
        """From step `first` until before step `last`."""

    def running(self, first: int, last: int) -> Prices:
        """The same, quick when asked for again with a later `last`."""

    def opening(self, step: int) -> float:
        """The first price at a step or behind it."""

    def is_known(self, first: int, last: int) -> bool:
        """There are prices between two steps; what `between` gives for others is the price before."""


class PathSeries:
    """An instrument whose price is that of its path, times the price at the beginning."""

    def __init__(self, path: Path, price: float, daily_volume: int) -> None:
        self._path = path
        self._price = price
        self._daily_volume = daily_volume

    def between(self, first: int, last: int) -> Prices:
        """See `PriceSeries`."""
        return self._prices(self._path.stretch(first, last))

    def running(self, first: int, last: int) -> Prices:
        """See `PriceSeries`."""
        return self._prices(self._path.running_stretch(first, last))

    def opening(self, step: int) -> float:
        """See `PriceSeries`."""
        return self.between(step, step + 1).open

    def is_known(self, first: int, last: int) -> bool:
        """See `PriceSeries`: a path has no gaps."""
        return first < last

    def _prices(self, stretch: Stretch) -> Prices:
        price, daily = self._price, self._daily_volume
        return Prices(
            price * exp(stretch.open),
            price * exp(stretch.high),
            price * exp(stretch.low),
            price * exp(stretch.close),
            # Differences of one running total, so that the volumes of pieces add up to that of the whole.
            daily * stretch.after // ACTIVITY - daily * stretch.before // ACTIVITY,
        )


class OptionSeries:
    """An option, valued off its underlying.

    The underlying's extremes give the option's: the better one at the beginning of a stretch and the worse one at its
    end, when less time is left, or the other way round where an option gains by time. So the range of a stretch holds
    the ranges of its pieces. `traded` is a series that has the option's volume.
    """

    def __init__(self, option: Instrument, underlying: PriceSeries, traded: PriceSeries) -> None:
        self.terms = terms_of(option)
        self._may_gain = self.terms.is_on_future or not self.terms.is_call
        """Time takes value from a call on a stock only; others gain when they are deep in the money."""
        self._underlying = underlying
        self._traded = traded

    def between(self, first: int, last: int) -> Prices:
        """See `PriceSeries`."""
        volume = self._traded.between(first, last).volume
        return self._prices(self._underlying.between(first, last), first, last, volume)

    def running(self, first: int, last: int) -> Prices:
        """See `PriceSeries`."""
        volume = self._traded.running(first, last).volume
        return self._prices(self._underlying.running(first, last), first, last, volume)

    def opening(self, step: int) -> float:
        """See `PriceSeries`."""
        return self.terms.value(self._underlying.opening(step), step / STEPS_PER_SECOND)

    def is_known(self, first: int, last: int) -> bool:
        """See `PriceSeries`."""
        return self._underlying.is_known(first, last)

    def _prices(self, underlying: Prices, first: int, last: int, volume: float) -> Prices:
        begin, end = first / STEPS_PER_SECOND, last / STEPS_PER_SECOND
        better, worse = underlying.high, underlying.low
        if not self.terms.is_call:
            better, worse = worse, better
        value = self.terms.value
        opening, closing = value(underlying.open, begin), value(underlying.close, end)
        high, low = max(opening, closing, value(better, begin)), min(opening, closing, value(worse, end))
        if self._may_gain:
            high, low = max(high, value(better, end)), min(low, value(worse, begin))
        return Prices(opening, high, low, closing, volume)


def terms_of(option: Instrument) -> OptionTerms:
    """What the option model has to know of an instrument."""
    assert option.expires is not None
    return OptionTerms(
        strike=option.strike,
        is_call=option.right == "C",
        expires=option.expires,
        volatility=smile(option.volatility, option.strike, option.price),
        is_on_future=option.security_type == FUTURES_OPTION,
    )


class TickGrid:
    """Puts the prices of one instrument on its grid: trades, and bids and asks half a spread beside them.

    Never zero or negative, and the bid always below the ask.
    """

    def __init__(self, instrument: Instrument) -> None:
        self._tick = instrument.minimum_tick
        self._digits = decimals_of(instrument.minimum_tick)
        self._half_spread = instrument.spread * instrument.minimum_tick / 2
        # Options are quoted wider the more they cost.
        self._relative = 0.005 if instrument.right else 0.0

    def price(self, value: float) -> float:
        """The nearest price on the grid."""
        tick = self._tick
        return round((round(value / tick) or 1) * tick, self._digits)

    def bid(self, value: float) -> float:
        """The bid when trades happen at `value`."""
        return self._on_grid(self._bid_ticks(value))

    def ask(self, value: float) -> float:
        """The ask when trades happen at `value`."""
        ticks = ceil((value + self._half(value)) / self._tick - _HAIR)
        return self._on_grid(max(ticks, self._bid_ticks(value) + 1))

    def middle(self, value: float) -> float:
        """Half way between bid and ask, which may lie between two ticks."""
        return round((self.bid(value) + self.ask(value)) / 2, self._digits + 1)

    def halved(self, value: float) -> float:
        """A middle, which may lie between two ticks."""
        return round(value, self._digits + 1)

    def holds(self, price: float) -> bool:
        """The price is above zero and lies on the grid."""
        return price > 0 and abs(self._on_grid(round(price / self._tick)) - price) < self._tick * _HAIR

    def beside(self, price: float, ticks: int) -> float:
        """The price so many ticks above; never below the first tick."""
        return self._on_grid(max(1, round(price / self._tick) + ticks))

    def _bid_ticks(self, value: float) -> int:
        return max(1, floor((value - self._half(value)) / self._tick + _HAIR))

    def _half(self, value: float) -> float:
        return self._half_spread + value * self._relative

    def _on_grid(self, ticks: int) -> float:
        return round(ticks * self._tick, self._digits)


def decimals_of(tick: float) -> int:
    """How many decimals a tick has: 2 for 0.25, 5 for 0.00005."""
    _, _, decimals = f"{tick:.10f}".rstrip("0").partition(".")
    return len(decimals)


def hourly_profile(instrument: Instrument, day: date) -> tuple[float, ...]:
    """How much happens in each hour (UTC) of a day: most while the exchange has its regular hours."""
    hours = instrument.hours
    if hours.liquid_closing - hours.liquid_opening >= _MOST_OF_A_DAY:
        return (1.0,) * 24
    opening, closing = (
        datetime.fromtimestamp(epoch(day, minutes, hours.zone), UTC).hour
        for minutes in (hours.liquid_opening, hours.liquid_closing - 1)
    )
    return tuple(1.0 if opening <= hour <= closing else _QUIET for hour in range(24))
