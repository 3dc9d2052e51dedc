"""Instruments of the market scanner."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class ScannerInstrument(Words):
    """`Scanner.instrument`: the usual ones. It has to fit the location; the scanner parameters list which do."""

    STOCKS_US = "STK"
    STOCKS_NORTH_AMERICA = "STOCK.NA"
    """Outside of the USA."""
    STOCKS_EUROPE = "STOCK.EU"
    STOCKS_MIDDLE_EAST = "STOCK.ME"
    STOCKS_ASIA = "STOCK.HK"
    """And the Pacific."""
    EQUITY_ETFS_US = "ETF.EQ.US"
    FIXED_INCOME_ETFS_US = "ETF.FI.US"
    FUTURES_US = "FUT.US"
    FUTURES_NORTH_AMERICA = "FUT.NA"
    FUTURES_EUROPE = "FUT.EU"
    FUTURES_ASIA = "FUT.HK"
    SINGLE_STOCK_FUTURES_NORTH_AMERICA = "SSF.NA"
    SINGLE_STOCK_FUTURES_EUROPE = "SSF.EU"
    SINGLE_STOCK_FUTURES_ASIA = "SSF.HK"
    INDICES_US = "IND.US"
    INDICES_EUROPE = "IND.EU"
    INDICES_ASIA = "IND.HK"
    BONDS = "BOND"
