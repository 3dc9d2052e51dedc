"""Kinds of securities."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class SecurityType(Words):
    """`Contract.security_type`."""

    STOCK = "STK"
    """Stocks and exchange-traded funds."""
    OPTION = "OPT"
    FUTURE = "FUT"
    CONTINUOUS_FUTURE = "CONTFUT"
    """The futures of one underlying, chained; for history."""
    FUTURE_OR_CONTINUOUS = "FUT+CONTFUT"
    """Both, in requests for contract details."""
    FUTURES_OPTION = "FOP"
    FOREX = "CASH"
    """Currency pairs."""
    CRYPTO = "CRYPTO"
    CFD = "CFD"
    INDEX = "IND"
    BOND = "BOND"
    COMMODITY = "CMDTY"
    FUND = "FUND"
    WARRANT = "WAR"
    STRUCTURED_PRODUCT = "IOPT"
    BAG = "BAG"
    """Combinations."""
    NEWS = "NEWS"
