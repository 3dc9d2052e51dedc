"""Orders for combinations (`Bag`), at one price for all legs or at one for each.

Not guaranteed means that one leg may fill without the others, which SMART asks for in combinations that no exchange
trades as one (stocks against stocks, stocks against options).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import structs

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.orders.checks import distance, given_once, optional, price, refusal
from ibkr_actors.classes.orders.simple_order import Quantity, SimpleOrder
from ibkr_actors.wire.tags import TagValue


class ComboOrder(SimpleOrder):
    """An order for a combination."""

    def _combined(
        self, contract: Contract | None, non_guaranteed: bool, fields: dict[str, Any]
    ) -> dict[str, Any]:
        """The routing of a combination, beside what the user named."""
        if contract is not None and contract.security_type != SecurityType.BAG:
            raise refusal(self, "contract", contract, "a combination (Bag)")
        routing = (TagValue("NonGuaranteed", "1"),) if non_guaranteed else ()
        return {"smart_combo_routing_parameters": routing, **fields}


class ComboMarketOrder(ComboOrder):
    """All legs at the market."""

    type_of_class = OrderType.MARKET

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        non_guaranteed: bool = False,
        **fields: Any,
    ) -> None:
        combined = self._combined(contract, non_guaranteed, fields)
        self._fill(action, contract, total_quantity, combined)


class ComboLimitOrder(ComboOrder):
    """The combination at a limit price (below zero for a credit), or each leg at a price of its own.

    `leg_prices` are in the order of the legs, None for a leg without; they go into a copy of the contract.
    """

    type_of_class = OrderType.LIMIT

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        limit_price: float | None = None,
        non_guaranteed: bool = False,
        leg_prices: Sequence[float | None] | None = None,
        **fields: Any,
    ) -> None:
        given_once(self, limit_price=limit_price, leg_prices=leg_prices)
        limit = optional(price, self, "limit_price", limit_price)
        combined = self._combined(contract, non_guaranteed, fields)
        if leg_prices is not None:
            contract = self._priced(contract, leg_prices)
        self._fill(action, contract, total_quantity, combined, limit_price=limit)

    def _priced(self, contract: Contract | None, leg_prices: Sequence[float | None]) -> Contract:
        if contract is None:
            raise refusal(
                self, "contract", contract, "a combination (Bag), for leg_prices belong to its legs"
            )
        if len(leg_prices) != len(contract.combo_legs):
            expected = f"as many prices as the combination has legs, which is {len(contract.combo_legs)}"
            raise refusal(self, "leg_prices", leg_prices, expected)
        legs = tuple(
            structs.replace(leg, price=optional(price, self, "leg_prices", value))
            for leg, value in zip(contract.combo_legs, leg_prices, strict=True)
        )
        return structs.replace(contract, combo_legs=legs)


class ComboLimitAndMarketOrder(ComboOrder):
    """Not guaranteed: one leg at its limit, and the other at the market as soon as the first one fills."""

    type_of_class = OrderType.LIMIT_AND_MARKET

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        limit_price: float | None = None,
        non_guaranteed: bool = True,
        **fields: Any,
    ) -> None:
        limit = price(self, "limit_price", limit_price)
        combined = self._combined(contract, non_guaranteed, fields)
        self._fill(action, contract, total_quantity, combined, limit_price=limit)


class ComboRelativeOrder(ComboOrder):
    """Not guaranteed: one leg better than the best quote by the offset, then the other."""

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        offset: float | None = None,
        limit_price: float | None = None,
        non_guaranteed: bool = True,
        **fields: Any,
    ) -> None:
        prices = {
            "auxiliary_price": optional(distance, self, "offset", offset),
            "limit_price": optional(price, self, "limit_price", limit_price),
        }
        combined = self._combined(contract, non_guaranteed, fields)
        self._fill(action, contract, total_quantity, combined, **prices)


class ComboRelativeAndLimitOrder(ComboRelativeOrder, init=False):
    """The other leg at its limit."""

    type_of_class = OrderType.RELATIVE_AND_LIMIT


class ComboRelativeAndMarketOrder(ComboRelativeOrder, init=False):
    """The other leg at the market."""

    type_of_class = OrderType.RELATIVE_AND_MARKET
