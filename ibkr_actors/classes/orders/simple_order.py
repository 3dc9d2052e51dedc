"""What the orders of one type (market, limit, ...) have in common."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final

from msgspec import structs

from ibkr_actors.classes.construction import OwnConstructor, as_quantity, assign, filled
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.checks import price, refusal
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.errors import InvalidRequest
from ibkr_actors.wire.codes import codes_of

_SIDES: Final = codes_of(OrderAction)

Quantity = Decimal | float | str | None
"""A quantity as users write it; None goes with `Order.cash_quantity`."""


class OrderConstructor(OwnConstructor):
    """Metaclass of orders whose constructors take side, contract and quantity first.

    Other clients take no contract there: a quantity in its place would be lost, and the price taken for the quantity.
    That is refused ahead of all else, for what is said about the parameters behind it would only mislead.
    """

    if not TYPE_CHECKING:  # a type checker reads the signature off `__init__`

        def __call__(self, *values, **fields):
            contract = values[1] if len(values) > 1 else fields.get("contract")
            if contract is not None and not isinstance(contract, Contract):
                raise InvalidRequest(
                    f"{self.__name__}: the second parameter is the contract, got {contract!r}"
                )
            return super().__call__(*values, **fields)


class SimpleOrder(Order, metaclass=OrderConstructor):
    """An order of one type, whose constructor asks for what that type needs.

    Responsible for: the order type; the day as time in force, for the bridge refuses an order without one; and that
    the side, the quantity and the parameters of the type are there and make sense. The contract may ride along, or be
    given when the order is placed. Every other field of `Order` can be given by name:
    `LimitOrder("BUY", stock, 100, 27.5, outside_regular_trading_hours=True)`. On the wire it is a plain `Order`.

    Constructors raise InvalidRequest that says which parameter is wrong and what was expected. An amount of cash may
    replace the quantity: `MarketOrder("BUY", pair, cash_quantity=5000)`. An order without either is one that an
    allocation of a financial advisor sizes. What is changed in an order that is made is not checked again.
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
        """Set the type, what the constructor names, and what the user named beyond it, which wins; then check."""
        self.order_type, self.time_in_force = self.type_of_class, self.usual_time_in_force
        self.action = _SIDES[action] if isinstance(action, str) else action
        self.contract, self.total_quantity = contract, as_quantity(total_quantity)
        if "cash_quantity" in fields:
            named["cash_quantity"] = as_quantity(fields.pop("cash_quantity"))
        assign(self, named | fields)
        self._check_side_and_size()

    def _check_side_and_size(self) -> None:
        if not isinstance(self.action, OrderAction):
            raise refusal(self, "action", self.action, f"one of {', '.join(OrderAction)}")
        if self.cash_quantity is not None:
            self._check_size("cash_quantity", self.cash_quantity)
            if self.total_quantity:
                raise refusal(self, "total_quantity", self.total_quantity, "none beside a cash_quantity")
        elif self.total_quantity is not None or not self._is_allocated:
            self._check_size("total_quantity", self.total_quantity)

    @property
    def _is_allocated(self) -> bool:
        """Whether an advisor's group or method says how much."""
        return bool(self.advisor_group or self.advisor_method)

    def _check_size(self, parameter: str, size: Decimal | None) -> None:
        if size is None or not size.is_finite() or size <= 0:
            raise refusal(self, parameter, size, "a quantity above zero")

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
        limit = price(self, "limit_price", limit_price)
        self._fill(action, contract, total_quantity, fields, limit_price=limit)
