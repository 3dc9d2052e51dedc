"""Options on stocks and indices, options on futures, and warrants."""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import UNSET, UnsetType

from ibkr_actors.classes.contracts.kind import ContractOfKind, checked_expiry, checked_right
from ibkr_actors.classes.enum.option_right import OptionRight
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.spelling import Day


class Option(ContractOfKind):
    """An option on a stock or an index: `Option("IBM", "20261218", 200, "C")`.

    The expiry may be a `date`. Raises InvalidRequest for an expiry or a right that is none.
    """

    kind = SecurityType.OPTION

    def __init__(
        self,
        symbol: str | UnsetType = UNSET,
        last_trade_date_or_contract_month: Day = "",
        strike: float | None = None,
        right: OptionRight | str = "",
        exchange: str | None = None,
        currency: str = "USD",
        **fields: Any,
    ) -> None:
        self._fill(
            exchange,
            fields,
            symbol=symbol,
            last_trade_date_or_contract_month=checked_expiry(last_trade_date_or_contract_month),
            strike=strike,
            right=checked_right(right),
            currency=currency,
        )


class OptionWithRight(Option):
    """An option whose class says whether it is a call or a put."""

    right_of_class: ClassVar[OptionRight]

    def __init__(
        self,
        symbol: str | UnsetType = UNSET,
        last_trade_date_or_contract_month: Day = "",
        strike: float | None = None,
        exchange: str | None = None,
        currency: str = "USD",
        **fields: Any,
    ) -> None:
        fields = {"right": self.right_of_class, **fields}
        expiry = last_trade_date_or_contract_month
        super().__init__(symbol, expiry, strike, exchange=exchange, currency=currency, **fields)


class Call(OptionWithRight, init=False):
    """The right to buy: `Call("IBM", "20261218", 200)`."""

    right_of_class = OptionRight.CALL


class Put(OptionWithRight, init=False):
    """The right to sell: `Put("IBM", "20261218", 200)`."""

    right_of_class = OptionRight.PUT


class FuturesOption(Option, init=False):
    """An option on a future: `FuturesOption("ES", "20261218", 6000, "P", "CME")`."""

    kind = SecurityType.FUTURES_OPTION
    usual_exchange = ""


class Warrant(Option, init=False):
    """An option that a bank issues and an exchange lists: `Warrant("GOOG", "20261218", 55, "C", "FWB", "EUR")`."""

    kind = SecurityType.WARRANT
