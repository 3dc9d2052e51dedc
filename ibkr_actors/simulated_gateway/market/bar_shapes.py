"""Prices of a stretch of time made into bars: of trades, of quotes, of volatilities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from ibkr_actors.classes.bar import Bar
from ibkr_actors.simulated_gateway.instruments.instrument import Instrument
from ibkr_actors.simulated_gateway.market.bar_queries import TRADED, VOLATILITIES
from ibkr_actors.simulated_gateway.market.price_series import Prices, TickGrid

_USUAL_TRADE: Final = {"STK": 120, "FUT": 2, "OPT": 4, "FOP": 4}
"""Shares or contracts in a usual trade."""


class BarShape(Protocol):
    """Makes bars of one kind of data."""

    def bar(self, label: str, prices: Prices) -> Bar:
        """The bar of a stretch of time."""


class TradeBars:
    """What was traded: with volume, average price and number of trades."""

    def __init__(self, grid: TickGrid, usual_trade: int) -> None:
        self._price = grid.price
        self._usual_trade = usual_trade

    def bar(self, label: str, prices: Prices) -> Bar:
        """See `BarShape`."""
        price = self._price
        opening, high, low, close = (
            price(prices.open),
            price(prices.high),
            price(prices.low),
            price(prices.close),
        )
        volume = prices.volume
        average = min(high, max(low, round((opening + high + low + close) / 4, 5)))
        return Bar(label, opening, high, low, close, volume, average, int(-(-volume // self._usual_trade)))


class QuoteBars:
    """Bid, ask or their middle, as `shown` puts a price on the grid; no volume."""

    def __init__(self, shown: Callable[[float], float]) -> None:
        self._shown = shown

    def bar(self, label: str, prices: Prices) -> Bar:
        """See `BarShape`."""
        shown = prices.each(self._shown)
        return Bar(label, shown.open, shown.high, shown.low, shown.close, -1, -1, -1)


class BidAskBars:
    """Bid and ask in one: average bid as open, highest ask, lowest bid, average ask as close."""

    def __init__(self, grid: TickGrid) -> None:
        self._grid = grid

    def bar(self, label: str, prices: Prices) -> Bar:
        """See `BarShape`."""
        average = (prices.open + prices.high + prices.low + prices.close) / 4
        bid, ask = self._grid.bid, self._grid.ask
        return Bar(label, bid(average), ask(prices.high), bid(prices.low), ask(average), -1, -1, -1)


class VolatilityBars:
    """Volatility per year, which rises when the price falls."""

    def __init__(self, instrument: Instrument) -> None:
        self._product = instrument.volatility * instrument.price

    def bar(self, label: str, prices: Prices) -> Bar:
        """See `BarShape`."""
        opening, low, high, close, _ = prices.each(lambda price: round(self._product / price, 6))
        return Bar(label, opening, high, low, close, -1, -1, -1)


def shape_of(kind: str, instrument: Instrument, grid: TickGrid) -> BarShape:
    """The shape for a kind of data that `bar_queries` has let through."""
    if kind in TRADED:
        return TradeBars(grid, _USUAL_TRADE.get(instrument.security_type, 1))
    if kind in VOLATILITIES:
        return VolatilityBars(instrument)
    if kind == "BID_ASK":
        return BidAskBars(grid)
    return QuoteBars({"MIDPOINT": grid.middle, "BID": grid.bid, "ASK": grid.ask}[kind])
