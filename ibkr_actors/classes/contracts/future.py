"""Futures."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from ibkr_actors.classes.contracts.kind import ContractBySymbol, ContractOfKind, checked_expiry
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.spelling import Day


class Future(ContractOfKind):
    """A future of one expiry: `Future("ES", "202612", "CME")`, or `Future(local_symbol="ESZ6", exchange="CME")`.

    Raises InvalidRequest for an expiry that is none.
    """

    kind = SecurityType.FUTURE
    usual_exchange = ""

    def __init__(
        self,
        symbol: str | UnsetType = UNSET,
        last_trade_date_or_contract_month: Day = "",
        exchange: str | None = None,
        currency: str = "USD",
        **fields: Any,
    ) -> None:
        expiry = checked_expiry(last_trade_date_or_contract_month)
        self._fill(
            exchange,
            fields,
            symbol=symbol,
            last_trade_date_or_contract_month=expiry,
            currency=currency,
        )


class ContinuousFuture(ContractBySymbol, init=False):
    """The futures of one underlying chained into one, for history only: `ContinuousFuture("ES", "CME")`."""

    kind = SecurityType.CONTINUOUS_FUTURE
    usual_exchange = ""
