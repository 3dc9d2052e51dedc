"""What each strategy has earned, from its own executions: average cost, realised and unrealised, net of commission."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.actors.valuation import Valuation, multiplier_of, unit_of
from ibkr_actors.base.messages.executions import CommissionAndFeesReport
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.execution import Execution
from ibkr_actors.classes.moment import moment


@dataclass(slots=True)
class Holding:
    """A position that a strategy's own executions make up. Quantity and cost follow from them, profit from `unit` too.

    Nothing is known of a profit, None, while it isn't known what a quoted price is in the currency.
    """

    contract: Contract
    quantity: Decimal = Decimal(0)
    cost: float = 0.0
    """The average price of what is held, or was at last, as prices of the contract are quoted."""
    unit: float | None = 1.0
    """What 1 of such a price is in the contract's currency: 0.01 of one in pence."""
    reported: float | None = 0.0
    """Realised in the currency, before commission, by the bridge's reports; None while one of them is missing."""
    _gained: float = field(default=0.0, init=False)
    """Realised, as prices are quoted."""

    @property
    def multiplier(self) -> float:
        """Units of the underlying in one contract."""
        return multiplier_of(self.contract)

    @property
    def realized(self) -> float | None:
        """Profit of what was closed, in the currency, before commission."""
        if not self._gained:
            return 0.0
        return None if self.unit is None else self._gained * self.unit

    def add(self, execution: Execution, report: CommissionAndFeesReport | None = None) -> None:
        """Take one execution into account; selling more than is held turns the position around."""
        change = execution.shares if execution.side == "BOT" else -execution.shares
        closing = min(abs(change), abs(self.quantity)) if self.quantity * change < 0 else Decimal(0)
        if closing:
            direction = 1 if self.quantity > 0 else -1
            self._gained += float(closing) * direction * (execution.price - self.cost) * self.multiplier
        opening = abs(change) - closing
        held = abs(self.quantity) - closing
        if opening:
            self.cost = (float(held) * self.cost + float(opening) * execution.price) / float(held + opening)
        self.quantity += change
        self._note(report)

    def _note(self, report: CommissionAndFeesReport | None) -> None:
        if report is None or report.currency != self.contract.currency:
            self.reported = None
        elif self.reported is not None:
            self.reported += (report.realized_profit_and_loss or 0.0) + report.commission_and_fees

    def take_unit(self, valuation: Valuation) -> None:
        """Find out what prices are in the currency: by the portfolio, or by what the bridge says was earned."""
        self.unit = valuation.unit_of(self.cost)
        if self.unit is None and not self.quantity and self.reported is not None:
            self.unit = unit_of(self.contract, self._gained, [self.reported], _JUST)

    def unrealized(self, price: float | None) -> float | None:
        """Profit of what is held at a price in the currency; None without a price."""
        if not self.quantity:
            return 0.0
        if price is None or self.unit is None:
            return None
        return float(self.quantity) * (price - self.cost * self.unit) * self.multiplier


_JUST: Final = 1.05
"""The factor by which what was realised may differ from what the bridge, which rounds, says it was."""


@dataclass(slots=True)
class Amounts:
    """What was earned in one currency. None is what can't be known: without a price, or without its unit."""

    commission: float = 0.0
    realized: float | None = 0.0
    """Before commission."""
    unrealized: float | None = 0.0

    @property
    def net(self) -> float | None:
        """Realised and unrealised profit less commission."""
        return _sum(self.realized, self.unrealized, -self.commission)

    def add(self, other: Amounts) -> None:
        """Those of the same currency."""
        self.commission += other.commission
        self.realized = _sum(self.realized, other.realized)
        self.unrealized = _sum(self.unrealized, other.unrealized)


def _sum(*amounts: float | None) -> float | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if len(known) == len(amounts) else None


@dataclass(slots=True)
class Performance:
    """The account of one strategy."""

    orders: int = 0
    fills: int = 0
    amounts: dict[str, Amounts] = field(default_factory=dict)
    """By currency: a profit is in its contract's, a commission in that of its report. None of them is converted."""
    holdings: dict[int, Holding] = field(default_factory=dict)
    """By contract id."""

    def amounts_in(self, currency: str) -> Amounts:
        """The amounts in one currency, of which there may be none yet."""
        return self.amounts.setdefault(currency, Amounts())


def totals_of(performances: Iterable[Performance]) -> dict[str, Amounts]:
    """What all of them earned together, by currency."""
    total = Performance()
    for performance in performances:
        for currency, amounts in performance.amounts.items():
            total.amounts_in(currency).add(amounts)
    return total.amounts


def performance_of(
    orders: Iterable[OwnedOrder], valuation_of: Callable[[Contract], Valuation]
) -> dict[str, Performance]:
    """The account of each strategy that placed orders, by code.

    What was traded is what each execution names, for an order may describe its contract without an id. Of a combination
    the legs count, which the bridge tells as executions of their own.
    """
    accounts: dict[str, Performance] = {}
    trades: list[Trade] = []
    for order in orders:
        account = accounts.setdefault(order.code, Performance())
        account.orders += 1
        account.fills += len(order.executions)
        trades += [
            Trade(account, order.contracts[key], execution, order.commissions.get(key))
            for key, execution in order.executions.items()
        ]
        for key, cost in order.commissions.items():
            currency = cost.currency or order.contracts.get(key, order.request.contract).currency
            account.amounts_in(currency).commission += cost.commission_and_fees
    for account, contract, execution, report in sorted(trades, key=_when):
        if contract.security_type != SecurityType.BAG:
            account.holdings.setdefault(contract.contract_id, Holding(contract)).add(execution, report)
    for account in accounts.values():
        for holding in account.holdings.values():
            account.amounts_in(holding.contract.currency).add(
                _earned(holding, valuation_of(holding.contract))
            )
    return accounts


class Trade(NamedTuple):
    """One execution, what it traded, what it cost when that is known, and in whose account."""

    account: Performance
    contract: Contract
    execution: Execution
    report: CommissionAndFeesReport | None


def _earned(holding: Holding, valuation: Valuation) -> Amounts:
    holding.take_unit(valuation)
    return Amounts(0.0, holding.realized, holding.unrealized(valuation.price))


_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def _when(trade: Trade) -> datetime:
    return _instant(trade.execution.time)


@lru_cache(maxsize=65_536)
def _instant(text: str) -> datetime:
    """The bridge spells a time otherwise when it tells of a fill as it happens than when it is asked about it later.

    Remembered, for a desk looks at all of its fills again and again.
    """
    return moment(text) or _LONG_AGO
