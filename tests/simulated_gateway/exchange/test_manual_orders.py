"""Orders placed by hand at the bridge's screen: who sees them, and how client 0 gets hold of them."""

from __future__ import annotations

import pytest

from ibkr_actors.base.messages.completed_orders import CompletedOrder, CompletedOrdersRequest
from ibkr_actors.base.messages.connection import IdsRequest, NextValidId, Notice, StartApiRequest
from ibkr_actors.base.messages.executions import ExecutionDetails, ExecutionRequest
from ibkr_actors.base.messages.orders import (
    AllOpenOrdersRequest,
    AutoOpenOrdersRequest,
    CancelOrderRequest,
    OpenOrder,
    OpenOrdersRequest,
    OrderBound,
    OrderStatus,
)
from ibkr_actors.simulated_gateway.exchange.order_options import OrderOptions
from ibkr_actors.simulated_gateway.refusals import Refusal
from tests.simulated_gateway.helpers import (
    Desk,
    Wire,
    apple,
    codes,
    limit,
    names,
    only,
    order,
    statuses,
)


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestUnbound:
    def test_nobody_hears_of_it_unasked(self, desk: Desk) -> None:
        clients = [desk.connect(number) for number in (0, 1)]

        desk.gateway.manual_order(apple(), limit("BUY", 10, 99.0))
        desk.step()

        assert [desk.heard(client) for client in clients] == [[], []]

    def test_a_gateway_that_announces_open_orders_does_not_announce_it(self) -> None:
        desk = Desk(announces_open_orders=True)
        desk.gateway.manual_order(apple(), limit("BUY", 10, 99.0))
        client = desk.gateway.connect(203)

        told = desk.ask(client, StartApiRequest(0))

        assert only(OpenOrder, told) == []

    def test_all_open_orders_show_it_without_an_id_and_bind_nothing(self, desk: Desk) -> None:
        """As recorded of an order that was given by hand."""
        permanent_id = desk.gateway.manual_order(apple(), limit("BUY", 10, 99.0))
        client = desk.connect(0)

        told = desk.ask(client, AllOpenOrdersRequest())

        assert names(told) == ["OpenOrder", "OrderStatus", "OpenOrderEnd"]
        (status,) = only(OrderStatus, told)
        assert (status.order_id, status.client_id, status.permanent_id) == (0, 0, permanent_id)
        assert only(OpenOrder, told)[0].order.permanent_id == permanent_id

    def test_another_client_sees_it_among_all_and_not_among_its_own(self, desk: Desk) -> None:
        desk.gateway.manual_order(apple(), limit("BUY", 10, 99.0))
        client = desk.connect(1)

        assert names(desk.ask(client, OpenOrdersRequest())) == ["OpenOrderEnd"]
        assert len(only(OpenOrder, desk.ask(client, AllOpenOrdersRequest()))) == 1

    def test_it_fills_and_is_found_among_executions_and_completed_orders(self, desk: Desk) -> None:
        desk.gateway.manual_order(apple(), order("BUY", 10, time_in_force=""))
        client = desk.connect(1)

        (details,) = only(ExecutionDetails, desk.ask(client, ExecutionRequest(request_id=1)))
        assert (details.execution.order_id, details.execution.client_id) == (0, 0)
        assert len(only(CompletedOrder, desk.ask(client, CompletedOrdersRequest()))) == 1
        assert only(CompletedOrder, desk.ask(client, CompletedOrdersRequest(api_only=True))) == []

    def test_what_can_not_be_an_order_is_refused(self, desk: Desk) -> None:
        with pytest.raises(Refusal, match=r"^110"):
            desk.gateway.manual_order(apple(), limit("BUY", 10, 99.001))

    def test_it_can_be_cancelled_by_hand(self, desk: Desk) -> None:
        permanent_id = desk.gateway.manual_order(apple(), limit("BUY", 10, 99.0))

        desk.gateway.cancel_manually(permanent_id)

        assert names(desk.ask(desk.connect(0), OpenOrdersRequest())) == ["OpenOrderEnd"]
        with pytest.raises(Refusal, match=r"^10147"):
            desk.gateway.cancel_manually(permanent_id)

    def test_so_can_a_clients_order_and_the_client_hears_of_it(self, desk: Desk) -> None:
        client = desk.connect(1)
        (status,) = only(OrderStatus, desk.place(client, 1, limit("BUY", 10, 99.0)))

        desk.gateway.cancel_manually(status.permanent_id)
        desk.step()

        assert statuses(desk.heard(client)) == ["PendingCancel", "Cancelled", "202"]


class TestBinding:
    def test_the_open_orders_of_client_0_bind_what_is_there(self, desk: Desk) -> None:
        client = desk.connect(0)
        desk.place(client, 4, limit("BUY", 10, 98.0))
        permanent_id = desk.gateway.manual_order(apple(), limit("BUY", 10, 99.0))

        told = desk.ask(client, OpenOrdersRequest())

        assert names(told) == ["OrderBound", *["OpenOrder", "OrderStatus"] * 2, "OpenOrderEnd"]
        assert only(OrderBound, told) == [OrderBound(permanent_id, 0, 5)]
        assert [each.order.order_id for each in only(OpenOrder, told)] == [4, 5]
        assert [each.order_id for each in only(NextValidId, desk.ask(client, IdsRequest()))] == [6]

    def test_it_is_bound_once(self, desk: Desk) -> None:
        client = desk.connect(0)
        desk.gateway.manual_order(apple(), limit("BUY", 10, 99.0))
        desk.ask(client, OpenOrdersRequest())

        assert only(OrderBound, desk.ask(client, OpenOrdersRequest())) == []

    def test_from_then_on_it_is_an_order_of_client_0(self, desk: Desk) -> None:
        client = desk.connect(0)
        desk.gateway.manual_order(apple(), limit("BUY", 10, 99.0))
        desk.ask(client, OpenOrdersRequest())

        assert statuses(desk.place(client, 1, limit("BUY", 20, 99.0))) == ["(Submitted)", "Submitted"]
        assert statuses(desk.ask(client, CancelOrderRequest(1))) == ["PendingCancel", "Cancelled", "202"]

    def test_negative_ids_where_the_gateway_is_set_so(self) -> None:
        desk = Desk(orders=OrderOptions(negative_manual_ids=True))
        client = desk.connect(0)
        for price in (99.0, 98.0):
            desk.gateway.manual_order(apple(), limit("BUY", 10, price))

        told = desk.ask(client, OpenOrdersRequest())

        assert [each.order_id for each in only(OrderBound, told)] == [-1, -2]
        assert statuses(desk.ask(client, CancelOrderRequest(-2))) == ["PendingCancel", "Cancelled", "202"]
        assert [each.order_id for each in only(NextValidId, desk.ask(client, IdsRequest()))] == [1]

    def test_automatic_binding_tells_client_0_of_each_new_order(self, desk: Desk) -> None:
        client = desk.connect(0)
        assert desk.ask(client, AutoOpenOrdersRequest(True)) == []

        desk.gateway.manual_order(apple(), order("BUY", 10))
        desk.step()

        told = desk.heard(client)
        assert names(told)[:3] == ["OrderBound", "OpenOrder", "OrderStatus"]
        assert only(OrderStatus, told)[-1].status == "Filled"
        assert {each.order_id for each in only(OrderStatus, told)} == {1}

    def test_it_ends_on_request_and_with_the_connection(self, desk: Desk) -> None:
        client = desk.connect(0)
        desk.ask(client, AutoOpenOrdersRequest(True))
        desk.ask(client, AutoOpenOrdersRequest(False))
        desk.gateway.manual_order(apple(), limit("BUY", 10, 99.0))
        desk.step()
        assert desk.heard(client) == []

        desk.ask(client, AutoOpenOrdersRequest(True))
        desk.gateway.disconnect(client)
        again = desk.connect(0)
        desk.gateway.manual_order(apple(), limit("BUY", 10, 99.0))
        desk.step()
        assert desk.heard(again) == []

    def test_another_client_may_not(self, desk: Desk) -> None:
        (notice,) = only(Notice, desk.ask(desk.connect(1), AutoOpenOrdersRequest(True)))

        assert (notice.request_id, notice.code) == (-1, 327)

    @pytest.mark.parametrize("version", [178, 200, 203, 204, 226])
    def test_the_binding_survives_the_wire_at(self, version: int) -> None:
        desk = Desk()
        desk.gateway.manual_order(apple(), limit("BUY", 10, 99.0))
        wire = Wire(desk, version, client_id=0)

        (bound,) = only(OrderBound, wire.ask(OpenOrdersRequest()))

        assert (bound.client_id, bound.order_id) == (0, 1)


class TestMaster:
    @pytest.fixture
    def desk(self) -> Desk:
        return Desk(orders=OrderOptions(master_client_id=7))

    def test_it_hears_of_orders_and_executions_of_all_clients(self, desk: Desk) -> None:
        master, client = desk.connect(7), desk.connect(1)

        told = desk.place(client, 1, order("BUY", 10))

        assert desk.heard(master) == told
        desk.step()
        assert statuses(desk.heard(master)) == ["(Filled)", "Filled", "commission"]

    def test_it_hears_of_orders_placed_by_hand(self, desk: Desk) -> None:
        master = desk.connect(7)

        desk.gateway.manual_order(apple(), limit("BUY", 10, 99.0))
        desk.step()

        assert statuses(desk.heard(master)) == ["(Submitted)", "Submitted"]

    def test_it_hears_of_its_own_once(self, desk: Desk) -> None:
        assert statuses(desk.place(desk.connect(7), 1, limit("BUY", 10, 99.0))) == [
            "(Submitted)",
            "Submitted",
        ]

    def test_it_may_not_cancel_what_is_not_its_own(self, desk: Desk) -> None:
        master, client = desk.connect(7), desk.connect(1)
        desk.place(client, 1, limit("BUY", 10, 99.0))

        assert codes(desk.ask(master, CancelOrderRequest(1))) == [10147]

    def test_errors_are_for_the_client_that_made_them(self, desk: Desk) -> None:
        master, client = desk.connect(7), desk.connect(1)
        desk.place(client, 1, limit("BUY", 10, 99.001))

        assert desk.heard(master) == []
