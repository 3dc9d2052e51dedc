"""What an account is worth at the market's prices, and what it ties up.

Every amount is rounded to the cent where it is first shown, and every sum is a sum of rounded amounts, so that the
values an account reports agree with each other to the cent.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, Protocol

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.simulated_gateway.accounts.ledger import UNPAID, Holding, Ledger
from ibkr_actors.simulated_gateway.instruments.margins import ZERO, Margin, margin_of, multiplier_of

CENT: Final = Decimal("0.01")

BUYING_POWER_FACTOR: Final = 2
"""One divided by the initial margin of stocks: what can be bought with a dollar of available funds."""


def cents(amount: Decimal) -> Decimal:
    """Rounded to the cent."""
    return amount.quantize(CENT, ROUND_HALF_EVEN)


class Marks(Protocol):
    """The prices that positions are valued at."""

    def price(self, contract_id: int) -> Decimal:
        """The price of a contract."""

    def underlying_price(self, contract_id: int) -> Decimal | None:
        """The price of what a contract derives from; None for what stands for itself."""

    def rate(self, currency: str) -> Decimal:
        """What one unit of a currency is worth in the base currency."""


@dataclass(frozen=True, slots=True)
class HoldingValue:
    """One position at the market's price, in the contract's currency."""

    contract: Contract
    position: Decimal
    price: Decimal
    value: Decimal
    average_cost: Decimal
    unrealized: Decimal
    realized: Decimal
    daily: Decimal
    """Profit and loss of the day, realised and not."""
    margin: Margin


@dataclass(frozen=True, slots=True)
class Amounts:
    """What an account holds in one currency (or the sum of all, in the base currency), to the cent."""

    cash: Decimal = ZERO
    stocks: Decimal = ZERO
    options: Decimal = ZERO
    futures_options: Decimal = ZERO
    funds: Decimal = ZERO
    bonds: Decimal = ZERO
    crypto: Decimal = ZERO
    futures: Decimal = ZERO
    """Profit and loss of futures that isn't cash yet."""
    unrealized: Decimal = ZERO
    realized: Decimal = ZERO
    daily: Decimal = ZERO
    gross: Decimal = ZERO
    """Absolute value of all that is paid for."""
    initial_margin: Decimal = ZERO
    maintenance_margin: Decimal = ZERO

    @property
    def net_liquidation(self) -> Decimal:
        """What would be left if everything were closed at the market's prices."""
        return self.cash + sum((getattr(self, name) for name in _PAID), ZERO) + self.futures

    @property
    def lendable(self) -> Decimal:
        """The part of that on which loans are given: options have no loan value."""
        return self.net_liquidation - self.options - self.futures_options

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(*(getattr(self, name) + getattr(other, name) for name in _NAMES))

    def times(self, rate: Decimal) -> Amounts:
        """The same in another currency, to the cent."""
        return Amounts(*(cents(getattr(self, name) * rate) for name in _NAMES))


_NAMES: Final = tuple(Amounts.__dataclass_fields__)
_PLACES: Final = {
    "OPT": "options",
    "FOP": "futures_options",
    "FUND": "funds",
    "BOND": "bonds",
    "CRYPTO": "crypto",
}
"""Where the value of a security type belongs; of one that is not here and is paid for, to the stocks."""
_PAID: Final = ("stocks", *_PLACES.values())


@dataclass(frozen=True, slots=True)
class Valuation:
    """One account at one moment. Amounts without a currency are in the account's base currency."""

    account: str
    base_currency: str
    holdings: dict[int, HoldingValue]
    """By contract id; closed positions of the day are among them."""
    by_currency: dict[str, Amounts]
    rates: dict[str, Decimal]
    total: Amounts

    @property
    def net_liquidation(self) -> Decimal:
        """Cash and positions."""
        return self.total.net_liquidation

    @property
    def equity_with_loan(self) -> Decimal:
        """What loans are given on: options have no loan value."""
        return self.total.lendable

    @property
    def available_funds(self) -> Decimal:
        """What is left for the initial margin of new positions."""
        return self.equity_with_loan - self.total.initial_margin

    @property
    def excess_liquidity(self) -> Decimal:
        """What is left before positions would have to be liquidated."""
        return self.equity_with_loan - self.total.maintenance_margin

    @property
    def buying_power(self) -> Decimal:
        """Value of the stocks that the available funds could carry."""
        return max(self.available_funds, ZERO) * BUYING_POWER_FACTOR

    def open_holdings(self) -> Iterable[HoldingValue]:
        """The positions that are not zero."""
        return [holding for holding in self.holdings.values() if holding.position]


def value_of(ledger: Ledger, marks: Marks) -> Valuation:
    """Value an account at the market's prices."""
    holdings = {number: _holding_value(holding, marks) for number, holding in ledger.holdings.items()}
    by_currency = _amounts_by_currency(ledger, holdings.values())
    rates = {
        currency: Decimal(1) if currency == ledger.base_currency else marks.rate(currency)
        for currency in by_currency
    }
    total = sum((amounts.times(rates[currency]) for currency, amounts in by_currency.items()), Amounts())
    return Valuation(ledger.account, ledger.base_currency, holdings, by_currency, rates, total)


def _holding_value(holding: Holding, marks: Marks) -> HoldingValue:
    contract = holding.contract
    price = marks.price(contract.contract_id)
    value = cents(holding.quantity * price * multiplier_of(contract))
    return HoldingValue(
        contract,
        holding.quantity,
        price,
        value=value,
        average_cost=holding.average_cost,
        # Of what is shown: the difference of two rounded amounts, not the rounded difference.
        unrealized=value - cents(holding.cost),
        realized=cents(holding.realized),
        daily=value - holding.value_at_open - cents(holding.spent_today),
        margin=margin_of(contract, holding.quantity, price, marks.underlying_price(contract.contract_id)),
    )


def _amounts_by_currency(ledger: Ledger, holdings: Iterable[HoldingValue]) -> dict[str, Amounts]:
    amounts = {currency: Amounts(cash=cents(amount)) for currency, amount in ledger.cash.items()}
    for holding in holdings:
        currency = holding.contract.currency
        fees = ledger.holdings[holding.contract.contract_id].fees
        amounts[currency] = amounts.get(currency, Amounts()) + _amounts_of(holding, cents(fees))
    return amounts


def _amounts_of(holding: HoldingValue, fees: Decimal) -> Amounts:
    kind = holding.contract.security_type
    amounts = Amounts(
        # Commission has already left the cash, so it must not count again.
        futures=holding.unrealized + fees if kind in UNPAID else ZERO,
        unrealized=holding.unrealized,
        realized=holding.realized,
        daily=holding.daily,
        initial_margin=cents(holding.margin.initial),
        maintenance_margin=cents(holding.margin.maintenance),
    )
    if kind == "CASH" or kind in UNPAID:
        return amounts
    paid = {_PLACES.get(kind, "stocks"): holding.value, "gross": abs(holding.value)}
    return dataclasses.replace(amounts, **paid)
