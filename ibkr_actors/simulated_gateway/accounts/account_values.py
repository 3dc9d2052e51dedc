"""A valuation as the named values that clients read."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from ibkr_actors.simulated_gateway.accounts.valuation import Amounts, Valuation, cents
from ibkr_actors.simulated_gateway.instruments.margins import ZERO

BASE: Final = "BASE"
"""Stands for the base currency in rows that sum over all currencies."""
NET_LIQUIDATION: Final = "NetLiquidation"


class NamedValue(NamedTuple):
    """One value; the currency is empty for what is no money."""

    key: str
    value: str
    currency: str = ""


def summary_values(valuation: Valuation) -> dict[str, NamedValue]:
    """The values that a summary can ask for, by tag."""
    currency = valuation.base_currency
    rows = [NamedValue(key, _text(amount), currency) for key, amount in _money(valuation).items()]
    rows += [
        NamedValue("AccountType", "INDIVIDUAL"),
        NamedValue("Cushion", _ratio(valuation.excess_liquidity, valuation.net_liquidation)),
        NamedValue("LookAheadNextChange", "0"),
        NamedValue("HighestSeverity", "0"),
        NamedValue("DayTradesRemaining", "-1"),
        NamedValue("Leverage", _ratio(valuation.total.gross, valuation.net_liquidation, places=2)),
    ]
    return {row.key: row for row in rows}


def _money(valuation: Valuation) -> dict[str, Decimal]:
    total = valuation.total
    margins = {
        "InitMarginReq": total.initial_margin,
        "MaintMarginReq": total.maintenance_margin,
        "AvailableFunds": valuation.available_funds,
        "ExcessLiquidity": valuation.excess_liquidity,
    }
    return {
        NET_LIQUIDATION: valuation.net_liquidation,
        "TotalCashValue": total.cash,
        "SettledCash": total.cash,
        "AccruedCash": ZERO,
        "BuyingPower": valuation.buying_power,
        "EquityWithLoanValue": valuation.equity_with_loan,
        "PreviousDayEquityWithLoanValue": valuation.equity_with_loan - total.daily,
        "GrossPositionValue": total.gross,
        "RegTEquity": valuation.equity_with_loan,
        "RegTMargin": total.initial_margin,
        "SMA": max(valuation.available_funds, ZERO),
        **margins,
        **{f"Full{name}": amount for name, amount in margins.items()},
        **{f"LookAhead{name}": amount for name, amount in margins.items()},
    }


SUMMARY_SPELLINGS: Final = {"ReqTEquity": "RegTEquity", "ReqTMargin": "RegTMargin"}
"""The official list of summary tags spells two of them so."""


def account_values(valuation: Valuation) -> list[NamedValue]:
    """All rows of an account download."""
    head = [
        NamedValue("AccountCode", valuation.account),
        NamedValue("AccountReady", "true"),
        NamedValue("Currency", BASE, BASE),
    ]
    return [*head, *summary_values(valuation).values(), *all_ledger_values(valuation)]


def all_ledger_values(valuation: Valuation) -> list[NamedValue]:
    """The rows of all currencies, those of all together first."""
    return [row for currency in (BASE, *valuation.by_currency) for row in ledger_values(valuation, currency)]


def ledger_values(valuation: Valuation, currency: str) -> list[NamedValue]:
    """The rows of one currency, or of all together in the base currency (`BASE`)."""
    if currency == BASE:
        return _ledger_rows(valuation.total, BASE, valuation.base_currency, Decimal(1))
    amounts = valuation.by_currency.get(currency, Amounts())
    return _ledger_rows(amounts, currency, currency, valuation.rates.get(currency, Decimal(1)))


def _ledger_rows(amounts: Amounts, currency: str, real_currency: str, rate: Decimal) -> list[NamedValue]:
    money = {
        "CashBalance": amounts.cash,
        "TotalCashBalance": amounts.cash,
        "AccruedCash": ZERO,
        "StockMarketValue": amounts.stocks,
        "OptionMarketValue": amounts.options,
        "FutureOptionValue": amounts.futures_options,
        "FuturesPNL": amounts.futures,
        "NetLiquidationByCurrency": amounts.net_liquidation,
        "UnrealizedPnL": amounts.unrealized,
        "RealizedPnL": amounts.realized,
        "FundValue": ZERO,
        "MutualFundValue": amounts.funds,
        "CorporateBondValue": amounts.bonds,
        "Cryptocurrency": amounts.crypto,
        "NetDividend": ZERO,
    }
    return [
        NamedValue("Currency", currency, currency),
        *(NamedValue(key, _text(amount), currency) for key, amount in money.items()),
        NamedValue("ExchangeRate", f"{rate:.7f}", currency),
        NamedValue("RealCurrency", real_currency, currency),
    ]


def _text(amount: Decimal) -> str:
    return f"{cents(amount):f}"


def _ratio(part: Decimal, whole: Decimal, places: int = 6) -> str:
    return f"{part / whole:.{places}f}" if whole else "0"
