"""The book of orders behind the best bid and ask: a function of the seed and the quote.

Whether orders rest at a price, how much and whose they are depends on the seed, the instrument, the side and the price
alone: a level that the best price leaves behind is found again when it comes back.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from ibkr_actors.simulated_gateway.instruments.instrument import STOCK, Instrument
from ibkr_actors.simulated_gateway.market.price_series import TickGrid
from ibkr_actors.simulated_gateway.market.quotes import Quote

MOST_LEVELS: Final = 50
"""Prices on one side of a book."""
_EMPTY_ONE_IN: Final = 4
"""So many ticks behind the best price have one without orders among them."""
_LARGEST: Final = 20
"""Size at a price behind the best one, in lots."""
_MOST_MAKERS: Final = 3
"""Who share the size at one price."""


class Level(NamedTuple):
    """All orders of one side at one price."""

    price: float
    size: float


class BookRow(NamedTuple):
    """One row of a book: a whole level, or the share that one market maker has in it."""

    price: float
    size: float
    maker: str = ""

    @property
    def place(self) -> tuple[float, str]:
        """What makes it the same row when its size changes."""
        return self.price, self.maker


def shows_market_makers(instrument: Instrument) -> bool:
    """The books of its exchanges say whose orders they show."""
    return instrument.security_type == STOCK


class BookLevels:
    """The levels of the books of all instruments.

    Responsible for: levels that agree with the quote, whose bid and ask with their sizes are the best ones.
    Not responsible for: where quotes come from, what orders of clients take away.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def levels(self, instrument: Instrument, quote: Quote, *, is_bid: bool) -> Iterator[Level]:
        """One side of the book, the best level first; nothing where there is no quote."""
        best, size = (quote.bid, quote.bid_size) if is_bid else (quote.ask, quote.ask_size)
        if best <= 0:
            return
        yield Level(best, size)
        yield from islice(self._behind(instrument, best, is_bid=is_bid), MOST_LEVELS - 1)

    def _behind(self, instrument: Instrument, best: float, *, is_bid: bool) -> Iterator[Level]:
        grid, step, price = TickGrid(instrument), -1 if is_bid else 1, best
        while (following := grid.beside(price, step)) != price:  # the first tick has none below it
            price = following
            drawn = self._drawn(instrument, price, is_bid=is_bid)
            if drawn % _EMPTY_ONE_IN:
                yield Level(price, float(instrument.venue.lot * (1 + (drawn >> 4) % _LARGEST)))

    def rows(
        self, instrument: Instrument, quote: Quote, makers: Sequence[str], number: int, *, is_bid: bool
    ) -> list[BookRow]:
        """The first rows of one side: each level shared among some of the makers, or whole without makers."""
        rows: list[BookRow] = []
        for level in self.levels(instrument, quote, is_bid=is_bid):
            rows += self._shared(instrument, level, makers, is_bid=is_bid)
            if len(rows) >= number:
                break
        return rows[:number]

    def _shared(
        self, instrument: Instrument, level: Level, makers: Sequence[str], *, is_bid: bool
    ) -> list[BookRow]:
        if not makers:
            return [BookRow(*level)]
        drawn = self._drawn(instrument, level.price, is_bid=is_bid) >> 12
        lot = float(instrument.venue.lot)
        lots = int(level.size // lot)
        count = max(1, min(1 + drawn % _MOST_MAKERS, lots, len(makers)))
        share = lots // count * lot
        sizes = [level.size - share * (count - 1), *[share] * (count - 1)]
        return [
            BookRow(level.price, size, makers[(drawn // _MOST_MAKERS + number) % len(makers)])
            for number, size in enumerate(sizes)
        ]

    def _drawn(self, instrument: Instrument, price: float, *, is_bid: bool) -> int:
        """A number of 32 bits that looks drawn by lot, and is always the same for one price."""
        return zlib.crc32(f"{self._seed} {instrument.contract_id} {is_bid:d} {price!r}".encode())
