"""The prices of an instrument whose market is a file: a series of what its events say, and never more than now."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from itertools import accumulate
from math import isnan, nan
from typing import NamedTuple

from ibkr_actors.simulated_gateway.market.price_paths import STEPS_PER_SECOND
from ibkr_actors.simulated_gateway.market.price_series import Prices, PriceSeries, together
from ibkr_actors.simulated_gateway.market.replayed_events import Event, Events


class Told(NamedTuple):
    """What the newest events say of a quote; None for what they don't."""

    bid: float | None
    ask: float | None
    bid_size: float | None
    ask_size: float | None
    last_size: float
    last_time: float
    """Epoch seconds of the last price."""


class ReplayedSeries:
    """Prices out of events; implements `PriceSeries`.

    A stretch without an event has the price before it, and no volume: `is_known` tells that it is none of the data's.
    Before the first event it is the price of that one.

    Not responsible for: options on the instrument, which are valued off this series.
    """

    def __init__(
        self,
        times: array[float],
        prices: array[float],
        sizes: array[float],
        now: Callable[[], float],
    ) -> None:
        self._now = now
        self._times = times
        self._prices = prices
        self._totals = array("d", accumulate(sizes, initial=0.0))
        self._running: dict[int, tuple[int, Prices]] = {}

    def between(self, first: int, last: int) -> Prices:
        """See `PriceSeries`."""
        return self._prices_of(*self._places(first, last))

    def running(self, first: int, last: int) -> Prices:
        """See `PriceSeries`."""
        begin, end = self._places(first, last)
        upto, known = self._running.get(first, (begin, None))
        if known is None or end < upto:
            found = self._prices_of(begin, end)
        else:
            found = together(known, self._prices_of(upto, end)) if upto < end else known
        if begin < end:
            self._running = {first: (end, found)}  # of the day that runs, which is asked for again and again
        return found

    def opening(self, step: int) -> float:
        """See `PriceSeries`; until something happens it is the price before."""
        place = bisect_left(self._times, step / STEPS_PER_SECOND)
        known = bisect_right(self._times, self._now())
        return self._prices[place if place < known else max(known - 1, 0)]

    def is_known(self, first: int, last: int) -> bool:
        """See `PriceSeries`."""
        begin, end = self._places(first, last)
        return begin < end

    def _places(self, first: int, last: int) -> tuple[int, int]:
        begin, end = (bisect_left(self._times, step / STEPS_PER_SECOND) for step in (first, last))
        return begin, min(end, bisect_right(self._times, self._now()))

    def _prices_of(self, begin: int, end: int) -> Prices:
        if begin >= end:
            price = self._prices[max(min(begin, end) - 1, 0)]
            return Prices(price, price, price, price, 0)
        prices = self._prices[begin:end]
        volume = round(self._totals[end] - self._totals[begin], 9)
        whole = int(volume) if volume.is_integer() else volume
        return Prices(prices[0], max(prices), min(prices), prices[-1], whole)


class BothSides:
    """Bids and asks in one, as bars of BID_ASK have them; implements `PriceSeries`.

    Average bid, highest ask, lowest bid, average ask. The average is that of a bar's four prices.
    """

    def __init__(self, bid: ReplayedSeries, ask: ReplayedSeries) -> None:
        self._bid, self._ask = bid, ask

    def between(self, first: int, last: int) -> Prices:
        """See `PriceSeries`."""
        bid, ask = self._bid.between(first, last), self._ask.between(first, last)
        return Prices(_average(bid), ask.high, bid.low, _average(ask), 0)

    running = between

    def opening(self, step: int) -> float:
        """See `PriceSeries`."""
        return self._bid.opening(step)

    def is_known(self, first: int, last: int) -> bool:
        """See `PriceSeries`."""
        return self._bid.is_known(first, last)


def _average(prices: Prices) -> float:
    return (prices.open + prices.high + prices.low + prices.close) / 4


class Replay:
    """The market of one instrument, replayed.

    Responsible for: its series of trades (or of the middle, where nothing is traded) and of bids and asks; what its
    quote is at any moment. `now` is the market's time: what happens later is known to nobody.
    """

    def __init__(self, events: Events, *, has_trades: bool, now: Callable[[], float]) -> None:
        self.events = events
        self._now = now
        price, bid, ask = (events.columns[name] for name in ("price", "bid", "ask"))
        self.has_quotes = not all(map(isnan, bid))
        middle = array("d", ((low + high) / 2 for low, high in zip(bid, ask, strict=True)))
        main = price if has_trades or not self.has_quotes else middle
        self._trades = _numbers(main)
        self._quotes = _numbers(middle)
        self.series = self._series(main, self._trades)
        self._sides: dict[str, PriceSeries] = {}
        if self.has_quotes:
            bids, asks = self._series(bid, self._quotes), self._series(ask, self._quotes)
            middles = self._series(middle, self._quotes)
            self._sides = {"BID": bids, "ASK": asks, "MIDPOINT": middles, "BID_ASK": BothSides(bids, asks)}

    def _series(self, prices: array[float], numbers: list[int]) -> ReplayedSeries:
        sizes = self.events.columns["size"]
        return ReplayedSeries(
            array("d", (self.events.times[number] for number in numbers)),
            array("d", (prices[number] for number in numbers)),
            array("d", (sizes[number] for number in numbers)),
            self._now,
        )

    def side(self, kind: str) -> PriceSeries | None:
        """The series of BID, ASK, MIDPOINT or BID_ASK, where the data have quotes."""
        return self._sides.get(kind)

    @property
    def is_over(self) -> bool:
        """The data have come to their end."""
        return self._now() >= self.events.end

    def told(self) -> Told | None:
        """What the quote of now is; None before the first price."""
        upto = self.events.number_until(self._now())
        last = self._latest(self._trades, upto)
        if last is None:
            return None
        quote = self._latest(self._quotes, upto)
        bid, ask, bid_size, ask_size = map(_known, quote[3:] if quote else (nan,) * 4)
        return Told(bid, ask, bid_size, ask_size, last.size, last.time)

    def _latest(self, numbers: list[int], upto: int) -> Event | None:
        place = bisect_right(numbers, upto - 1)
        return self.events.event(numbers[place - 1]) if place else None

    def moment(self) -> int:
        """A number that changes with every event."""
        return self.events.number_until(self._now())

    def within(self, first: float, before: float) -> list[Event]:
        """The events from one time until before another."""
        begin, end = self.events.number_before(first), self.events.number_before(before)
        return [self.events.event(number) for number in range(begin, min(end, self.moment()))]


def _known(value: float) -> float | None:
    return None if isnan(value) else value


def _numbers(values: array[float]) -> list[int]:
    """The places of the values that are told."""
    return [number for number, value in enumerate(values) if not isnan(value)]
