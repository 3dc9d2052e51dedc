"""Combinations of contracts that trade as one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ibkr_actors.classes.contracts.contract import ComboLeg, Contract
from ibkr_actors.classes.contracts.kind import ContractOfKind
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.errors import InvalidRequest


class Bag(ContractOfKind):
    """A combination: `Bag("IBM", [leg(near, "SELL"), leg(far, "BUY")])`.

    The symbol is the underlying's; for a spread of two stocks both, comma separated.
    """

    kind = SecurityType.BAG

    def __init__(
        self,
        symbol: str = "",
        legs: Iterable[ComboLeg] = (),
        exchange: str | None = None,
        currency: str = "USD",
        **fields: Any,
    ) -> None:
        self._fill(exchange, fields, symbol=symbol, combo_legs=tuple(legs), currency=currency)


def leg(contract: Contract, action: OrderAction | str, ratio: int = 1, **fields: Any) -> ComboLeg:
    """One leg of a combination, at the exchange of its contract unless `fields` says another.

    Raises InvalidRequest for a contract without id: the bridge knows legs by nothing else, so complete it first
    (`request_contract_data`).
    """
    if not contract.contract_id:
        raise InvalidRequest(f"a leg needs a contract with its contract_id, got {contract!r}")
    fields = {"exchange": contract.exchange, **fields}
    return ComboLeg(contract_id=contract.contract_id, ratio=ratio, action=action, **fields)
