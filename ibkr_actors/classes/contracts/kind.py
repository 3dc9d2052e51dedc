"""What the contracts of one kind (stock, option, ...) have in common."""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import structs

from ibkr_actors.classes.construction import OwnConstructor, assign, filled
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.security_type import SecurityType


class ContractOfKind(Contract, metaclass=OwnConstructor):
    """A contract of one kind of security, whose constructor asks for what tells that kind apart.

    Responsible for: the security type, and defaults a user expects. Every other field of `Contract` can be given by
    name: `Stock("BAC", primary_exchange="NYSE")`. On the wire it is a plain `Contract`.
    """

    kind: ClassVar[SecurityType]
    """The security type."""
    usual_exchange: ClassVar[str] = "SMART"
    """Where it is traded unless the user says otherwise; empty where the user has to say."""

    def _fill(self, exchange: str | None, fields: dict[str, Any], **named: Any) -> None:
        """Set the kind, what the constructor names, and what the user named beyond it, which wins."""
        if exchange is None:
            exchange = self.usual_exchange
        assign(self, {"security_type": self.kind, "exchange": exchange, **named, **fields})

    def __str__(self) -> str:
        """The contract in few words: "Call IBM 20261218 200 SMART USD"."""
        strike = "" if self.strike is None else f"{self.strike:.12g}"
        expiry = self.last_trade_date_or_contract_month
        words = (self.symbol or self.local_symbol, expiry, strike, self.exchange, self.currency)
        return " ".join((type(self).__name__, *filter(None, words)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by its fields, for the constructor takes others."""
        return filled, (type(self), structs.asdict(self))


class ContractBySymbol(ContractOfKind):
    """A contract that symbol, exchange and currency tell apart; the exchange is the usual one unless given."""

    def __init__(
        self, symbol: str = "", exchange: str | None = None, currency: str = "USD", **fields: Any
    ) -> None:
        self._fill(exchange, fields, symbol=symbol, currency=currency)
