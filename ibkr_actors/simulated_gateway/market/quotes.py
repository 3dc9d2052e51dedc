"""A quote, and the parts of one that a test has pinned."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, structs

from ibkr_actors.simulated_gateway.instruments.instrument import Instrument
from ibkr_actors.simulated_gateway.market.price_paths import STEPS_PER_SECOND
from ibkr_actors.simulated_gateway.market.price_series import TickGrid
from ibkr_actors.simulated_gateway.market.replayed_series import Replay

_LARGEST_SIZE: Final = 9
"""Of a quote, in lots."""


class Quote(Struct, frozen=True, gc=False):
    """What the market shows of one instrument at one time. Prices lie on the tick grid.

    An index has no bid and ask, a currency pair no last: they are -1 with size 0, as the bridge sends them.
    """

    contract_id: int
    bid: float
    ask: float
    bid_size: float
    ask_size: float
    last: float
    last_size: float
    last_time: int
    """Epoch seconds of the last trade."""
    open: float
    """Of the present trading day."""
    high: float
    low: float
    close: float
    """Of the regular hours of the trading day before."""
    volume: float
    """Of the present trading day, in shares or contracts."""
    halted: int = 0
    """0 not halted, 1 general halt."""
    shortable_shares: float | None = None
    """What can be borrowed to sell it short; None for what needs no borrowing."""

    @property
    def is_empty(self) -> bool:
        """There is no price in it: neither quoted nor traded."""
        return self.bid <= 0 and self.ask <= 0 and self.last <= 0

    @property
    def mark(self) -> float:
        """The price that values a position: the last price held between bid and ask, or else their middle."""
        if self.bid <= 0:
            return self.last
        if self.last <= 0:
            return round((self.bid + self.ask) / 2, 10)
        return min(max(self.last, self.bid), self.ask)


def nothing_yet(contract_id: int) -> Quote:
    """The quote of an instrument whose data have not begun."""
    none = -1.0
    return Quote(contract_id, none, none, 0.0, 0.0, none, 0.0, 0, none, none, none, none, 0.0)


def quoted_size(instrument: Instrument, step: int, part: int) -> float:
    """A size that changes every second, the same whenever it is computed."""
    mixed = (instrument.contract_id * 8 + part) * 0x9E3779B97F4A7C15 + step // STEPS_PER_SECOND
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
    return float(instrument.venue.lot * (1 + (mixed ^ mixed >> 31) % _LARGEST_SIZE))


def told_by(replay: Replay, quote: Quote, grid: TickGrid) -> Quote:
    """A quote with what the data say of bid, ask, sizes and the last trade."""
    told = replay.told()
    if told is None:
        return quote
    return structs.replace(
        quote,
        bid=quote.bid if told.bid is None else grid.price(told.bid),
        ask=quote.ask if told.ask is None else grid.price(told.ask),
        bid_size=quote.bid_size if told.bid_size is None else told.bid_size,
        ask_size=quote.ask_size if told.ask_size is None else told.ask_size,
        last_size=told.last_size if quote.last > 0 else 0.0,
        last_time=int(told.last_time),
    )


class Pin(Struct, frozen=True):
    """Parts of a quote that stay as they were set; None for parts that move."""

    bid: float | None = None
    ask: float | None = None
    last: float | None = None
    bid_size: float | None = None
    ask_size: float | None = None
    halted: int | None = None
    shortable_shares: float | None = None

    def check(self, grid: TickGrid) -> None:
        """Raises ValueError for prices that no market shows."""
        for name, price in (("bid", self.bid), ("ask", self.ask), ("last", self.last)):
            if price is not None and not grid.holds(price):
                raise ValueError(f"{name} {price} is not above zero or not a multiple of the tick")
        if self.bid is not None and self.ask is not None and self.bid >= self.ask:
            raise ValueError(f"bid {self.bid} is not below ask {self.ask}")
        if self.ask is not None and grid.beside(self.ask, -1) == self.ask:
            raise ValueError(f"ask {self.ask} leaves no room for a bid")

    def value(self) -> float | None:
        """The price around which the parts that aren't pinned are shown; None when they keep to their path."""
        if self.last is not None:
            return self.last
        if self.bid is not None and self.ask is not None:
            return (self.bid + self.ask) / 2
        return self.bid if self.bid is not None else self.ask

    def applied(self, quote: Quote, grid: TickGrid) -> Quote:
        """The quote with the pinned parts in it; the others make way."""
        bid = quote.bid if self.bid is None else self.bid
        ask = quote.ask if self.ask is None else self.ask
        if bid >= ask > 0:
            bid, ask = (bid, grid.beside(bid, 1)) if self.ask is None else (grid.beside(ask, -1), ask)
        return structs.replace(
            quote,
            bid=bid,
            ask=ask,
            last=quote.last if self.last is None else self.last,
            bid_size=quote.bid_size if self.bid_size is None else self.bid_size,
            ask_size=quote.ask_size if self.ask_size is None else self.ask_size,
            halted=quote.halted if self.halted is None else self.halted,
            shortable_shares=quote.shortable_shares
            if self.shortable_shares is None
            else self.shortable_shares,
        )
