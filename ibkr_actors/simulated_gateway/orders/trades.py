"""The trade log: every execution with its commission, numbered, and found again by a filter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec

from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.liquidity import Liquidity
from ibkr_actors.classes.execution import Execution, ExecutionFilter
from ibkr_actors.simulated_gateway.hours.market_time import EASTERN, eastern_text, time_of_text
from ibkr_actors.simulated_gateway.orders.order_parts import Part
from ibkr_actors.simulated_gateway.orders.working_order import SUBMITTER, WorkingOrder


@dataclass(frozen=True, slots=True)
class Trade:
    """One execution and what it cost."""

    contract: Contract
    execution: Execution
    report: CommissionAndFeesReport | None
    """None for a combination, whose legs are charged."""
    time: float
    """Epoch seconds."""

    @property
    def reports(self) -> tuple[CommissionAndFeesReport, ...]:
        """What it cost, as messages: none for a combination."""
        return () if self.report is None else (self.report,)

    def details(self, request_id: int = -1) -> ExecutionDetails:
        """The message; a query answers with the exchange's local time, a live report with UTC, as recorded."""
        execution = self.execution
        if request_id != -1:
            execution = msgspec.structs.replace(execution, time=eastern_text(self.time))
        return ExecutionDetails(request_id, self.contract, execution)


@dataclass(frozen=True, slots=True)
class LegFill:
    """A fill of one leg of a combination, which the leg has already counted."""

    number: int
    """From 1."""
    part: Part
    quantity: Decimal
    price: float
    is_buy: bool
    commission: Decimal
    realized: Decimal | None


KEPT_FOR: Final = 7 * 86_400.0
"""Seconds for which trades are kept; TWS shows those of seven days at most."""


class TradeLog:
    """Numbers and keeps the executions.

    Responsible for: ids that never repeat, the order of time, filters, forgetting what is older than a week.
    """

    def __init__(self, seed: int) -> None:
        self._prefix = f"{0x0000E0D5 + seed & 0xFFFFFFFF:08x}"
        self._number = 0
        self._trades: list[Trade] = []
        self._forgotten = 0

    def forget_old(self, now: float) -> None:
        """Forget the trades that nobody is told any more."""
        kept = [trade for trade in self._trades if trade.time >= now - KEPT_FOR]
        self._forgotten += len(self._trades) - len(kept)
        self._trades = kept

    def record(
        self,
        order: WorkingOrder,
        quantity: Decimal,
        commission: Decimal,
        realized: Decimal | None,
        now: float,
        liquidity: Liquidity,
    ) -> Trade:
        """Log a fill that the order has already counted."""
        venue = order.listing.primary_exchange or order.listing.exchange
        contract = msgspec.structs.replace(order.contract, exchange=venue)
        execution = self._execution(order, quantity, now, liquidity)
        report = _report(execution, contract, commission, realized)
        return self._keep(Trade(contract, execution, report, now))

    def record_combination(
        self, order: WorkingOrder, sets: Decimal, legs: list[LegFill], now: float, liquidity: Liquidity
    ) -> list[Trade]:
        """Log a fill of a combination, and those of its legs: one id, numbered behind its second point.

        Commission is charged for the legs; the combination itself has no report.
        """
        execution = self._execution(order, sets, now, liquidity)
        whole = self._keep(Trade(order.contract, execution, None, now))
        return [whole, *self._record_legs(order, legs, now, liquidity)]

    def record_legs(
        self, order: WorkingOrder, legs: list[LegFill], now: float, liquidity: Liquidity
    ) -> list[Trade]:
        """Log fills of single legs."""
        self._number += 1
        return self._record_legs(order, legs, now, liquidity)

    def _record_legs(
        self, order: WorkingOrder, legs: list[LegFill], now: float, liquidity: Liquidity
    ) -> list[Trade]:
        trades = []
        for leg in legs:
            venue = leg.part.listing.primary_exchange or leg.part.listing.exchange
            contract = msgspec.structs.replace(leg.part.contract, exchange=venue)
            execution = msgspec.structs.replace(
                self._execution(order, leg.quantity, now, liquidity, place=leg.number + 1),
                exchange=venue,
                side=_side(is_buy=leg.is_buy),
                price=leg.price,
                cumulative_quantity=leg.part.filled,
                average_price=leg.part.average_price,
            )
            report = _report(execution, contract, leg.commission, leg.realized)
            trades.append(self._keep(Trade(contract, execution, report, now)))
        return trades

    def _execution(
        self, order: WorkingOrder, quantity: Decimal, now: float, liquidity: Liquidity, *, place: int = 1
    ) -> Execution:
        if place == 1:
            self._number += 1
        return Execution(
            order_id=order.order_id,
            execution_id=f"{self._prefix}.{self._number:08x}.{place:02}.01",
            time=f"{datetime.fromtimestamp(now, UTC):%Y%m%d-%H:%M:%S}",
            account=order.account,
            exchange=order.listing.primary_exchange or order.listing.exchange,
            side=_side(is_buy=order.is_buy),
            shares=quantity,
            price=order.last_fill_price,
            permanent_id=order.permanent_id,
            client_id=order.client_id,
            cumulative_quantity=order.filled,
            average_price=order.average_fill_price,
            order_reference=order.order.order_reference,
            model_code=order.order.model_code,
            last_liquidity=liquidity,
            submitter=SUBMITTER,
        )

    def _keep(self, trade: Trade) -> Trade:
        self._trades.append(trade)
        return trade

    def __len__(self) -> int:
        return self._forgotten + len(self._trades)

    def since(self, number: int) -> Iterable[Trade]:
        """The trades behind the first `number` that there ever were, without the forgotten ones."""
        return self._trades[max(number - self._forgotten, 0) :]

    def find(self, wanted: ExecutionFilter, now: float) -> Iterable[Trade]:
        """The trades that fit a filter, oldest first. Raises Refusal for a time that can't be read."""
        since = _start_of(wanted, now)
        return [trade for trade in self._trades if trade.time >= since and _fits(trade, wanted)]


def _side(*, is_buy: bool) -> str:
    return "BOT" if is_buy else "SLD"


def _report(
    execution: Execution, contract: Contract, commission: Decimal, realized: Decimal | None
) -> CommissionAndFeesReport:
    return CommissionAndFeesReport(
        execution.execution_id,
        float(commission),
        contract.currency,
        realized_profit_and_loss=None if realized is None else float(realized),
    )


def _start_of(wanted: ExecutionFilter, now: float) -> float:
    if wanted.specific_dates:
        return 0.0
    today = datetime.fromtimestamp(now, EASTERN).replace(hour=0, minute=0, second=0, microsecond=0)
    start = (today - timedelta(days=wanted.last_days or 0)).timestamp()
    return max(start, time_of_text(str(wanted.time))) if wanted.time else start


def _fits(trade: Trade, wanted: ExecutionFilter) -> bool:
    execution, contract = trade.execution, trade.contract
    pairs = (
        (wanted.client_id, execution.client_id),
        (wanted.account.upper(), execution.account.upper()),
        (wanted.symbol.upper(), contract.symbol.upper()),
        (wanted.security_type.upper(), contract.security_type),
        (wanted.exchange.upper(), execution.exchange.upper()),
        (_SIDES.get(wanted.side.upper(), wanted.side.upper()), execution.side),
    )
    day = int(f"{datetime.fromtimestamp(trade.time, EASTERN):%Y%m%d}")
    on_a_day = not wanted.specific_dates or day in wanted.specific_dates
    return on_a_day and all(not want or want == has for want, has in pairs)


_SIDES: Final = {"BUY": "BOT", "SELL": "SLD", "SSHORT": "SLD"}
