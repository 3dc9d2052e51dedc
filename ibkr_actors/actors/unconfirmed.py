"""Changes and cancellations of orders that the bridge has not confirmed yet."""

from __future__ import annotations

from typing import Final

from ibkr_actors.base.message_codes import CodeFacts, Ends
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.orders import CancelOrderRequest, OpenOrder, PlaceOrderRequest
from ibkr_actors.classes.orders.order import Order

Amendment = PlaceOrderRequest | CancelOrderRequest

REFUSES_A_CANCELLATION: Final = frozenset((135, 136, 161, 10147, 10148))
"""Codes about the cancellation of an order; what else refuses something of an order that exists refuses its change."""


class Unconfirmed:
    """Which amendments of orders are in doubt when the connection is lost: the bridge may have got them or not.

    A change is confirmed when the bridge repeats its quantity and prices: what else differs in it is not compared. The
    latest of each kind is kept for an order that has not ended.
    """

    def __init__(self) -> None:
        self._by_order: dict[int, dict[type, Amendment]] = {}

    def add(self, request: Amendment) -> None:
        """It is about to be sent."""
        self._by_order.setdefault(request.order_id, {})[type(request)] = request

    def hear_open_order(self, message: OpenOrder) -> None:
        """The order as the bridge holds it, perhaps with the change."""
        change = self._by_order.get(message.order_id, {}).get(PlaceOrderRequest)
        if isinstance(change, PlaceOrderRequest) and _terms(change.order) == _terms(message.order):
            self.settle(message.order_id, PlaceOrderRequest)

    def hear_notice(self, notice: Notice, facts: CodeFacts) -> None:
        """What the bridge says about an order by a code, perhaps that it refuses an amendment."""
        if notice.code in REFUSES_A_CANCELLATION:
            self.settle(notice.request_id, CancelOrderRequest)
        elif facts.refuses_new_order or facts.ends is Ends.CHANGE:
            self.settle(notice.request_id, PlaceOrderRequest)

    def settle(self, order_id: int, *kinds: type) -> None:
        """Nothing is in doubt any more: it was confirmed, refused or not sent. Without `kinds`: the order has ended."""
        waiting = self._by_order.get(order_id, {})
        for kind in kinds or (PlaceOrderRequest, CancelOrderRequest):
            waiting.pop(kind, None)
        if not waiting:
            self._by_order.pop(order_id, None)

    def take(self) -> list[Amendment]:
        """All of them, forgotten from now on."""
        by_order, self._by_order = self._by_order, {}
        return [request for waiting in by_order.values() for request in waiting.values()]


def _terms(order: Order) -> tuple[object, ...]:
    return order.total_quantity, order.limit_price or 0.0, order.auxiliary_price or 0.0
