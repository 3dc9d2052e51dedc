"""Orders for the opening and the closing auction."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.orders.conditions import PriceCondition
from ibkr_actors.classes.orders.order import Order
from tests.simulated_gateway.floor import Floor
from tests.simulated_gateway.helpers import AAPL, limit, order


def floor_at(text: str, **options: object) -> Floor:
    """At a time in New York, where AAPL stands at 100.00 to 100.02."""
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/New_York"))
    return Floor(moment.timestamp(), **options)


def on_close(action: str = "BUY", **fields: object) -> Order:
    return order(action, 5000, "MOC", **fields)


class TestClosing:
    def test_a_market_order_waits_for_the_close_and_gets_all_of_it_at_one_price(self) -> None:
        floor = floor_at("2026-11-23 15:00", always_open=False)
        assert floor.place(1, on_close()) == ["order PreSubmitted"]

        floor.wait_until("15:59:59")
        assert floor.order(1).status is Status.PRE_SUBMITTED

        floor.wait_until("16:00")
        assert floor.told(1)[-1] == "filled 5000 at 100.0"

    def test_the_price_is_the_close_that_the_next_day_is_compared_with(self) -> None:
        floor = floor_at("2026-11-23 15:00", always_open=False)
        floor.place(1, on_close())
        floor.market.release(AAPL)

        floor.wait_until("16:00")
        floor.wait_until("10:00", "2026-11-24")

        assert floor.witness.trades[0].execution.price == floor.market.quote(AAPL).close

    def test_that_holds_for_every_stock(self) -> None:
        """One of them may trade at the same price just before the close and just behind it, by chance; not all."""
        floor = floor_at("2026-11-23 15:00", always_open=False)
        stocks = [one for one in floor.catalogue if one.security_type == "STK" and one.currency == "USD"][:12]
        floor.market.release(AAPL)
        for number, stock in enumerate(stocks, 1):
            floor.place(number, order("BUY", 10, "MOC"), contract=stock.contract())

        floor.wait_until("16:00")
        floor.wait_until("10:00", "2026-11-24")

        paid = {trade.contract.contract_id: trade.execution.price for trade in floor.witness.trades}
        assert paid == {one.contract_id: floor.market.quote(one.contract_id).close for one in stocks}

    def test_a_limit_that_the_close_does_not_reach_gets_nothing(self) -> None:
        floor = floor_at("2026-11-23 15:00", always_open=False)
        floor.place(1, order("BUY", 10, "LOC", limit_price=99.99))
        floor.place(2, order("BUY", 10, "LOC", limit_price=100.0))

        floor.wait_until("16:00")

        assert floor.told(1)[-3:] == ["PendingCancel", "Cancelled", "202"]
        assert floor.told(2)[-1] == "filled 10 at 100.0"

    def test_what_comes_in_the_last_ten_minutes_is_rejected(self) -> None:
        floor = floor_at("2026-11-23 15:50", always_open=False)

        assert floor.place(1, on_close()) == ["order Inactive", "201"]
        assert "too late for the closing auction" in floor.order(1).rejection

    def test_an_order_whose_conditions_are_not_met_is_not_in_the_auction(self) -> None:
        floor = floor_at("2026-11-23 15:00", always_open=False)
        never = PriceCondition(is_more=True, price=900.0, contract_id=AAPL, exchange="SMART")
        floor.place(1, on_close(conditions=(never,)))

        floor.wait_until("16:00")

        assert floor.witness.trades == []
        assert not floor.order(1).filled

    def test_half_days_close_early(self) -> None:
        floor = floor_at("2026-11-27 11:00", always_open=False)
        floor.place(1, on_close())

        floor.wait_until("13:00", "2026-11-27")

        assert floor.order(1).status is Status.FILLED

    def test_in_the_evening_it_waits_for_the_next_day_and_outlives_this_one(self) -> None:
        floor = floor_at("2026-11-23 17:00", always_open=False)
        floor.place(1, on_close())

        floor.wait_until("00:00", "2026-11-24")
        floor.wait_until("16:00", "2026-11-24")

        assert floor.order(1).status is Status.FILLED

    @pytest.mark.parametrize("fields", [{"time_in_force": "IOC"}, {"time_in_force": "OPG"}])
    def test_it_has_no_time_in_force_of_another_kind(self, fields: dict[str, str]) -> None:
        with pytest.raises(Exception, match=r"^111"):
            floor_at("2026-11-23 15:00").place(1, on_close(**fields))

    def test_a_future_has_no_closing_auction(self) -> None:
        floor = floor_at("2026-11-23 15:00")
        future = next(one for one in floor.catalogue if one.security_type == "FUT").contract()

        with pytest.raises(Exception, match=r"^387"):
            floor.place(1, order("BUY", 1, "MOC"), contract=future)

    def test_a_change_to_a_limit_order_leaves_the_auction(self) -> None:
        floor = floor_at("2026-11-23 15:00", always_open=False)
        floor.place(1, order("BUY", 10, "LOC", limit_price=100.02))

        assert floor.place(1, limit("BUY", 10, 100.02))[-1] == "filled 10 at 100.02"


class TestOpening:
    def test_it_waits_for_the_opening(self) -> None:
        floor = floor_at("2026-11-23 08:00", always_open=False)
        assert floor.place(1, order("BUY", 5000, time_in_force="OPG"))[:2] == ["order PreSubmitted", "399"]

        floor.wait_until("09:29:59")
        assert floor.order(1).status is Status.PRE_SUBMITTED

        floor.wait_until("09:30")
        assert floor.told(1)[-1] == "filled 5000 at 100.0"

    def test_the_price_is_the_opening_price_of_the_day(self) -> None:
        floor = floor_at("2026-11-23 08:00", always_open=False)
        floor.place(1, order("BUY", 10, time_in_force="OPG"))
        floor.market.release(AAPL)

        floor.wait_until("09:31")

        assert floor.witness.trades[0].execution.price == floor.market.quote(AAPL).open

    def test_a_limit_that_the_opening_does_not_reach_ends(self) -> None:
        floor = floor_at("2026-11-23 08:00", always_open=False)
        floor.place(1, limit("BUY", 10, 99.0, time_in_force="OPG"))

        floor.wait_until("09:30")

        assert floor.told(1)[-2:] == ["Cancelled", "202"]

    def test_during_the_session_it_is_rejected(self) -> None:
        floor = floor_at("2026-11-23 10:00", always_open=False)

        assert floor.place(1, order("BUY", 10, time_in_force="OPG")) == ["order Inactive", "201"]

    def test_an_auction_order_that_gets_nothing_rests_as_a_limit_order(self) -> None:
        floor = floor_at("2026-11-23 08:00", always_open=False)
        floor.place(1, order("BUY", 10, "MTL", limit_price=99.0, time_in_force="AUC"))

        floor.wait_until("09:30")
        assert floor.told(1)[-1] == "order Submitted"

        floor.quote(98.98, 99.0)
        assert floor.told(1)[-1] == "filled 10 at 99.0"

    @pytest.mark.parametrize("kind", ["STP", "REL", "LOC"])
    def test_only_market_and_limit_orders_take_part(self, kind: str) -> None:
        wanted = order("BUY", 10, kind, auxiliary_price=99.0, limit_price=99.0, time_in_force="OPG")
        with pytest.raises(Exception, match=r"^111"):
            floor_at("2026-11-23 08:00").place(1, wanted)


class TestAlwaysOpen:
    def test_every_day_has_both_auctions_a_sunday_too(self) -> None:
        floor = floor_at("2026-11-29 12:00")
        floor.place(1, on_close())
        floor.place(2, order("BUY", 10, time_in_force="OPG"))

        floor.wait_until("16:00", "2026-11-29")
        assert floor.order(1).status is Status.FILLED

        floor.wait_until("09:30", "2026-11-30")
        assert floor.order(2).status is Status.FILLED

    def test_no_order_comes_at_a_wrong_time(self) -> None:
        floor = floor_at("2026-11-23 15:55")

        assert floor.place(1, on_close()) == ["order PreSubmitted"]
        assert floor.place(2, order("BUY", 10, time_in_force="OPG")) == ["order PreSubmitted"]
