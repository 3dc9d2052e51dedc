"""Currency pairs."""

from __future__ import annotations

import re
from typing import Any, Final

from msgspec import UNSET, UnsetType

from ibkr_actors.classes.contracts.kind import ContractOfKind
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.errors import InvalidRequest

_PAIR: Final = re.compile(r"([A-Z]{3})[./]?([A-Z]{3})")


class Forex(ContractOfKind):
    """A currency pair: `Forex("EURUSD")` or `Forex("EUR.USD")` is euros, priced in dollars."""

    kind = SecurityType.FOREX
    usual_exchange = "IDEALPRO"

    def __init__(self, pair: str | UnsetType = UNSET, exchange: str | None = None, **fields: Any) -> None:
        symbol, currency = (UNSET, UNSET) if pair is UNSET else _currencies(pair)
        self._fill(exchange, fields, symbol=symbol, currency=currency)

    @property
    def pair(self) -> str:
        """The pair as six letters."""
        return self.symbol + self.currency


def _currencies(pair: object) -> tuple[str, str]:
    """The two currencies of a pair. Raises InvalidRequest for a text that is none."""
    match = _PAIR.fullmatch(str(pair).upper())
    if match is None or match[1] == match[2]:
        raise InvalidRequest(f"{pair!r} is no currency pair such as 'EURUSD' or 'EUR.USD'")
    return match[1], match[2]
