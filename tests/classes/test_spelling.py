"""What users pass for times, durations and lists, and what travels."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from freezegun import freeze_time

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.accounts import AccountSummaryRequest
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.executions import ExecutionRequest
from ibkr_actors.base.messages.historical_ticks import HistoricalTicksRequest
from ibkr_actors.base.messages.history import HistoricalDataRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest
from ibkr_actors.base.messages.news import HistoricalNewsRequest
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import CancelOrderRequest, OrderCancel, PlaceOrderRequest
from ibkr_actors.base.messages.wall_street_horizon import WallStreetHorizonEventDataRequest
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.future import Future
from ibkr_actors.classes.contracts.option import Call, Option
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.enum.account_summary_tag import AccountSummaryTag
from ibkr_actors.classes.enum.generic_tick import GenericTick
from ibkr_actors.classes.execution import ExecutionFilter
from ibkr_actors.classes.orders.conditions import MarginCondition, PriceCondition, TimeCondition
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.scanner import Scanner
from ibkr_actors.classes.spelling import Spelled, spelled_fields
from ibkr_actors.classes.value import snapshot
from ibkr_actors.errors import InvalidRequest

OPENING = datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("US/Eastern"))
OPENING_TEXT = "20261123-14:30:00"
THE_DAY = date(2026, 11, 23)

VERSIONS = pytest.mark.parametrize("version", [157, 178, 200, 226])


def taken(value: Any) -> Any:
    """The copy that a request or an interface takes of a value."""
    return snapshot(value, type(value))


MOMENTS = [
    (Order(good_after_time=OPENING), "good_after_time"),
    (Order(good_till_date=OPENING), "good_till_date"),
    (Order(active_start_time=OPENING), "active_start_time"),
    (Order(active_stop_time=OPENING), "active_stop_time"),
    (Order(manual_order_time=OPENING), "manual_order_time"),
    (TimeCondition(time=OPENING), "time"),
    (OrderCancel(manual_order_cancel_time=OPENING), "manual_order_cancel_time"),
    (ExerciseOptionsRequest(manual_order_time=OPENING), "manual_order_time"),
    (HistoricalDataRequest(end=OPENING), "end"),
    (HistoricalTicksRequest(start=OPENING), "start"),
    (HistoricalTicksRequest(end=OPENING), "end"),
    (ExecutionFilter(time=OPENING), "time"),
]


class TestMoments:
    @pytest.mark.parametrize(("value", "field"), MOMENTS)
    def test_are_spelled_in_utc(self, value: Any, field: str) -> None:
        assert getattr(taken(value), field) == OPENING_TEXT

    def test_of_news_have_the_form_of_news(self) -> None:
        asked = taken(HistoricalNewsRequest(start=OPENING, end=OPENING + timedelta(hours=1)))

        assert (asked.start, asked.end) == ("2026-11-23 14:30:00.0", "2026-11-23 15:30:00.0")

    @pytest.mark.parametrize("text", ["", OPENING_TEXT, "20261123 09:30:00 US/Eastern", "tomorrow"])
    def test_given_as_a_text_are_left_alone(self, text: str) -> None:
        assert taken(HistoricalDataRequest(end=text)).end == text
        assert taken(Order(good_till_date=text)).good_till_date == text

    @pytest.mark.parametrize(
        "zone", [UTC, ZoneInfo("Asia/Hong_Kong"), timezone(timedelta(hours=5, minutes=30))]
    )
    def test_in_any_zone_are_the_same_moment(self, zone: Any) -> None:
        assert taken(HistoricalDataRequest(end=OPENING.astimezone(zone))).end == OPENING_TEXT

    def test_of_the_hour_that_clocks_repeat_are_told_apart(self) -> None:
        first = datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("US/Eastern"))

        assert taken(HistoricalDataRequest(end=first)).end == "20261101-05:30:00"
        assert taken(HistoricalDataRequest(end=first.replace(fold=1))).end == "20261101-06:30:00"

    def test_lose_fractions_of_a_second(self) -> None:
        assert taken(HistoricalDataRequest(end=OPENING.replace(microsecond=999_999))).end == OPENING_TEXT

    @freeze_time("2026-11-23 14:30:00")
    def test_may_be_a_datetime_of_another_make(self) -> None:
        """Frozen clocks and pandas have subclasses of their own."""
        now = datetime.now(UTC)

        assert taken(HistoricalDataRequest(end=now)).end == OPENING_TEXT
        assert taken(WallStreetHorizonEventDataRequest(start_date=now.date())).start_date == "20261123"

    def test_do_not_change_what_the_user_holds(self) -> None:
        order = Order(good_till_date=OPENING)
        taken(order)

        assert order.good_till_date is OPENING

    def test_inside_of_other_values_are_spelled_too(self) -> None:
        order = Order(conditions=MarginCondition(percent=20) & TimeCondition(time=OPENING))

        assert taken(order).conditions[1] == TimeCondition(time=OPENING_TEXT)
        assert taken(ExecutionRequest(filter=ExecutionFilter(time=OPENING))).filter.time == OPENING_TEXT
        placed = PlaceOrderRequest(order=Order(good_after_time=OPENING))
        assert taken(placed).order.good_after_time == OPENING_TEXT
        assert taken(CancelOrderRequest(1, OrderCancel(OPENING))).order_cancel == OrderCancel(OPENING_TEXT)


class TestTimesThatAreRefused:
    def naive(self, field: str) -> str:
        return rf"{field}: datetime.datetime\(2026, 11, 23, 9, 30\) names no time zone.*ZoneInfo"

    @pytest.mark.parametrize(("value", "field"), MOMENTS)
    def test_are_those_without_a_zone_by_the_name_of_the_field(self, value: Any, field: str) -> None:
        made = type(value)(**{field: OPENING.replace(tzinfo=None)})

        with pytest.raises(InvalidRequest, match=f"{type(value).__name__}: " + self.naive(field)):
            taken(made)

    def test_are_named_where_they_are_deep_inside(self) -> None:
        late = TimeCondition(time=OPENING.replace(tzinfo=None))
        order = Order(conditions=PriceCondition(price=1.0) & late)

        with pytest.raises(
            InvalidRequest, match=r"PlaceOrderRequest: " + self.naive(r"order.conditions\[1\].time")
        ):
            taken(PlaceOrderRequest(order=order))

    def test_are_refused_by_constructors_at_once(self) -> None:
        with pytest.raises(InvalidRequest, match="LimitOrder." + self.naive("good_till_date")):
            LimitOrder("BUY", None, 1, 2.0, good_till_date=OPENING.replace(tzinfo=None))

    @pytest.mark.parametrize(
        "order",
        [Order(good_after_time=THE_DAY), Order(active_stop_time=THE_DAY)],  # type: ignore[arg-type]
    )
    def test_are_days_where_a_moment_moves_an_order(self, order: Order) -> None:
        """Midnight of which zone? An order must not wake up at a time that nobody said."""
        with pytest.raises(InvalidRequest, match="leaves open at what time, and in which zone"):
            taken(order)

    @pytest.mark.parametrize("value", [None, 20261123, 1.5, ["20261123"], object()])
    def test_are_things_that_are_no_times(self, value: Any) -> None:
        with pytest.raises(InvalidRequest, match=r"end: .* is no time|expected a value of the field's type"):
            taken(HistoricalDataRequest(end=value))

    def test_are_those_beyond_the_calendar(self) -> None:
        early = datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))

        with pytest.raises(InvalidRequest, match="beyond what UTC can tell"):
            taken(HistoricalDataRequest(end=early))

    def test_are_those_in_fields_that_hold_no_time(self) -> None:
        """Rather than a text in a form of nobody's."""
        with pytest.raises(InvalidRequest, match=r"Expected `str`, got `datetime` - at `.*symbol`"):
            taken(Contract(symbol=OPENING))  # type: ignore[arg-type]


class TestDays:
    @pytest.mark.parametrize(
        ("value", "field"),
        [
            (WallStreetHorizonEventDataRequest(start_date=THE_DAY), "start_date"),
            (WallStreetHorizonEventDataRequest(end_date=THE_DAY), "end_date"),
            (Scanner(maturity_date_above=THE_DAY), "maturity_date_above"),
            (Scanner(maturity_date_below=THE_DAY), "maturity_date_below"),
            (Order(good_till_date=THE_DAY), "good_till_date"),
            (Contract(last_trade_date_or_contract_month=THE_DAY), "last_trade_date_or_contract_month"),  # type: ignore[arg-type]
        ],
    )
    def test_are_spelled_as_eight_digits(self, value: Any, field: str) -> None:
        assert getattr(taken(value), field) == "20261123"

    def test_are_spelled_by_constructors_at_once_so_that_equal_contracts_are_equal(self) -> None:
        assert Option("IBM", THE_DAY, 200, "C") == Option("IBM", "20261123", 200, "C")
        assert Call("IBM", THE_DAY, 200) == Call("IBM", "20261123", 200)
        assert Future("ES", THE_DAY, "CME") == Future("ES", "20261123", "CME")
        assert "20261123" in str(Option("IBM", THE_DAY, 200, "C"))

    def test_are_refused_as_times_for_their_day_depends_on_the_zone(self) -> None:
        with pytest.raises(InvalidRequest, match=r"Option.last_trade_date.*Pass its date\(\)"):
            Option("IBM", OPENING, 200, "C")

    def test_may_be_numbers_in_a_filter_of_executions(self) -> None:
        wanted = ExecutionFilter(specific_dates=(THE_DAY, 20261124))

        assert taken(wanted).specific_dates == (20261123, 20261124)
        with pytest.raises(InvalidRequest, match=r"specific_dates.*Pass its date"):
            taken(ExecutionFilter(specific_dates=(OPENING,)))
        with pytest.raises(InvalidRequest, match="specific_dates"):
            taken(ExecutionFilter(specific_dates="today"))  # type: ignore[arg-type]

    def test_are_days_of_utc_in_a_range(self) -> None:
        """As a start its first second, as an end its last."""
        asked = taken(HistoricalTicksRequest(start=THE_DAY, end=THE_DAY))

        assert (asked.start, asked.end) == ("20261123-00:00:00", "20261123-23:59:59")
        assert taken(HistoricalDataRequest(end=THE_DAY)).end == "20261123-23:59:59"
        assert taken(ExecutionFilter(time=THE_DAY)).time == "20261123-00:00:00"
        news = taken(HistoricalNewsRequest(start=THE_DAY, end=THE_DAY))
        assert (news.start, news.end) == ("2026-11-23 00:00:00.0", "2026-11-23 23:59:59.0")


class TestDurations:
    @pytest.mark.parametrize(
        ("duration", "text"),
        [
            ("2 Y", "2 Y"),
            (timedelta(days=1), "1 D"),
            (timedelta(days=365), "365 D"),
            (timedelta(hours=1), "3600 S"),
            (timedelta(seconds=30), "30 S"),
        ],
    )
    def test_are_seconds_or_days(self, duration: Any, text: str) -> None:
        assert taken(HistoricalDataRequest(duration=duration)).duration == text

    @pytest.mark.parametrize(
        "duration",
        [
            timedelta(0),
            timedelta(days=-1),
            timedelta(hours=36),
            timedelta(days=366),
            timedelta(seconds=1.5),
            5,
        ],
    )
    def test_that_the_bridge_has_no_word_for_are_refused(self, duration: Any) -> None:
        with pytest.raises(InvalidRequest, match=r"HistoricalDataRequest: duration: .* no duration"):
            taken(HistoricalDataRequest(duration=duration))


class TestLists:
    @pytest.mark.parametrize(
        "tags",
        [
            "NetLiquidation,$LEDGER:EUR",
            [AccountSummaryTag.NET_LIQUIDATION, AccountSummaryTag.ledger_in("EUR")],
            ("NetLiquidation", "$LEDGER:EUR"),
            (tag for tag in ("NetLiquidation", "$LEDGER:EUR")),
            dict.fromkeys(("NetLiquidation", "$LEDGER:EUR")).keys(),
        ],
    )
    def test_of_tags_are_joined_by_commas(self, tags: Iterable[str]) -> None:
        assert taken(AccountSummaryRequest(tags=tags)).tags == "NetLiquidation,$LEDGER:EUR"

    def test_of_tags_may_be_one_member(self) -> None:
        assert taken(AccountSummaryRequest(tags=AccountSummaryTag.CUSHION)).tags == "Cushion"

    @pytest.mark.parametrize(
        "ticks", ["233,236", [GenericTick.REAL_TIME_VOLUME, 236], ("233", "236"), [233, 236]]
    )
    def test_of_ticks_are_joined_by_commas(self, ticks: Any) -> None:
        assert taken(MarketDataRequest(generic_ticks=ticks)).generic_ticks == "233,236"

    def test_of_ticks_may_be_one_member_or_none(self) -> None:
        assert taken(MarketDataRequest(generic_ticks=GenericTick.REAL_TIME_VOLUME)).generic_ticks == "233"
        assert taken(MarketDataRequest(generic_ticks=())).generic_ticks == ""

    def test_of_news_providers_are_joined_by_a_plus(self) -> None:
        assert taken(HistoricalNewsRequest(provider_codes=["BRFG", "DJNL"])).provider_codes == "BRFG+DJNL"

    @pytest.mark.parametrize("ticks", [[2.5], [True], [None], ["233,236", "1"], {"233": 1}, [[233]]])
    def test_of_other_things_are_refused(self, ticks: Any) -> None:
        with pytest.raises(InvalidRequest, match=r"MarketDataRequest: generic_ticks: .* none of the words"):
            taken(MarketDataRequest(generic_ticks=ticks))


@VERSIONS
@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        (HistoricalDataRequest(end=OPENING), HistoricalDataRequest(end=OPENING_TEXT)),
        (
            HistoricalTicksRequest(contract=Stock("IBM"), start=OPENING),
            HistoricalTicksRequest(
                contract=Contract(symbol="IBM", security_type="STK", exchange="SMART", currency="USD"),
                start=OPENING_TEXT,
            ),
        ),
        (MarketDataRequest(generic_ticks=[233]), MarketDataRequest(generic_ticks="233")),
        (
            PlaceOrderRequest(order=Order(good_till_date=OPENING, conditions=(TimeCondition(time=OPENING),))),
            PlaceOrderRequest(
                order=Order(good_till_date=OPENING_TEXT, conditions=(TimeCondition(time=OPENING_TEXT),))
            ),
        ),
    ],
)
def test_what_was_said_travels_as_what_would_have_been_written(
    version: int, spoken: Request, written: Request
) -> None:
    codec = codec_for(Role.CLIENT, version)

    assert codec.encode(taken(spoken)) == codec.encode(taken(written))


def test_a_value_without_such_fields_has_nothing_to_spell() -> None:
    assert spelled_fields(OrderCancel).fields
    assert spelled_fields(MarginCondition) == Spelled((), (), "condition")
