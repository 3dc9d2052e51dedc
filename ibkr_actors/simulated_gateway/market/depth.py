"""The sizes that the market displays and trades, and how much of them has already been taken."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum, auto

from ibkr_actors.simulated_gateway.instruments.margins import ZERO
from ibkr_actors.simulated_gateway.market.market import Quote
from ibkr_actors.simulated_gateway.market.marks import exact


class Source(Enum):
    """Where a fill comes from."""

    BID = auto()
    ASK = auto()
    TRADE = auto()
    """A trade of the market's, which a resting order had a part in."""


class Depth:
    """Lets each size of a quote be taken once; a new quote brings new sizes."""

    def __init__(self) -> None:
        self._taken: dict[tuple[int, Source], tuple[Quote, Decimal]] = {}

    def available(self, quote: Quote, source: Source) -> Decimal:
        """What is left of a size."""
        return max(quantity_of(_size(quote, source)) - self.taken(quote, source), ZERO)

    def take(self, quote: Quote, source: Source, quantity: Decimal) -> None:
        """Remember that a fill took from a size."""
        taken = self.taken(quote, source) + quantity
        self._taken[quote.contract_id, source] = (quote, taken)

    def taken(self, quote: Quote, source: Source) -> Decimal:
        """How much was taken since the quote came, a sweep's deeper levels included."""
        seen, taken = self._taken.get((quote.contract_id, source), (None, ZERO))
        # The market keeps a quote's object as long as nothing in it changes.
        return taken if seen is quote else ZERO


def _size(quote: Quote, source: Source) -> float:
    match source:
        case Source.BID:
            return quote.bid_size
        case Source.ASK:
            return quote.ask_size
        case Source.TRADE:
            return quote.last_size


def quantity_of(size: float) -> Decimal:
    """Whole sizes without a point: what a fill takes is told as it is written here."""
    return Decimal(int(size)) if size.is_integer() else exact(size)
