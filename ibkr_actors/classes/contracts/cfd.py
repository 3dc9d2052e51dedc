"""Contracts for difference."""

from __future__ import annotations

from ibkr_actors.classes.contracts.kind import ContractBySymbol
from ibkr_actors.classes.enum.security_type import SecurityType


class CFD(ContractBySymbol, init=False):
    """A contract for difference on a stock, an index or a currency pair: `CFD("IBDE40", currency="EUR")`."""

    kind = SecurityType.CFD
