"""An auditor: asks the gateway for all that it reports of an account, and compares."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Final

from ibkr_actors.base.messages.accounts import (
    AccountDataRequest,
    AccountSummary,
    AccountSummaryRequest,
    AccountValue,
    CancelAccountSummary,
    CancelPositions,
    CancelProfitAndLoss,
    CancelProfitAndLossSingle,
    PortfolioValue,
    Position,
    PositionsRequest,
    ProfitAndLoss,
    ProfitAndLossRequest,
    ProfitAndLossSingle,
    ProfitAndLossSingleRequest,
)
from ibkr_actors.simulated_gateway.accounts.account_values import summary_values
from ibkr_actors.simulated_gateway.accounts.ledger import UNPAID
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.gateway import Gateway
from ibkr_actors.simulated_gateway.instruments.margins import multiplier_of
from ibkr_actors.simulated_gateway.orders.trades import Trade
from tests.simulated_gateway.helpers import ACCOUNT, Desk, only

CENT: Final = Decimal("0.01")
_SUMMARY, _PROFIT, _SINGLE = 9001, 9002, 9100


def money_of(gateway: Gateway, trades: list[Trade]) -> tuple[dict[int, Decimal], defaultdict[str, Decimal]]:
    """Positions and cash flows of each currency, from the executions and their commissions alone.

    What is not paid for (futures) moves cash when it is closed: at the average price of what was open.
    """
    positions: defaultdict[int, Decimal] = defaultdict(Decimal)
    costs: defaultdict[int, Decimal] = defaultdict(Decimal)
    cash: defaultdict[str, Decimal] = defaultdict(Decimal)
    for trade in trades:
        if trade.report is None:
            continue
        contract, execution = trade.contract, trade.execution
        quantity = execution.shares if execution.side == "BOT" else -execution.shares
        worth = gateway.accounts.marks.in_currency(contract.contract_id, Decimal(str(execution.price)))
        value = quantity * worth * multiplier_of(contract)
        before = positions[contract.contract_id]
        positions[contract.contract_id] += quantity
        cash[contract.currency] -= Decimal(str(trade.report.commission_and_fees))
        if contract.security_type == "CASH":
            cash[contract.symbol] += quantity
        if contract.security_type in UNPAID:
            cash[contract.currency] += _closed(costs, contract.contract_id, before, quantity, value)
        else:
            cash[contract.currency] -= value
    return positions, cash


def _closed(
    costs: defaultdict[int, Decimal], contract_id: int, before: Decimal, quantity: Decimal, value: Decimal
) -> Decimal:
    """The profit that a trade brings by what it closes; the rest of it is added to the cost of what is open."""
    closing = min(abs(before), abs(quantity)) if before * quantity < 0 else Decimal(0)
    part = closing / abs(quantity)
    cost = costs[contract_id] * closing / abs(before) if closing else Decimal(0)
    costs[contract_id] += value * (1 - part) - cost
    return -value * part - cost


class Auditor:
    """A client that compares: values, summary, portfolio, positions, profit and loss, all of one moment."""

    def __init__(self, desk: Desk, client: Client, trades: list[Trade], start: Decimal) -> None:
        self._trades = trades
        """All that there ever were; whoever owns the list adds to it."""
        self._start = start
        self._desk = desk
        self._client = client

    def audit(self) -> None:
        """Raises AssertionError where two reports differ, or where one does not add up."""
        self._desk.heard(self._client)
        valuation = self._desk.gateway.accounts.value(ACCOUNT)
        told = self._desk.ask(self._client, AccountDataRequest(True, ACCOUNT))
        self._desk.ask(self._client, AccountDataRequest(False, ACCOUNT))
        values = {(each.key, each.currency): each.value for each in only(AccountValue, told)}
        portfolio = only(PortfolioValue, told)
        self._compare_summary(values, ",".join([*summary_values(valuation), "$LEDGER:ALL"]))
        self._check_sums(values)
        self._check_currencies(values)
        self._compare_portfolio(values, portfolio)
        self._check_rows(portfolio)
        self._check_profits_by_currency(values, portfolio)
        self._compare_positions(portfolio)
        self._compare_profits(values, portfolio)

    def _compare_summary(self, values: dict[tuple[str, str], str], tags: str) -> None:
        told = self._desk.ask(self._client, AccountSummaryRequest(request_id=_SUMMARY, tags=tags))
        self._desk.ask(self._client, CancelAccountSummary(request_id=_SUMMARY))
        rows = {(row.tag, row.currency): row.value for row in only(AccountSummary, told)}
        assert rows
        for key, value in rows.items():
            assert values[key] == value, key

    def _check_sums(self, values: dict[tuple[str, str], str]) -> None:
        """The account as a whole, in its base currency."""
        whole = {
            key: Decimal(text)
            for (key, currency), text in values.items()
            if currency == "USD" and _is_number(text)
        }
        base = {
            key: Decimal(text)
            for (key, currency), text in values.items()
            if currency == "BASE" and _is_number(text)
        }
        paid = sum(base[key] for key in LEDGER_VALUES)
        assert whole["NetLiquidation"] == base["NetLiquidationByCurrency"]
        assert base["NetLiquidationByCurrency"] == base["CashBalance"] + paid + base["FuturesPNL"]
        assert whole["TotalCashValue"] == base["TotalCashBalance"] == base["CashBalance"]
        assert (
            whole["EquityWithLoanValue"]
            == whole["NetLiquidation"] - base["OptionMarketValue"] - base["FutureOptionValue"]
        )
        assert whole["AvailableFunds"] == whole["EquityWithLoanValue"] - whole["InitMarginReq"]
        assert whole["ExcessLiquidity"] == whole["EquityWithLoanValue"] - whole["MaintMarginReq"]
        assert whole["BuyingPower"] >= whole["AvailableFunds"]
        assert whole["BuyingPower"] >= 0
        assert whole["InitMarginReq"] >= whole["MaintMarginReq"] >= 0

    def _check_currencies(self, values: dict[tuple[str, str], str]) -> None:
        """Every row of all currencies together is the sum of those of each, at its rate, to a cent for each."""
        currencies = {currency for key, currency in values if key == "ExchangeRate" and currency != "BASE"}
        for key in ("CashBalance", "StockMarketValue", "FuturesPNL", "UnrealizedPnL", "RealizedPnL"):
            total = sum(
                Decimal(values[key, each]) * Decimal(values["ExchangeRate", each]) for each in currencies
            )
            largest = max(abs(Decimal(values[key, each])) for each in currencies)
            told = Decimal(values[key, "BASE"])
            # A rate is told with seven digits, so that large amounts differ by what the eighth is worth.
            assert abs(total - told) <= len(currencies) * (CENT + largest / 10_000_000), key

    def _compare_portfolio(self, values: dict[tuple[str, str], str], portfolio: list[PortfolioValue]) -> None:
        by_currency: defaultdict[str, Decimal] = defaultdict(Decimal)
        for row in portfolio:
            if row.contract.security_type not in {"CASH", *UNPAID}:
                by_currency[row.contract.currency] += Decimal(str(row.market_value))
        for currency, amount in by_currency.items():
            told = [
                Decimal(text)
                for (key, each), text in values.items()
                if each == currency and key in LEDGER_VALUES
            ]
            assert sum(told) == amount, currency

    def _check_rows(self, portfolio: list[PortfolioValue]) -> None:
        """Value, cost and profit of every position follow from its quantity, price and average cost."""
        for row in portfolio:
            multiplier = float(multiplier_of(row.contract))
            quantity = float(row.position)
            assert abs(row.market_value - quantity * row.market_price * multiplier) < 0.006, row
            cost = quantity * row.average_cost
            slack = 0.006 + abs(quantity) * 1e-8  # an average cost is told with eight digits
            assert abs((row.unrealized_profit_and_loss or 0.0) - (row.market_value - cost)) < slack, row

    def _check_profits_by_currency(
        self, values: dict[tuple[str, str], str], portfolio: list[PortfolioValue]
    ) -> None:
        """What a currency has more than at the start is what trading in it brought, but for exchanged money."""
        trades = [trade for trade in self._trades if trade.report is not None]
        exchanged: defaultdict[str, Decimal] = defaultdict(Decimal)
        profit: defaultdict[str, Decimal] = defaultdict(Decimal)
        for trade in trades:
            contract, execution = trade.contract, trade.execution
            if contract.security_type == "CASH":
                quantity = execution.shares if execution.side == "BOT" else -execution.shares
                exchanged[contract.symbol] += quantity
                exchanged[contract.currency] -= quantity * Decimal(str(execution.price))
                exchanged[contract.currency] -= Decimal(str(trade.report.commission_and_fees))
            else:
                profit[contract.currency] += Decimal(str(trade.report.realized_profit_and_loss or 0))
        for row in portfolio:
            if row.contract.security_type != "CASH":
                profit[row.contract.currency] += Decimal(str(row.unrealized_profit_and_loss))
        for currency in {currency for key, currency in values if key == "NetLiquidationByCurrency"} - {
            "BASE"
        }:
            start = self._start if currency == "USD" else Decimal(0)
            told = Decimal(values["NetLiquidationByCurrency", currency])
            slack = CENT * (len(trades) + len(portfolio) + 1)
            assert abs(told - start - exchanged[currency] - profit[currency]) <= slack, currency

    def _compare_positions(self, portfolio: list[PortfolioValue]) -> None:
        told = self._desk.ask(self._client, PositionsRequest())
        self._desk.ask(self._client, CancelPositions())
        positions = {
            each.contract.contract_id: (each.position, each.average_cost) for each in only(Position, told)
        }
        held = {
            row.contract.contract_id: (row.position, row.average_cost) for row in portfolio if row.position
        }
        assert positions == held

    def _compare_profits(self, values: dict[tuple[str, str], str], portfolio: list[PortfolioValue]) -> None:
        (profit,) = only(
            ProfitAndLoss,
            self._desk.ask(self._client, ProfitAndLossRequest(request_id=_PROFIT, account=ACCOUNT)),
        )
        self._desk.ask(self._client, CancelProfitAndLoss(request_id=_PROFIT))
        assert f"{profit.unrealized:.2f}" == values["UnrealizedPnL", "BASE"]
        assert f"{profit.realized:.2f}" == values["RealizedPnL", "BASE"]
        for key, name in (
            ("UnrealizedPnL", "unrealized_profit_and_loss"),
            ("RealizedPnL", "realized_profit_and_loss"),
        ):
            sums: defaultdict[str, Decimal] = defaultdict(Decimal)
            for row in portfolio:
                sums[row.contract.currency] += Decimal(str(getattr(row, name)))
            for currency, amount in sums.items():
                assert Decimal(values[key, currency]) == amount, (key, currency)
        daily = Decimal(0)
        for row in portfolio:
            request = ProfitAndLossSingleRequest(
                request_id=_SINGLE, account=ACCOUNT, contract_id=row.contract.contract_id
            )
            (single,) = only(ProfitAndLossSingle, self._desk.ask(self._client, request))
            self._desk.ask(self._client, CancelProfitAndLossSingle(request_id=_SINGLE))
            told = single.position, single.unrealized, single.realized, single.value
            profits = row.unrealized_profit_and_loss, row.realized_profit_and_loss
            assert told == (row.position, *profits, row.market_value)
            daily += Decimal(str(single.daily)) * Decimal(values["ExchangeRate", row.contract.currency])
        assert abs(Decimal(str(profit.daily)) - daily) <= CENT * (2 + len(portfolio))


LEDGER_VALUES: Final = (
    "StockMarketValue",
    "OptionMarketValue",
    "FutureOptionValue",
    "MutualFundValue",
    "CorporateBondValue",
    "Cryptocurrency",
)
"""The rows that together are all positions that are paid for."""


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).removeprefix("-").isdigit()
