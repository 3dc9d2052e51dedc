"""Completed orders: those that were filled or cancelled today."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from ibkr_actors.base.messages.completed_orders import (
    CompletedOrder,
    CompletedOrdersEnd,
    CompletedOrdersRequest,
)
from ibkr_actors.classes.orders.order_state import OrderState
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.hours.market_time import day_number, eastern_text
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service


@dataclass(frozen=True, slots=True)
class _Ended:
    """An order, and when it ended, in epoch seconds."""

    order: WorkingOrder
    time: float


class CompletedOrderReplies(Service):
    """Lists the orders that ended today, of all clients, in the order of their ends.

    Not responsible for: rejected orders; they are not at their end, for a change brings them back to life.
    """

    def __init__(self) -> None:
        self._ended: list[_Ended] = []

    def handlers(self) -> Handlers:
        """The one list."""
        return {CompletedOrdersRequest: self._send}

    def order_ended(self, order: WorkingOrder, now: float) -> None:
        """Keep it, and forget yesterday's."""
        if self._ended and day_number(self._ended[0].time) != day_number(now):
            self._ended = [ended for ended in self._ended if day_number(ended.time) == day_number(now)]
        self._ended.append(_Ended(order, now))

    def _send(self, client: Client, request: CompletedOrdersRequest) -> None:
        today = day_number(client.now)
        client.tell_all(
            _message(ended)
            for ended in self._ended
            if day_number(ended.time) == today and not (request.api_only and ended.order.is_manual)
        )
        client.tell(CompletedOrdersEnd())


def _message(ended: _Ended) -> CompletedOrder:
    """The order as it was last; the ids that only its client knows are left out, as recorded."""
    order = ended.order
    final = msgspec.structs.replace(order.order, client_id=0, order_id=0, filled_quantity=order.filled)
    state = OrderState(
        status=str(order.status),
        completed_time=eastern_text(ended.time),
        completed_status=order.ending,
    )
    return CompletedOrder(order.contract, final, state)
