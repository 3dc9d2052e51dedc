"""All orders of the desk: finding those that something has to be done about."""

from __future__ import annotations

import pytest

from ibkr_actors.actors.messages import PlaceOrder
from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.actors.owned_orders import OwnedOrders
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.order_tracking import SENT
from tests.actors.helpers import commission, fill, ibm, limit_order, open_order, status


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


class TestCopies:
    """A desk is looked at every second, and has every order since its start."""

    @pytest.fixture
    def orders(self):
        orders = OwnedOrders((), 0)
        for order_id in (1, 2):
            request = PlaceOrderRequest(order_id, ibm(), limit_order())
            orders.add(OwnedOrder.of(PlaceOrder(None, "cross", request), now=0.0))
        return orders

    @pytest.mark.parametrize(
        "happen",
        [
            lambda order: order.hear_status(status(1, "Submitted")),
            lambda order: order.hear_open_order(open_order(1, "", quantity=60)),
            lambda order: order.hear_execution(fill(1, execution_id="a.b.02")),
            lambda order: order.hear_commission(commission("a.b.01", 2.0)),
            lambda order: order.hear_notice(Notice(1, code=201, text="rejected")),
            lambda order: order.lose("gone"),
            lambda order: order.change(PlaceOrderRequest(1, ibm(), limit_order(price=190.0))),
        ],
    )
    def test_are_made_anew_of_those_that_changed_only(self, orders, happen):
        orders[1].hear_execution(fill(1, 100, execution_id="a.b.01"))
        orders[1].hear_commission(commission("a.b.01"))
        orders[1].status = SENT
        first, second = orders.copies()

        happen(orders[1])
        again, unchanged = orders.copies()

        assert unchanged is second
        assert again is not first
        assert again == orders[1]

    def test_are_the_same_when_the_bridge_repeats_itself(self, orders):
        """It tells every order twice."""
        orders[1].hear_open_order(open_order(1))
        first, _ = orders.copies()
        orders[1].hear_open_order(open_order(1))
        orders[1].hear_status(status(1, "Submitted"))
        assert orders.copies()[0] is first

    def test_do_not_change_with_the_order(self, orders):
        copy, _ = orders.copies()
        orders[1].hear_execution(fill(1))
        assert (copy.status, copy.executions) == ("Sent", {})
