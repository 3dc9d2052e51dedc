"""Changing and cancelling orders, in each state they can be in."""

from __future__ import annotations

from typing import Any

import pytest

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.orders import (
    CancelOrderRequest,
    GlobalCancelRequest,
    OpenOrder,
    OpenOrdersRequest,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.exchange.order_options import OrderOptions
from tests.simulated_gateway.helpers import Desk, codes, limit, names, only, order, statuses


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def slow() -> Desk:
    """A gateway that takes a second for everything."""
    return Desk(orders=OrderOptions(acknowledgement_seconds=1.0, cancellation_seconds=1.0))


def partly_filled(desk: Desk, client: Client) -> None:
    desk.quote(100.0, 100.02, size=4)
    desk.step()
    desk.place(client, 1, limit("BUY", 10, 100.02))


class TestChanges:
    def test_before_the_acknowledgement_a_change_is_refused(self, slow: Desk) -> None:
        client = slow.connect()
        assert statuses(slow.place(client, 1, limit("BUY", 10, 99.0))) == ["(PendingSubmit)", "PendingSubmit"]

        told = slow.place(client, 1, limit("BUY", 20, 99.0))

        assert [(notice.code, notice.text) for notice in only(Notice, told)] == [
            (2102, "Unable to modify this order as it is still being processed.")
        ]
        slow.step(1.0)
        assert statuses(slow.heard(client)) == ["(Submitted)", "Submitted"]
        assert statuses(slow.place(client, 1, limit("BUY", 20, 99.0))) == ["(Submitted)", "Submitted"]

    def test_nothing_fills_before_the_acknowledgement(self, slow: Desk) -> None:
        client = slow.connect()
        assert statuses(slow.place(client, 1, order("BUY", 10))) == ["(PendingSubmit)", "PendingSubmit"]

        slow.step(1.0)

        assert statuses(slow.heard(client)) == [
            "(PreSubmitted)",
            "PreSubmitted",
            "execution",
            "(Filled)",
            "Filled",
        ]

    def test_while_it_is_being_cancelled_a_change_is_refused(self, slow: Desk) -> None:
        client = slow.connect()
        slow.place(client, 1, limit("BUY", 10, 99.0))
        slow.step(1.0)
        slow.ask(client, CancelOrderRequest(1))

        assert codes(slow.place(client, 1, limit("BUY", 20, 99.0))) == [2102]

    def test_a_filled_order_can_not_change(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, order("BUY", 10))

        assert codes(desk.place(client, 1, order("BUY", 20))) == [104]

    def test_the_id_of_a_cancelled_order_is_no_longer_one_to_change(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 10, 99.0))
        desk.ask(client, CancelOrderRequest(1))

        assert codes(desk.place(client, 1, limit("BUY", 10, 99.0))) == [103]

    @pytest.mark.parametrize(
        ("changed", "contract"),
        [
            (limit("SELL", 10, 101.0), None),
            (
                limit("BUY", 10, 99.0),
                Contract(symbol="IBM", security_type="STK", exchange="SMART", currency="USD"),
            ),
            (limit("BUY", 10, 99.0, account="DU2"), None),
        ],
        ids=["side", "contract", "account"],
    )
    def test_side_contract_and_account_stay_and_so_does_the_order(
        self, changed: Any, contract: Contract | None
    ) -> None:
        desk = Desk(accounts=("DU1", "DU2"))
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 10, 99.0, account="DU1"))
        changed.account = changed.account or "DU1"

        assert codes(desk.place(client, 1, changed, contract)) == [105]
        assert desk.held().status == "Submitted"

    def test_the_parent_stays(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 10, 99.0))
        desk.place(client, 2, limit("SELL", 10, 105.0, parent_id=1))

        assert codes(desk.place(client, 2, limit("SELL", 10, 106.0))) == [10341]
        assert statuses(desk.place(client, 2, limit("SELL", 10, 106.0, parent_id=1))) == [
            "(PreSubmitted)",
            "PreSubmitted",
        ]

    def test_the_type_may_change_before_a_fill_and_not_after(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 5, limit("SELL", 10, 105.0))
        assert codes(desk.place(client, 5, order("SELL", 10, "STP", auxiliary_price=90.0))) == []
        partly_filled(desk, client := desk.connect(2))
        desk.place(client, 9, limit("BUY", 10, 100.02))

        told = desk.place(client, 1, order("BUY", 10))

        assert codes(told) == [329]

    @pytest.mark.parametrize(
        ("terms", "stop"),
        [
            ({"order_type": "TRAIL", "auxiliary_price": 1.0}, 99.0),
            ({"order_type": "TRAIL LIMIT", "auxiliary_price": 1.0, "limit_price_offset": 0.05}, 99.0),
            ({"order_type": "STP", "auxiliary_price": 90.0}, None),
        ],
        ids=["TRAIL", "TRAIL LIMIT", "STP"],
    )
    def test_a_limit_order_that_becomes_a_stop_begins_at_the_market(
        self, desk: Desk, terms: dict[str, Any], stop: float | None
    ) -> None:
        """What is echoed of a limit order as its trailing stop is none."""
        client = desk.connect()
        desk.place(client, 1, order("BUY", 10))
        desk.place(client, 2, limit("SELL", 10, 110.0))

        told = desk.place(client, 2, order("SELL", 10, **terms))

        assert statuses(told) == ["(PreSubmitted)", "PreSubmitted"]
        assert desk.held(2).order.trail_stop_price == stop

    def test_a_trailing_stop_that_changes_stays_where_the_market_pulled_it(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, order("BUY", 10))
        desk.place(client, 2, order("SELL", 10, "TRAIL", auxiliary_price=1.0))

        desk.place(client, 2, order("SELL", 10, "TRAIL", auxiliary_price=5.0))

        assert desk.held(2).order.trail_stop_price == 99.0

    @pytest.mark.parametrize(("time", "code"), [("GTC", []), ("IOC", [462]), ("FOK", [462])])
    def test_some_times_in_force_can_not_be_changed_to(self, desk: Desk, time: str, code: list[int]) -> None:
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 10, 99.0))

        assert codes(desk.place(client, 1, limit("BUY", 10, 99.0, time_in_force=time))) == code
        assert desk.held().order.time_in_force == ("DAY" if code else time)

    def test_the_overnight_attribute_stays(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 10, 99.0))

        assert codes(desk.place(client, 1, limit("BUY", 10, 99.0, include_overnight=True))) == [462]

    def test_invalid_values_leave_the_order_as_it_was(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 10, 99.0))

        assert codes(desk.place(client, 1, limit("BUY", 10, 99.001))) == [110]
        assert codes(desk.place(client, 1, limit("BUY", 0, 99.0))) == [434]
        assert desk.held().order.limit_price == 99.0
        assert desk.held().status == "Submitted"

    def test_a_partly_filled_order_may_change_its_price(self, desk: Desk) -> None:
        client = desk.connect()
        partly_filled(desk, client)

        told = desk.place(client, 1, limit("BUY", 10, 99.0))

        assert statuses(told) == ["(Submitted)", "Submitted"]
        assert desk.held().filled == 4


class TestCancellations:
    def test_a_second_cancellation_on_the_way_draws_161_and_the_order_ends(self, slow: Desk) -> None:
        client = slow.connect()
        slow.place(client, 1, limit("BUY", 10, 99.0))
        slow.step(1.0)
        slow.heard(client)
        assert statuses(slow.ask(client, CancelOrderRequest(1))) == ["PendingCancel"]

        told = slow.ask(client, CancelOrderRequest(1))

        permanent_id = slow.held().permanent_id
        assert [(notice.code, notice.text) for notice in only(Notice, told)] == [
            (
                161,
                f"Cancel attempted when order is not in a cancellable state.  Order permId ={permanent_id}",
            )
        ]
        slow.step(1.0)
        assert statuses(slow.heard(client)) == ["Cancelled", "202"]

    def test_an_order_may_fill_while_it_is_being_cancelled(self, slow: Desk) -> None:
        client = slow.connect()
        slow.place(client, 1, limit("BUY", 10, 99.0))
        slow.step(1.0)
        slow.ask(client, CancelOrderRequest(1))
        slow.heard(client)
        slow.quote(98.9, 98.95)

        slow.step(0.5)
        slow.step(1.0)

        told = statuses(slow.heard(client))
        assert told[:3] == ["execution", "(Filled)", "Filled"]
        assert "Cancelled" not in told

    def test_a_partial_fill_meanwhile_leaves_it_pending(self, slow: Desk) -> None:
        client = slow.connect()
        slow.place(client, 1, limit("BUY", 10, 99.0))
        slow.step(1.0)
        slow.ask(client, CancelOrderRequest(1))
        slow.quote(98.9, 98.95, size=4)

        slow.step(0.5)
        assert (slow.held().status, slow.held().filled) == ("PendingCancel", 4)
        slow.step(1.0)
        assert slow.held().status == "Cancelled"

    def test_a_fill_in_its_group_does_not_make_it_the_systems_cancellation(self, slow: Desk) -> None:
        client = slow.connect()
        for number, price in ((1, 99.0), (2, 98.0)):
            slow.place(client, number, limit("BUY", 10, price, oca_group="either", oca_type=1))
        slow.step(1.0)
        slow.heard(client)
        slow.ask(client, CancelOrderRequest(2))
        slow.quote(98.9, 98.95)
        slow.step(0.5)
        slow.step(1.0)

        assert slow.held(1).status == "Filled"
        assert slow.held(2).ending == "Cancelled by Trader"

    def test_before_the_acknowledgement_it_ends_api_cancelled(self, slow: Desk) -> None:
        client = slow.connect()
        slow.place(client, 1, limit("BUY", 10, 99.0))

        assert statuses(slow.ask(client, CancelOrderRequest(1))) == ["ApiCancelled", "202"]
        slow.step(1.0)
        assert slow.heard(client) == []

    def test_an_order_of_another_client_is_not_found(self, desk: Desk) -> None:
        desk.place(desk.connect(1), 1, limit("BUY", 10, 99.0))

        told = desk.ask(desk.connect(2), CancelOrderRequest(1))

        assert [(each.request_id, each.code, each.text) for each in only(Notice, told)] == [
            (1, 10147, "OrderId 1 that needs to be cancelled is not found.")
        ]

    @pytest.mark.parametrize("state", ["Filled", "Cancelled"])
    def test_an_order_that_has_ended_is_in_no_state_for_it(self, desk: Desk, state: str) -> None:
        client = desk.connect()
        desk.place(client, 1, order("BUY", 10) if state == "Filled" else limit("BUY", 10, 99.0))
        if state == "Cancelled":
            desk.ask(client, CancelOrderRequest(1))

        (notice,) = only(Notice, desk.ask(client, CancelOrderRequest(1)))

        assert (notice.code, notice.text) == (
            10148,
            f"OrderId 1 that needs to be cancelled cannot be cancelled, state: {state}.",
        )

    def test_a_rejected_order_can_be_cancelled(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 1_000_000, 99.0))

        assert statuses(desk.ask(client, CancelOrderRequest(1))) == ["Cancelled", "202"]

    def test_a_global_cancellation_leaves_alone_what_is_on_its_way(self, slow: Desk) -> None:
        client = slow.connect()
        slow.place(client, 1, limit("BUY", 10, 99.0))
        slow.place(client, 2, limit("BUY", 10, 98.0))
        slow.step(1.0)
        slow.ask(client, CancelOrderRequest(1))
        slow.heard(client)

        told = slow.ask(client, GlobalCancelRequest())
        assert statuses(told) == ["PendingCancel"]
        slow.step(1.0)
        assert statuses(slow.heard(client)) == ["Cancelled", "202", "Cancelled", "202"]


class TestDeactivation:
    def test_a_deactivated_order_rests_inactive_and_comes_back(self, desk: Desk) -> None:
        client = desk.connect(1, version=216)
        desk.place(client, 1, limit("BUY", 10, 99.0))

        told = desk.place(client, 1, limit("BUY", 10, 99.0, deactivate=True))
        assert statuses(told) == ["(Inactive)", "Inactive"]
        assert only(OpenOrder, told)[0].order.deactivate
        desk.quote(98.9, 98.95)
        desk.step()
        assert desk.held().filled == 0

        assert desk.place(client, 1, limit("BUY", 10, 99.0))
        assert desk.held().status == "Filled"

    def test_it_is_among_the_open_orders(self, desk: Desk) -> None:
        """Since gateways of API 10.48; a rejected order, which is Inactive too, is not."""
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 10, 99.0, deactivate=True))
        desk.place(client, 2, limit("BUY", 1_000_000, 99.0))

        told = desk.ask(client, OpenOrdersRequest())

        assert names(told) == ["OpenOrder", "OrderStatus", "OpenOrderEnd"]

    def test_it_can_be_cancelled_and_ends_with_its_day(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 10, 99.0, deactivate=True))
        desk.place(client, 2, limit("BUY", 10, 99.0, deactivate=True))

        assert statuses(desk.ask(client, CancelOrderRequest(1))) == ["Cancelled", "202"]
        desk.step(24 * 3600)
        assert statuses(desk.heard(client)) == ["Cancelled", "202"]
