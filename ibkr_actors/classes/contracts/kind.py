"""What the contracts of one kind (stock, option, ...) have in common."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, ClassVar, Final

from msgspec import structs

from ibkr_actors.classes.construction import OwnConstructor, assign, filled
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.identity import right_of
from ibkr_actors.classes.enum.option_right import OptionRight
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.errors import InvalidRequest

_EXPIRY: Final = re.compile(r"\d{6}(\d{2}(\s.*)?)?")
"""A month, or a day behind which a bridge may tell the time."""


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

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by its fields, for the constructor takes others."""
        return filled, (type(self), structs.asdict(self))


def checked_expiry(told: str | date) -> str | date:
    """The day or the month of a last trade. Raises InvalidRequest for a text that bridges don't read as one."""
    if isinstance(told, date) or not told or _EXPIRY.fullmatch(told):
        return told
    raise InvalidRequest(f"{told!r} is no expiry: give a date, or a text as YYYYMMDD or YYYYMM")


def checked_right(right: OptionRight | str) -> OptionRight | str:
    """The right of an option, which may be spelled C or CALL. Raises InvalidRequest for anything else."""
    if not right:
        return right
    known = right_of(right)
    if known is None:
        raise InvalidRequest(f"{right!r} is no right of an option: give OptionRight.CALL or OptionRight.PUT")
    return known


class ContractBySymbol(ContractOfKind):
    """A contract that symbol, exchange and currency tell apart; the exchange is the usual one unless given."""

    def __init__(
        self, symbol: str = "", exchange: str | None = None, currency: str = "USD", **fields: Any
    ) -> None:
        self._fill(exchange, fields, symbol=symbol, currency=currency)
