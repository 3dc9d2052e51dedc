"""Commodities."""

from __future__ import annotations

from ibkr_actors.classes.contracts.kind import ContractBySymbol
from ibkr_actors.classes.enum.security_type import SecurityType


class Commodity(ContractBySymbol, init=False):
    """A commodity, spot: `Commodity("XAUUSD")` is gold in London."""

    kind = SecurityType.COMMODITY
