"""What each strategy has earned, from its own executions: average cost, realised and unrealised, net of commission."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.execution import Execution
from ibkr_actors.classes.moment import moment


@dataclass(slots=True)
class Holding:
    """A position that a strategy's own executions make up. `cost` is the average price of what is held."""

    contract: Contract
    quantity: Decimal = Decimal(0)
    cost: float = 0.0
    realized: float = 0.0

    @property
    def multiplier(self) -> float:
        """Units of the underlying in one contract."""
        return float(self.contract.multiplier or 1)

    def add(self, execution: Execution) -> None:
        """Take one execution into account; selling more than is held turns the position around."""
        change = execution.shares if execution.side == "BOT" else -execution.shares
        closing = min(abs(change), abs(self.quantity)) if self.quantity * change < 0 else Decimal(0)
        if closing:
            direction = 1 if self.quantity > 0 else -1
            self.realized += float(closing) * direction * (execution.price - self.cost) * self.multiplier
        opening = abs(change) - closing
        held = abs(self.quantity) - closing
        if opening:
            self.cost = (float(held) * self.cost + float(opening) * execution.price) / float(held + opening)
        self.quantity += change

    def unrealized(self, price: float | None) -> float:
        """Profit of what is held at a price; 0 without a price."""
        return 0.0 if price is None else float(self.quantity) * (price - self.cost) * self.multiplier


@dataclass(slots=True)
class Performance:
    """The account of one strategy; amounts in the contracts' currencies, which the sums take for one."""

    orders: int = 0
    fills: int = 0
    commission: float = 0.0
    realized: float = 0.0
    """Before commission."""
    unrealized: float = 0.0
    holdings: dict[int, Holding] = field(default_factory=dict)

    @property
    def net(self) -> float:
        """Realised and unrealised profit less commission."""
        return self.realized + self.unrealized - self.commission


def performance_of(
    orders: Iterable[OwnedOrder], price_of: Callable[[Contract], float | None]
) -> dict[str, Performance]:
    """The account of each strategy that placed orders, by code.

    What was traded is what each execution names, for an order may describe its contract without an id. Of a combination
    the legs count, which the bridge tells as executions of their own.
    """
    accounts: dict[str, Performance] = {}
    trades: list[tuple[Performance, Contract, Execution]] = []
    for order in orders:
        account = accounts.setdefault(order.code, Performance())
        account.orders += 1
        account.fills += len(order.executions)
        account.commission += order.commission
        trades += [(account, order.contracts[key], execution) for key, execution in order.executions.items()]
    for account, contract, execution in sorted(trades, key=_when):
        if contract.security_type != SecurityType.BAG:
            account.holdings.setdefault(contract.contract_id, Holding(contract)).add(execution)
    for account in accounts.values():
        held = account.holdings.values()
        account.realized = sum(holding.realized for holding in held)
        account.unrealized = sum(holding.unrealized(price_of(holding.contract)) for holding in held)
    return accounts


_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def _when(trade: tuple[Performance, Contract, Execution]) -> datetime:
    return _instant(trade[2].time)


@lru_cache(maxsize=65_536)
def _instant(text: str) -> datetime:
    """The bridge spells a time otherwise when it tells of a fill as it happens than when it is asked about it later.

    Remembered, for a desk looks at all of its fills again and again.
    """
    return moment(text) or _LONG_AGO
