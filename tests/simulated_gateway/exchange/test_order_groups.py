"""One-cancels-all groups: cancelling and reducing, with block and without."""

from __future__ import annotations

import pytest

from ibkr_actors.base.messages.orders import CancelOrderRequest, OpenOrder, OrderStatus
from ibkr_actors.simulated_gateway.clients.client import Client
from tests.simulated_gateway.helpers import Desk, limit, only, order, statuses


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def client(desk: Desk) -> Client:
    return desk.connect()


def place_pair(desk: Desk, client: Client, oca_type: int, *prices: float, quantity: int = 10) -> None:
    for number, price in enumerate(prices, start=1):
        desk.place(client, number, limit("BUY", quantity, price, oca_group="either", oca_type=oca_type))


class TestCancelWithBlock:
    def test_a_partial_fill_cancels_the_others_with_202(self, desk: Desk, client: Client) -> None:
        place_pair(desk, client, 1, 99.0, 98.0)

        desk.quote(98.9, 99.0, size=4)
        desk.step()

        told = [message for message in desk.heard(client) if getattr(message, "order_id", 2) == 2]
        assert (desk.held(1).filled, desk.held(1).status) == (4, "Submitted")  # it has more to fill
        assert statuses(only(OrderStatus, told)) == ["PendingCancel", "Cancelled"]
        assert "202" in statuses(told)

    def test_two_never_fill_at_once(self, desk: Desk, client: Client) -> None:
        place_pair(desk, client, 1, 99.0, 99.0)

        desk.quote(98.9, 99.0)
        desk.step()

        assert (desk.held(1).filled, desk.held(2).filled) == (10, 0)
        assert desk.held(2).status == "Cancelled"


class TestReduceWithBlock:
    def test_a_partial_fill_takes_its_share_off_the_others(self, desk: Desk, client: Client) -> None:
        place_pair(desk, client, 2, 99.0, 98.0)

        desk.quote(98.9, 99.0, size=4)
        desk.step()

        told = only(OpenOrder, desk.heard(client))
        assert [each.order.total_quantity for each in told if each.order_id == 2] == [6]
        assert desk.held(2).status == "Submitted"

    def test_a_share_is_a_share_of_each_others_quantity(self, desk: Desk, client: Client) -> None:
        """A third of 9 is filled: a third of 30 goes."""
        desk.place(client, 1, limit("BUY", 9, 99.0, oca_group="either", oca_type=2))
        desk.place(client, 2, limit("BUY", 30, 98.0, oca_group="either", oca_type=2))

        desk.quote(98.9, 99.0, size=3)
        desk.step()

        assert desk.held(2).total == 20

    def test_the_last_fill_cancels_them(self, desk: Desk, client: Client) -> None:
        place_pair(desk, client, 2, 99.0, 98.0)

        desk.quote(98.9, 99.0)
        desk.step()

        assert desk.held(2).status == "Cancelled"

    def test_two_never_fill_more_than_one_of_them_at_once(self, desk: Desk, client: Client) -> None:
        place_pair(desk, client, 2, 99.0, 99.0)

        desk.quote(98.9, 99.0)
        desk.step()

        assert desk.held(1).filled + desk.held(2).filled == 10


class TestReduceWithoutBlock:
    def test_a_partial_fill_takes_its_share_off_the_others(self, desk: Desk, client: Client) -> None:
        place_pair(desk, client, 3, 99.0, 98.0)

        desk.quote(98.9, 99.0, size=4)
        desk.step()

        assert desk.held(2).total == 6

    def test_nothing_keeps_two_from_filling_on_the_same_quote(self, desk: Desk, client: Client) -> None:
        """Without a block both are at the exchange, and nobody tells one of the other in time."""
        place_pair(desk, client, 3, 99.0, 99.0)

        desk.quote(98.9, 99.0)
        desk.step()

        assert (desk.held(1).filled, desk.held(2).filled) == (10, 10)

    def test_the_next_quote_finds_the_other_gone(self, desk: Desk, client: Client) -> None:
        place_pair(desk, client, 3, 99.0, 98.0)
        desk.quote(98.9, 99.0)
        desk.step()

        desk.quote(97.9, 98.0)
        desk.step()

        assert desk.held(2).filled == 0
        assert desk.held(2).status == "Cancelled"

    def test_it_is_the_type_of_an_order_that_names_none(self, desk: Desk, client: Client) -> None:
        told = desk.place(client, 1, limit("BUY", 10, 99.0, oca_group="either"))

        assert [each.order.oca_type for each in only(OpenOrder, told)] == [3]

    def test_an_order_that_fills_as_it_comes_settles_at_once(self, desk: Desk, client: Client) -> None:
        desk.place(client, 1, limit("BUY", 10, 99.0, oca_group="either", oca_type=3))

        desk.place(client, 2, order("BUY", 10, oca_group="either", oca_type=3))

        assert desk.held(1).status == "Cancelled"


class TestGroups:
    def test_cancelling_one_cancels_all_and_each_is_pending_before_the_first_is_gone(
        self, desk: Desk, client: Client
    ) -> None:
        """As recorded of two orders of one group."""
        place_pair(desk, client, 3, 99.0, 98.0)

        told = desk.ask(client, CancelOrderRequest(1))

        assert statuses(told) == ["PendingCancel", "PendingCancel", "Cancelled", "202", "Cancelled", "202"]

    def test_an_order_may_join_the_group_of_one_that_works(self, desk: Desk, client: Client) -> None:
        place_pair(desk, client, 3, 99.0)
        desk.step()
        desk.place(client, 2, limit("BUY", 10, 98.0, oca_group="either", oca_type=3))

        desk.ask(client, CancelOrderRequest(2))

        assert desk.held(1).status == "Cancelled"

    def test_changing_one_leaves_the_others_alone(self, desk: Desk, client: Client) -> None:
        place_pair(desk, client, 3, 99.0, 98.0)

        told = desk.place(client, 2, limit("BUY", 10, 97.0, oca_group="either", oca_type=3))

        assert [each.order_id for each in only(OrderStatus, told)] == [2]

    def test_a_change_may_take_an_order_into_another_group(self, desk: Desk, client: Client) -> None:
        place_pair(desk, client, 3, 99.0, 98.0)
        desk.place(client, 3, limit("BUY", 10, 97.0, oca_group="other"))
        desk.place(client, 2, limit("BUY", 10, 98.0, oca_group="other"))

        desk.ask(client, CancelOrderRequest(1))
        assert desk.held(2).status == "Submitted"
        desk.ask(client, CancelOrderRequest(3))
        assert desk.held(2).status == "Cancelled"

    def test_groups_of_different_names_are_strangers(self, desk: Desk, client: Client) -> None:
        place_pair(desk, client, 1, 99.0)
        desk.place(client, 2, limit("BUY", 10, 98.0, oca_group="other", oca_type=1))

        desk.quote(98.9, 99.0)
        desk.step()

        assert desk.held(2).status == "Submitted"

    def test_the_end_of_the_day_of_one_ends_the_others(self, desk: Desk, client: Client) -> None:
        """A GTC order in the group of a DAY order goes with it, as recorded."""
        desk.place(client, 1, limit("BUY", 10, 90.0, oca_group="either"))
        desk.place(client, 2, limit("BUY", 10, 89.0, oca_group="either", time_in_force="GTC"))

        desk.step(24 * 3600)

        assert desk.held(2).status == "Cancelled"
