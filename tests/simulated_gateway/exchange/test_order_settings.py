"""What a gateway's settings make of orders: presets, precautions, the read-only mode, its haste."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ibkr_actors.base.messages.connection import IdsRequest, Notice
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.executions import CommissionAndFeesReport
from ibkr_actors.base.messages.orders import (
    AllOpenOrdersRequest,
    AutoOpenOrdersRequest,
    CancelOrderRequest,
    GlobalCancelRequest,
    OpenOrder,
    OpenOrdersRequest,
    PlaceOrderRequest,
)
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.exchange.order_options import OrderOptions, Presets
from tests.simulated_gateway.helpers import Desk, apple, codes, limit, names, only, order, statuses


def with_presets(**fields: Any) -> Desk:
    return Desk(orders=OrderOptions(presets=Presets(**fields)))


class TestTimeInForce:
    @pytest.mark.parametrize(("version", "told"), [(224, []), (225, [10349])])
    def test_a_missing_one_comes_from_the_preset_and_new_gateways_say_so(
        self, version: int, told: list[int]
    ) -> None:
        desk = with_presets(time_in_force="GTC")

        heard = desk.place(desk.connect(1, version), 1, limit("BUY", 1, 99.0, time_in_force=""))

        assert codes(heard) == told
        assert [notice.text for notice in only(Notice, heard)] == [
            "Order TIF was set to GTC based on order preset."
        ] * len(told)
        assert only(OpenOrder, heard)[0].order.time_in_force == "GTC"

    @pytest.mark.parametrize(("version", "told"), [(224, []), (225, [10052])])
    def test_without_a_preset_new_gateways_refuse(self, version: int, told: list[int]) -> None:
        desk = with_presets(time_in_force="")

        heard = desk.place(desk.connect(1, version), 1, limit("BUY", 1, 99.0, time_in_force=""))

        assert codes(heard) == told
        assert len(only(OpenOrder, heard)) == 1 - len(told)

    def test_one_that_nobody_knows_is_refused(self) -> None:
        desk = Desk()

        assert codes(desk.place(desk.connect(), 1, limit("BUY", 1, 99.0, time_in_force="SOON"))) == [10052]


class TestPrecautions:
    """The market stands at 100.00 to 100.02."""

    @pytest.mark.parametrize(
        ("presets", "wanted", "code"),
        [
            ({"percentage": 3.0}, limit("BUY", 1, 96.99), 163),
            ({"percentage": 3.0}, limit("BUY", 1, 97.0), None),
            ({"percentage": 3.0}, limit("SELL", 1, 103.01), 163),
            ({"percentage": 3.0}, order("SELL", 1, "STP", auxiliary_price=96.0), 109),
            ({"percentage": 3.0}, order("BUY", 1), None),
            ({"ticks": 100}, limit("BUY", 1, 98.99), 382),
            ({"ticks": 100}, limit("BUY", 1, 99.0), None),
            ({"size": Decimal(500)}, order("BUY", 501), 383),
            ({"size": Decimal(500)}, order("BUY", 500), None),
            ({}, limit("BUY", 10_000, 1.0), None),
        ],
    )
    def test_an_order_beyond_a_limit_never_becomes_one(
        self, presets: dict[str, Any], wanted: Order, code: int | None
    ) -> None:
        desk = with_presets(**presets)

        told = desk.place(desk.connect(), 1, wanted)

        assert codes(told) == ([] if code is None else [code])
        assert bool(only(OpenOrder, told)) is (code is None)

    def test_an_order_may_override_them(self) -> None:
        desk = with_presets(percentage=3.0, size=Decimal(5))
        wanted = limit("BUY", 10, 90.0, override_percentage_constraints=True)

        assert statuses(desk.place(desk.connect(), 1, wanted)) == ["(Submitted)", "Submitted"]

    def test_a_change_beyond_a_limit_leaves_the_order(self) -> None:
        desk = with_presets(percentage=3.0)
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 10, 99.0))

        assert codes(desk.place(client, 1, limit("BUY", 10, 90.0))) == [163]

    @pytest.mark.parametrize(
        "fields", [{"percentage": 0}, {"ticks": -1}, {"size": Decimal(0)}, {"attached_percentage": 100.0}]
    )
    def test_a_preset_that_makes_no_sense_is_refused(self, fields: dict[str, Any]) -> None:
        (name,) = fields
        with pytest.raises(ValueError, match=f"presets.{name} is"):
            Presets(**fields)


class TestPriceCap:
    @pytest.mark.parametrize(("action", "price"), [("BUY", 110.03), ("SELL", 89.99)])
    def test_a_limit_far_beyond_the_market_is_cancelled_with_202(self, action: str, price: float) -> None:
        desk = Desk(orders=OrderOptions(price_cap_percent=10.0))

        told = desk.place(desk.connect(), 1, limit(action, 1, price))

        assert statuses(told) == ["(Submitted)", "Submitted", "PendingCancel", "Cancelled", "202"]
        assert only(Notice, told)[0].text.startswith(
            "Order Canceled - reason:We cannot accept an order at the limit price you selected."
        )

    def test_one_within_it_fills_and_one_on_the_other_side_rests(self) -> None:
        desk = Desk(orders=OrderOptions(price_cap_percent=10.0))
        client = desk.connect()

        assert statuses(desk.place(client, 1, limit("BUY", 1, 110.0)))[-1] == "Filled"
        assert statuses(desk.place(client, 2, limit("BUY", 1, 1.0)))[-1] == "Submitted"

    def test_usually_there_is_none(self) -> None:
        desk = Desk()

        assert statuses(desk.place(desk.connect(), 1, limit("BUY", 1, 2000.0)))[-1] == "Filled"


class TestReadOnly:
    @pytest.mark.parametrize(
        ("request_", "request_id"),
        [
            (PlaceOrderRequest(5, apple(), limit("BUY", 1, 99.0)), 5),
            (CancelOrderRequest(5), 5),
            (GlobalCancelRequest(), -1),
            (OpenOrdersRequest(), -1),
            (AllOpenOrdersRequest(), -1),
            (AutoOpenOrdersRequest(True), -1),
            (IdsRequest(), -1),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_what_concerns_orders_is_refused(self, request_: Request, request_id: int) -> None:
        desk = Desk(orders=OrderOptions(read_only=True))

        (notice,) = only(Notice, desk.ask(desk.connect(0), request_))

        assert (notice.request_id, notice.code) == (request_id, 321)
        assert "Read-Only" in notice.text


class TestWhatIf:
    def test_it_is_one_open_order_and_nothing_remains(self) -> None:
        desk = Desk()
        client = desk.connect()

        told = desk.place(client, 1, order("BUY", 100, what_if=True))

        assert names(told) == ["OpenOrder"]
        state = only(OpenOrder, told)[0].order_state
        assert state.status == "PreSubmitted"
        for name in ("initial_margin", "maintenance_margin", "equity_with_loan"):
            before, change, after = (
                getattr(state, f"{name}_{part}") for part in ("before", "change", "after")
            )
            assert after == pytest.approx(before + change)
        assert state.commission_and_fees == 1.0
        assert (state.minimum_commission_and_fees, state.maximum_commission_and_fees) == (None, None)
        assert state.margin_currency == "USD"
        assert names(desk.ask(client, OpenOrdersRequest())) == ["OpenOrderEnd"]
        assert names(desk.ask(client, GlobalCancelRequest())) == []

    def test_it_has_to_be_transmitted(self) -> None:
        desk = Desk()

        assert codes(desk.place(desk.connect(), 1, order("BUY", 1, what_if=True, transmit=False))) == [413]

    def test_it_may_be_asked_under_the_id_of_a_working_order(self) -> None:
        desk = Desk()
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 10, 99.0))

        assert names(desk.place(client, 1, limit("BUY", 20, 99.0, what_if=True))) == ["OpenOrder"]
        (told,) = only(OpenOrder, desk.ask(client, OpenOrdersRequest()))
        assert told.order.total_quantity == 10


class TestReports:
    def test_a_commission_may_come_seconds_later(self) -> None:
        desk = Desk(orders=OrderOptions(commission_seconds=5.0))
        client = desk.connect()
        desk.place(client, 1, order("BUY", 10))
        desk.step(4.9)
        assert desk.heard(client) == []

        desk.step(0.1)

        assert only(CommissionAndFeesReport, desk.heard(client))

    def test_the_status_may_come_before_the_execution(self) -> None:
        desk = Desk(orders=OrderOptions(status_before_execution=True))

        told = desk.place(desk.connect(), 1, order("BUY", 10))

        assert statuses(told)[-3:] == ["(Filled)", "Filled", "execution"]

    @pytest.mark.parametrize(
        "fields",
        [{"acknowledgement_seconds": -1.0}, {"commission_seconds": -1.0}, {"price_cap_percent": 0.0}],
    )
    def test_a_setting_that_makes_no_sense_is_refused(self, fields: dict[str, float]) -> None:
        (name,) = fields
        with pytest.raises(ValueError, match=f"orders.{name} is"):
            OrderOptions(**fields)  # type: ignore[arg-type]


class TestIds:
    def test_permanent_ids_are_unique_and_stay(self) -> None:
        desk = Desk()
        first, second = desk.connect(1), desk.connect(2)

        ids = [
            only(OpenOrder, desk.place(client, 1, limit("BUY", 10, price)))[0].order.permanent_id
            for client, price in ((first, 99.0), (second, 99.0), (first, 98.0))
        ]

        assert ids[0] != ids[1]
        assert ids[2] == ids[0]  # the third was a change of the first

    def test_an_id_below_the_last_one_is_refused_for_its_client_alone(self) -> None:
        desk = Desk()
        first, second = desk.connect(1), desk.connect(2)
        desk.place(first, 9, limit("BUY", 10, 99.0))

        assert codes(desk.place(first, 8, limit("BUY", 10, 99.0))) == [103]
        assert codes(desk.place(second, 8, limit("BUY", 10, 99.0))) == []
