"""Orders and the clock: when they begin, when they end, and the hours of their exchange."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.orders import OpenOrder
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.simulated_gateway.clients.client import Client
from tests.simulated_gateway.helpers import NOW, Desk, codes, limit, only, order, statuses

HOUR = 3600.0
TEN_O_CLOCK = NOW
"""In New York, on a Monday."""


def utc(time: float) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y%m%d-%H:%M:%S}"


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def day() -> Desk:
    """A desk whose exchanges keep their hours."""
    return Desk(always_open=False)


def good_till(desk: Desk, client: Client, text: str, **fields: Any) -> list[Any]:
    wanted = limit("BUY", 10, 99.0, time_in_force="GTD", good_till_date=text, **fields)
    return desk.place(client, 1, wanted)


class TestGoodTillDate:
    def test_it_ends_then_with_202(self, desk: Desk) -> None:
        client = desk.connect()
        good_till(desk, client, utc(NOW + 60))
        desk.step(59)
        assert desk.heard(client) == []

        desk.step(1)

        assert statuses(desk.heard(client)) == ["PendingCancel", "Cancelled", "202"]

    @pytest.mark.parametrize(
        "text",
        [
            "20261123-20:30:00",
            "20261123 15:30:00 US/Eastern",
            "20261123 20:30:00 UTC",
            "20261123 21:30:00 CET",
        ],
    )
    def test_it_is_echoed_in_the_zone_of_the_gateway(self, desk: Desk, text: str) -> None:
        (told,) = only(OpenOrder, good_till(desk, desk.connect(), text))

        assert told.order.good_till_date == "20261123 15:30:00 US/Eastern"

    def test_a_time_alone_is_todays(self, desk: Desk) -> None:
        (told,) = only(OpenOrder, good_till(desk, desk.connect(), "15:30:00 US/Eastern"))

        assert told.order.good_till_date == "20261123 15:30:00 US/Eastern"

    def test_a_day_lasts_until_the_end_of_its_trading(self, day: Desk) -> None:
        """Tuesday's regular hours end at four."""
        client = day.connect()
        good_till(day, client, "20261124")
        day.step(30 * HOUR - 1)
        assert day.held().is_live

        day.step(1)

        assert day.held().status == "Cancelled"

    def test_a_time_without_a_zone_draws_a_warning(self, desk: Desk) -> None:
        told = good_till(desk, desk.connect(), "20261123 15:30:00")

        assert statuses(told) == ["2174", "(Submitted)", "Submitted"]

    def test_a_change_moves_the_end(self, desk: Desk) -> None:
        client = desk.connect()
        good_till(desk, client, utc(NOW + 60))
        good_till(desk, client, utc(NOW + 600))

        desk.step(61)
        assert desk.held().is_live
        desk.step(540)
        assert desk.held().status == "Cancelled"

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", 334),
            ("20261123-14:59:59", 334),  # past
            ("20261122", 334),
            ("20261341", 343),
            ("20261123 25:00:00 US/Eastern", 343),
            ("20261123 15:30:00 Mars/Olympus", 343),
            ("25:00:00", 391),
            ("soon", 391),
        ],
    )
    def test_what_is_no_end_refuses_the_order(self, desk: Desk, text: str, code: int) -> None:
        told = good_till(desk, desk.connect(), text)

        assert codes(told) == [code]
        assert only(OpenOrder, told) == []


class TestGoodAfterTime:
    def test_it_waits_and_then_works(self, desk: Desk) -> None:
        client = desk.connect()
        told = desk.place(client, 1, order("BUY", 10, good_after_time=utc(NOW + 60)))
        assert statuses(told) == ["(PreSubmitted)", "PreSubmitted"]
        desk.step(59)
        assert desk.held().filled == 0

        desk.step(1)

        assert desk.held().status == "Filled"

    def test_it_is_echoed_in_the_zone_of_the_gateway(self, desk: Desk) -> None:
        wanted = limit("BUY", 10, 99.0, good_after_time="20261123-20:30:00")

        (told,) = only(OpenOrder, desk.place(desk.connect(), 1, wanted))

        assert told.order.good_after_time == "20261123 15:30:00 US/Eastern"

    def test_an_order_of_the_day_that_begins_tomorrow_lasts_until_tomorrow(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 10, 50.0, good_after_time=utc(NOW + 24 * HOUR)))

        desk.step(23 * HOUR)
        assert desk.held().status == "PreSubmitted"
        desk.step(2 * HOUR)
        assert desk.held().status == "Submitted"
        desk.step(24 * HOUR)
        assert desk.held().status == "Cancelled"

    @pytest.mark.parametrize(
        ("text", "code"), [("20261123 1530", 337), ("20261123 15:30:00 Nowhere", 337), ("noon", 336)]
    )
    def test_an_unreadable_time_refuses_the_order(self, desk: Desk, text: str, code: int) -> None:
        assert codes(desk.place(desk.connect(), 1, limit("BUY", 10, 99.0, good_after_time=text))) == [code]


class TestEndOfTheDay:
    def test_an_order_of_the_day_ends_at_the_close(self, day: Desk) -> None:
        client = day.connect()
        day.place(client, 1, limit("BUY", 10, 50.0))
        day.place(client, 2, limit("BUY", 10, 50.0, time_in_force="GTC"))
        day.step(6 * HOUR - 1)
        assert day.held().is_live

        day.step(1)

        assert day.held().status == "Cancelled"
        assert day.held(2).status == "PreSubmitted"  # it waits for tomorrow

    def test_one_for_all_hours_ends_when_they_do(self, day: Desk) -> None:
        day.place(day.connect(), 1, limit("BUY", 10, 50.0, outside_regular_trading_hours=True))

        day.step(10 * HOUR - 1)
        assert day.held().status == "Submitted"
        day.step(1)
        assert day.held().status == "Cancelled"

    def test_one_that_was_given_in_the_evening_is_of_the_next_day(self, day: Desk) -> None:
        day.step(12 * HOUR)
        day.place(day.connect(), 1, limit("BUY", 10, 50.0))

        day.step(12 * HOUR)
        assert day.held().status == "Submitted"
        day.step(6 * HOUR)
        assert day.held().status == "Cancelled"

    def test_a_market_that_is_always_open_ends_its_day_at_midnight(self, desk: Desk) -> None:
        desk.place(desk.connect(), 1, limit("BUY", 10, 50.0))

        desk.step(14 * HOUR - 1)
        assert desk.held().is_live
        desk.step(1)
        assert desk.held().status == "Cancelled"

    def test_it_does_not_fill_as_it_ends(self, desk: Desk) -> None:
        desk.place(desk.connect(), 1, limit("BUY", 10, 99.0))
        desk.quote(98.9, 98.95)

        desk.step(14 * HOUR)

        assert (desk.held().status, desk.held().filled) == ("Cancelled", 0)

    def test_day_till_cancelled_is_taken_out_of_work_and_can_come_back(self, desk: Desk) -> None:
        client = desk.connect()
        wanted = limit("BUY", 10, 50.0, time_in_force="DTC")
        desk.place(client, 1, wanted)
        desk.step(14 * HOUR)
        assert statuses(desk.heard(client)) == ["(Inactive)", "Inactive"]

        assert statuses(desk.place(client, 1, wanted)) == ["(Submitted)", "Submitted"]

    def test_a_duration_ends_an_order(self, desk: Desk) -> None:
        desk.place(desk.connect(), 1, limit("BUY", 10, 50.0, duration=30))

        desk.step(29)
        assert desk.held().is_live
        desk.step(1)
        assert desk.held().status == "Cancelled"


class TestHours:
    def test_an_order_outside_hours_is_told_with_399_and_again(self, day: Desk) -> None:
        day.step(7 * HOUR)  # five in the evening: open, but not regular

        told = day.place(day.connect(), 1, limit("BUY", 1, 99.0))

        pair = ["(PreSubmitted)", "PreSubmitted"]
        assert statuses(told) == [*pair, "399", *pair, *pair]
        assert only(Notice, told)[0].text == (
            "Order Message:\nBUY 1 AAPL NASDAQ.NMS\nWarning: Your order will not be placed at the exchange until "
            "2026-11-24 09:30:00 US/Eastern."
        )

    def test_one_for_all_hours_works_at_once(self, day: Desk) -> None:
        day.step(7 * HOUR)

        told = day.place(day.connect(), 1, limit("BUY", 1, 99.0, outside_regular_trading_hours=True))

        assert statuses(told) == ["(Submitted)", "Submitted"]
        assert only(OpenOrder, told)[0].order.outside_regular_trading_hours

    def test_it_does_not_fill_before_the_regular_opening(self, day: Desk) -> None:
        day.step(7 * HOUR)
        day.place(day.connect(), 1, order("BUY", 1))

        day.step(16.25 * HOUR)  # a quarter past nine
        assert day.held().filled == 0
        day.step(0.25 * HOUR)
        assert day.held().filled == 1

    @pytest.mark.parametrize(("time", "status", "filled"), [("FOK", "Inactive", 0), ("IOC", "Cancelled", 4)])
    def test_what_has_to_fill_at_once_does_so_at_the_opening(
        self, day: Desk, time: str, status: str, filled: int
    ) -> None:
        day.step(12 * HOUR)
        day.quote(100.0, 100.02, size=4)
        told = day.place(day.connect(), 1, limit("BUY", 10, 100.02, time_in_force=time))
        assert codes(told) == [399]

        day.step(12 * HOUR)

        assert (day.held().status, day.held().filled) == (status, filled)

    @pytest.mark.parametrize(
        "wanted",
        [
            order("BUY", 1),
            order("SELL", 1, "STP", auxiliary_price=90.0),
            order("SELL", 1, "TRAIL", auxiliary_price=1.0),
            order("BUY", 1, "MIT", auxiliary_price=90.0),
            limit("BUY", 1, 99.0, time_in_force="IOC"),
            limit("BUY", 1, 99.0, time_in_force="FOK"),
        ],
        ids=lambda wanted: f"{wanted.order_type} {wanted.time_in_force}",
    )
    def test_what_has_no_other_hours_says_so_first_and_drops_the_wish(self, desk: Desk, wanted: Any) -> None:
        """Without a limit, or at once: recorded types and times in force."""
        wanted.outside_regular_trading_hours = True

        told = desk.place(desk.connect(), 1, wanted)

        assert codes(told)[0] == 2109
        assert "ignored based on the order type" in only(Notice, told)[0].text
        assert statuses(told)[0] == "2109"
        assert not any(each.order.outside_regular_trading_hours for each in only(OpenOrder, told))

    @pytest.mark.parametrize(
        "wanted",
        [
            limit("BUY", 1, 99.0),
            order("SELL", 1, "STP LMT", auxiliary_price=90.0, limit_price=89.0),
            order("BUY", 1, "LIT", auxiliary_price=90.0, limit_price=91.0),
        ],
        ids=lambda wanted: wanted.order_type,
    )
    def test_what_has_a_limit_keeps_it(self, desk: Desk, wanted: Any) -> None:
        wanted.outside_regular_trading_hours = True

        told = desk.place(desk.connect(), 1, wanted)

        assert codes(told) == []
        assert only(OpenOrder, told)[0].order.outside_regular_trading_hours

    def test_a_currency_pair_knows_no_regular_hours(self, day: Desk) -> None:
        pair = Contract(symbol="EUR", security_type="CASH", exchange="IDEALPRO", currency="USD")
        day.step(11 * HOUR)

        told = day.place(
            day.connect(), 1, limit("BUY", 20_000, 0.9, outside_regular_trading_hours=True), pair
        )

        assert statuses(told) == ["2109", "(Submitted)", "Submitted"]
