"""Head timestamps, histograms, schedules, ticks of the past, and ticks one by one: what is told, and how it ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.historical_ticks import (
    CancelHistoricalTicks,
    HistoricalTicks,
    HistoricalTicksBidAsk,
    HistoricalTicksLast,
    HistoricalTicksRequest,
)
from ibkr_actors.base.messages.history import HistoricalData, HistoricalDataRequest
from ibkr_actors.base.messages.history_queries import (
    CancelHeadTimestamp,
    CancelHistogramData,
    HeadTimestamp,
    HeadTimestampRequest,
    HistogramData,
    HistogramDataRequest,
    HistoricalSchedule,
)
from ibkr_actors.base.messages.tick_by_tick import CancelTickByTick, TickByTick, TickByTickRequest
from ibkr_actors.classes.bar import Bar
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.tick import HistoricalTickLast
from ibkr_actors.simulated_gateway.gateway import Gateway, Options
from ibkr_actors.simulated_gateway.market.past_ticks import PastTicks, TickQuery
from tests.simulated_gateway.helpers import AAPL, NOW, Desk, Wire, apple, codes, names, only

VERSIONS = [157, 200, 226]
EURO = Contract(symbol="EUR", security_type="CASH", exchange="IDEALPRO", currency="USD")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(params=VERSIONS)
def wire(desk: Desk, request: pytest.FixtureRequest) -> Wire:
    return Wire(desk, request.param)


def texts(messages: Iterable) -> list[str]:  # type: ignore[type-arg]
    """The texts of the notices."""
    return [notice.text for notice in only(Notice, messages)]


def utc(moment: float) -> str:
    """A moment as clients spell it."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y%m%d-%H:%M:%S}"


class TestHeadTimestamps:
    def test_the_first_moment_is_told_in_utc(self, wire: Wire) -> None:
        (told,) = wire.ask(HeadTimestampRequest(apple(), request_id=3))

        assert told == HeadTimestamp(3, "19800102-14:30:00")

    def test_the_first_moment_is_told_in_epoch_seconds(self, wire: Wire) -> None:
        (told,) = only(HeadTimestamp, wire.ask(HeadTimestampRequest(apple(), format_date=2, request_id=3)))

        assert told.at == datetime(1980, 1, 2, 14, 30, tzinfo=UTC)

    def test_the_first_bar_begins_there(self, desk: Desk) -> None:
        request = HistoricalDataRequest(apple(), end="19820301-00:00:00", duration="5 Y", request_id=3)

        (data,) = only(HistoricalData, desk.ask(desk.connect(), request))

        assert data.bars[0].date == "19800102"

    def test_an_id_is_reserved_until_it_is_cancelled(self, wire: Wire) -> None:
        request, cancel = HeadTimestampRequest(apple(), request_id=3), CancelHeadTimestamp(request_id=3)
        wire.ask(request)

        assert codes(wire.desk.ask(wire.client, request)) == [322]
        assert wire.desk.ask(wire.client, cancel) == []
        assert names(wire.desk.ask(wire.client, request)) == ["HeadTimestamp"]

    def test_what_is_not_there_is_refused(self, wire: Wire) -> None:
        told = wire.ask(HeadTimestampRequest(EURO, what_to_show="TRADES", request_id=3))

        assert codes(told) == [162]
        assert texts(told) == ["Historical Market Data Service error message:No head time stamp"]

    def test_an_unknown_contract_is_refused(self, wire: Wire) -> None:
        assert codes(wire.ask(HeadTimestampRequest(Contract(symbol="NOPE"), request_id=3))) == [200]


class TestHistograms:
    def test_the_bins_hold_what_the_days_traded(self, wire: Wire) -> None:
        bars = only(HistoricalData, wire.ask(HistoricalDataRequest(apple(), duration="3 D", request_id=4)))
        (told,) = only(HistogramData, wire.ask(HistogramDataRequest(apple(), request_id=3)))

        prices = [each.price for each in told.bins]
        assert prices == sorted(set(prices))
        assert sum(each.size for each in told.bins) == sum(bar.volume for bar in bars[0].bars)

    @pytest.mark.parametrize("period", ["90 seconds", "5 minutes", "2 hours", "1 day", "2 weeks", "1 year"])
    def test_all_units_are_periods(self, desk: Desk, period: str) -> None:
        (told,) = desk.ask(desk.connect(), HistogramDataRequest(apple(), time_period=period, request_id=3))

        assert told.bins  # type: ignore[attr-defined]

    @pytest.mark.parametrize("period", ["", "days", "3 eras", "0 days", "-1 day"])
    def test_other_periods_are_refused(self, desk: Desk, period: str) -> None:
        request = HistogramDataRequest(apple(), time_period=period, request_id=3)

        assert codes(desk.ask(desk.connect(), request)) == [321]

    def test_there_is_nothing_to_cancel(self, desk: Desk) -> None:
        assert codes(desk.ask(desk.connect(), CancelHistogramData(request_id=3))) == [300]


class TestSchedules:
    def request(self, **fields: object) -> HistoricalDataRequest:
        values = {"duration": "1 M", "what_to_show": "SCHEDULE", "request_id": 3, **fields}
        return HistoricalDataRequest(apple(), **values)  # type: ignore[arg-type]

    @pytest.mark.parametrize("version", [165, 200, 226])
    def test_they_are_the_whole_answer_as_a_real_gateway_gave_it(self, desk: Desk, version: int) -> None:
        (told,) = only(HistoricalSchedule, Wire(desk, version).ask(self.request(end="20260411-16:00:00")))

        assert (told.start, told.end) == ("20260312-09:30:00", "20260410-16:00:00")
        assert (told.time_zone, len(told.sessions)) == ("US/Eastern", 21)
        first = told.sessions[0]
        assert (first.start, first.end) == ("20260312-09:30:00", "20260312-16:00:00")
        assert first.reference_date == "20260312"

    def test_before_version_165_there_are_none(self, desk: Desk) -> None:
        assert codes(desk.ask(desk.connect(version=157), self.request())) == [162]

    def test_days_are_days_of_trading_and_the_running_one_ends_later(self, desk: Desk) -> None:
        (told,) = only(HistoricalSchedule, desk.ask(desk.connect(), self.request(duration="3 D")))

        days = [session.reference_date for session in told.sessions]
        assert days == ["20261119", "20261120", "20261123"]
        assert told.end == "20261123-16:00:00"

    def test_all_hours_are_told_on_demand(self, desk: Desk) -> None:
        request = self.request(duration="1 D", use_regular_trading_hours=False)

        (told,) = only(HistoricalSchedule, desk.ask(desk.connect(), request))

        assert (told.start, told.end) == ("20261123-04:00:00", "20261123-20:00:00")

    @pytest.mark.parametrize(
        "fields", [{"bar_size": "1 hour"}, {"bar_size": "1 week"}, {"keep_up_to_date": True}]
    )
    def test_other_bars_than_of_a_day_are_refused(self, desk: Desk, fields: dict[str, object]) -> None:
        assert codes(desk.ask(desk.connect(), self.request(**fields))) == [10295]

    def test_an_end_without_a_zone_is_warned_of(self, desk: Desk) -> None:
        assert codes(desk.ask(desk.connect(), self.request(end="20261120 16:00:00"))) == [2174]

    def test_there_is_none_before_history(self, desk: Desk) -> None:
        assert codes(desk.ask(desk.connect(), self.request(end="19700101-00:00:00"))) == [162]


class TestPastTicks:
    def request(self, what_to_show: str = "TRADES", **fields: object) -> HistoricalTicksRequest:
        values = {"start": utc(NOW - 1200), "number_of_ticks": 100, "request_id": 3, **fields}
        return HistoricalTicksRequest(apple(), what_to_show=what_to_show, **values)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("kind", "reply"),
        [("TRADES", HistoricalTicksLast), ("BID_ASK", HistoricalTicksBidAsk), ("MIDPOINT", HistoricalTicks)],
    )
    def test_each_kind_has_its_message(self, wire: Wire, kind: str, reply: type) -> None:
        (told,) = wire.ask(self.request(kind))

        assert isinstance(told, reply)
        times = [tick.time for tick in told.ticks]  # type: ignore[attr-defined]
        assert told.done  # type: ignore[attr-defined]
        assert times == sorted(times)
        assert times[0] == NOW - 1200
        assert times.index(times[-1]) < 100 <= len(times)

    def test_a_time_without_a_zone_is_warned_of(self, desk: Desk) -> None:
        client = desk.connect()

        told = desk.ask(client, self.request(start="20261123 09:40:00"))

        assert names(told) == ["Notice", "HistoricalTicksLast"]
        assert codes(told) == [2174]
        told = desk.ask(client, self.request(start="", end="20261123 09:40:00", request_id=4))
        assert codes(told) == [2174]

    def test_they_are_the_same_from_either_side(self, wire: Wire) -> None:
        (onward,) = only(HistoricalTicksLast, wire.ask(self.request()))
        last = onward.ticks[-1].time
        request = self.request(start="", end=utc(last + 1), number_of_ticks=len(onward.ticks))
        (backward,) = only(HistoricalTicksLast, wire.desk.ask(wire.client, request))

        assert backward.ticks == onward.ticks

    def test_they_depend_on_the_seed_alone(self, desk: Desk) -> None:
        same, other = Desk(), Desk(seed=7)

        told = desk.ask(desk.connect(), self.request())

        assert told == same.ask(same.connect(), self.request())
        assert told != other.ask(other.connect(), self.request())

    def test_the_ticks_of_an_answer_are_of_one_session(self, desk: Desk) -> None:
        closing = datetime(2026, 11, 20, 21, tzinfo=UTC).timestamp()
        request = self.request(start=utc(closing - 2), number_of_ticks=1000)

        (told,) = only(HistoricalTicksLast, desk.ask(desk.connect(), request))

        assert {tick.time for tick in told.ticks} == {closing - 2, closing - 1}

    @pytest.mark.parametrize("kind", ["TRADES", "MIDPOINT"])
    def test_the_ticks_of_a_second_make_its_bar(self, desk: Desk, kind: str) -> None:
        client = desk.connect()
        bars = _bars(desk, kind)
        ticks = desk.ask(client, self.request(kind, number_of_ticks=1000))[0].ticks  # type: ignore[attr-defined]

        for second in {tick.time for tick in ticks}:
            prices = [tick.price for tick in ticks if tick.time == second]
            bar = bars[str(second)]
            assert (prices[0], max(prices), min(prices), prices[-1]) == (
                bar.open,
                bar.high,
                bar.low,
                bar.close,
            )
            if kind == "TRADES":
                assert sum(tick.size for tick in ticks if tick.time == second) == bar.volume

    def test_quotes_that_differ_in_size_only_are_left_out_on_demand(self, desk: Desk) -> None:
        client = desk.connect()
        (told,) = only(HistoricalTicksBidAsk, desk.ask(client, self.request("BID_ASK", ignore_size=True)))

        prices = [(tick.bid_price, tick.ask_price) for tick in told.ticks]
        assert all(one != other for one, other in pairwise(prices))
        assert all(bid < ask for bid, ask in prices)

    def test_nothing_comes_of_the_future(self, wire: Wire) -> None:
        (told,) = only(HistoricalTicksLast, wire.ask(self.request(start=utc(NOW + 60))))

        assert told == HistoricalTicksLast(3, (), True)

    def test_the_past_ends_with_the_present(self, desk: Desk) -> None:
        request = self.request(start=utc(NOW - 2), number_of_ticks=1000)

        (told,) = only(HistoricalTicksLast, desk.ask(desk.connect(), request))

        assert {tick.time for tick in told.ticks} == {NOW - 2, NOW - 1}

    def test_regular_hours_begin_with_the_session(self, desk: Desk) -> None:
        opening = NOW - 1800
        (told,) = only(HistoricalTicksLast, desk.ask(desk.connect(), self.request(start=utc(opening - 3600))))

        assert told.ticks[0].time == opening

    @pytest.mark.parametrize(
        "fields",
        [
            {"end": utc(NOW)},
            {"start": ""},
            {"number_of_ticks": 0},
            {"number_of_ticks": 1001},
            {"what_to_show": "BID"},
        ],
    )
    def test_what_cannot_be_answered_is_refused(self, desk: Desk, fields: dict[str, object]) -> None:
        told = desk.ask(desk.connect(), self.request(**fields))  # type: ignore[arg-type]

        assert codes(told) == [10187]
        assert texts(told)[0].startswith("Failed to request historical ticks:")

    def test_a_currency_pair_has_no_trades(self, wire: Wire) -> None:
        request = HistoricalTicksRequest(EURO, start=utc(NOW - 60), request_id=3)

        assert codes(wire.ask(request)) == [10187]

    def test_there_is_nothing_to_cancel(self, desk: Desk) -> None:
        assert codes(Wire(desk, 226).ask(CancelHistoricalTicks(request_id=3))) == [300]


class TestPastTicksAtTheWeekend:
    SATURDAY = datetime(2026, 11, 21, 17, tzinfo=UTC).timestamp()
    CLOSING = datetime(2026, 11, 21, 1, tzinfo=UTC).timestamp()
    """Of Friday, eight o'clock in the evening."""

    @pytest.mark.parametrize("fields", [{}, {"start": SATURDAY - 1}])
    def test_they_reach_to_the_present_where_the_market_never_closes(self, fields: dict[str, float]) -> None:
        market = Gateway(Options(), self.SATURDAY).market

        ticks = PastTicks(market).ticks(TickQuery(AAPL, "MIDPOINT", 1, **fields))

        assert {tick.time for tick in ticks} == {self.SATURDAY - 1}

    def test_they_end_with_the_session_where_the_market_closes(self) -> None:
        market = Gateway(Options(always_open=False), self.SATURDAY).market

        ticks = PastTicks(market).ticks(TickQuery(AAPL, "MIDPOINT", 1))

        assert {tick.time for tick in ticks} == {self.CLOSING - 1}
        assert PastTicks(market).ticks(TickQuery(AAPL, "MIDPOINT", 1, start=self.SATURDAY - 1)) == ()


@pytest.mark.parametrize("kind", ["TRADES", "BID_ASK", "MIDPOINT"])
def test_all_instruments_that_are_quoted_answer_with_ticks_of_the_past(desk: Desk, kind: str) -> None:
    client, instruments = desk.connect(), {each.security_type: each for each in desk.gateway.catalogue}
    for security_type in ("STK", "FUT", "OPT"):
        contract = instruments[security_type].contract()
        request = HistoricalTicksRequest(
            contract, end=utc(NOW), what_to_show=kind, ignore_size=True, number_of_ticks=1000, request_id=3
        )
        assert len(desk.ask(client, request)) == 1


def _bars(desk: Desk, kind: str) -> dict[str, Bar]:
    """The bars of the seconds of the past half hour."""
    request = HistoricalDataRequest(
        apple(), duration="1800 S", bar_size="1 secs", what_to_show=kind, format_date=2, request_id=9
    )
    (data,) = only(HistoricalData, desk.ask(desk.connect(9), request))
    return {bar.date: bar for bar in data.bars}


class TestTicksOneByOne:
    @pytest.mark.parametrize(
        ("kind", "number"), [("Last", 1), ("AllLast", 2), ("BidAsk", 3), ("MidPoint", 4)]
    )
    def test_each_type_streams_what_changes(self, wire: Wire, kind: str, number: int) -> None:
        wire.desk.gateway.market.release(AAPL)
        assert wire.ask(TickByTickRequest(apple(), kind, request_id=3)) == []

        ticks = only(TickByTick, [told for _ in range(40) for told in wire.step()])

        assert {(tick.request_id, tick.tick_type) for tick in ticks} == {(3, number)}
        assert all(tick.tick is not None and NOW <= tick.tick.time <= NOW + 10 for tick in ticks)

    def test_the_trades_add_up_to_the_volume(self, desk: Desk) -> None:
        client, before = desk.connect(), desk.gateway.market.quote(AAPL).volume
        desk.ask(client, TickByTickRequest(apple(), request_id=3))
        for _ in range(20):
            desk.step()

        trades = [tick.last for tick in only(TickByTick, desk.heard(client))]

        assert all(isinstance(trade, HistoricalTickLast) and trade.size > 0 for trade in trades)
        sold = sum(trade.size for trade in trades if trade is not None)
        assert sold == desk.gateway.market.quote(AAPL).volume - before

    def test_a_new_quote_is_told_once(self, wire: Wire) -> None:
        wire.ask(TickByTickRequest(apple(), "BidAsk", request_id=3))
        wire.desk.quote(101.0, 101.03, size=500)

        (told,) = only(TickByTick, wire.step())

        quote = told.bid_ask
        assert quote is not None
        assert (quote.bid_price, quote.ask_price, quote.bid_size, quote.ask_size) == (101.0, 101.03, 500, 500)
        assert wire.step() == []

    def test_a_change_of_size_only_is_left_out_on_demand(self, desk: Desk) -> None:
        all_of_it, prices = desk.connect(1), desk.connect(2)
        desk.ask(all_of_it, TickByTickRequest(apple(), "BidAsk", request_id=3))
        desk.ask(prices, TickByTickRequest(apple(), "BidAsk", ignore_size=True, request_id=3))
        desk.quote(100.0, 100.02, size=500)
        desk.step()

        assert names(desk.heard(all_of_it)) == ["TickByTick"]
        assert desk.heard(prices) == []

    def test_a_midpoint_is_told_when_it_moves(self, wire: Wire) -> None:
        wire.ask(TickByTickRequest(apple(), "MidPoint", request_id=3))
        wire.desk.quote(99.99, 100.03)
        assert wire.step() == []
        wire.desk.quote(99.99, 100.04)

        (told,) = only(TickByTick, wire.step())

        assert told.mid_point is not None
        assert told.mid_point.price == 100.015

    @pytest.mark.parametrize(
        ("kind", "reply"),
        [
            ("AllLast", "HistoricalTicksLast"),
            ("BidAsk", "HistoricalTicksBidAsk"),
            ("MidPoint", "HistoricalTicks"),
        ],
    )
    def test_ticks_of_the_past_come_first_on_demand(self, wire: Wire, kind: str, reply: str) -> None:
        told = wire.ask(TickByTickRequest(apple(), kind, number_of_ticks=10, request_id=3))

        assert names(told) == [reply]
        assert len(told[0].ticks) >= 10  # type: ignore[attr-defined]
        assert told[0].ticks[-1].time < NOW  # type: ignore[attr-defined]

    def test_an_id_in_use_is_refused(self, desk: Desk) -> None:
        client, request = desk.connect(), TickByTickRequest(apple(), request_id=3)
        desk.ask(client, request)

        assert codes(desk.ask(client, request)) == [322]

    def test_there_are_five_at_once(self, desk: Desk) -> None:
        client = desk.connect()
        told = [codes(desk.ask(client, TickByTickRequest(apple(), request_id=each))) for each in range(6)]

        assert told == [[], [], [], [], [], [10190]]

    def test_they_end_silently_and_only_once(self, wire: Wire) -> None:
        wire.desk.gateway.market.release(AAPL)
        wire.ask(TickByTickRequest(apple(), request_id=3))

        assert wire.ask(CancelTickByTick(request_id=3)) == []
        assert [told for _ in range(8) for told in wire.step()] == []
        assert codes(wire.desk.ask(wire.client, CancelTickByTick(request_id=3))) == [300]

    def test_they_end_with_their_client(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, TickByTickRequest(apple(), request_id=3))
        desk.gateway.disconnect(client)
        desk.step()

        assert desk.heard(client) == []

    def test_options_and_pairs_without_trades_are_refused(self, wire: Wire) -> None:
        told = wire.ask(TickByTickRequest(EURO, request_id=3))

        assert codes(told) == [10189]
        assert texts(told)[0].startswith("Failed to request tick-by-tick data:")
        option = next(each for each in wire.desk.gateway.catalogue if each.security_type == "OPT").contract()
        assert codes(wire.ask(TickByTickRequest(option, "BidAsk", request_id=4))) == [10189]
