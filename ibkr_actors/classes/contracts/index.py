"""Indices."""

from __future__ import annotations

from ibkr_actors.classes.contracts.kind import ContractBySymbol


class Index(ContractBySymbol, init=False):
    """An index, which can be watched and not traded: `Index("SPX", "CBOE")`."""

    kind = "IND"
    usual_exchange = ""
