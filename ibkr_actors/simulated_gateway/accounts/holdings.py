"""What a simulated gateway holds, as tests and embedding programs look at it: values that don't change any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """An order as the gateway held it when it was asked."""

    client_id: int
    order_id: int
    permanent_id: int
    contract: Contract
    """Completed by the gateway."""
    order: Order
    """As it was asked for, with what the gateway filled in; every field of an order."""
    status: Status
    filled: Decimal
    remaining: Decimal
    average_fill_price: float
    """Zero before the first fill."""
    commission: Decimal
    why_held: str
    """What it waits for, in the wire's words; empty for nothing."""
    rejection: str
    """Why the gateway refused it; empty for an order that it took."""

    @property
    def symbol(self) -> str:
        """What is traded."""
        return self.contract.symbol

    @property
    def action(self) -> str:
        """BUY or SELL."""
        return self.order.action

    @property
    def quantity(self) -> Decimal:
        """How much was asked for."""
        return self.order.total_quantity or Decimal(0)

    @property
    def order_type(self) -> str:
        """LMT, MKT and so on."""
        return self.order.order_type

    @property
    def limit_price(self) -> float | None:
        """The limit; None for an order without one."""
        return self.order.limit_price or None

    @property
    def account(self) -> str:
        """The account that it trades for."""
        return self.order.account

    @property
    def is_open(self) -> bool:
        """It can still be filled."""
        return self.status.is_working


def held(order: WorkingOrder) -> HeldOrder:
    """An order as it is now."""
    return HeldOrder(
        order.client_id,
        order.order_id,
        order.permanent_id,
        order.contract.copy(),
        msgspec.structs.replace(order.order),
        order.status,
        order.filled,
        order.remaining,
        order.average_fill_price,
        order.commission,
        order.why_held,
        order.rejection,
    )


class HeldOrders:
    """The orders that a gateway holds, open or ended, oldest first: to iterate over, and to look up by order id."""

    def __init__(self, orders: Iterable[HeldOrder]) -> None:
        self._orders = tuple(orders)

    def __iter__(self) -> Iterator[HeldOrder]:
        return iter(self._orders)

    def __len__(self) -> int:
        return len(self._orders)

    def __repr__(self) -> str:
        return f"HeldOrders({list(self._orders)!r})"

    def __contains__(self, order_id: int) -> bool:
        return any(order.order_id == order_id for order in self._orders)

    def __getitem__(self, order_id: int) -> HeldOrder:
        """The order with an id. Raises LookupError when there is none, or when several clients have used the id."""
        found = [order for order in self._orders if order.order_id == order_id]
        if len(found) > 1:
            clients = ", ".join(str(order.client_id) for order in found)
            raise LookupError(
                f"clients {clients} all have an order {order_id}: ask of_client(client_id)[{order_id}]"
            )
        if not found:
            known = ", ".join(str(order.order_id) for order in self._orders) or "none"
            raise LookupError(f"the gateway holds no order {order_id}; its orders: {known}")
        return found[0]

    @property
    def open(self) -> HeldOrders:
        """Those that can still be filled."""
        return HeldOrders(order for order in self._orders if order.is_open)

    def of_client(self, client_id: int) -> HeldOrders:
        """Those of one client."""
        return HeldOrders(order for order in self._orders if order.client_id == client_id)

    def of(self, symbol: str) -> HeldOrders:
        """Those for one symbol."""
        return HeldOrders(order for order in self._orders if order.symbol == symbol)

    @property
    def only(self) -> HeldOrder:
        """The one order that there is. Raises LookupError when there is none, or there are several."""
        if len(self._orders) != 1:
            raise LookupError(
                f"expected one order, the gateway holds {len(self._orders)}: {list(self._orders)}"
            )
        return self._orders[0]


@dataclass(frozen=True, slots=True)
class ConnectedClient:
    """A client that is connected and has said who it is."""

    client_id: int
    server_version: int
    """The version that it has settled with the gateway."""
