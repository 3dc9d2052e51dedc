"""What the contracts of one kind (stock, option, ...) have in common."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, ClassVar, Final

from msgspec import UNSET, UnsetType, structs

from ibkr_actors.classes.construction import OwnConstructor, as_number, assign, filled
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.identity import right_of
from ibkr_actors.classes.enum.option_right import OptionRight
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.moment import day
from ibkr_actors.classes.value import snapshot
from ibkr_actors.errors import InvalidRequest

_EXPIRY: Final = re.compile(r"\d{6}(\d{2}(\s.*)?)?")
"""A month, or a day behind which a bridge may tell the time."""
_NAMES: Final = ("symbol", "contract_id", "local_symbol", "security_id", "issuer_id")
"""Fields of which each may tell alone which contract is meant."""


class ContractOfKind(Contract, metaclass=OwnConstructor):
    """A contract of one kind of security, whose constructor asks for what tells that kind apart.

    Responsible for: the security type, and defaults a user expects. Every other field of `Contract` can be given by
    name: `Stock("BAC", primary_exchange="NYSE")`. On the wire it is a plain `Contract`.

    A constructor without a symbol leaves it to be filled in (`stock = Stock()`). Raises InvalidRequest for a symbol
    that is empty and for a value that its field can't hold: such a contract would fail when it is to be traded.
    """

    kind: ClassVar[SecurityType]
    """The security type."""
    usual_exchange: ClassVar[str] = "SMART"
    """Where it is traded unless the user says otherwise; empty where the user has to say."""

    def _fill(self, exchange: str | None, fields: dict[str, Any], **named: Any) -> None:
        """Set the kind, what the constructor names, and what the user named beyond it, which wins; and check it all."""
        if exchange is None:
            exchange = self.usual_exchange
        given = {"security_type": self.kind, "exchange": exchange, **named, **fields}
        given = {name: value for name, value in given.items() if value is not UNSET}
        assign(self, given)
        self.strike = checked_strike(type(self), self.strike)
        self.multiplier = checked_multiplier(type(self), self.multiplier)
        plain = snapshot(self, type(self))
        for name in given:
            setattr(self, name, getattr(plain, name))
        if "symbol" in given:
            _refuse_bad_symbol(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by its fields, for the constructor takes others."""
        return filled, (type(self), structs.asdict(self))


def _refuse_bad_symbol(contract: ContractOfKind) -> None:
    kind = type(contract).__name__
    if not any(getattr(contract, name) for name in _NAMES):
        raise InvalidRequest(
            f"{kind}: symbol is empty, and so are {', '.join(_NAMES[1:])}: which contract is it?"
        )
    if contract.symbol != contract.symbol.strip():
        raise InvalidRequest(f"{kind}: symbol {contract.symbol!r} has blanks around it")


def checked_strike(kind: type[Contract], strike: Any) -> float | None:
    """A strike as float. Raises InvalidRequest for what is no finite number."""
    found = as_number(strike)
    if strike is not None and found is None:
        raise InvalidRequest(f"{kind.__name__}: strike is {strike!r}; expected a number")
    return found


def checked_multiplier(kind: type[Contract], multiplier: Any) -> str:
    """A multiplier as the text that it is on the wire. Raises InvalidRequest for what is no number above zero."""
    if multiplier == "":
        return ""
    found = as_number(multiplier)
    if found is None or found <= 0:
        raise InvalidRequest(f"{kind.__name__}: multiplier is {multiplier!r}; expected a number above zero")
    return multiplier if isinstance(multiplier, str) else f"{found:g}"


def checked_expiry(told: str | date) -> str | date:
    """The day or the month of a last trade. Raises InvalidRequest for a text that bridges don't read as one."""
    if isinstance(told, date) or not told or (isinstance(told, str) and _is_expiry(told)):
        return told
    raise InvalidRequest(f"{told!r} is no expiry: give a date, or a text as YYYYMMDD or YYYYMM")


def _is_expiry(told: str) -> bool:
    """Whether it is spelled as one, and there is such a month or day."""
    return _EXPIRY.fullmatch(told) is not None and day(told[:8] if len(told) > 6 else f"{told}01") is not None


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
        self,
        symbol: str | UnsetType = UNSET,
        exchange: str | None = None,
        currency: str = "USD",
        **fields: Any,
    ) -> None:
        self._fill(exchange, fields, symbol=symbol, currency=currency)
