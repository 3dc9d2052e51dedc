"""Places where the market scanner looks."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class LocationCode(Words):
    """`Scanner.location_code`: the usual ones. The scanner parameters of the bridge list all of them.

    Each is good for some instruments only (`ScannerInstrument`); the bridge refuses another pair with error 162.
    Several are joined by commas.
    """

    # instrument STOCKS_US
    US = "STK.US"
    US_MAJOR = "STK.US.MAJOR"
    """Listed at an exchange."""
    US_MINOR = "STK.US.MINOR"
    """Traded over the counter."""
    NYSE = "STK.NYSE"
    NYSE_AMERICAN = "STK.AMEX"
    NYSE_ARCA = "STK.ARCA"
    NASDAQ = "STK.NASDAQ"
    NASDAQ_GLOBAL_SELECT = "STK.NASDAQ.NMS"
    # instrument STOCKS_NORTH_AMERICA
    CANADA = "STK.NA.CANADA"
    MEXICO = "STK.NA.MEXI"
    # instrument STOCKS_EUROPE
    EUROPE = "STK.EU"
    LONDON = "STK.EU.LSE"
    XETRA = "STK.EU.IBIS"
    """Germany."""
    PARIS = "STK.EU.SBF"
    AMSTERDAM = "STK.EU.AEB"
    SWITZERLAND = "STK.EU.EBS"
    ITALY = "STK.EU.BVME"
    # instrument STOCKS_MIDDLE_EAST
    TEL_AVIV = "STK.ME.TASE"
    SAUDI_ARABIA = "STK.ME.TADAWUL"
    ABU_DHABI = "STK.ME.ADX"
    DUBAI = "STK.ME.DFM"
    # instrument STOCKS_ASIA
    ASIA = "STK.HK"
    HONG_KONG = "STK.HK.SEHK"
    TOKYO = "STK.HK.TSE_JPN"
    AUSTRALIA = "STK.HK.ASX"
    SINGAPORE = "STK.HK.SGX"
    INDIA = "STK.HK.NSE"
    # the instruments of the same names
    EQUITY_ETFS_US_MAJOR = "ETF.EQ.US.MAJOR"
    FIXED_INCOME_ETFS_US_MAJOR = "ETF.FI.US.MAJOR"
    FUTURES_US = "FUT.US"
    FUTURES_CME = "FUT.CME"
    FUTURES_CBOT = "FUT.CBOT"
    FUTURES_NYMEX = "FUT.NYMEX"
    FUTURES_COMEX = "FUT.COMEX"
    FUTURES_EUREX = "FUT.EU.EUREX"
    FUTURES_ITALY = "FUT.EU.IDEM"
    FUTURES_HONG_KONG = "FUT.HK.HKFE"
    FUTURES_SINGAPORE = "FUT.HK.SGX"
    INDICES_US = "IND.US"
    INDICES_EUREX = "IND.EU.EUREX"
    INDICES_HONG_KONG = "IND.HK.HKFE"
    INDICES_SINGAPORE = "IND.HK.SGX"
    BONDS_US = "BOND.US"
