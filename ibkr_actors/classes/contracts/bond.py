"""Bonds."""

from __future__ import annotations

from ibkr_actors.classes.contracts.kind import ContractBySymbol
from ibkr_actors.classes.enum.security_type import SecurityType


class Bond(ContractBySymbol, init=False):
    """A bond, by its CUSIP in place of a symbol: `Bond("912828C57")`, or by `contract_id`."""

    kind = SecurityType.BOND
