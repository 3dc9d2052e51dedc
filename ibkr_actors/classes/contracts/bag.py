"""Combinations of contracts that trade as one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from msgspec import UNSET, UnsetType

from ibkr_actors.classes.contracts.contract import ComboLeg, Contract
from ibkr_actors.classes.contracts.kind import ContractOfKind
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.errors import InvalidRequest


class Bag(ContractOfKind):
    """A combination: `Bag("IBM").buy(near).sell(far)`, or `Bag("IBM", [leg(near, "BUY"), leg(far, "SELL")])`.

    The symbol is the underlying's; for a spread of two stocks both, comma separated. The legs say what happens when
    the combination is bought; selling it does the opposite.
    """

    kind = SecurityType.BAG

    def __init__(
        self,
        symbol: str | UnsetType = UNSET,
        legs: Iterable[ComboLeg] = (),
        exchange: str | None = None,
        currency: str = "USD",
        **fields: Any,
    ) -> None:
        self._fill(exchange, fields, symbol=symbol, combo_legs=tuple(legs), currency=currency)

    @classmethod
    def spread(cls, bought: Contract, sold: Contract, ratio: tuple[int, int] = (1, 1), **fields: Any) -> Self:
        """One contract bought against another one sold, with symbol and currency of theirs.

        `ratio` is how many are bought and sold: `Bag.spread(near, far)`, `Bag.spread(low, high, (1, 2))`. Raises
        InvalidRequest as `buy`, and for contracts in different currencies, for no price of the two would mean anything.
        """
        if bought.currency != sold.currency:
            raise InvalidRequest(f"a spread is in one currency, but {bought} and {sold} are in two")
        symbols = dict.fromkeys((bought.symbol, sold.symbol))
        bag = cls(",".join(symbols), currency=bought.currency, **fields)
        return bag.buy(bought, ratio[0]).sell(sold, ratio[1])

    def buy(self, contract: Contract, ratio: int = 1, **fields: Any) -> Self:
        """Add a leg that is bought when the combination is: so many of a contract for each one; returns the bag.

        Raises InvalidRequest as `leg`, and for a contract that is a leg already.
        """
        return self._with(contract, OrderAction.BUY, ratio, fields)

    def sell(self, contract: Contract, ratio: int = 1, **fields: Any) -> Self:
        """Add a leg that is sold when the combination is bought, as `buy`; returns the bag."""
        return self._with(contract, OrderAction.SELL, ratio, fields)

    def _with(self, contract: Contract, action: OrderAction, ratio: int, fields: dict[str, Any]) -> Self:
        added = leg(contract, action, ratio, **fields)
        if any(present.contract_id == added.contract_id for present in self.combo_legs):
            raise InvalidRequest(f"{contract} is a leg already; give one leg its whole ratio")
        self.combo_legs = (*self.combo_legs, added)
        return self


def leg(contract: Contract, action: OrderAction | str, ratio: int = 1, **fields: Any) -> ComboLeg:
    """One leg of a combination, at the exchange of its contract unless `fields` says another.

    Raises InvalidRequest for a contract without id: the bridge knows legs by nothing else, so complete it first
    (`request_contract_data`). Likewise for a ratio that is no positive number, and an action that is no side.
    """
    if not getattr(contract, "contract_id", 0):
        raise InvalidRequest(
            f"a leg needs a contract with its contract_id, got {contract!r}: request its contract data first"
        )
    if not isinstance(ratio, int) or isinstance(ratio, bool) or ratio < 1:
        raise InvalidRequest(f"{ratio!r} is no ratio of a leg: a whole number, one or more")
    if action not in tuple(OrderAction):
        raise InvalidRequest(f"{action!r} is no action of a leg: {', '.join(OrderAction)}")
    fields = {"exchange": contract.exchange, **fields}
    return ComboLeg(contract_id=contract.contract_id, ratio=ratio, action=OrderAction(action), **fields)
