"""Parents and children: brackets, what the gateway attaches, stops that adjust themselves."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from msgspec.structs import replace

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.orders import (
    AttachedOrders,
    CancelOrderRequest,
    OpenOrder,
    OpenOrdersRequest,
    OrderStatus,
    PlaceOrderRequest,
)
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.exchange.order_options import OrderOptions, Presets
from tests.simulated_gateway.helpers import Desk, Wire, apple, codes, limit, only, order, statuses

RECORDED_STOP_CHILD = (  # of a real gateway, at server version 225
    "AAAAUAAAAMsI3wMSDFByZVN1Ym1pdHRlZBoBMCIBMSkAAAAAAAAAADDf1ZOtAzjdA0EAAAAAAAAAAEgBUg1jaGlsZCx0cmlnZ2VyWQAAAAAAAAAA"
)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def client(desk: Desk) -> Client:
    return desk.connect()


def place_bracket(desk: Desk, client: Client, parent: Order) -> list[Any]:
    """A parent, a profit taker and a stop; returns what comes of the last one."""
    parent.transmit = False
    desk.place(client, 1, parent)
    desk.place(client, 2, limit("SELL", 10, 105.0, parent_id=1, transmit=False))
    return desk.place(client, 3, order("SELL", 10, "STP", auxiliary_price=95.0, parent_id=1))


class TestBrackets:
    def test_the_last_leg_brings_all_of_them_parent_first(self, desk: Desk, client: Client) -> None:
        told = place_bracket(desk, client, limit("BUY", 10, 99.0))

        assert statuses(told) == [
            "(Submitted)",
            "Submitted",
            *["(PreSubmitted)", "PreSubmitted"] * 2,
        ]
        assert [(each.order_id, each.parent_id, each.why_held) for each in only(OrderStatus, told)] == [
            (1, 0, ""),
            (2, 1, "child"),
            (3, 1, "child,trigger"),
        ]

    def test_a_stop_child_is_told_byte_for_byte_as_recorded(self, desk: Desk) -> None:
        """But for the permanent id, which is the account's own."""
        client = desk.connect(1, version=225)
        for number, child in (
            (477, limit("BUY", 1, 99.0, transmit=False)),
            (478, limit("SELL", 1, 105.0, parent_id=477, transmit=False)),
        ):
            desk.place(client, number, child)

        told = desk.place(client, 479, order("SELL", 1, "STP", auxiliary_price=95.0, parent_id=477))

        ours = replace(only(OrderStatus, told)[-1], permanent_id=900_000_479)
        assert codec_for(Role.GATEWAY, 225).encode(ours) == base64.b64decode(RECORDED_STOP_CHILD)

    def test_the_children_are_in_a_group_that_the_gateway_made(self, desk: Desk, client: Client) -> None:
        parent, *children = only(OpenOrder, place_bracket(desk, client, limit("BUY", 10, 99.0)))

        permanent_id = parent.order.permanent_id
        assert parent.order.oca_group == ""
        for child in children:
            assert (child.order.oca_group, child.order.oca_type) == (str(permanent_id), 3)
            assert child.order.parent_permanent_id == permanent_id

    def test_a_group_of_the_clients_own_stays(self, desk: Desk, client: Client) -> None:
        desk.place(client, 1, limit("BUY", 10, 99.0, transmit=False))
        told = desk.place(client, 2, limit("SELL", 10, 105.0, parent_id=1, oca_group="mine", oca_type=1))

        assert (only(OpenOrder, told)[1].order.oca_group, only(OpenOrder, told)[1].order.oca_type) == (
            "mine",
            1,
        )

    def test_the_parents_fill_starts_the_children(self, desk: Desk, client: Client) -> None:
        place_bracket(desk, client, limit("BUY", 10, 99.0))
        desk.quote(98.9, 98.95)
        desk.step()

        told = [each for each in only(OrderStatus, desk.heard(client)) if each.order_id != 1]

        assert [(each.order_id, each.status, each.why_held) for each in told] == [
            (2, "Submitted", ""),
            (3, "PreSubmitted", "trigger"),
        ]

    def test_a_partly_filled_parent_does_not(self, desk: Desk, client: Client) -> None:
        place_bracket(desk, client, limit("BUY", 10, 99.0))
        desk.quote(98.9, 98.95, size=4)
        desk.step()

        assert desk.held(2).status == "PreSubmitted"

    def test_one_childs_fill_cancels_its_sibling_with_202(self, desk: Desk, client: Client) -> None:
        place_bracket(desk, client, order("BUY", 10))
        desk.heard(client)
        desk.quote(105.0, 105.02)
        desk.step()

        told = desk.heard(client)
        assert [each.status for each in only(OrderStatus, told) if each.order_id == 3] == [
            "PendingCancel",
            "Cancelled",
        ]
        assert "202" in statuses(told)

    def test_a_childs_partial_fill_reduces_its_sibling(self, desk: Desk, client: Client) -> None:
        place_bracket(desk, client, order("BUY", 10))

        desk.quote(105.0, 105.02, size=4)
        desk.step()

        assert desk.held(3).total == 6

    def test_the_parents_cancellation_ends_all(self, desk: Desk, client: Client) -> None:
        place_bracket(desk, client, limit("BUY", 10, 99.0))

        desk.ask(client, CancelOrderRequest(1))

        assert {desk.held(number).status for number in (1, 2, 3)} == {"Cancelled"}

    def test_a_child_may_take_its_parent_along(self, desk: Desk, client: Client) -> None:
        desk.place(client, 1, limit("BUY", 10, 99.0, transmit=False))
        desk.place(client, 2, limit("SELL", 10, 105.0, parent_id=1, auto_cancel_parent=True))

        desk.ask(client, CancelOrderRequest(2))

        assert desk.held(1).status == "Cancelled"

    def test_a_child_out_of_work_does_not_wait_for_a_parent_that_was_filled(
        self, desk: Desk, client: Client
    ) -> None:
        place_bracket(desk, client, limit("BUY", 10, 99.0))
        desk.place(client, 2, limit("SELL", 10, 105.0, parent_id=1, deactivate=True))
        desk.quote(98.9, 98.95)
        desk.step()
        assert desk.held(2).status == "Inactive"

        desk.place(client, 2, limit("SELL", 10, 105.0, parent_id=1))

        assert (desk.held(2).status, desk.held(2).why_held) == ("Submitted", "")

    def test_the_end_of_a_rejected_parent_is_that_of_its_children(self, desk: Desk, client: Client) -> None:
        place_bracket(desk, client, limit("BUY", 1_000_000, 99.0))
        assert {desk.held(number).status for number in (1, 2, 3)} == {"Inactive"}

        desk.ask(client, CancelOrderRequest(1))

        assert {desk.held(number).status for number in (1, 2, 3)} == {"Cancelled"}

    def test_a_child_of_nobody_is_refused(self, desk: Desk, client: Client) -> None:
        assert codes(desk.place(client, 2, limit("SELL", 10, 105.0, parent_id=1))) == [10006]

    def test_a_child_of_a_cancelled_parent_is_refused(self, desk: Desk, client: Client) -> None:
        desk.place(client, 1, limit("BUY", 10, 99.0))
        desk.ask(client, CancelOrderRequest(1))

        assert codes(desk.place(client, 2, limit("SELL", 10, 105.0, parent_id=1))) == [10006]

    def test_a_late_child_of_a_filled_parent_works_at_once(self, desk: Desk, client: Client) -> None:
        desk.place(client, 1, order("BUY", 10))

        told = desk.place(client, 2, limit("SELL", 10, 105.0, parent_id=1))

        assert statuses(told) == ["(Submitted)", "Submitted"]

    def test_a_trailing_child_of_a_market_order_is_refused(self, desk: Desk, client: Client) -> None:
        desk.place(client, 1, order("BUY", 10, transmit=False))

        told = desk.place(client, 2, order("SELL", 10, "TRAIL", auxiliary_price=1.0, parent_id=1))

        assert codes(told) == [328]

    def test_drafts_are_silent_and_listed_on_request(self, desk: Desk, client: Client) -> None:
        assert desk.place(client, 1, limit("BUY", 10, 99.0, transmit=False)) == []

        (status,) = only(OrderStatus, desk.ask(client, OpenOrdersRequest()))

        assert (status.order_id, status.status) == (1, "PreSubmitted")


class TestAttachedOrders:
    """Server version 218: the gateway's preset makes the legs, the client gives their ids."""

    def attach(self, desk: Desk, client: Client, parent: Order, **fields: Any) -> list[Any]:
        return desk.ask(client, PlaceOrderRequest(1, apple(), parent, AttachedOrders(**fields)))

    def test_a_stop_loss_and_a_profit_taker_come_with_their_parent(self, desk: Desk, client: Client) -> None:
        told = self.attach(
            desk, client, limit("BUY", 10, 99.0), stop_loss_order_id=2, profit_taker_order_id=3
        )

        assert [(each.order_id, each.why_held) for each in only(OrderStatus, told)] == [
            (1, ""),
            (2, "child,trigger"),
            (3, "child"),
        ]
        _, stop, profit = (each.order for each in only(OpenOrder, told))
        assert (stop.action, stop.order_type, stop.auxiliary_price) == ("SELL", "STP", 98.01)
        assert (profit.action, profit.order_type, profit.limit_price) == ("SELL", "LMT", 99.99)
        assert stop.total_quantity == profit.total_quantity == 10
        assert stop.oca_group == profit.oca_group == str(desk.held(1).permanent_id)

    def test_those_of_a_sale_lie_the_other_way(self, desk: Desk, client: Client) -> None:
        told = self.attach(
            desk, client, limit("SELL", 10, 200.0), stop_loss_order_id=2, profit_taker_order_id=3
        )

        _, stop, profit = (each.order for each in only(OpenOrder, told))
        assert (stop.action, stop.auxiliary_price, profit.limit_price) == ("BUY", 202.0, 198.0)

    def test_the_preset_says_how_far(self) -> None:
        desk = Desk(orders=OrderOptions(presets=Presets(attached_percentage=5.0)))
        told = self.attach(desk, desk.connect(), limit("BUY", 10, 100.0, transmit=True), stop_loss_order_id=2)

        assert only(OpenOrder, told)[1].order.auxiliary_price == 95.0

    @pytest.mark.parametrize(
        ("kind", "fields"),
        [
            ("PRESET", {"order_type": "STP", "auxiliary_price": 98.01}),
            ("STP LMT", {"order_type": "STP LMT", "auxiliary_price": 98.01, "limit_price": 98.01}),
            ("TRAIL", {"order_type": "TRAIL", "auxiliary_price": 0.99, "trail_stop_price": 98.01}),
        ],
    )
    def test_a_stop_loss_may_be_of_another_type(
        self, desk: Desk, client: Client, kind: str, fields: dict[str, Any]
    ) -> None:
        desk.quote(98.9, 99.02)
        told = self.attach(
            desk, client, limit("BUY", 10, 99.0), stop_loss_order_id=2, stop_loss_order_type=kind
        )

        stop = only(OpenOrder, told)[1].order
        assert {name: stop[name] for name in fields} == fields

    def test_nothing_is_told_of_a_family_that_is_not_transmitted(self, desk: Desk, client: Client) -> None:
        assert self.attach(desk, client, limit("BUY", 10, 99.0, transmit=False), stop_loss_order_id=2) == []

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"stop_loss_order_id": 1}, 103),
            ({"stop_loss_order_id": 2, "profit_taker_order_id": 2}, 103),
            ({"stop_loss_order_id": 0}, 103),
            ({"stop_loss_order_id": 2, "stop_loss_order_type": "LMT"}, 387),
            ({"profit_taker_order_id": 2, "profit_taker_order_type": "STP"}, 387),
        ],
    )
    def test_what_can_not_be_attached_refuses_the_order(
        self, desk: Desk, client: Client, fields: dict[str, Any], code: int
    ) -> None:
        told = self.attach(desk, client, limit("BUY", 10, 99.0), **fields)

        assert codes(told) == [code]
        assert desk.gateway.exchange.book.find(1, 1) is None

    def test_a_trailing_stop_loss_of_a_market_order_refuses_both(self, desk: Desk, client: Client) -> None:
        told = self.attach(desk, client, order("BUY", 10), stop_loss_order_id=2, stop_loss_order_type="TRAIL")

        assert codes(told) == [328]
        assert desk.gateway.exchange.book.find(1, 1) is None

    def test_a_leg_beyond_the_precautions_refuses_all(self) -> None:
        desk = Desk(orders=OrderOptions(presets=Presets(percentage=3.0, attached_percentage=5.0)))

        told = self.attach(desk, desk.connect(), limit("BUY", 10, 99.0), stop_loss_order_id=2)

        assert codes(told) == [109]
        assert desk.gateway.exchange.book.find(1, 1) is None

    def test_they_survive_the_wire(self, desk: Desk) -> None:
        wire = Wire(desk, 218)

        told = wire.ask(
            PlaceOrderRequest(1, apple(), limit("BUY", 10, 99.0), AttachedOrders(2, "PRESET", 3, "PRESET"))
        )

        assert len(only(OpenOrder, told)) == 3


class TestAdjustedStops:
    def place_stop(self, desk: Desk, client: Client, kind: str, **fields: Any) -> list[Any]:
        wanted = order(
            "SELL",
            10,
            "STP",
            auxiliary_price=95.0,
            adjusted_order_type=kind,
            trigger_price=103.0,
            adjusted_stop_price=101.0,
            **fields,
        )
        return desk.place(client, 1, wanted)

    def rise(self, desk: Desk, price: float) -> None:
        desk.quote(price, round(price + 0.02, 2), last=price)
        desk.step()

    def test_it_is_echoed_and_nothing_happens_before_the_trigger_price(
        self, desk: Desk, client: Client
    ) -> None:
        (told,) = only(OpenOrder, self.place_stop(desk, client, "STP"))
        assert (told.order.adjusted_order_type, told.order.trigger_price) == ("STP", 103.0)

        self.rise(desk, 102.9)

        assert desk.heard(client) == []

    @pytest.mark.parametrize(
        ("kind", "fields", "becomes"),
        [
            ("STP", {}, {"order_type": "STP", "auxiliary_price": 101.0}),
            (
                "STP LMT",
                {"adjusted_stop_limit_price": 100.5},
                {"order_type": "STP LMT", "auxiliary_price": 101.0, "limit_price": 100.5},
            ),
            (
                "TRAIL",
                {"adjusted_trailing_amount": 2.0},
                {"order_type": "TRAIL", "auxiliary_price": 2.0, "trail_stop_price": 101.0},
            ),
            (
                "TRAIL",
                {"adjusted_trailing_amount": 3.0, "adjustable_trailing_unit": 100},
                {"order_type": "TRAIL", "trailing_percent": 3.0, "trail_stop_price": 101.0},
            ),
            (
                "TRAIL LIMIT",
                {"adjusted_trailing_amount": 2.0, "adjusted_stop_limit_price": 100.5},
                {"order_type": "TRAIL LIMIT", "trail_stop_price": 101.0, "limit_price": 100.5},
            ),
        ],
    )
    def test_at_the_trigger_price_it_becomes_another_stop(
        self, desk: Desk, client: Client, kind: str, fields: dict[str, Any], becomes: dict[str, Any]
    ) -> None:
        self.place_stop(desk, client, kind, **fields)
        desk.heard(client)

        self.rise(desk, 103.0)

        told = desk.heard(client)
        echo = only(OpenOrder, told)[0].order
        assert {name: echo[name] for name in becomes} == becomes
        assert (echo.adjusted_order_type, only(OrderStatus, told)[0].why_held) == ("None", "trigger")

    def test_the_adjusted_stop_is_the_one_that_counts(self, desk: Desk, client: Client) -> None:
        self.place_stop(desk, client, "STP")
        self.rise(desk, 103.0)

        self.rise(desk, 100.9)

        assert desk.held(1).status == "Filled"

    def test_an_adjusted_trailing_stop_goes_on_with_the_market(self, desk: Desk, client: Client) -> None:
        self.place_stop(desk, client, "TRAIL", adjusted_trailing_amount=2.0)
        self.rise(desk, 103.0)

        self.rise(desk, 106.0)

        assert desk.held(1).order.trail_stop_price == 104.0

    def test_it_happens_once(self, desk: Desk, client: Client) -> None:
        self.place_stop(desk, client, "STP")
        self.rise(desk, 103.0)
        desk.heard(client)

        self.rise(desk, 104.0)

        assert desk.heard(client) == []

    def test_a_purchase_adjusts_as_the_market_falls(self, desk: Desk, client: Client) -> None:
        wanted = order(
            "BUY",
            10,
            "STP",
            auxiliary_price=105.0,
            adjusted_order_type="STP",
            trigger_price=97.0,
            adjusted_stop_price=99.0,
        )
        desk.place(client, 1, wanted)
        self.rise(desk, 97.1)
        assert desk.held(1).order.auxiliary_price == 105.0

        self.rise(desk, 97.0)

        assert desk.held(1).order.auxiliary_price == 99.0

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"trigger_price": None}, 361),
            ({"adjusted_stop_price": None}, 362),
            ({"adjusted_order_type": "STP LMT"}, 363),
            ({"adjusted_order_type": "TRAIL"}, 364),
            ({"adjusted_order_type": "LMT"}, 387),
        ],
    )
    def test_a_missing_price_refuses_the_order(
        self, desk: Desk, client: Client, fields: dict[str, Any], code: int
    ) -> None:
        wanted: dict[str, Any] = {
            "adjusted_order_type": "STP",
            "trigger_price": 103.0,
            "adjusted_stop_price": 101.0,
        } | fields

        assert codes(desk.place(client, 1, order("SELL", 10, "STP", auxiliary_price=95.0, **wanted))) == [
            code
        ]
