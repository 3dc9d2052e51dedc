"""Cryptocurrencies."""

from __future__ import annotations

from ibkr_actors.classes.contracts.kind import ContractBySymbol
from ibkr_actors.classes.enum.security_type import SecurityType


class Crypto(ContractBySymbol, init=False):
    """A cryptocurrency: `Crypto("BTC")`; ZEROHASH is another exchange."""

    kind = SecurityType.CRYPTO
    usual_exchange = "PAXOS"
