"""All orders of the desk, and which of them something has to be done about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.base.local_messages import RequestFailed
from ibkr_actors.base.messages.connection import ManagedAccounts, NextValidId, Notice
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.base.messages.orders import OpenOrder, OrderBound, OrderStatus
from ibkr_actors.base.orders_of_executions import OrdersOfExecutions

WATCHED: Final = (
    OrderStatus,
    OpenOrder,
    OrderBound,
    ExecutionDetails,
    CommissionAndFeesReport,
    NextValidId,
    ManagedAccounts,
    Notice,
    RequestFailed,
)
"""What tells something about orders, or about those that can be placed."""


class OwnedOrders(dict[int, OwnedOrder]):
    """The desk's orders by their ids, which count per client: the same id of another client is another order.

    Responsible for: finding an order by what is said of it, and those that may work, or have to be looked for. What is
    asked for often (`overdue`) looks at no order that was answered.
    """

    def __init__(self, orders: Iterable[OwnedOrder], client_id: int) -> None:
        super().__init__({order.order_id: order for order in orders})
        self._client_id = client_id
        self.of_executions: OrdersOfExecutions[OwnedOrder] = OrdersOfExecutions()
        self._unheard: set[int] = set()
        self._copies: dict[int, tuple[tuple[Any, ...], OwnedOrder]] = {}

    def add(self, order: OwnedOrder) -> None:
        """An order that is about to be sent."""
        self[order.order_id] = order
        self._unheard.add(order.order_id)

    def own(self, order_id: int, client_id: int, permanent_id: int = 0) -> OwnedOrder | None:
        """The order of that id, if it is this client's: as the client id says, or the permanent one.

        What another client does to it, such as a cancellation, the bridge tells with that client's id.
        """
        order = self.get(order_id)
        if order is None or client_id == self._client_id:
            return order
        return order if permanent_id and permanent_id == order.permanent_id else None

    def filled_by(self, details: ExecutionDetails) -> OwnedOrder | None:
        """The order that an execution fills."""
        return self.own(details.execution.order_id, details.execution.client_id)

    def of_code(self, code: str) -> list[OwnedOrder]:
        """The orders of one strategy."""
        return [order for order in self.values() if order.code == code]

    def copies(self) -> list[OwnedOrder]:
        """All of them at this moment, to look at; one that has not changed is the same copy as before."""
        return [self._copy_of(order) for order in self.values()]

    def _copy_of(self, order: OwnedOrder) -> OwnedOrder:
        state, known = order.state(), self._copies.get(order.order_id)
        if known is None or known[0] != state:
            known = self._copies[order.order_id] = state, order.copy()
        return known[1]

    def to_be_known(self, sent_before: float) -> list[int]:
        """The ids of those that the bridge has to know, if it is asked now."""
        return [order.order_id for order in self.values() if order.has_to_be_known(sent_before)]

    def overdue(self, sent_before: float) -> list[OwnedOrder]:
        """Those that the bridge should have said something about."""
        self._unheard = {order_id for order_id in self._unheard if self[order_id].is_silent}
        unheard = [self[order_id] for order_id in self._unheard]
        return [order for order in unheard if order.has_to_be_known(sent_before)]

    def outlive_connection(self) -> None:
        """The connection is lost: what the bridge was told to hold back, and has said nothing about, may be gone."""
        for order_id in self._unheard:
            self[order_id].outlived_connection = True
