"""The size that the market displays, and how much of it has already been taken."""

from __future__ import annotations

from decimal import Decimal

from ibkr_actors.simulated_gateway.margins import ZERO
from ibkr_actors.simulated_gateway.market import Quote
from ibkr_actors.simulated_gateway.marks import exact


class Depth:
    """Lets each displayed size be taken once; a new quote brings a new size."""

    def __init__(self) -> None:
        self._taken: dict[tuple[int, bool], tuple[Quote, Decimal]] = {}

    def available(self, quote: Quote, *, is_buy: bool) -> Decimal:
        """What is left of the asked size for a purchase, of the bid size for a sale."""
        displayed = _quantity(quote.ask_size if is_buy else quote.bid_size)
        return max(displayed - self._taken_of(quote, is_buy=is_buy), ZERO)

    def take(self, quote: Quote, quantity: Decimal, *, is_buy: bool) -> None:
        """Remember that a fill took from the displayed size."""
        taken = self._taken_of(quote, is_buy=is_buy) + quantity
        self._taken[quote.contract_id, is_buy] = (quote, taken)

    def _taken_of(self, quote: Quote, *, is_buy: bool) -> Decimal:
        seen, taken = self._taken.get((quote.contract_id, is_buy), (None, ZERO))
        # The market keeps a quote's object as long as nothing in it changes.
        return taken if seen is quote else ZERO


def _quantity(size: float) -> Decimal:
    """Whole sizes without a point: what a fill takes is told as it is written here."""
    return Decimal(int(size)) if size.is_integer() else exact(size)
