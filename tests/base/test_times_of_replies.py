"""Every time that the bridge tells can be had aware."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from msgspec import Struct

from ibkr_actors.base.messages.catalog import REPLIES
from ibkr_actors.base.messages.connection import CurrentTime, CurrentTimeInMilliseconds, Notice
from ibkr_actors.base.messages.history import HistoricalData, HistoricalDataEnd, RealTimeBar
from ibkr_actors.base.messages.history_queries import HeadTimestamp, HistoricalSchedule
from ibkr_actors.base.messages.market_data import TickPrice, TickSize, TickString
from ibkr_actors.base.messages.news import HistoricalNews, TickNews
from ibkr_actors.base.messages.tick_by_tick import TickByTick
from ibkr_actors.classes.bar import Bar
from ibkr_actors.classes.enum.tick_type import TickType
from ibkr_actors.classes.execution import Execution
from ibkr_actors.classes.historical_session import HistoricalSession
from ibkr_actors.classes.orders.conditions import TimeCondition
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.orders.order_state import OrderState
from ibkr_actors.classes.tick import HistoricalTick, HistoricalTickBidAsk, HistoricalTickLast
from ibkr_actors.wire.fields import specification_of

NOON: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECONDS: Final = int(NOON.timestamp())
IN_UTC: Final = "20261123-12:00:00"
IN_NEW_YORK: Final = "20261123 07:00:00 US/Eastern"

AWARE: Final[list[tuple[Struct, str, str]]] = [
    (Notice(time=SECONDS * 1000), "time", "at"),
    (CurrentTime(time=SECONDS), "time", "at"),
    (CurrentTimeInMilliseconds(time=SECONDS * 1000), "time", "at"),
    (RealTimeBar(time=SECONDS), "time", "at"),
    (HistoricalTick(time=SECONDS), "time", "at"),
    (HistoricalTickBidAsk(time=SECONDS), "time", "at"),
    (HistoricalTickLast(time=SECONDS), "time", "at"),
    (TickByTick(last=HistoricalTickLast(time=SECONDS)), "last", "at"),
    (TickNews(time=SECONDS * 1000), "time", "at"),
    (HistoricalNews(time="2026-11-23 12:00:00.0"), "time", "at"),
    (HeadTimestamp(head_timestamp=IN_UTC), "head_timestamp", "at"),
    (HeadTimestamp(head_timestamp=str(SECONDS)), "head_timestamp", "at"),
    (HistoricalData(start=IN_NEW_YORK), "start", "starts_at"),
    (HistoricalData(end=IN_NEW_YORK), "end", "ends_at"),
    (HistoricalDataEnd(start=IN_NEW_YORK), "start", "starts_at"),
    (HistoricalDataEnd(end=IN_NEW_YORK), "end", "ends_at"),
    (HistoricalSchedule(start="20261123-07:00:00", time_zone="US/Eastern"), "start", "starts_at"),
    (HistoricalSchedule(end="20261123-07:00:00", time_zone="US/Eastern"), "end", "ends_at"),
    (HistoricalSession(start="20261123-07:00:00", time_zone="US/Eastern"), "start", "starts_at"),
    (HistoricalSession(end="20261123-07:00:00", time_zone="US/Eastern"), "end", "ends_at"),
    (Bar(date=IN_NEW_YORK), "date", "at"),
    (Bar(date=str(SECONDS)), "date", "at"),
    (Execution(time=IN_UTC), "time", "at"),
    (Execution(time=IN_NEW_YORK), "time", "at"),
    (OrderState(completed_time=IN_NEW_YORK), "completed_time", "completed_at"),
    (Order(good_after_time=IN_NEW_YORK), "good_after_time", "good_after_at"),
    (Order(good_till_date=IN_NEW_YORK), "good_till_date", "good_till_at"),
    (Order(active_start_time=IN_NEW_YORK), "active_start_time", "active_start_at"),
    (Order(active_stop_time=IN_NEW_YORK), "active_stop_time", "active_stop_at"),
    (Order(auto_cancel_date=IN_NEW_YORK), "auto_cancel_date", "auto_cancel_at"),
    (Order(manual_order_time=IN_UTC), "manual_order_time", "manual_order_at"),
    (TimeCondition(time=IN_UTC), "time", "at"),
]

NO_MOMENT: Final = {
    "AccountUpdateTime.time": "HH:MM of a day and in a zone that the bridge does not name",
    "Contract.last_trade_date_or_contract_month": "a day or a month, but in contract details",
    "Contract.last_trade_date": "a day",
    "ContractDetails.time_zone_id": "a zone",
    "HistoricalSchedule.time_zone": "a zone",
    "HistoricalSession.time_zone": "a zone",
    "HistoricalSession.reference_date": "a day; `day` tells it",
    "ContractDetails.real_expiration_date": "a day",
    "ContractDetails.issue_date": "a day",
    "ContractDetails.next_option_date": "a day",
    "ContractDetails.fund_back_load_time_interval": "a length of time",
    "CommissionAndFeesReport.yield_redemption_date": "a day",
    "TickEfp.future_last_trade_date": "a day",
    "TickEfp.dividends_to_last_trade_date": "an amount",
    "Order.time_in_force": "a rule",
    "LockAndExit.auto_logoff_time": "a time of every day",
}
"""Fields that sound like times and are none, or none that anybody could tell, each with the reason."""

SOUNDS_LIKE_A_TIME: Final = re.compile(r"(^|_)(time|date|timestamp|start|end)(_|$)")


def structs() -> Iterator[type[Struct]]:
    """What travels from the bridge, each once."""
    found: dict[type[Struct], None] = {}
    waiting: list[type[Struct]] = list(REPLIES.values())
    while waiting:
        struct = waiting.pop()
        if struct not in found:
            found[struct] = None
            for field in specification_of(struct).values():
                waiting.extend(field.union or filter(None, [field.struct]))
    yield from found


def test_no_time_was_overlooked() -> None:
    named = {f"{type(value).__name__}.{field}" for value, field, _ in AWARE}
    told = {
        f"{struct.__name__}.{name}"
        for struct in structs()
        for name in specification_of(struct)
        if SOUNDS_LIKE_A_TIME.search(name)
    }

    assert told - named - set(NO_MOMENT) == set()
    assert set(NO_MOMENT) <= told, "a reason for a field that there is not"


@pytest.mark.parametrize(("value", "field", "aware"), AWARE)
def test_a_time_can_be_had_aware(value: Any, field: str, aware: str) -> None:
    assert getattr(value, aware) == NOON
    assert getattr(value, aware).utcoffset() is not None
    assert field in value.__struct_fields__


@pytest.mark.parametrize(
    ("value", "aware"),
    [
        (type(value)(), aware)
        for value, field, aware in AWARE
        if not isinstance(getattr(type(value)(), field), int)
    ],
)
def test_a_time_that_was_not_told_is_none(value: Any, aware: str) -> None:
    assert getattr(value, aware) is None


class TestBars:
    def test_of_a_day_have_a_day_and_no_time(self) -> None:
        bar = Bar(date="20261123")

        assert (bar.at, bar.day) == (None, date(2026, 11, 23))

    def test_within_a_day_have_the_day_of_their_zone(self) -> None:
        bar = Bar(date="20261123 23:30:00 US/Eastern")

        assert bar.at == datetime(2026, 11, 23, 23, 30, tzinfo=ZoneInfo("US/Eastern"))
        assert bar.day == date(2026, 11, 23)

    def test_of_an_old_bridge_tell_no_zone_and_so_no_moment(self) -> None:
        bar = Bar(date="20261123  09:30:00")

        assert (bar.at, bar.day) == (None, date(2026, 11, 23))

    @pytest.mark.parametrize("text", ["", "soon", "20261399"])
    def test_that_tell_neither_have_neither(self, text: str) -> None:
        assert (Bar(date=text).at, Bar(date=text).day) == (None, None)


class TestOrders:
    def test_good_till_a_day_have_that_day_and_no_time(self) -> None:
        order = Order(good_till_date="20261231")

        assert (order.good_till_at, order.good_till_day) == (None, date(2026, 12, 31))

    def test_tell_what_a_user_has_just_set(self) -> None:
        order = Order(good_till_date=NOON)

        assert (order.good_till_at, order.good_till_day) == (NOON, NOON.date())
        assert Order(good_till_date=date(2026, 12, 31)).good_till_day == date(2026, 12, 31)
        assert Order(good_till_date=NOON.replace(tzinfo=None)).good_till_at is None


class TestTicks:
    @pytest.mark.parametrize(
        "kind", [TickType.LAST_TIMESTAMP, TickType.LAST_REGULATORY_TIME, TickType.DELAYED_LAST_TIMESTAMP]
    )
    def test_of_a_time_tell_it(self, kind: TickType) -> None:
        assert TickString(tick_type=kind, value=str(SECONDS)).at == NOON
        assert TickString(tick_type=kind, value="").at is None
        assert TickString(tick_type=kind, value="9" * 30).at is None

    def test_of_other_values_tell_no_time(self) -> None:
        assert TickString(tick_type=TickType.DIVIDENDS, value=str(SECONDS)).at is None

    def test_have_their_type_by_name(self) -> None:
        assert TickPrice(tick_type=1).type is TickType.BID
        assert TickSize(tick_type=0).type is TickType.BID_SIZE

    def test_keep_a_type_that_is_not_known(self) -> None:
        assert TickPrice(tick_type=999).type == 999
        assert TickPrice(tick_type=-1).type == -1


def test_utc_may_be_marked_with_a_z() -> None:
    """As newer bridges do."""
    assert Execution(time=IN_UTC + "Z").at == NOON
