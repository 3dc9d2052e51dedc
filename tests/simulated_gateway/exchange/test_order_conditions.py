"""Conditional orders: held, or cancelled, by what the market and the account do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.orders import OpenOrder, PlaceOrderRequest
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.orders.conditions import (
    ExecutionCondition,
    MarginCondition,
    PercentChangeCondition,
    PriceCondition,
    TimeCondition,
    VolumeCondition,
)
from ibkr_actors.simulated_gateway.clients.client import Client
from tests.simulated_gateway.helpers import AAPL, NOW, Desk, Wire, apple, codes, limit, only, order, statuses

IBM = 8314


@pytest.fixture
def desk() -> Desk:
    return Desk()


def ibm() -> Contract:
    return Contract(symbol="IBM", security_type="STK", exchange="SMART", currency="USD")


def place_conditional(desk: Desk, client: Client, *conditions: Any, **fields: Any) -> list[str]:
    return statuses(desk.place(client, 1, limit("BUY", 10, 99.0, conditions=conditions, **fields)))


def status(desk: Desk) -> str:
    return desk.held().status


def price(level: float, *, rises: bool = True, method: int = 0, **fields: Any) -> PriceCondition:
    return PriceCondition(
        is_more=rises, price=level, contract_id=IBM, exchange="SMART", trigger_method=method, **fields
    )


def quote_ibm(desk: Desk, bid: float, ask: float, last: float) -> None:
    desk.gateway.market.set_quote(IBM, bid=bid, ask=ask, last=last, bid_size=100, ask_size=100)
    desk.step()


class TestHolding:
    def test_an_order_waits_for_its_conditions_and_then_works(self, desk: Desk) -> None:
        client = desk.connect()
        quote_ibm(desk, 200.0, 200.1, 200.0)
        assert place_conditional(desk, client, price(210.0)) == ["(PreSubmitted)", "PreSubmitted"]

        quote_ibm(desk, 209.9, 210.1, 210.0)

        assert statuses(desk.heard(client)) == ["(Submitted)", "Submitted"]

    def test_it_does_not_fill_before(self, desk: Desk) -> None:
        client = desk.connect()
        quote_ibm(desk, 200.0, 200.1, 200.0)
        desk.place(client, 1, order("BUY", 10, conditions=(price(210.0),)))

        desk.step()
        assert status(desk) == "PreSubmitted"

        quote_ibm(desk, 209.9, 210.1, 210.0)
        assert status(desk) == "Filled"

    def test_conditions_that_hold_already_hold_nothing(self, desk: Desk) -> None:
        quote_ibm(desk, 220.0, 220.1, 220.0)

        assert place_conditional(desk, desk.connect(), price(210.0)) == ["(Submitted)", "Submitted"]

    def test_what_was_met_stays_met(self, desk: Desk) -> None:
        client = desk.connect()
        quote_ibm(desk, 220.0, 220.1, 220.0)
        place_conditional(desk, client, price(210.0))
        quote_ibm(desk, 200.0, 200.1, 200.0)

        desk.place(client, 1, limit("BUY", 20, 98.0, conditions=(price(210.0),)))

        assert status(desk) == "Submitted"

    def test_a_change_of_the_conditions_holds_it_again(self, desk: Desk) -> None:
        client = desk.connect()
        quote_ibm(desk, 220.0, 220.1, 220.0)
        place_conditional(desk, client, price(210.0))

        assert place_conditional(desk, client, price(230.0)) == ["(PreSubmitted)", "PreSubmitted"]

    def test_they_are_echoed_and_the_exchange_of_an_execution_becomes_any(self, desk: Desk) -> None:
        wanted = limit(
            "BUY",
            10,
            99.0,
            conditions=(
                price(210.0),
                ExecutionCondition(symbol="IBM", security_type="STK", exchange="SMART"),
            ),
        )

        (told,) = only(OpenOrder, desk.place(desk.connect(), 1, wanted))

        assert told.order.conditions == (
            price(210.0),
            ExecutionCondition(symbol="IBM", security_type="STK", exchange="ANY"),
        )

    def test_a_child_looks_at_its_conditions_when_its_parent_is_filled(self, desk: Desk) -> None:
        client = desk.connect()
        quote_ibm(desk, 220.0, 220.1, 220.0)
        desk.place(client, 5, limit("BUY", 10, 99.0, transmit=False))
        desk.place(client, 6, limit("SELL", 10, 105.0, parent_id=5, conditions=(price(230.0),)))

        desk.quote(98.9, 98.95)
        desk.step()

        child = desk.held(6)
        assert (child.status, child.why_held) == ("PreSubmitted", "")
        quote_ibm(desk, 230.0, 230.1, 230.0)
        assert child.status == "Submitted"


class TestCancelling:
    def test_conditions_may_cancel_an_order_that_works(self, desk: Desk) -> None:
        client = desk.connect()
        quote_ibm(desk, 200.0, 200.1, 200.0)
        told = place_conditional(desk, client, price(210.0), conditions_cancel_order=True)
        assert told == ["(Submitted)", "Submitted"]

        quote_ibm(desk, 210.0, 210.1, 210.0)

        assert statuses(desk.heard(client)) == ["PendingCancel", "Cancelled", "202"]


class TestPrices:
    @pytest.mark.parametrize(
        ("method", "rises", "met"),
        [
            (0, True, True),  # of a stock: the last price
            (2, True, True),
            (4, True, False),  # the bid is below
            (7, True, True),
            (8, True, False),  # the middle too
            (0, False, False),
            (4, False, True),  # the ask is below the level
            (7, False, True),
            (8, False, True),
        ],
    )
    def test_the_trigger_method_says_which_price_counts(
        self, desk: Desk, method: int, rises: bool, met: bool
    ) -> None:
        """The last price is above the level, bid and ask are below."""
        quote_ibm(desk, 209.0, 209.5, 210.5)

        place_conditional(desk, desk.connect(), price(210.0, rises=rises, method=method))

        assert (status(desk) == "Submitted") is met

    @pytest.mark.parametrize("method", [1, 3])
    def test_a_double_method_wants_two_in_a_row(self, desk: Desk, method: int) -> None:
        quote_ibm(desk, 210.1, 210.2, 210.2)
        place_conditional(desk, desk.connect(), price(210.0, method=method))
        desk.gateway.exchange.advance([], desk.now)
        assert status(desk) == "PreSubmitted"  # the same price seen again is no second one

        quote_ibm(desk, 209.8, 209.9, 209.8)
        quote_ibm(desk, 210.1, 210.2, 210.2)
        assert status(desk) == "PreSubmitted"  # the row was broken

        quote_ibm(desk, 210.3, 210.4, 210.4)
        assert status(desk) == "Submitted"

    def test_the_order_of_a_condition_needs_no_quote_of_its_own(self, desk: Desk) -> None:
        """Its own contract stands still, and it is released all the same."""
        client = desk.connect()
        quote_ibm(desk, 200.0, 200.1, 200.0)
        place_conditional(desk, client, price(190.0, rises=False))

        quote_ibm(desk, 189.9, 190.1, 190.0)

        assert status(desk) == "Submitted"


class TestOtherKinds:
    def test_a_time(self, desk: Desk) -> None:
        moment = f"{datetime.fromtimestamp(NOW + 60, UTC):%Y%m%d-%H:%M:%S}"
        place_conditional(desk, desk.connect(), TimeCondition(is_more=True, time=moment))

        desk.step(59)
        assert status(desk) == "PreSubmitted"
        desk.step(1)
        assert status(desk) == "Submitted"

    def test_a_time_before_which_it_holds(self, desk: Desk) -> None:
        place_conditional(
            desk, desk.connect(), TimeCondition(is_more=False, time="20261123 10:30:00 US/Eastern")
        )

        assert status(desk) == "Submitted"

    def test_the_margin_cushion(self, desk: Desk) -> None:
        """All equity is free at first, and less than that with a position."""
        client = desk.connect()
        desk.quote(100.0, 100.02, size=20_000)
        place_conditional(desk, client, MarginCondition(is_more=False, percent=80))
        assert status(desk) == "PreSubmitted"

        desk.place(client, 2, order("BUY", 15_000))
        desk.step()

        assert status(desk) == "Submitted"

    def test_an_execution_in_a_symbol(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 5, order("BUY", 1), ibm())  # before the order, so it does not count
        condition = ExecutionCondition(symbol="IBM", security_type="STK", exchange="SMART")
        told = desk.place(client, 6, limit("BUY", 10, 99.0, conditions=(condition,)))
        assert statuses(told) == ["(PreSubmitted)", "PreSubmitted"]

        desk.place(client, 7, order("BUY", 1))
        desk.step()
        assert statuses(desk.heard(client))[-1] != "Submitted"  # another symbol

        desk.place(client, 8, order("BUY", 1), ibm())
        desk.step()
        assert "(Submitted)" in statuses(desk.heard(client))

    def test_the_days_volume(self, desk: Desk) -> None:
        volume = int(desk.gateway.market.quote(IBM).volume)
        place_conditional(
            desk, desk.connect(), VolumeCondition(is_more=True, volume=volume + 1, contract_id=IBM)
        )
        assert status(desk) == "PreSubmitted"

        desk.step(600)

        assert desk.gateway.market.quote(IBM).volume > volume
        assert status(desk) == "Submitted"

    def test_the_days_change_in_percent(self, desk: Desk) -> None:
        close = desk.gateway.market.quote(IBM).close
        quote_ibm(desk, round(close, 1), round(close, 1) + 0.1, round(close, 1))
        place_conditional(
            desk,
            desk.connect(),
            PercentChangeCondition(is_more=True, change_percent=5.0, contract_id=IBM),
        )
        assert status(desk) == "PreSubmitted"

        risen = round(close * 1.06, 1)
        quote_ibm(desk, risen, risen + 0.1, risen)

        assert status(desk) == "Submitted"


class TestJoining:
    @pytest.mark.parametrize(
        ("conjunctions", "levels", "met"),
        [
            ((True, True), (190, 210), False),
            ((True, True), (190, 195), True),
            ((False, True), (190, 210), True),
            ((False, True), (210, 190), True),
            ((False, True), (210, 220), False),
            ((False, False), (210, 220), False),  # how the last one is joined joins nothing
            ((True, False), (190, 195), True),
            ((True, False, True), (190, 210, 190), True),  # a and b, or c
            ((False, True, True), (190, 210, 210), True),  # a, or b and c
            ((True, False, True), (210, 190, 210), False),
        ],
    )
    def test_and_binds_stronger_than_or(
        self, desk: Desk, conjunctions: tuple[bool, ...], levels: tuple[float, ...], met: bool
    ) -> None:
        quote_ibm(desk, 200.0, 200.1, 200.0)
        conditions = (
            price(level, conjunction=joined) for level, joined in zip(levels, conjunctions, strict=True)
        )

        place_conditional(desk, desk.connect(), *conditions)

        assert (status(desk) == "Submitted") is met


class TestHours:
    @pytest.mark.parametrize(("ignores", "told"), [(True, "Submitted"), (False, "PreSubmitted")])
    def test_conditions_count_in_regular_hours_unless_they_ignore_them(
        self, ignores: bool, told: str
    ) -> None:
        """It is five in the evening; the order itself may work in all hours."""
        desk = Desk(always_open=False)
        desk.step(7 * 3600)
        quote_ibm(desk, 220.0, 220.1, 220.0)

        place_conditional(
            desk,
            desk.connect(),
            price(210.0),
            outside_regular_trading_hours=True,
            conditions_ignore_regular_trading_hours=ignores,
        )

        assert status(desk) == told


class TestErrors:
    @pytest.mark.parametrize(
        "condition",
        [
            PriceCondition(price=1.0, contract_id=123456),
            PriceCondition(price=1.0, contract_id=AAPL, trigger_method=5),
            TimeCondition(time="tomorrow"),
            ExecutionCondition(security_type="STK"),
        ],
    )
    def test_a_condition_that_nobody_can_judge_refuses_the_order(self, desk: Desk, condition: Any) -> None:
        told = desk.place(desk.connect(), 1, limit("BUY", 10, 99.0, conditions=(condition,)))

        assert codes(told) == [321]
        assert only(Notice, told)[0].text.endswith(("condition", "symbol"))
        assert only(OpenOrder, told) == []


@pytest.mark.parametrize("version", [157, 178, 200, 202, 203, 226])
def test_every_kind_survives_the_wire_at(desk: Desk, version: int) -> None:
    """As the client sent them, but for the exchange of an execution."""
    conditions = (
        price(210.0, rises=False, method=4, conjunction=False),
        TimeCondition(is_more=True, time="20261123-15:30:00"),
        MarginCondition(is_more=True, percent=30),
        ExecutionCondition(security_type="STK", exchange="SMART", symbol="IBM"),
        VolumeCondition(is_more=True, volume=10**9, contract_id=IBM, exchange="SMART"),
        PercentChangeCondition(change_percent=-5.0, contract_id=IBM, exchange="SMART"),
    )
    wanted = limit("BUY", 10, 99.0, conditions=conditions, conditions_ignore_regular_trading_hours=True)

    told = Wire(desk, version).ask(PlaceOrderRequest(1, apple(), wanted))

    echo = only(OpenOrder, told)[0].order
    assert echo.conditions == tuple(
        replace(each, exchange="ANY") if isinstance(each, ExecutionCondition) else each for each in conditions
    )
    assert echo.conditions_ignore_regular_trading_hours
