"""One account's books: positions, cash, commissions, realised profit. Exact, in Decimal, without any clock.

What it is all worth at the market's prices is `valuation.py`. The invariant that both keep: what the account is worth
is what it was worth at the start plus realised and unrealised profit and loss.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Self

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.simulated_gateway.instruments.margins import ZERO, multiplier_of

UNPAID: Final = frozenset(("FUT", "CFD"))
"""Security types whose value is not paid for: only profit and loss moves cash, when a position is closed."""


def plain(quantity: Decimal) -> Decimal:
    """The same quantity as real gateways spell it: 200, where an order asked for 200.0 or two halves made 200.0.

    Clients of the oldest versions read the position of `pnlSingle` as an integer.
    """
    whole = quantity.to_integral_value()
    return whole if whole == quantity else quantity.normalize()


@dataclass(slots=True)
class Holding:
    """The position in one contract, and what it did today."""

    contract: Contract
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    """What the position cost, commission included; negative for a short position."""
    fees: Decimal = ZERO
    """The commission within `cost`."""
    realized: Decimal = ZERO
    """Realised profit and loss of the day, after commission."""
    value_at_open: Decimal = ZERO
    """Market value when the day began."""
    spent_today: Decimal = ZERO
    """Value of the day's trades and their commission: bought is positive, sold negative."""

    @property
    def average_cost(self) -> Decimal:
        """Per contract (a share, a future), commission included; zero when there is no position."""
        return self.cost / self.quantity if self.quantity else ZERO

    def trade(self, quantity: Decimal, price: Decimal, commission: Decimal) -> Settlement:
        """Book a trade of a signed quantity. A trade through zero closes, then opens, sharing its commission."""
        if not quantity:  # the preview of a hedge, whose size nobody knows yet
            return Settlement()
        self.spent_today += quantity * price * multiplier_of(self.contract) + commission
        opposite = self.quantity * quantity < 0
        closing = min(abs(quantity), abs(self.quantity)) if opposite else ZERO
        closing_fee = commission * closing / abs(quantity)
        signed_closing = closing.copy_sign(quantity)
        settlement = self._close(signed_closing, price, closing_fee) if closing else Settlement()
        self._open(quantity - signed_closing, price, commission - closing_fee)
        self.quantity = plain(self.quantity)
        return settlement

    def _close(self, quantity: Decimal, price: Decimal, commission: Decimal) -> Settlement:
        share = abs(quantity) / abs(self.quantity)
        cost, fees = self.cost * share, self.fees * share
        realized = -quantity * price * multiplier_of(self.contract) - cost - commission
        self.quantity += quantity
        self.cost -= cost
        self.fees -= fees
        self.realized += realized
        return Settlement(realized=realized, gross=realized + fees + commission)

    def _open(self, quantity: Decimal, price: Decimal, commission: Decimal) -> None:
        self.quantity += quantity
        self.cost += quantity * price * multiplier_of(self.contract) + commission
        self.fees += commission


@dataclass(frozen=True, slots=True)
class Settlement:
    """What closing (a part of) a position brought."""

    realized: Decimal | None = None
    """Profit and loss after all commission; None when nothing was closed."""
    gross: Decimal = ZERO
    """The same before commission."""


@dataclass(slots=True)
class Ledger:
    """Books the trades of one account.

    Responsible for: positions, their cost, cash in each currency, realised profit of the day.
    Not responsible for: prices, values, margins, whether a trade is allowed.
    """

    account: str
    base_currency: str = "USD"
    cash: dict[str, Decimal] = field(default_factory=dict)
    holdings: dict[int, Holding] = field(default_factory=dict)
    """By contract id; a closed position stays, for what it realised today."""

    @classmethod
    def with_cash(cls, account: str, amount: Decimal, currency: str = "USD") -> Self:
        """The books of a new account, which holds nothing but money."""
        return cls(account, currency, {currency: amount})

    def book(
        self, contract: Contract, quantity: Decimal, price: Decimal, commission: Decimal
    ) -> Decimal | None:
        """Book a trade: `quantity` is negative for a sale. Returns what it realised, None if it closed nothing."""
        holding = self.holdings.setdefault(contract.contract_id, Holding(contract))
        settlement = holding.trade(quantity, price, commission)
        value = quantity * price * multiplier_of(contract)
        match contract.security_type:
            case "CASH":
                self._move(contract.symbol, quantity)
                self._move(contract.currency, -value - commission)
            case kind if kind in UNPAID:
                self._move(contract.currency, settlement.gross - commission)
            case _:
                self._move(contract.currency, -value - commission)
        return settlement.realized

    def _move(self, currency: str, amount: Decimal) -> None:
        self.cash[currency] = self.cash.get(currency, ZERO) + amount

    def position(self, contract_id: int) -> Decimal:
        """How much of a contract the account holds; negative when short."""
        holding = self.holdings.get(contract_id)
        return holding.quantity if holding else ZERO

    def open_holdings(self) -> Iterable[Holding]:
        """The positions that are not zero."""
        return [holding for holding in self.holdings.values() if holding.quantity]

    def projected(self, contract: Contract, quantity: Decimal, price: Decimal, commission: Decimal) -> Ledger:
        """The books as they would be after a trade; these stay as they are."""
        ledger = Ledger(
            self.account,
            self.base_currency,
            dict(self.cash),
            {number: copy.copy(holding) for number, holding in self.holdings.items()},
        )
        ledger.book(contract, quantity, price, commission)
        return ledger

    def start_day(self, values: Mapping[int, Decimal]) -> None:
        """Forget yesterday: `values` are the market values of the positions, by contract id."""
        self.holdings = {number: holding for number, holding in self.holdings.items() if holding.quantity}
        for number, holding in self.holdings.items():
            holding.realized = holding.spent_today = ZERO
            holding.value_at_open = values[number]
