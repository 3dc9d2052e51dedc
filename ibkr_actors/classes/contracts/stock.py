"""Stocks and exchange-traded funds."""

from __future__ import annotations

from ibkr_actors.classes.contracts.kind import ContractBySymbol
from ibkr_actors.classes.enum.security_type import SecurityType


class Stock(ContractBySymbol, init=False):
    """A stock or an exchange-traded fund: `Stock("BAC")`, `Stock("BAC", "NYSE", "USD")`."""

    kind = SecurityType.STOCK
