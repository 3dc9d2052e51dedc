"""Cancellations of orders that the bridge has not confirmed yet."""

from __future__ import annotations

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.orders import CancelOrderRequest
from ibkr_actors.base.order_tracking import REFUSES_A_CANCELLATION


class Unconfirmed:
    """Which cancellations are in doubt when the connection is lost: the bridge may have got them or not.

    The latest is kept for an order that has not ended. Changes each order keeps itself (`OrderTerms.under_way`).
    """

    def __init__(self) -> None:
        self._by_order: dict[int, CancelOrderRequest] = {}

    def add(self, request: CancelOrderRequest) -> None:
        """It is about to be sent."""
        self._by_order[request.order_id] = request

    def hear_notice(self, notice: Notice) -> None:
        """What the bridge says about an order by a code, perhaps that it refuses a cancellation."""
        if notice.code in REFUSES_A_CANCELLATION:
            self.settle(notice.request_id)

    def settle(self, order_id: int) -> None:
        """Nothing is in doubt any more: it was refused or not sent, or the order has ended."""
        self._by_order.pop(order_id, None)

    def take(self, order_id: int) -> list[CancelOrderRequest]:
        """That of an order, forgotten from now on; none if there is none."""
        cancellation = self._by_order.pop(order_id, None)
        return [] if cancellation is None else [cancellation]
