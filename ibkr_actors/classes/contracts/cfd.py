"""Contracts for difference."""

from __future__ import annotations

from ibkr_actors.classes.contracts.kind import ContractBySymbol


class CFD(ContractBySymbol, init=False):
    """A contract for difference on a stock, an index or a currency pair: `CFD("IBDE40", currency="EUR")`."""

    kind = "CFD"
