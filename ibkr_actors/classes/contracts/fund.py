"""Mutual funds."""

from __future__ import annotations

from ibkr_actors.classes.contracts.kind import ContractBySymbol


class Fund(ContractBySymbol, init=False):
    """A mutual fund: `Fund("VINIX")`."""

    kind = "FUND"
    usual_exchange = "FUNDSERV"
