"""Stocks and exchange-traded funds."""

from __future__ import annotations

from ibkr_actors.classes.contracts.kind import ContractBySymbol


class Stock(ContractBySymbol, init=False):
    """A stock or an exchange-traded fund: `Stock("BAC")`, `Stock("BAC", "NYSE", "USD")`."""

    kind = "STK"
