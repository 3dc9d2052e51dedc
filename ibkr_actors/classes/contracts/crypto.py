"""Cryptocurrencies."""

from __future__ import annotations

from ibkr_actors.classes.contracts.kind import ContractBySymbol


class Crypto(ContractBySymbol, init=False):
    """A cryptocurrency: `Crypto("BTC")`; ZEROHASH is another exchange."""

    kind = "CRYPTO"
    usual_exchange = "PAXOS"
