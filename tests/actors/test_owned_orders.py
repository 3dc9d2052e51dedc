"""All orders of the desk: finding those that something has to be done about."""

from __future__ import annotations

from ibkr_actors.actors.messages import PlaceOrder
from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.actors.owned_orders import OwnedOrders
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from tests.actors.helpers import ibm, limit_order, status


class Watched(OwnedOrders):
    """Remembers which orders are looked at."""

    def __init__(self, orders=(), client_id=0):
        super().__init__(orders, client_id)
        self.looked_at = set()

    def __getitem__(self, order_id):
        self.looked_at.add(order_id)
        return super().__getitem__(order_id)


def test_looking_for_overdue_orders_takes_no_longer_for_those_that_were_answered():
    """A desk that runs for weeks looks ten times a second, and ticks wait meanwhile."""
    orders = Watched()
    for order_id in range(1, 51):
        request = PlaceOrderRequest(order_id, ibm(), limit_order())
        orders.add(OwnedOrder.of(PlaceOrder(None, "cross", request), now=0.0))
    for order_id in range(1, 50):
        orders[order_id].hear_status(status(order_id, "Submitted"))
    orders.overdue(sent_before=1.0)
    orders.looked_at.clear()

    assert [order.order_id for order in orders.overdue(sent_before=1.0)] == [50]
    assert orders.looked_at == {50}
