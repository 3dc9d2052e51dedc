"""Real bars and ticks as the market of an instrument: what streams, what history says, and that both agree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path

import pytest
from loguru import logger

from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.executions import ExecutionDetails
from ibkr_actors.base.messages.historical_ticks import (
    HistoricalTicksBidAsk,
    HistoricalTicksLast,
    HistoricalTicksRequest,
)
from ibkr_actors.base.messages.history import (
    HistoricalData,
    HistoricalDataRequest,
    RealTimeBar,
    RealTimeBarsRequest,
)
from ibkr_actors.base.messages.history_queries import HeadTimestamp, HeadTimestampRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest, TickPrice, TickSize
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.messages.tick_by_tick import TickByTick, TickByTickRequest
from ibkr_actors.classes.bar import Bar
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.enum.tick_type import TickType
from ibkr_actors.errors import ConfigurationError
from ibkr_actors.simulated_gateway import MarketData, Options, Server, SimulatedGateway
from tests.simulated_gateway.helpers import AAPL, apple, codes, limit, only, order
from tests.simulated_gateway.market.replayed import (
    BARS_HEADER,
    MONDAY,
    TICKS,
    Replayed,
    bars,
    bars_text,
    written,
)

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def minute_bars(tmp_path: Path) -> str:
    return written(tmp_path, bars_text())


@pytest.fixture
def ticks(tmp_path: Path) -> str:
    return written(tmp_path, TICKS)


@pytest.fixture
def logged():
    found: list[str] = []
    sink = logger.add(lambda message: found.append(str(message)), level="WARNING", format="{message}")
    yield found
    logger.remove(sink)


def history(replayed: Replayed, bar_size: str = "1 min", **fields: object) -> list[Bar]:
    values = {"duration": "1 D", "use_regular_trading_hours": False, "format_date": 2, **fields}
    request = HistoricalDataRequest(apple(), bar_size=bar_size, request_id=5, **values)  # type: ignore[arg-type]
    told = replayed.ask(request)
    return list(only(HistoricalData, told)[0].bars) if not codes(told) else []


def shapes(of: list[Bar]) -> list[tuple[float, ...]]:
    return [(float(bar.date), bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in of]


def file_shapes(count: int = 60) -> list[tuple[float, ...]]:
    return [(at.timestamp(), *shape) for at, shape in bars(count)]


def watch(replayed: Replayed) -> Callable[[list[Message]], list[float]]:
    """Follow AAPL; what is returned gives the last prices among messages."""
    replayed.ask(MarketDataRequest(apple(), request_id=3))
    return lambda heard: [tick.price for tick in only(TickPrice, heard) if tick.tick_type == TickType.LAST]


class TestBars:
    def test_history_gives_the_bars_of_the_file_back(self, minute_bars):
        replayed = Replayed(minute_bars)
        replayed.pass_to(MONDAY + HOUR)

        assert shapes(history(replayed)) == file_shapes()

    def test_longer_bars_are_made_of_them(self, minute_bars):
        replayed = Replayed(minute_bars)
        replayed.pass_to(MONDAY + HOUR)

        longer = history(replayed, "15 mins")

        pieces = [[*group] for _, group in groupby(enumerate(file_shapes()), lambda each: each[0] // 15)]
        assert shapes(longer) == [
            (
                members[0][1][0],
                members[0][1][1],
                max(shape[2] for _, shape in members),
                min(shape[3] for _, shape in members),
                members[-1][1][4],
                sum(shape[5] for _, shape in members),
            )
            for members in pieces
        ]

    def test_open_extremes_and_close_of_every_bar_are_streamed_in_the_documented_order(self, minute_bars):
        """In one step of an hour, as at a very high speed: nothing is passed over."""
        replayed = Replayed(minute_bars)
        lasts = watch(replayed)

        heard = lasts(replayed.pass_to(MONDAY + HOUR))

        expected = []
        for _, (opening, high, low, close, _) in bars():
            expected += [opening, *((high, low) if close < opening else (low, high)), close]
        assert heard == [price for price, _ in groupby(expected)][1:]  # the first was told at once

    def test_small_steps_stream_the_same_as_a_large_one(self, minute_bars):
        large, small = Replayed(minute_bars), Replayed(minute_bars)
        of_large, of_small = watch(large), watch(small)

        in_steps = [
            price
            for step in range(1, 2_400)
            for price in of_small(small.pass_to(MONDAY + step * timedelta(seconds=0.25)))
        ]

        assert in_steps == of_large(large.pass_to(MONDAY + timedelta(seconds=599.75)))

    def test_history_never_says_what_has_not_been_streamed(self, minute_bars):
        replayed = Replayed(minute_bars)
        lasts = watch(replayed)
        seen = [history(replayed)[0].open]

        for step in range(1, 200):
            seen += lasts(replayed.pass_to(MONDAY + step * timedelta(seconds=0.9)))
            last = history(replayed)[-1]
            assert last.close == seen[-1]
            assert {last.open, last.high, last.low} <= set(seen)

    def test_the_volume_of_the_day_is_that_of_the_bars(self, minute_bars):
        replayed = Replayed(minute_bars)
        watch(replayed)

        sizes = only(TickSize, replayed.pass_to(MONDAY + HOUR))

        volumes = [tick.size for tick in sizes if tick.tick_type == TickType.VOLUME]
        assert volumes[-1] == sum(shape[-1] for _, shape in bars())
        assert all(earlier < later for earlier, later in pairwise(volumes))

    def test_five_second_bars_are_told_where_the_data_have_prices(self, minute_bars):
        replayed = Replayed(minute_bars)
        replayed.ask(RealTimeBarsRequest(apple(), request_id=9))

        told = only(RealTimeBar, replayed.pass_to(MONDAY + timedelta(minutes=2)))

        starts = [int(bar.time) - int(MONDAY.timestamp()) for bar in told]
        assert starts == [0, 15, 30, 45, 60, 75, 90, 105]

    def test_an_order_fills_at_a_low_that_one_step_would_pass_over(self, minute_bars):
        lowest = min(shape[2] for _, shape in bars())
        replayed = Replayed(minute_bars)
        wanted = limit("BUY", 1, round(lowest + 0.02, 2))

        replayed.ask(PlaceOrderRequest(1, apple(), wanted))
        filled = only(ExecutionDetails, replayed.pass_to(MONDAY + HOUR))

        assert filled[0].execution.price <= wanted.limit_price

    def test_daily_bars_fill_the_regular_hours_of_their_days(self, tmp_path):
        text = (
            "date,open,high,low,close,volume\n20260302,150,153,149,152,1000\n20260303,152,155,151,154,2000\n"
        )
        replayed = Replayed(written(tmp_path, text))
        lasts = watch(replayed)

        heard = lasts(replayed.pass_to(datetime(2026, 3, 3, 22, 0, tzinfo=UTC)))

        assert heard == [150, 149, 153, 152, 151, 155, 154]
        days = history(replayed, "1 day", duration="2 D", use_regular_trading_hours=True)
        assert [(bar.date, bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in days] == [
            ("20260302", 150, 153, 149, 152, 1000),
            ("20260303", 152, 155, 151, 154, 2000),
        ]

    def test_history_begins_with_the_data(self, minute_bars):
        replayed = Replayed(minute_bars)
        replayed.pass_to(MONDAY + HOUR)
        head = HeadTimestampRequest(apple(), format_date=2, request_id=6)

        assert only(HeadTimestamp, replayed.ask(head))[0].head_timestamp == str(int(MONDAY.timestamp()))
        assert len(history(replayed, duration="5 D")) == 60
        early = HistoricalDataRequest(apple(), end="20260102-20:00:00", bar_size="1 hour", request_id=7)
        assert codes(replayed.ask(early)) == [162]


class TestTicks:
    def test_ticks_by_tick_are_those_of_the_file_one_after_the_other(self, ticks):
        replayed = Replayed(ticks)
        replayed.ask(TickByTickRequest(apple(), tick_type="Last", request_id=4))

        told = only(TickByTick, replayed.pass_to(MONDAY + 10 * SECOND))

        assert [(tick.last.price, tick.last.size) for tick in told if tick.last] == [
            *((150.02, 100), (150.01, 50), (150.01, 50), (150.03, 25), (149.99, 10)),
        ]

    def test_quotes_are_those_of_the_file(self, ticks):
        replayed = Replayed(ticks)
        replayed.pass_to(MONDAY + 3.5 * SECOND)

        quote = replayed.gateway.market.quote(AAPL)

        assert (quote.bid, quote.ask, quote.bid_size, quote.ask_size) == (150.01, 150.04, 500, 500)
        assert (quote.last, quote.last_size, quote.volume) == (150.03, 25, 225)
        assert quote.last_time == int(MONDAY.timestamp()) + 3

    def test_ticks_of_the_past_are_those_of_the_file(self, ticks):
        replayed = Replayed(ticks)
        replayed.pass_to(MONDAY + 10 * SECOND)

        def past(kind: str, **fields: object) -> list[Message]:
            return replayed.ask(
                HistoricalTicksRequest(apple(), what_to_show=kind, request_id=8, **fields)  # type: ignore[arg-type]
            )

        trades = only(HistoricalTicksLast, past("TRADES", start="20260302-14:30:00", number_of_ticks=100))
        assert [(tick.price, tick.size) for tick in trades[0].ticks] == [
            *((150.02, 100), (150.01, 50), (150.01, 50), (150.03, 25), (149.99, 10)),
        ]
        last = only(HistoricalTicksLast, past("TRADES", end="20260302-14:30:05", number_of_ticks=1))
        assert [(tick.price, tick.size) for tick in last[0].ticks] == [(150.03, 25)]
        quotes = only(HistoricalTicksBidAsk, past("BID_ASK", start="20260302-14:30:00", number_of_ticks=100))
        assert [(tick.bid_price, tick.ask_price) for tick in quotes[0].ticks] == [
            *((149.98, 150.02), (150.00, 150.03), (150.01, 150.04)),
        ]

    def test_bars_of_bids_and_asks_are_made_of_those_of_the_file(self, ticks):
        replayed = Replayed(ticks)
        replayed.pass_to(MONDAY + 10 * SECOND)

        def bar(kind: str) -> tuple[float, ...]:
            (found,) = history(replayed, what_to_show=kind)
            return found.open, found.high, found.low, found.close

        assert bar("BID") == (149.98, 150.01, 149.98, 150.01)
        assert bar("ASK") == (150.02, 150.04, 150.02, 150.04)
        assert bar("MIDPOINT") == (150.0, 150.025, 150.0, 150.025)
        assert bar("TRADES") == (150.02, 150.03, 149.99, 149.99)
        assert bar("BID_ASK")[1:3] == (150.04, 149.98)

    def test_orders_meet_the_quotes_of_the_file(self, ticks):
        replayed = Replayed(ticks)
        replayed.pass_to(MONDAY + 4 * SECOND)

        filled = only(ExecutionDetails, replayed.ask(PlaceOrderRequest(1, apple(), order("BUY", 10))))

        assert filled[0].execution.price == 150.04


class TestTime:
    def test_before_its_data_begin_an_instrument_has_no_price(self, tmp_path):
        late = written(tmp_path, bars_text(bars(10, MONDAY + HOUR)))
        early = written(tmp_path, bars_text(bars(10)), "IBM.csv")
        replayed = Replayed(late, early)

        quote = replayed.gateway.market.quote(AAPL)

        assert (quote.bid, quote.ask, quote.last, quote.volume) == (-1, -1, -1, 0)
        (option, *_) = replayed.gateway.catalogue.options_on(AAPL)
        assert replayed.gateway.market.quote(option.contract_id).bid == -1
        assert replayed.gateway.market.option_values(option.contract_id) == {}
        replayed.pass_to(MONDAY + HOUR)
        assert replayed.gateway.market.quote(AAPL).last == 150.0

    def test_when_its_data_are_over_it_trades_no_more(self, minute_bars):
        replayed = Replayed(minute_bars)
        market = replayed.gateway.market
        replayed.pass_to(MONDAY + HOUR - SECOND)
        assert market.is_open(AAPL)

        replayed.pass_to(MONDAY + HOUR)

        assert not market.is_open(AAPL)
        assert market.quote(AAPL).last == [*bars()][-1][1][3]

    def test_without_a_start_the_clock_of_a_server_begins_with_the_data(self, minute_bars):
        server = Server(Options(data=(MarketData.read(minute_bars),)))

        assert 0 <= server.now() - MONDAY.timestamp() < 5

    def test_so_does_the_stepped_clock_of_an_embedded_gateway(self, minute_bars):
        with SimulatedGateway(Options(data=(MarketData.read(minute_bars),))) as simulated:
            assert simulated.server.now() == MONDAY.timestamp()

    def test_a_time_behind_the_data_is_refused(self, minute_bars):
        with pytest.raises(ConfigurationError, match="the data end at 20260302 10:30:00 US/Eastern, before"):
            Replayed(minute_bars, start=MONDAY + HOUR)


class TestOthers:
    def test_options_lie_around_the_price_of_the_data_and_follow_it(self, minute_bars):
        replayed = Replayed(minute_bars)
        chain = replayed.gateway.catalogue.options_on(AAPL)
        market = replayed.gateway.market
        call = next(each for each in chain if each.strike == 150 and each.right == "C")

        assert min(each.strike for each in chain) < 150 < max(each.strike for each in chain)
        for _ in range(20):
            replayed.pass_to(datetime.fromtimestamp(replayed.now + 15, UTC))
            told = market.option_values(call.contract_id)["model"]
            assert told.underlying_price == market.quote(AAPL).last

    def test_a_contract_for_difference_has_the_price_of_the_data(self, minute_bars):
        replayed = Replayed(minute_bars)
        replayed.pass_to(MONDAY + timedelta(minutes=20))
        market = replayed.gateway.market

        cfd, stock = market.quote(120549942), market.quote(AAPL)

        assert cfd.bid <= stock.last <= cfd.ask

    def test_all_others_keep_their_seeded_market(self, minute_bars):
        replayed, (spy,) = (
            Replayed(minute_bars, seed=4),
            Replayed(minute_bars).gateway.catalogue.find(Stock("SPY")),
        )

        assert replayed.gateway.market.quote(spy.contract_id).last == pytest.approx(688, rel=0.2)

    @pytest.mark.parametrize(
        ("name", "contract_id"),
        [("AAPL", AAPL), ("265598", AAPL), ("EUR.USD", 12087792), ("BTC", 479624278), ("ESH6", None)],
    )
    def test_data_are_named_by_symbol_local_symbol_or_contract_id(self, tmp_path, name, contract_id):
        path = written(tmp_path, bars_text(), "anything.csv")

        replayed = Replayed(f"{name}={path}")

        (found,) = [
            each for each in replayed.gateway.catalogue if replayed.gateway.market.replay(each.contract_id)
        ]
        assert found.contract_id == (contract_id or found.contract_id)
        assert name in (found.symbol, found.local_symbol, str(found.contract_id))

    @pytest.mark.parametrize(
        ("name", "words"),
        [("NONE", "there is no 'NONE'"), ("SAP", "means several: "), ("ES", "means several: ")],
    )
    def test_data_of_an_unknown_or_ambiguous_instrument_are_refused(self, tmp_path, name, words):
        path = written(tmp_path, bars_text(), f"{name}.csv")

        with pytest.raises(ConfigurationError) as told:
            Replayed(path)

        assert str(told.value).startswith(f"{path}: expected the symbol, local symbol or contract id of one")
        assert words in str(told.value)

    def test_two_files_of_one_instrument_are_refused(self, minute_bars):
        with pytest.raises(ConfigurationError, match="the data of AAPL are in another file"):
            Replayed(minute_bars, f"265598={minute_bars}")


class TestReports:
    def test_gaps_prices_off_the_grid_and_bars_outside_of_hours_are_logged_with_their_line(
        self, tmp_path, logged
    ):
        rows = [*bars(10)]
        del rows[4:6]  # lines 6 and 7
        rows[2][1][1] += 0.005
        rows.append((datetime(2026, 3, 3, 3, 0, tzinfo=UTC), rows[0][1]))

        Replayed(written(tmp_path, bars_text(iter(rows))))

        assert [line.partition("(AAPL): ")[2].strip() for line in logged] == [
            "1 prices are not on the tick grid, and are rounded to it, first in line 4",
            "1 gaps between bars of one trading day, first in line 5",
            "1 bars outside of trading hours are left out, first in line 10",
        ]

    def test_a_gap_has_no_bars(self, tmp_path):
        rows = [*bars(10)]
        del rows[4:6]
        replayed = Replayed(written(tmp_path, bars_text(iter(rows))))
        replayed.pass_to(MONDAY + timedelta(minutes=10))

        assert [bar.date for bar in history(replayed)] == [str(int(at.timestamp())) for at, _ in rows]

    def test_data_that_lie_outside_of_all_hours_are_refused(self, tmp_path):
        night = written(tmp_path, bars_text(bars(5, datetime(2026, 3, 3, 3, 0, tzinfo=UTC))))

        with pytest.raises(ConfigurationError, match="nothing lies in the trading hours of AAPL"):
            Replayed(night)

    def test_trades_are_needed_for_what_is_traded_and_quotes_are_enough_for_currencies(self, tmp_path):
        text = "time,bid,ask\n2026-03-02T14:30:00+00:00,1.1,1.2\n2026-03-02T14:31:00+00:00,1.15,1.25\n"
        stock, pair = written(tmp_path, text), written(tmp_path, text, "EUR.USD.csv")

        with pytest.raises(
            ConfigurationError, match="line 2: expected a column price with trades, which STK"
        ):
            Replayed(stock)
        quote = Replayed(pair).gateway.market.quote(12087792)
        assert (quote.bid, quote.ask, quote.last) == (1.1, 1.2, -1)

    def test_one_bar_alone_has_no_length(self, tmp_path):
        with pytest.raises(ConfigurationError, match="line 2: expected more than one bar"):
            Replayed(written(tmp_path, bars_text(bars(1))))


def test_an_instrument_of_a_users_catalogue_is_replayed_too(tmp_path):
    catalogue = tmp_path / "mine.toml"
    catalogue.write_text(
        '[[stocks]]\nsymbol = "ACME"\nexchange = "NYSE"\nname = "ACME"\nprice = 1\nvolatility = 0.1\n'
        "daily_volume = 1\n"
    )

    replayed = Replayed(written(tmp_path, bars_text(), "ACME.csv"), catalogue=catalogue)

    acme = replayed.gateway.catalogue.identify(Contract(symbol="ACME", security_type="STK"))
    assert acme.price == 150.0
    assert replayed.gateway.market.quote(acme.contract_id).last == 150.0
    assert BARS_HEADER.startswith("time")
