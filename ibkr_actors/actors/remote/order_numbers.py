"""The orders of an actor elsewhere have two names: the actor's number and the bridge's id."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from ibkr_actors.actors.messages import OrderUnanswered
from ibkr_actors.base.local_messages import OrderChanged, RequestFailed
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.base.messages.orders import (
    OpenOrder,
    OrderBound,
    OrderStatus,
    PlaceOrderRequest,
)
from ibkr_actors.base.order_tracking import ABOUT_AN_ORDER
from ibkr_actors.errors import InvalidRequest

ORDER_MESSAGES: Final = frozenset(
    (
        OrderChanged,
        OrderStatus,
        OpenOrder,
        OrderBound,
        ExecutionDetails,
        CommissionAndFeesReport,
        OrderUnanswered,
    )
)
"""Messages that reach an order's owner though it was away when they came."""


class OrderNumbers:
    """Translates between an actor's numbers and the bridge's order ids, in requests and in what the bridge says.

    Orders of others keep the bridge's ids: the two ranges never meet. An id counts for one client, so messages about
    other clients' orders stay as they are. Never changes a message, for others share it.
    """

    def __init__(self, client_id: int) -> None:
        self._client_id = client_id
        self._id_of: dict[int, int] = {}
        self._number_of: dict[int, int] = {}

    def add(self, number: int, order_id: int) -> None:
        """An order has got its id."""
        self._id_of[number] = order_id
        self._number_of[order_id] = number

    def order_id(self, number: int) -> int:
        """The bridge's id; raises InvalidRequest when the number is that of no order of this actor."""
        if number not in self._id_of:
            raise InvalidRequest(f"order {number} is no order of this actor")
        return self._id_of[number]

    def number(self, order_id: int) -> int:
        """The actor's number; an order of somebody else keeps its id."""
        return self._number_of.get(order_id, order_id)

    def to_bridge(self, request: PlaceOrderRequest) -> PlaceOrderRequest:
        """The parent of an order by the bridge's id. Raises InvalidRequest when it is no order of this actor."""
        parent = request.order.parent_id
        if not parent:
            return request
        return replace(request, order=replace(request.order, parent_id=self.order_id(parent)))

    def to_actor(self, message: Message) -> Message:
        """A message of the bridge or of the desk, with the actor's numbers."""
        match message:
            case OrderStatus():
                return self._status(message)
            case OpenOrder():
                return self._open_order(message)
            case ExecutionDetails():
                return self._execution(message)
            case OrderChanged(order_id) | OrderUnanswered(order_id) if order_id in self._number_of:
                return replace(message, order_id=self.number(order_id))
            case Notice(request_id) if request_id in self._number_of:
                return replace(message, request_id=self.number(request_id))
            case RequestFailed(order_id, _, request) if order_id in self._number_of:
                number = self.number(order_id)
                if isinstance(request, ABOUT_AN_ORDER):
                    request = replace(request, order_id=number)
                return replace(message, request_id=number, request=request)
        return message

    def _status(self, message: OrderStatus) -> Message:
        if message.client_id != self._client_id:
            return message
        number, parent = self.number(message.order_id), self.number(message.parent_id)
        return replace(message, order_id=number, parent_id=parent)

    def _open_order(self, message: OpenOrder) -> Message:
        order = message.order
        if order.client_id != self._client_id:
            return message
        number, parent = self.number(message.order_id), self.number(order.parent_id)
        if (number, parent) != (message.order_id, order.parent_id):
            order = replace(order, order_id=number, parent_id=parent)
        return replace(message, order_id=number, order=order)

    def _execution(self, message: ExecutionDetails) -> Message:
        execution = message.execution
        if execution.client_id != self._client_id:
            return message
        return replace(message, execution=replace(execution, order_id=self.number(execution.order_id)))
