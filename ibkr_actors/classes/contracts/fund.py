"""Mutual funds."""

from __future__ import annotations

from ibkr_actors.classes.contracts.kind import ContractBySymbol
from ibkr_actors.classes.enum.security_type import SecurityType


class Fund(ContractBySymbol, init=False):
    """A mutual fund: `Fund("VINIX")`."""

    kind = SecurityType.FUND
    usual_exchange = "FUNDSERV"
