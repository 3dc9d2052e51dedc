"""The market's prices as the accounts need them: exact decimals, and the worth of each currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue
from ibkr_actors.simulated_gateway.market.market import Market

DERIVED: Final = frozenset(("OPT", "FOP"))


def exact(price: float) -> Decimal:
    """The decimal that people mean by a float: 187.25, not its binary neighbour."""
    return Decimal(str(price))


class MarketMarks:
    """Values positions at the market's marks; implements `valuation.Marks`.

    A currency is worth what its pair with the base currency says, so that a position in a pair and the cash behind it
    never disagree.
    """

    def __init__(self, market: Market, base_currency: str = "USD") -> None:
        self._market = market
        self._base = base_currency
        self._pairs = _pairs_with(market.catalogue, base_currency)

    def price(self, contract_id: int) -> Decimal:
        """The mark of a contract, in its currency."""
        return self.in_currency(contract_id, exact(self._market.quote(contract_id).mark))

    def in_currency(self, contract_id: int, quoted: Decimal) -> Decimal:
        """What a quoted price is in the currency: pence in pounds, a bond's percent in money for one bond."""
        instrument = self._market.catalogue[contract_id]
        return quoted if instrument.is_quoted_in_currency else quoted * instrument.money_per_point

    def underlying_price(self, contract_id: int) -> Decimal | None:
        """The mark of an option's underlying."""
        instrument = self._market.catalogue[contract_id]
        if instrument.security_type not in DERIVED:
            return None
        return self.price(instrument.underlying_contract_id)

    def rate(self, currency: str) -> Decimal:
        """What one unit is worth in the base currency; a currency without a pair counts as the base currency."""
        if currency == self._base or currency not in self._pairs:
            return Decimal(1)
        contract_id, inverse = self._pairs[currency]
        price = self.price(contract_id)
        return 1 / price if inverse else price


def _pairs_with(catalogue: Catalogue, base: str) -> dict[str, tuple[int, bool]]:
    """For each currency the pair with the base currency, and whether the pair quotes the base in it (USD.JPY)."""
    pairs: dict[str, tuple[int, bool]] = {}
    for instrument in catalogue:
        if instrument.security_type == "CASH" and base in (instrument.symbol, instrument.currency):
            inverse = instrument.symbol == base
            pairs[instrument.currency if inverse else instrument.symbol] = (instrument.contract_id, inverse)
    return pairs
