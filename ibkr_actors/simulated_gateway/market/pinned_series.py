"""Prices that were pinned: what a series shows in the place of its own, from when until when."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import reduce
from typing import Final

from ibkr_actors.simulated_gateway.market.price_series import Prices, PriceSeries, together

_MOST_STEPS: Final = 200_000
"""So many steps in which something was pinned are remembered; then the older half is forgotten."""
_REMEMBERED: Final = 16
"""Beginnings from which `running` knows how far it got."""


class PinnedPast:
    """At which prices one instrument was pinned, step by step; None where it moved by itself."""

    def __init__(self) -> None:
        self._steps: list[int] = []
        self._prices: list[tuple[float | None, ...]] = []
        self._before: float | None = None
        """What held before the first step that is remembered."""

    def add(self, step: int, price: float | None) -> None:
        """Within a step, never one before the last, a price begins to hold."""
        if price == self._latest:
            return
        if self._steps and step <= self._steps[-1]:
            self._prices[-1] += (price,)
            return
        if len(self._steps) >= _MOST_STEPS:
            self._forget(_MOST_STEPS // 2)
        self._steps.append(step)
        self._prices.append((price,))

    def before(self, step: int) -> float | None:
        """The price that held when a step began."""
        place = bisect_left(self._steps, step)
        return self._prices[place - 1][-1] if place else self._before

    def changes(self, first: int, last: int) -> Iterator[tuple[int, tuple[float | None, ...]]]:
        """The steps from `first` until before `last` in which other prices began to hold, and these prices."""
        begin, end = (bisect_left(self._steps, step) for step in (first, last))
        return zip(self._steps[begin:end], self._prices[begin:end], strict=True)

    def is_empty(self, first: int, last: int) -> bool:
        """Nothing was pinned between two steps."""
        return self.before(first) is None and bisect_left(self._steps, first) == bisect_left(
            self._steps, last
        )

    @property
    def _latest(self) -> float | None:
        return self._prices[-1][-1] if self._prices else self._before

    def _forget(self, count: int) -> None:
        self._before = self._prices[count - 1][-1]
        del self._steps[:count], self._prices[:count]


class PinnedSeries:
    """A series with the prices of a `PinnedPast` where there are any; implements `PriceSeries`.

    A step in which a price was pinned has the prices before it and behind it, as somebody who looked saw them. The
    volume is always that of the series itself.
    """

    def __init__(self, free: PriceSeries, past: PinnedPast) -> None:
        self._free = free
        self._past = past
        self._running: dict[int, tuple[int, Prices | None]] = {}

    def between(self, first: int, last: int) -> Prices:
        """See `PriceSeries`."""
        free = self._free.between(first, last)
        if self._past.is_empty(first, last):
            return free
        return reduce(together, self._pieces(first, last))._replace(volume=free.volume)

    def running(self, first: int, last: int) -> Prices:
        """See `PriceSeries`. The last step is the present one, in which prices may still be pinned."""
        present, (upto, known) = last - 1, self._running.get(first, (first, None))
        if present < upto:
            return self.between(first, last)
        if upto < present:
            piece = self.between(upto, present)
            known = piece if known is None else together(known, piece)
            if len(self._running) > _REMEMBERED:
                self._running.clear()
            self._running[first] = present, known
        now = self.between(present, last)
        return now if known is None else together(known, now)

    def opening(self, step: int) -> float:
        """See `PriceSeries`."""
        pinned = self._past.before(step)
        return self._free.opening(step) if pinned is None else pinned

    def is_known(self, first: int, last: int) -> bool:
        """See `PriceSeries`; what is pinned is known, once there is anything."""
        return self._free.is_known(first, last) or (
            not self._past.is_empty(first, last) and self._free.is_known(0, last)
        )

    def _pieces(self, first: int, last: int) -> Iterator[Prices]:
        held = self._past.before(first)
        for step, prices in self._past.changes(first, last):
            if first < step:
                yield self._piece(first, step, held)
            for price in (held, *prices):
                yield self._piece(step, step + 1, price)
            held, first = prices[-1], step + 1
        if first < last:
            yield self._piece(first, last, held)

    def _piece(self, first: int, last: int, price: float | None) -> Prices:
        return self._free.between(first, last) if price is None else Prices(price, price, price, price, 0.0)
