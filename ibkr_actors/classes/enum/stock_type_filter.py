"""Kinds of stocks that a scan looks for."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class StockTypeFilter(Words):
    """`Scanner.stock_type_filter`."""

    ALL = "ALL"
    STOCK = "STOCK"
    """No funds."""
    CORPORATION = "CORP"
    ADR = "ADR"
    """Receipts for shares of another country."""
    ETF = "ETF"
    REIT = "REIT"
    """Trusts that own real estate."""
    CLOSED_END_FUND = "CEF"
