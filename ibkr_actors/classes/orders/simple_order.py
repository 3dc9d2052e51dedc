"""What the orders of one type (market, limit, ...) have in common."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from msgspec import structs

from ibkr_actors.classes.construction import OwnConstructor, as_quantity, assign, filled
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.errors import InvalidRequest

Quantity = Decimal | float | str | None
"""A quantity as users write it; None goes with `Order.cash_quantity`."""


class SimpleOrder(Order, metaclass=OwnConstructor):
    """An order of one type, whose constructor asks for what that type needs.

    Responsible for: the order type, and the day as time in force, for the bridge refuses an order without one. The
    contract may ride along, or be given when the order is placed. Every other field of `Order` can be given by name:
    `LimitOrder("BUY", stock, 100, 27.5, outside_regular_trading_hours=True)`. On the wire it is a plain `Order`.
    """

    type_of_class: ClassVar[OrderType]
    """The order type."""
    usual_time_in_force: ClassVar[TimeInForce] = TimeInForce.DAY

    def _fill(
        self,
        action: OrderAction | str,
        contract: Contract | None,
        total_quantity: Quantity,
        fields: dict[str, Any],
        **named: Any,
    ) -> None:
        """Set the type, what the constructor names, and what the user named beyond it, which wins.

        Raises InvalidRequest for a contract that is none: a quantity in its place would be lost, and the price taken
        for the quantity.
        """
        if contract is not None and not isinstance(contract, Contract):
            raise InvalidRequest(f"the second parameter is the contract, got {contract!r}")
        usual = {
            "order_type": self.type_of_class,
            "time_in_force": self.usual_time_in_force,
            "action": action,
            "contract": contract,
            "total_quantity": as_quantity(total_quantity),
        }
        assign(self, usual | named | fields)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by its fields, for the constructor takes others."""
        return filled, (type(self), structs.asdict(self))


class PricelessOrder(SimpleOrder):
    """An order without a price of its own."""

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        **fields: Any,
    ) -> None:
        self._fill(action, contract, total_quantity, fields)


class LimitedOrder(SimpleOrder):
    """An order with a limit price and no other."""

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        limit_price: float | None = None,
        **fields: Any,
    ) -> None:
        self._fill(action, contract, total_quantity, fields, limit_price=limit_price)
