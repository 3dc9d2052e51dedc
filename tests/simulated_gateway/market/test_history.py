"""Bars: of all sizes and kinds, coherent with each other and with the quotes, refused in the bridge's words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import groupby

import pytest
from msgspec import structs

from ibkr_actors.classes.bar import Bar
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue
from ibkr_actors.simulated_gateway.market.bar_queries import SIZES
from ibkr_actors.simulated_gateway.market.history import BarQuery, BarSeries, History
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.market.past_ticks import PastTicks, TickQuery
from ibkr_actors.simulated_gateway.refusals import Refusal

AAPL, SPY, SPX, EURUSD, ES = 265598, 756733, 416904, 12087792, 515416632
CATALOGUE = Catalogue(date(2026, 11, 23))
CALL = CATALOGUE.options_on(AAPL)[28].contract_id


def moment(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()


MONDAY = moment(2026, 11, 23, 20, 17, 3)  # 15:17:03 in New York
SUNDAY = moment(2026, 11, 22, 15)


def market(now: float = MONDAY, *, always_open: bool = True) -> Market:
    return Market(CATALOGUE, 1, now, always_open=always_open)


def series(contract_id: int = AAPL, *, now: float = MONDAY, **fields: object) -> BarSeries:
    return History(market(now)).bars(BarQuery(contract_id, **fields))  # type: ignore[arg-type]


def bars(contract_id: int = AAPL, *, now: float = MONDAY, **fields: object) -> list[Bar]:
    return series(contract_id, now=now, **fields).bars


def merged(pieces: list[Bar]) -> tuple[float, float, float, float, float]:
    return (
        pieces[0].open,
        max(piece.high for piece in pieces),
        min(piece.low for piece in pieces),
        pieces[-1].close,
        sum(piece.volume for piece in pieces),
    )


def shape(bar: Bar) -> tuple[float, float, float, float, float]:
    return bar.open, bar.high, bar.low, bar.close, bar.volume


# A duration that is allowed for each bar size, and holds at least two bars.
DURATIONS = dict.fromkeys(("1 secs", "5 secs", "10 secs", "15 secs", "30 secs"), "1800 S")
DURATIONS |= {size: "2 D" for size in SIZES if "min" in size or "hour" in size}
DURATIONS |= {"1 day": "2 W", "1W": "2 M", "1M": "1 Y"}


class TestShape:
    @pytest.mark.parametrize("size", SIZES)
    @pytest.mark.parametrize("contract_id", [AAPL, ES, CALL])
    def test_every_bar_size_gives_well_formed_bars_in_order(self, size, contract_id):
        found = bars(contract_id, bar_size=size, duration=DURATIONS[size], use_rth=False, format_date=2)
        assert len(found) >= 2
        assert [bar.date for bar in found] == sorted({bar.date for bar in found})
        for bar in found:
            assert 0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
            assert bar.low <= bar.average <= bar.high
            assert bar.volume >= 0 <= bar.count

    @pytest.mark.parametrize("kind", ["MIDPOINT", "BID", "ASK", "BID_ASK", "HISTORICAL_VOLATILITY"])
    def test_bars_that_are_not_of_trades_have_no_volume(self, kind):
        for bar in bars(what_to_show=kind):
            assert (bar.volume, bar.average, bar.count) == (-1, -1, -1)
            assert 0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high

    def test_bid_ask_bars_range_from_the_lowest_bid_to_the_highest_ask(self):
        (bid,), (ask,), (both,) = (bars(what_to_show=kind) for kind in ("BID", "ASK", "BID_ASK"))
        assert (both.low, both.high) == (bid.low, ask.high)
        assert both.open < both.close

    def test_a_midpoint_lies_between_bid_and_ask(self):
        (bid,), (ask,), (middle,) = (
            bars(EURUSD, what_to_show=kind, use_rth=False) for kind in ("BID", "ASK", "MIDPOINT")
        )
        assert bid.close < middle.close < ask.close

    def test_volatility_rises_when_the_price_falls(self):
        prices, volatilities = (
            bars(duration="1 Y"),
            bars(duration="1 Y", what_to_show="OPTION_IMPLIED_VOLATILITY"),
        )
        lowest = min(range(len(prices)), key=lambda place: prices[place].low)
        highest = max(range(len(prices)), key=lambda place: volatilities[place].high)
        assert lowest == highest


class TestDates:
    def test_days_and_longer_are_dated_by_day(self):
        assert bars()[-1].date == "20261123"
        assert bars(format_date=2)[-1].date == "20261123"

    def test_bars_within_a_day_carry_the_time_and_the_exchanges_zone(self):
        assert bars(bar_size="1 hour")[0].date == "20261123 09:30:00 US/Eastern"
        assert bars(ES, bar_size="1 hour")[0].date == "20261123 08:30:00 US/Central"

    def test_format_2_gives_epoch_seconds(self):
        assert bars(bar_size="1 hour", format_date=2)[0].date == str(int(moment(2026, 11, 23, 14, 30)))

    def test_bars_keep_to_the_clock_so_the_first_hour_is_half(self):
        dates = [bar.date[9:17] for bar in bars(bar_size="1 hour")]
        assert dates == ["09:30:00", "10:00:00", "11:00:00", "12:00:00", "13:00:00", "14:00:00", "15:00:00"]

    def test_long_bars_keep_to_the_exchanges_own_clock_in_summer_and_winter(self):
        for now in (moment(2026, 7, 8, 20), moment(2026, 12, 9, 21)):
            dates = [bar.date[9:14] for bar in bars(now=now, bar_size="4 hours", use_rth=False)]
            assert dates == ["04:00", "08:00", "12:00", "16:00"]

    def test_weeks_and_months_are_dated_by_their_last_trading_day(self):
        weeks = bars(bar_size="1W", duration="1 M")
        assert [bar.date for bar in weeks[-3:]] == ["20261113", "20261120", "20261123"]
        months = bars(bar_size="1M", duration="3 M")
        assert [bar.date for bar in months[-3:]] == ["20260930", "20261030", "20261123"]

    def test_weekends_and_holidays_have_no_bars(self):
        dates = {bar.date for bar in bars(duration="1 Y")}
        assert len(dates) == 251
        assert not dates & {"20251225", "20260101", "20260403", "20260703", "20261122", "20251127"}

    def test_the_range_is_told_in_the_exchanges_zone(self):
        found = series(bar_size="1 min", duration="3600 S")
        assert (found.start, found.end) == ("20261123 14:17:03 US/Eastern", "20261123 15:17:03 US/Eastern")
        assert series(duration="1 Y").start == "20251123 15:17:03 US/Eastern"


class TestCoherence:
    def test_the_series_ends_with_the_present_price(self):
        moving = market()
        for size in ("5 secs", "1 min", "1 hour", "1 day", "1W", "1M"):
            duration = "1 Y" if size in ("1W", "1M") else "1 D" if size == "1 day" else "3600 S"
            found = History(moving).bars(BarQuery(AAPL, bar_size=size, duration=duration, use_rth=False))
            assert found.bars[-1].close == moving.quote(AAPL).last

    def test_the_days_bar_is_the_quotes_day(self):
        moving = market()
        quote, bar = moving.quote(AAPL), History(moving).bars(BarQuery(AAPL, use_rth=False)).bars[-1]
        assert (bar.high, bar.low, bar.volume) == (quote.high, quote.low, quote.volume)

    @pytest.mark.parametrize("contract_id", [AAPL, ES])
    @pytest.mark.parametrize(
        ("smaller", "larger"), [("1 min", "1 hour"), ("5 mins", "1 day"), ("1 day", "1W")]
    )
    def test_small_bars_add_up_to_large_ones(self, contract_id, smaller, larger):
        duration = "2 M" if larger == "1W" else "3 D"
        large = bars(contract_id, bar_size=larger, duration=duration)
        small = bars(contract_id, bar_size=smaller, duration=duration)

        def place(bar: Bar) -> object:
            if larger == "1 hour":
                return bar.date[:11]
            if larger == "1 day":
                return bar.date[:8]
            return datetime.strptime(bar.date[:8], "%Y%m%d").replace(tzinfo=UTC).isocalendar()[:2]

        parts = [merged(list(members)) for _, members in groupby(small, place)]
        assert parts == [shape(bar) for bar in large]

    @pytest.mark.parametrize("underlying", [AAPL, SPY, ES])
    def test_an_options_small_bars_lie_within_its_large_ones(self, underlying):
        """Also those of one that is deep in the money, which gains as its expiry comes nearer."""
        history = History(market())
        for option in CATALOGUE.options_on(underlying)[::9]:
            for end in ("20261119 17:00:00 US/Eastern", "20261120 17:00:00 US/Eastern", ""):
                query = BarQuery(option.contract_id, end)
                (day,) = history.bars(query).bars
                hours = history.bars(structs.replace(query, bar_size="1 hour")).bars
                opening, high, low, close, _ = merged(hours)
                assert day.low <= low <= high <= day.high
                assert (day.open, day.close) == (opening, close)

    def test_history_is_the_same_when_asked_again_later(self):
        end = "20261120 16:00:00 US/Eastern"
        assert bars(end=end, bar_size="1 min") == bars(end=end, bar_size="1 min", now=MONDAY + 7_000)

    def test_what_was_live_becomes_history(self):
        moving = market()
        lasts = []
        for second in range(57, 117):
            moving.advance(MONDAY + second)
            lasts.append(moving.quote(AAPL).last)
        (bar,) = (
            History(moving)
            .bars(BarQuery(AAPL, "20261123 15:19:00 US/Eastern", "60 S", "1 min", use_rth=False))
            .bars
        )
        assert bar.date == "20261123 15:18:00 US/Eastern"
        assert bar.low <= min(lasts)
        assert bar.high >= max(lasts)


class TestDurations:
    @pytest.mark.parametrize(
        ("duration", "size", "number"),
        [
            ("60 S", "1 secs", 60),
            ("120 S", "5 secs", 24),
            ("1800 S", "1 min", 30),
            ("3600 S", "5 mins", 12),
            ("1 D", "1 day", 1),
            ("5 D", "1 day", 5),
            ("2 D", "30 mins", 13 + 12),
            ("1 W", "1 day", 5),
            ("1 M", "1 day", 21),
            ("1 Y", "1 day", 251),
        ],
    )
    def test_a_duration_holds_so_many_bars(self, duration, size, number):
        assert len(bars(duration=duration, bar_size=size)) == number

    def test_seconds_reach_back_over_the_night(self):
        found = bars(end="20261123 09:35:00 US/Eastern", duration="600 S", bar_size="1 min")
        assert [bar.date[:14] for bar in found] == [
            *(f"20261120 15:{minute}" for minute in range(55, 60)),
            *(f"20261123 09:{minute}" for minute in range(30, 35)),
        ]

    def test_a_year_of_hours_and_days_of_minutes_can_be_asked_for(self):
        """The service gives more than the vendor's table of step sizes says; clients rely on it."""
        assert len(bars(duration="1 Y", bar_size="1 hour")) > 1_700
        assert len(bars(duration="5 D", bar_size="1 min")) == 4 * 390 + 348

    @pytest.mark.parametrize(
        "end",
        ["20261120 21:00:00 UTC", "20261120-21:00:00", "20261120 16:00:00", "20261120 15:00:00 US/Central"],
    )
    def test_an_end_can_be_written_in_all_known_ways(self, end):
        assert (
            bars(end=end, bar_size="1 hour")[-1]
            == bars(end="20261120 16:00:00 US/Eastern", bar_size="1 hour")[-1]
        )

    @pytest.mark.parametrize("end", ["14:00:00", "14:00:00 US/Eastern", "13:00:00 US/Central"])
    def test_an_end_without_a_date_is_on_the_exchanges_present_date(self, end):
        found = bars(end=end, bar_size="1 hour", duration="1 D")
        assert found == bars(end="20261123 14:00:00 US/Eastern", bar_size="1 hour", duration="1 D")
        assert found[-1].date == "20261123 13:00:00 US/Eastern"

    def test_the_longest_duration_reaches_back_to_the_oldest_bar(self):
        assert bars(duration="60 Y", bar_size="1M")[0].date == "19800131"

    def test_an_end_in_the_future_is_now(self):
        assert bars(end="20300101 16:00:00 US/Eastern") == bars()

    def test_before_regular_hours_the_last_regular_bar_is_fridays(self):
        early = moment(2026, 11, 23, 12)
        assert bars(now=early)[-1].date == "20261120"
        assert bars(now=early, use_rth=False)[-1].date == "20261123"

    def test_a_hundred_thousand_bars_come_in_one_answer(self):
        assert len(bars(duration="106 D", bar_size="1 min", use_rth=False)) > 100_000


class TestWeekend:
    def test_trading_at_a_weekend_belongs_to_friday_so_that_the_series_ends_now(self):
        moving = market(SUNDAY)
        history = History(moving)
        minutes = history.bars(BarQuery(AAPL, duration="3600 S", bar_size="1 min", use_rth=False)).bars
        assert minutes[-1].date == "20261122 10:00:00 US/Eastern"
        assert minutes[-1].close == moving.quote(AAPL).last
        (day,) = history.bars(BarQuery(AAPL, use_rth=False)).bars
        assert (day.date, day.close) == ("20261120", moving.quote(AAPL).last)

    def test_regular_hours_alone_end_on_friday_afternoon(self):
        assert bars(now=SUNDAY, bar_size="1 hour")[-1].date == "20261120 15:00:00 US/Eastern"

    def test_where_the_market_keeps_hours_the_series_ends_with_the_session(self):
        history = History(market(SUNDAY, always_open=False))
        found = history.bars(BarQuery(AAPL, bar_size="1 hour", use_rth=False)).bars
        assert found[-1].date == "20261120 19:00:00 US/Eastern"


class TestRefusals:
    @pytest.mark.parametrize(
        ("fields", "code", "text"),
        [
            ({"bar_size": "1 sec"}, 321, "bar size setting is invalid. Legal ones are: 1 secs, 5 secs, "),
            ({"bar_size": ""}, 321, "1 hour, 2 hours, 3 hours, 4 hours, 8 hours, 1 day, 1W, 1M"),
            ({"duration": "1 year"}, 321, "Historical data requested duration is invalid."),
            ({"duration": "0 D"}, 321, "Historical data requested duration is invalid."),
            ({"duration": "1D"}, 321, "Historical data requested duration is invalid."),
            ({"duration": "366 D"}, 321, "durations longer than 365 days must be made in years."),
            ({"duration": "90000 S", "bar_size": "1 min"}, 321, "greater than 86400 seconds rejected."),
            ({"duration": "13 M"}, 321, "durations longer than 12 months must be made in years."),
            ({"duration": "53 W"}, 321, "durations longer than 52 weeks must be made in years."),
            ({"duration": "1 D", "bar_size": "1 secs"}, 162, "invalid step: 1"),
            ({"duration": "60 S", "bar_size": "5 mins"}, 162, "invalid step: 300"),
            ({"duration": "1 D", "bar_size": "1W"}, 162, "invalid step: 604800"),
            ({"duration": "5 Y", "bar_size": "1 min"}, 162, "Time length exceed max."),
            ({"end": "yesterday"}, 10314, "The date, time, or time-zone entered is invalid."),
            ({"end": "20261120 16:00:00 Mars/Crater"}, 10314, "invalid"),
            ({"end": "16:00:00 Mars/Crater"}, 10314, "invalid"),
            ({"end": "25:00:00"}, 10314, "invalid"),
            ({"end": "20261320 16:00:00"}, 10314, "invalid"),
            ({"end": "19010101-00:00:00"}, 162, "HMDS query returned no data: AAPL@SMART Trades"),
            ({"what_to_show": "GOSSIP"}, 321, "GOSSIP"),
            ({"what_to_show": "FEE_RATE"}, 162, "HMDS query returned no data: AAPL@SMART Fee Rate"),
            ({"what_to_show": "ADJUSTED_LAST", "end": "20261120-16:00:00"}, 321, "adjusted last"),
            ({"contract_id": EURUSD}, 162, "HMDS query returned no data: EUR.USD@IDEALPRO Trades"),
            ({"contract_id": SPX, "what_to_show": "BID"}, 162, "SPX@CBOE Bid"),
            ({"keep_up_to_date": True, "end": "20261120-16:00:00"}, 321, "End date not supported"),
            ({"keep_up_to_date": True, "duration": "60 S", "bar_size": "1 secs"}, 321, "5 seconds"),
            ({"keep_up_to_date": True, "what_to_show": "BID_ASK"}, 321, "BID_ASK"),
        ],
    )
    def test_bad_parameters_are_refused(self, fields, code, text):
        with pytest.raises(Refusal) as refused:
            bars(**{"contract_id": AAPL, **fields})
        assert refused.value.code == code
        assert text in refused.value.text

    def test_texts_are_in_the_bridges_own_frame(self):
        with pytest.raises(Refusal, match=r"321 Error validating request\.-'"):
            bars(bar_size="1 fortnight")
        with pytest.raises(Refusal, match="162 Historical Market Data Service error message:HMDS"):
            bars(EURUSD)


class TestKeepUpToDate:
    @pytest.mark.parametrize("size", ["5 secs", "1 min", "1 hour", "4 hours", "1 day", "1W", "1M"])
    @pytest.mark.parametrize("use_rth", [True, False])
    def test_the_current_bar_is_the_last_of_the_series(self, size, use_rth):
        history = History(market())
        duration = "2 Y" if size in ("1 day", "1W", "1M") else "1 D" if "secs" not in size else "60 S"
        query = BarQuery(AAPL, bar_size=size, duration=duration, use_rth=use_rth, keep_up_to_date=True)
        assert history.bars_since(query, MONDAY) == history.bars(query).bars[-1:]

    @pytest.mark.parametrize("always_open", [True, False])
    @pytest.mark.parametrize("use_rth", [True, False])
    @pytest.mark.parametrize(
        ("size", "duration"),
        [("5 mins", "5 D"), ("1 hour", "5 D"), ("1 day", "5 D"), ("1W", "3 W"), ("1M", "2 M")],
    )
    def test_over_nights_and_a_weekend_each_bar_is_given_as_it_ended(
        self, size, duration, use_rth, always_open
    ):
        before = moment(2026, 11, 26, 17, 1)  # Thanksgiving; Friday is a short day
        moving = market(before, always_open=always_open)
        query = BarQuery(AAPL, bar_size=size, duration=duration, use_rth=use_rth, keep_up_to_date=True)
        history = History(moving)
        known = {bar.date: bar for bar in history.bars(query).bars}
        for seconds in (1, 50_000, 200_000, 350_000, 428_000, 428_001):
            looked_at = moving.now
            moving.advance(before + seconds)
            known |= {bar.date: bar for bar in history.bars_since(query, looked_at)}
        found = history.bars(query).bars[1:]  # the first one is cut by the duration
        assert [known.get(bar.date) for bar in found] == found

    def test_it_grows_and_then_a_new_one_begins(self):
        moving = market()
        history, query = History(moving), BarQuery(AAPL, bar_size="1 min", keep_up_to_date=True)
        (first,) = history.bars_since(query, MONDAY)
        moving.advance(MONDAY + 50)
        (grown,) = history.bars_since(query, MONDAY)
        moving.advance(MONDAY + 57)
        ended, following = history.bars_since(query, MONDAY + 50)
        assert (first.date, first.open) == (grown.date, grown.open)
        assert first.volume < grown.volume < ended.volume
        assert following.date == "20261123 15:18:00 US/Eastern"

    def test_it_ends_at_a_pinned_price(self):
        moving = market()
        moving.set_quote(AAPL, last=100.0)
        history, query = History(moving), BarQuery(AAPL, bar_size="1 min")
        (bar,) = history.bars_since(query, MONDAY)
        assert (bar.close, bar.low) == (100.0, 100.0)
        found = history.bars(query).bars
        assert found[-1].close == 100.0
        assert found[-2].low > 200

    def test_an_options_bar_follows_its_pinned_underlying(self):
        moving = market()
        moving.set_quote(AAPL, last=400.0)
        (bar,) = History(moving).bars_since(BarQuery(CALL, bar_size="1 min"), MONDAY)
        assert bar.close == moving.quote(CALL).last > 100


class TestRealTimeBars:
    START = int(MONDAY) // 5 * 5 - 5

    def test_it_is_the_historical_bar_of_five_seconds(self):
        history = History(market())
        bar = history.real_time_bar(AAPL, self.START, "TRADES")
        query = BarQuery(AAPL, duration="60 S", bar_size="5 secs", format_date=2)
        assert bar is not None
        assert bar == next(old for old in history.bars(query).bars if old.date == str(self.START))

    @pytest.mark.parametrize("kind", ["MIDPOINT", "BID", "ASK"])
    def test_quotes_have_them_too(self, kind):
        bar = History(market()).real_time_bar(EURUSD, self.START, kind)
        assert bar is not None
        assert bar.volume == -1

    @pytest.mark.parametrize(
        ("contract_id", "kind"), [(AAPL, "BID_ASK"), (AAPL, ""), (EURUSD, "TRADES"), (SPX, "BID")]
    )
    def test_other_kinds_are_refused_with_420(self, contract_id, kind):
        with pytest.raises(Refusal, match="420 Invalid Real-time Query:"):
            History(market()).real_time_bar(contract_id, self.START, kind)

    def test_outside_regular_hours_there_is_none_when_only_those_are_wanted(self):
        history, start = History(market(SUNDAY)), int(SUNDAY) - 5
        assert history.real_time_bar(AAPL, start, "TRADES", use_rth=True) is None
        assert history.real_time_bar(AAPL, start, "TRADES") is not None
        assert History(market(SUNDAY, always_open=False)).real_time_bar(AAPL, start, "TRADES") is None

    def test_one_that_has_not_begun_is_an_error_of_the_caller(self):
        with pytest.raises(ValueError, match="not come yet"):
            History(market()).real_time_bar(AAPL, int(MONDAY) + 10, "TRADES")

    def test_it_is_flat_while_a_price_is_pinned(self):
        moving = market()
        moving.set_quote(AAPL, last=100.0)
        history, before = History(moving), self.START
        moving.advance(MONDAY + 20)
        bar = history.real_time_bar(AAPL, before + 15, "TRADES")
        assert bar is not None
        assert (bar.open, bar.high, bar.low, bar.close) == (100.0, 100.0, 100.0, 100.0)
        bar = history.real_time_bar(AAPL, before, "TRADES")
        assert bar is not None
        assert bar.low > 200


class TestPinnedPrices:
    """What was set is what happened: it stays in every bar and tick of the time in which it was set."""

    def pinned_for_a_minute(self) -> Market:
        moving = market(MONDAY - 3)  # on the minute
        moving.advance(MONDAY + 57)
        moving.set_quote(AAPL, last=100.0)
        moving.advance(MONDAY + 117)
        moving.release(AAPL)
        moving.advance(MONDAY + 200)
        return moving

    @pytest.mark.parametrize("kind", ["TRADES", "MIDPOINT", "BID", "ASK"])
    def test_the_bars_of_that_time_have_them_later(self, kind):
        query = BarQuery(AAPL, duration="300 S", bar_size="1 min", what_to_show=kind, use_rth=False)
        found = {bar.date[9:14]: bar for bar in History(self.pinned_for_a_minute()).bars(query).bars}
        assert found["15:17"].low > 200
        # It was set and released within these, on the minute.
        assert found["15:18"].open > 200
        assert found["15:18"].close == found["15:19"].open == pytest.approx(100.0, abs=0.02)
        assert found["15:19"].close > 200
        assert found["15:20"].low > 200

    @pytest.mark.parametrize(
        ("smaller", "larger", "dated"),
        [("5 secs", "1 min", 14), ("1 min", "1 hour", 11), ("1 min", "1 day", 8)],
    )
    def test_bars_of_all_sizes_agree(self, smaller, larger, dated):
        history, duration = History(self.pinned_for_a_minute()), "900 S" if "secs" in smaller else "1 D"
        small = history.bars(BarQuery(AAPL, duration=duration, bar_size=smaller)).bars
        large = history.bars(BarQuery(AAPL, bar_size=larger)).bars
        parts = {date: merged(list(bars)) for date, bars in groupby(small, lambda bar: bar.date[:dated])}
        assert min(low for _, _, low, _, _ in parts.values()) == 100.0
        for bar in large[-14:]:
            assert parts[bar.date[:dated]] == shape(bar)

    def test_ticks_of_that_time_have_them_later(self):
        ticks = PastTicks(self.pinned_for_a_minute()).ticks(
            TickQuery(AAPL, "TRADES", 1_000, start=MONDAY + 50, end=None)
        )
        prices = {tick.time: tick.price for tick in ticks}
        assert {prices[second] for second in range(int(MONDAY) + 58, int(MONDAY) + 117)} == {100.0}
        assert min(price for second, price in prices.items() if second > MONDAY + 118) > 200
