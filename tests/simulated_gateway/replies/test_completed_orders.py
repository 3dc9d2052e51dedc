"""Completed orders: what ended today, and how."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.completed_orders import (
    CompletedOrder,
    CompletedOrdersEnd,
    CompletedOrdersRequest,
)
from ibkr_actors.base.messages.orders import CancelOrderRequest, GlobalCancelRequest
from ibkr_actors.simulated_gateway.clients.client import Client
from tests.simulated_gateway.helpers import AAPL, Desk, Wire, limit, names, only, order

RECORDED = (  # server version 200; account, permanent id and login were replaced by whoever published it
    "101|265598|AAPL|STK||0|?||SMART|USD|AAPL|NMS|BUY|1|TRAIL LIMIT|2000.05|1.0|DAY||DU9000001||0||1426085924|0|0|0|"
    "|||||||||0||-1||||||2147483647|0|0||3|0||0|None||0|0|0||0|0|2000.0|||0|0|0|2147483647|2147483647||||IB|0|0||0|"
    "Cancelled|0|0|0|2000.0|0.05|0|1|0||0|2147483647|0|Not an insider or substantial shareholder|0|0|"
    "9223372036854775807|20260415 11:00:11 US/Eastern|Cancelled by Trader|||||||0|paper-user|"
)
DAY = 24 * 3600.0


@pytest.fixture
def desk() -> Desk:
    return Desk()


def completed(desk: Desk, client: Client) -> list[CompletedOrder]:
    return only(CompletedOrder, desk.ask(client, CompletedOrdersRequest()))


def endings(desk: Desk, client: Client) -> list[str]:
    return [each.order_state.completed_status for each in completed(desk, client)]


class TestList:
    def test_without_orders_it_is_the_end_alone(self, desk: Desk) -> None:
        assert desk.ask(desk.connect(), CompletedOrdersRequest()) == [CompletedOrdersEnd()]

    def test_it_holds_what_ended_and_not_what_is_live(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, order("BUY", 100))
        desk.place(client, 2, limit("BUY", 10, 99.0))
        desk.place(client, 3, limit("BUY", 20, 99.0))
        desk.ask(client, CancelOrderRequest(3))

        told = desk.ask(client, CompletedOrdersRequest())

        assert names(told) == ["CompletedOrder", "CompletedOrder", "CompletedOrdersEnd"]
        assert [each.order.total_quantity for each in only(CompletedOrder, told)] == [100, 20]

    def test_it_holds_the_orders_of_all_clients_in_the_order_of_their_ends(self, desk: Desk) -> None:
        first, second = desk.connect(1), desk.connect(2)
        desk.place(first, 1, limit("BUY", 10, 99.0))
        desk.place(second, 1, order("BUY", 20))
        desk.ask(first, CancelOrderRequest(1))

        assert [each.order.total_quantity for each in completed(desk, second)] == [20, 10]

    def test_all_orders_came_through_the_api(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, order("BUY", 100))

        assert names(desk.ask(client, CompletedOrdersRequest(api_only=True))) == [
            "CompletedOrder",
            "CompletedOrdersEnd",
        ]

    def test_a_new_day_begins_with_an_empty_list(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, order("BUY", 100))
        desk.step(DAY)
        assert endings(desk, client) == []

        desk.place(client, 2, order("BUY", 7))

        assert endings(desk, client) == ["Filled Size: 7"]

    def test_a_rejected_order_has_not_ended(self, desk: Desk) -> None:
        """A change may bring it back to life."""
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 1_000_000, 100.0))

        assert endings(desk, client) == []


class TestEndings:
    def test_a_fill(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, order("BUY", 100))

        (ended,) = completed(desk, client)

        assert (ended.order_state.status, ended.order_state.completed_status) == (
            "Filled",
            "Filled Size: 100",
        )
        assert ended.order_state.completed_time == "20261123 10:00:00 US/Eastern"
        assert ended.order.filled_quantity == 100
        assert ended.contract.contract_id == AAPL

    def test_the_size_of_a_fill_has_no_needless_zeros(self, desk: Desk) -> None:
        client = desk.connect()
        wanted = order("BUY", 1)
        wanted.total_quantity = Decimal("100.00")
        desk.place(client, 1, wanted)

        assert endings(desk, client) == ["Filled Size: 100"]

    def test_a_fill_later_on_has_the_time_of_the_fill(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 10, 99.0))
        desk.quote(98.9, 98.92)
        desk.step(30.0)

        (ended,) = completed(desk, client)

        assert ended.order_state.completed_time == "20261123 10:00:30 US/Eastern"

    def test_a_cancelled_order_tells_what_was_filled_of_it(self, desk: Desk) -> None:
        client = desk.connect()
        desk.quote(100.0, 100.02, size=40)
        desk.step()
        desk.place(client, 1, limit("BUY", 100, 100.02))
        desk.ask(client, CancelOrderRequest(1))

        (ended,) = completed(desk, client)

        assert ended.order_state.completed_status == "Cancelled by Trader"
        assert (ended.order.total_quantity, ended.order.filled_quantity) == (100, 40)

    def test_a_global_cancellation_is_the_traders_too(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 10, 99.0))
        desk.ask(client, GlobalCancelRequest())

        assert endings(desk, client) == ["Cancelled by Trader"]

    def test_the_end_of_the_day_is_the_systems(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 10, 50.0))
        desk.step(DAY)

        assert endings(desk, client) == ["Cancelled by System:\n"]

    def test_so_is_the_rest_of_an_order_that_had_to_fill_at_once(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 10, 50.0, time_in_force="IOC"))

        assert endings(desk, client) == ["Cancelled by System:\n"]

    def test_and_the_end_of_a_peer_in_its_group(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, limit("SELL", 10, 105.0, oca_group="either", oca_type=1))
        desk.place(client, 2, order("SELL", 10, oca_group="either", oca_type=1))

        assert sorted(endings(desk, client)) == ["Cancelled by System:\n", "Filled Size: 10"]

    def test_a_child_ends_with_its_parent_and_names_it(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 10, 99.0, transmit=False))
        desk.place(client, 2, limit("SELL", 10, 105.0, parent_id=1))
        desk.ask(client, CancelOrderRequest(1))

        parent, child = completed(desk, client)

        assert child.order.parent_permanent_id == parent.order.permanent_id
        assert child.order_state.completed_status == "Cancelled by Trader"


class TestWire:
    def test_it_is_spelled_as_recorded(self) -> None:
        desk = Desk(accounts=("DU9000001",))
        desk.quote(1999.0, 1999.02)
        client = desk.connect(version=200)
        prices = {"limit_price": 2000.05, "auxiliary_price": 1.0, "limit_price_offset": 0.05}
        desk.place(client, 1, order("BUY", 1, "TRAIL LIMIT", trail_stop_price=2000.0, **prices))
        desk.ask(client, CancelOrderRequest(1))
        (ended,) = completed(desk, client)

        ours = codec_for(Role.GATEWAY, 200).encode(ended)[4:].decode().split("\0")

        recorded = RECORDED.replace("20260415 11:00:11", "20261123 10:00:00").replace(
            "1426085924", "900000001"
        )
        assert ours == recorded.split("|")

    @pytest.mark.parametrize("version", [157, 178, 200, 207, 210, 226])
    def test_it_survives_the_wire_at(self, version: int) -> None:
        desk = Desk()
        desk.place(desk.connect(9), 1, order("BUY", 100))

        told = Wire(desk, version).ask(CompletedOrdersRequest())

        assert names(told) == ["CompletedOrder", "CompletedOrdersEnd"]
        assert only(CompletedOrder, told)[0].order_state.completed_status == "Filled Size: 100"
