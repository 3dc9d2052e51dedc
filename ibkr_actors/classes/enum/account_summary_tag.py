"""Values of the account summary."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class AccountSummaryTag(Words):
    """A value that the account summary can be asked for; several are joined by commas."""

    ACCOUNT_TYPE = "AccountType"
    NET_LIQUIDATION = "NetLiquidation"
    TOTAL_CASH_VALUE = "TotalCashValue"
    SETTLED_CASH = "SettledCash"
    ACCRUED_CASH = "AccruedCash"
    BUYING_POWER = "BuyingPower"
    EQUITY_WITH_LOAN_VALUE = "EquityWithLoanValue"
    PREVIOUS_DAY_EQUITY_WITH_LOAN_VALUE = "PreviousDayEquityWithLoanValue"
    GROSS_POSITION_VALUE = "GrossPositionValue"
    REGULATION_T_EQUITY = "ReqTEquity"
    """Spelled so by the bridge; account updates say RegTEquity."""
    REGULATION_T_MARGIN = "ReqTMargin"
    SPECIAL_MEMORANDUM_ACCOUNT = "SMA"
    INITIAL_MARGIN_REQUIREMENT = "InitMarginReq"
    MAINTENANCE_MARGIN_REQUIREMENT = "MaintMarginReq"
    AVAILABLE_FUNDS = "AvailableFunds"
    EXCESS_LIQUIDITY = "ExcessLiquidity"
    CUSHION = "Cushion"
    """Excess liquidity as a part of net liquidation."""
    FULL_INITIAL_MARGIN_REQUIREMENT = "FullInitMarginReq"
    """Full: without the discounts of the day; look ahead: at the next change of margins."""
    FULL_MAINTENANCE_MARGIN_REQUIREMENT = "FullMaintMarginReq"
    FULL_AVAILABLE_FUNDS = "FullAvailableFunds"
    FULL_EXCESS_LIQUIDITY = "FullExcessLiquidity"
    LOOK_AHEAD_NEXT_CHANGE = "LookAheadNextChange"
    """When the margin that looks ahead takes effect."""
    LOOK_AHEAD_INITIAL_MARGIN_REQUIREMENT = "LookAheadInitMarginReq"
    LOOK_AHEAD_MAINTENANCE_MARGIN_REQUIREMENT = "LookAheadMaintMarginReq"
    LOOK_AHEAD_AVAILABLE_FUNDS = "LookAheadAvailableFunds"
    LOOK_AHEAD_EXCESS_LIQUIDITY = "LookAheadExcessLiquidity"
    HIGHEST_SEVERITY = "HighestSeverity"
    DAY_TRADES_REMAINING = "DayTradesRemaining"
    """-1 for no limit."""
    LEVERAGE = "Leverage"
    LEDGER = "$LEDGER"
    """Balances in the base currency."""
    LEDGER_OF_ALL_CURRENCIES = "$LEDGER:ALL"
    """Balances in each currency; `ledger_in` names one."""

    @staticmethod
    def ledger_in(currency: str) -> str:
        """The tag of the balances in one currency."""
        return f"$LEDGER:{currency}"
