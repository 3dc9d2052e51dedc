"""What a position ties up: Regulation T for stocks, the broker's house rates for the rest.

Initial margin decides whether an order is accepted; maintenance margin whether a position may be kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ibkr_actors.classes.contracts.contract import Contract

ZERO: Final = Decimal(0)
OPTIONS: Final = ("OPT", "FOP")
TREASURY: Final = "US-T"
"""The symbol of bonds of the United States."""

LONG_STOCK: Final = (Decimal("0.50"), Decimal("0.25"))
"""Initial and maintenance, as shares of the market value."""
SHORT_STOCK: Final = (Decimal("0.50"), Decimal("0.30"))
FUTURE: Final = (Decimal("0.066"), Decimal("0.06"))
CURRENCY: Final = (Decimal("0.03"), Decimal("0.025"))
COMMODITY: Final = (Decimal("0.07"), Decimal("0.06"))
CRYPTO: Final = (Decimal(1), Decimal(1))
"""Paid in full: nothing is lent on it."""
BOND: Final = (Decimal("0.30"), Decimal("0.25"))
TREASURY_BOND: Final = (Decimal("0.05"), Decimal("0.04"))
CFD: Final = (Decimal("0.20"), Decimal("0.20"))

_RATES: Final = {
    "FUT": FUTURE,
    "CASH": CURRENCY,
    "CMDTY": COMMODITY,
    "CRYPTO": CRYPTO,
    "BOND": BOND,
    "CFD": CFD,
}
"""By security type, for what is held at a share of its value whichever way; what is not here is like a stock (K)."""

SHORT_OPTION_SHARE: Final = Decimal("0.20")
"""Of the underlying's value, less what the option is out of the money, on top of the premium."""
SHORT_OPTION_FLOOR: Final = Decimal("0.10")


@dataclass(frozen=True, slots=True)
class Margin:
    """Initial and maintenance margin, in one currency."""

    initial: Decimal = ZERO
    maintenance: Decimal = ZERO


def multiplier_of(contract: Contract) -> Decimal:
    """Units of the underlying in one contract; 1 where the contract has none."""
    return Decimal(contract.multiplier or 1)


def margin_of(
    contract: Contract, quantity: Decimal, price: Decimal, underlying: Decimal | None = None
) -> Margin:
    """The margin of a position at the market `price`, in the contract's currency.

    `underlying` is the price of an option's underlying; without it a short option is held at its premium alone.
    """
    value = abs(quantity * price * multiplier_of(contract))
    kind = contract.security_type
    if kind in OPTIONS:
        return _option_margin(contract, quantity, value, underlying)
    if kind == "BOND" and contract.symbol == TREASURY:
        return _shares_of(value, TREASURY_BOND)
    return _shares_of(value, _RATES.get(kind) or (LONG_STOCK if quantity > 0 else SHORT_STOCK))


def _shares_of(value: Decimal, rates: tuple[Decimal, Decimal]) -> Margin:
    initial, maintenance = rates
    return Margin(value * initial, value * maintenance)


def _option_margin(
    contract: Contract, quantity: Decimal, premium: Decimal, underlying: Decimal | None
) -> Margin:
    """A long option is paid in full and has no loan value, so it needs none; a short one is a promise."""
    if quantity >= 0:
        return Margin()
    if underlying is None:
        return Margin(premium, premium)
    strike = Decimal(str(contract.strike or 0))
    gap = strike - underlying if contract.right.startswith("C") else underlying - strike
    share = max(SHORT_OPTION_SHARE * underlying - max(gap, ZERO), SHORT_OPTION_FLOOR * underlying)
    margin = premium + share * abs(quantity) * multiplier_of(contract)
    return Margin(margin, margin)
