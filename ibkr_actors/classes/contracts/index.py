"""Indices."""

from __future__ import annotations

from ibkr_actors.classes.contracts.kind import ContractBySymbol
from ibkr_actors.classes.enum.security_type import SecurityType


class Index(ContractBySymbol, init=False):
    """An index, which can be watched and not traded: `Index("SPX", "CBOE")`."""

    kind = SecurityType.INDEX
    usual_exchange = ""
