"""What a contract is worth in its currency, from what the bridge tells: some prices are quoted in another unit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ibkr_actors.base.messages.accounts import PortfolioValue
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.security_type import SecurityType

_IN_HUNDREDTHS: Final = frozenset(("GBP", "ILS", "ZAR"))
"""Currencies whose exchanges quote in pence, agorot and cents, and some of their securities not."""

_ALWAYS_IN_CURRENCY: Final = frozenset((SecurityType.FOREX, SecurityType.CRYPTO, SecurityType.COMMODITY))
_FUTURES: Final = frozenset((SecurityType.FUTURE, SecurityType.FUTURES_OPTION))

_ABOUT: Final = 3.0
"""A price and a value of the same contract, not of the same moment, differ by less than this factor."""


def multiplier_of(contract: Contract) -> float:
    """Units of the underlying in one contract."""
    return float(contract.multiplier or 1)


def possible_units(contract: Contract) -> tuple[float, ...]:
    """What 1 of a quoted price may be in the currency: pence and cents are hundredths, bonds percents of their face.

    Futures on grains and cattle are quoted in cents, most others in dollars.
    """
    kind = contract.security_type
    if kind == SecurityType.BOND:
        return 1.0, 10.0, 100.0, 1000.0
    if kind in _FUTURES or (contract.currency in _IN_HUNDREDTHS and kind not in _ALWAYS_IN_CURRENCY):
        return 1.0, 0.01
    return (1.0,)


def unit_of(contract: Contract, quoted: float, told: Iterable[float], within: float = _ABOUT) -> float | None:
    """What 1 of a quoted price is in the currency: so that it is about what the bridge tells in the currency.

    None when it may be several things and the bridge tells nothing, or what does not go together.
    """
    possible = possible_units(contract)
    if len(possible) == 1:
        return possible[0]
    fitting = {
        unit
        for amount in told
        for unit in possible
        if amount and 1 / within < quoted * unit / amount < within
    }
    return fitting.pop() if len(fitting) == 1 else None


@dataclass(frozen=True, slots=True)
class Valuation:
    """What is known of the value of one contract.

    Of the portfolio's numbers the value and the average cost are in the currency for certain; its price is where
    there is only one unit.
    """

    contract: Contract
    quoted: float | None = None
    """Its live price."""
    portfolio: PortfolioValue | None = None
    """As the bridge values it now."""
    held: PortfolioValue | None = None
    """The newest such row with a position, which may be closed by now."""

    @property
    def price(self) -> float | None:
        """What one unit of the underlying is worth in the currency: live, else as the bridge values it."""
        if self.quoted is not None:
            unit = unit_of(self.contract, self.quoted, self._values(self.held))
            if unit is not None:
                return self.quoted * unit
        if self.portfolio is None:
            return None
        if len(possible_units(self.contract)) == 1:
            return self.portfolio.market_price
        return next(iter(self._values(self.portfolio)), None)

    def unit_of(self, cost: float) -> float | None:
        """What 1 of the price of executions is in the currency, whose average is `cost`."""
        held = self.held
        costs = [] if held is None else [held.average_cost / multiplier_of(self.contract)]
        return unit_of(self.contract, cost, [*costs, *self._values(held)])

    def _values(self, row: PortfolioValue | None) -> list[float]:
        if row is None or not row.position:
            return []
        return [row.market_value / float(row.position) / multiplier_of(self.contract)]
