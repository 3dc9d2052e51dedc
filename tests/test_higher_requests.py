"""Requests that take many steps: whole answers, patience with passing troubles, and files to go on from."""

from __future__ import annotations

import errno
import io
import math
import os
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ibkr_actors.base.messages.executions import ExecutionDetails
from ibkr_actors.base.messages.options import OptionChain
from ibkr_actors.classes.bar import Bar
from ibkr_actors.classes.contracts.future import Future
from ibkr_actors.classes.contracts.option import Call, FuturesOption, Put
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.execution import Execution
from ibkr_actors.classes.historical_session import HistoricalSession
from ibkr_actors.classes.tick import HistoricalTickLast
from ibkr_actors.errors import ConnectionLost, InvalidRequest, RequestRejected, RequestTimeout
from ibkr_actors.higher_requests.asking import Patience
from ibkr_actors.higher_requests.history_file import HistoryFile
from tests.base.historical_service import at
from tests.higher_requests_bridge import IBM, FakeBridge

NOW = at("2026-11-23 18:00")
MINUTE = timedelta(minutes=1)
EASTERN = ZoneInfo("US/Eastern")
WEEK = (datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))


@pytest.fixture
def bridge() -> FakeBridge:
    return FakeBridge(NOW)


class TestHistory:
    def test_of_a_span_comes_in_order_with_aware_times(self, bridge):
        history = bridge.request_history(IBM, *WEEK, "1 min")

        assert len(history) == 5 * 390
        assert history[0].at == datetime(2026, 11, 16, 14, 30, tzinfo=UTC)
        assert [bar.date for bar in history] == sorted({bar.date for bar in history})
        assert history.gaps is None
        assert history.to_polars()["at"][0] == history[0].at

    def test_takes_days_as_those_of_the_exchange(self, bridge):
        history = bridge.request_history(IBM, date(2026, 11, 19), "20261120", "1 hour")

        assert history.start == datetime(2026, 11, 19, tzinfo=EASTERN)
        assert history.end == datetime(2026, 11, 21, tzinfo=EASTERN)
        assert len(history) == 14

    def test_of_days_has_a_bar_for_each_day(self, bridge):
        history = bridge.request_history(IBM, date(2020, 1, 1), date(2020, 12, 31))

        assert (history[0].day, history[-1].day) == (date(2020, 1, 1), date(2020, 12, 31))
        assert len(history) == 262

    def test_without_edges_is_all_there_is_until_now(self, bridge):
        history = bridge.request_history(IBM)

        assert (history[0].day, history[-1].day) == (date(2026, 11, 13), date(2026, 11, 23))

    def test_of_days_has_that_of_a_trading_day_that_began_the_evening_before(self, bridge, monkeypatch):
        bars = [Bar("20261123", close=1.0), Bar("20261124", close=2.0)]
        monkeypatch.setattr(bridge, "_bars", lambda _: bars)

        assert list(bridge.request_history(IBM, date(2026, 11, 23))) == bars

    def test_begins_and_ends_within_a_second(self, bridge):
        half = timedelta(seconds=0.5)
        second = datetime(2026, 11, 20, 15, tzinfo=UTC)

        assert [bar.at for bar in bridge.request_history(IBM, second - half, second + half, "1 min")] == [
            second
        ]
        assert second not in [
            bar.at for bar in bridge.request_history(IBM, second + half, second + 4 * MINUTE, "1 min")
        ]

    def test_misses_nothing_of_the_time_that_the_requests_take(self, bridge, monkeypatch):
        clock, answer_to = bridge.higher_request_clock, bridge.answer_to
        bridge.sessions = (HistoricalSession("20261123-09:30:00", "20261123-16:00:00", "20261123"),)

        def slow(request):
            clock.time += 300
            return answer_to(request)

        monkeypatch.setattr(bridge, "answer_to", slow)
        bridge.now = NOW + 600  # when the first bars are asked for

        history = bridge.request_history(IBM, date(2026, 11, 23), date(2026, 11, 24), "1 min", sessions=True)

        assert history[-1].at == datetime(2026, 11, 23, 18, 9, tzinfo=UTC)
        assert clock.time > bridge.now
        assert history.gaps == ()

    def test_comes_whole_where_sessions_overlap(self, bridge):
        extended, regular = (
            (datetime(2026, 11, 20, start, 30, tzinfo=UTC), datetime(2026, 11, 20, end, tzinfo=UTC))
            for start, end in ((14, 21), (15, 17))
        )

        history = bridge.request_history(IBM, *WEEK, "1 min", sessions=[extended, regular])

        assert len(history) == 5 * 390
        assert history.gaps == ()

    @pytest.mark.parametrize("ask", [FakeBridge.request_history, FakeBridge.request_tick_history])
    def test_of_a_span_that_has_not_begun_is_empty_and_asks_for_no_sessions(self, bridge, ask):
        start = datetime(2026, 12, 24, tzinfo=UTC)

        assert ask(bridge, IBM, start, start + timedelta(days=1), sessions=True) == []
        assert bridge.asked == []

    def test_tells_what_is_missing_when_it_knows_the_sessions(self, bridge):
        bridge.sessions = (HistoricalSession("20261120-09:30:00", "20261120-16:00:00", "20261120"),)
        bridge.missing = {str(at("2026-11-20 15:00"))}

        history = bridge.request_history(IBM, *WEEK, "30 mins", sessions=True)

        assert [(gap.start, gap.bars) for gap in history.gaps] == [
            (datetime(2026, 11, 20, 15, tzinfo=UTC), 1)
        ]

    def test_tells_of_no_gaps_when_the_bridge_has_no_sessions(self, bridge):
        """Nobody knows then whether something is missing."""
        bridge.troubles.append(RequestRejected(None, 162, "HMDS query returned no data: IBM@SMART Schedule"))

        history = bridge.request_history(IBM, *WEEK, "1 hour", sessions=True)

        assert len(history) == 5 * 7
        assert history.gaps is None

    @pytest.mark.parametrize("ask", ["request_history", "request_tick_history"])
    def test_of_a_span_that_ends_before_it_begins_is_refused_before_anything_is_asked(self, bridge, ask):
        with pytest.raises(InvalidRequest, match="the start is not before the end"):
            getattr(bridge, ask)(IBM, *reversed(WEEK), sessions=True)

        assert bridge.asked == []

    def test_is_asked_for_again_while_the_trouble_passes(self, bridge):
        bridge.troubles.extend(
            [
                RequestRejected("HistoricalDataRequest", 162, "Historical data request pacing violation"),
                RequestTimeout("HistoricalDataRequest", 30, "connected"),
                RequestRejected("HistoricalDataRequest", 366, "No historical data query found"),
            ]
        )

        assert len(bridge.request_history(IBM, *WEEK, "1 hour")) == 35
        assert bridge.higher_request_clock.slept == [10, 20, 40]

    def test_is_given_up_with_a_note_when_the_trouble_stays(self, bridge):
        trouble = RequestRejected("HistoricalDataRequest", 162, "Historical data request pacing violation")
        bridge.troubles.extend([None, trouble, trouble])

        with pytest.raises(RequestRejected) as raised:
            bridge.request_history(IBM, *WEEK, "1 min", patience=Patience(2, 1))

        assert "480 bars from 2026-11-19" in raised.value.__notes__[0]
        assert bridge.higher_request_clock.slept == [1]

    @pytest.mark.parametrize(
        "error",
        [
            RequestRejected("HistoricalDataRequest", 162, "No market data permissions for NYSE STK"),
            RequestRejected("HistoricalDataRequest", 321, "bad"),
            ConnectionLost("gone"),
        ],
    )
    def test_is_given_up_at_once_when_the_trouble_does_not_pass(self, bridge, error):
        bridge.troubles.append(error)

        with pytest.raises(type(error)):
            bridge.request_history(IBM, *WEEK, "1 hour")
        assert len(bridge.asked) == 1

    def test_tells_how_far_it_is(self, bridge):
        told = []

        history = bridge.request_history(IBM, *WEEK, "1 min", progress=told.append)

        assert [each.done for each in told] == sorted(each.done for each in told)
        assert (told[-1].done, told[-1].found) == (1.0, len(history))

    def test_shows_how_far_it_is_in_the_terminal(self, bridge, capsys):
        bridge.request_history(IBM, *WEEK, "1 hour", progress=True)

        assert "IBM 1 hour" in capsys.readouterr().out

    def test_that_only_reaches_up_to_now_is_not_said_to_be_kept_in_files(self, bridge):
        bridge.troubles.append(ConnectionLost("the bridge closed the connection"))

        with pytest.raises(ConnectionLost) as caught:
            bridge.request_history(IBM, date(2026, 11, 16), what_to_show="ADJUSTED_LAST")

        assert "keep_in" not in "".join(getattr(caught.value, "__notes__", []))

    def test_that_only_reaches_up_to_now_is_one_request(self, bridge):
        bridge.request_history(IBM, date(2026, 11, 2), None, "1 day", "ADJUSTED_LAST")

        assert [(request.end, request.duration) for request in bridge.asked] == [("", "23 D")]

    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [
            ((datetime(2026, 11, 2),), "names no time zone"),  # noqa: DTZ001  # what is refused
            (("Monday",), "tells neither a time with a zone nor a day"),
            ((7,), "is no time"),
            ((date(2026, 11, 2), None, "7 mins"), "is no bar size; there are 1 secs"),
            ((date(2026, 11, 2), date(2026, 11, 1)), "start is not before the end"),
            ((date(2026, 11, 2), None, "1 day", "SCHEDULE"), "no history of bars"),
        ],
    )
    def test_of_what_can_not_be_is_refused(self, bridge, arguments, reason):
        with pytest.raises(InvalidRequest, match=reason):
            bridge.request_history(IBM, *arguments)


class TestAFileOfHistory:
    def test_is_where_the_same_call_goes_on(self, bridge, tmp_path):
        whole = bridge.request_history(IBM, *WEEK, "1 min")
        steps = len(bridge.asked)
        bridge.troubles.extend([None, None, ConnectionLost("gone")])
        with pytest.raises(ConnectionLost):
            bridge.request_history(IBM, *WEEK, "1 min", keep_in=tmp_path / "ibm")
        bridge.asked.clear()

        again = bridge.request_history(IBM, *WEEK, "1 min", keep_in=tmp_path / "ibm")

        assert list(again) == list(whole)
        assert len(bridge.asked) == steps - 2

    def test_that_a_crash_has_cut_loses_its_last_line_only(self, bridge, tmp_path):
        file = tmp_path / "ibm"
        whole = bridge.request_history(IBM, *WEEK, "1 min", keep_in=file)
        file.write_bytes(file.read_bytes()[:-10])
        bridge.asked.clear()

        assert list(bridge.request_history(IBM, *WEEK, "1 min", keep_in=file)) == list(whole)
        assert len(bridge.asked) == 1
        assert file.read_bytes().endswith(b"\n")

    def test_holds_nothing_of_a_bar_that_ran_when_it_was_asked_for(self, bridge, tmp_path, monkeypatch):
        """However long the answer takes."""
        start, clock, answer_to = (
            datetime(2026, 11, 23, 17, tzinfo=UTC),
            bridge.higher_request_clock,
            bridge.answer_to,
        )
        clock.time = bridge.now = NOW - 3

        def late(request):
            answer = answer_to(request)
            clock.time = NOW + 300
            return answer

        monkeypatch.setattr(bridge, "answer_to", late)
        cut = bridge.request_history(IBM, start, None, "30 mins", keep_in=tmp_path / "ibm")
        bridge.now = NOW + 3_600

        whole = bridge.request_history(IBM, start, start + 60 * MINUTE, "30 mins", keep_in=tmp_path / "ibm")

        assert [bar.volume for bar in cut] == [1_800, 1_797]
        assert [bar.volume for bar in whole] == [1_800, 1_800]

    def test_on_a_full_disk_ends_the_request_with_a_note(self, bridge, tmp_path, monkeypatch):
        class Full(io.RawIOBase):
            def writable(self) -> bool:
                return True

            def write(self, _data) -> int:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        keep, kept = HistoryFile.keep, []

        def keep_until_full(file, answer):
            if kept:
                file._file.close()
                file._file = io.BufferedWriter(Full())
            kept.append(answer)
            keep(file, answer)

        monkeypatch.setattr(HistoryFile, "keep", keep_until_full)

        with pytest.raises(OSError, match="No space left on device") as caught:
            bridge.request_history(IBM, *WEEK, "1 min", keep_in=tmp_path / "ibm")

        (note,) = caught.value.__notes__
        assert (
            f"but for the last step's they are kept in {tmp_path / 'ibm'}, and the same call goes on from there"
            in note
        )

    def test_that_is_damaged_is_refused_with_the_line(self, bridge, tmp_path):
        file = tmp_path / "ibm"
        bridge.request_history(IBM, *WEEK, "1 hour", keep_in=file)
        file.write_bytes(file.read_bytes().replace(b'"date":"1', b'"date":"\xff', 1))

        with pytest.raises(InvalidRequest, match="ibm, line 2 can't be read"):
            bridge.request_history(IBM, *WEEK, "1 hour", keep_in=file)

    def test_of_other_history_is_refused(self, bridge, tmp_path):
        bridge.request_history(IBM, *WEEK, "1 hour", keep_in=tmp_path / "ibm")

        with pytest.raises(InvalidRequest, match="holds other history"):
            bridge.request_history(IBM, *WEEK, "1 min", keep_in=tmp_path / "ibm")

    def test_that_is_something_else_is_refused_and_left_alone(self, bridge, tmp_path):
        (tmp_path / "letter").write_text("Dear Sir\n")

        with pytest.raises(InvalidRequest, match="is no file of history"):
            bridge.request_history(IBM, *WEEK, "1 hour", keep_in=tmp_path / "letter")
        assert (tmp_path / "letter").read_text() == "Dear Sir\n"

    @pytest.mark.parametrize("content", [b"Dear Sir", b"\x89PNG", b"{}", b'{"form":2'])
    def test_that_is_something_else_without_a_whole_line_is_left_alone_too(self, bridge, tmp_path, content):
        """A heading that a crash has cut looks different."""
        (tmp_path / "letter").write_bytes(content)

        with pytest.raises(InvalidRequest, match="is no file of history"):
            bridge.request_history(IBM, *WEEK, "1 hour", keep_in=tmp_path / "letter")
        assert (tmp_path / "letter").read_bytes() == content

    def test_whose_heading_a_crash_has_cut_is_begun_again(self, bridge, tmp_path):
        file = tmp_path / "ibm"
        bridge.request_history(IBM, *WEEK, "1 hour", keep_in=file)
        whole = file.read_bytes()
        file.write_bytes(whole[:20])

        bridge.request_history(IBM, *WEEK, "1 hour", keep_in=file)

        assert file.read_bytes() == whole

    def test_holds_no_adjusted_prices(self, bridge, tmp_path):
        with pytest.raises(InvalidRequest, match="changes with each dividend"):
            bridge.request_history(IBM, *WEEK, "1 day", "ADJUSTED_LAST", keep_in=tmp_path / "ibm")


class TestTickHistory:
    def test_comes_whole_over_many_pages(self, bridge):
        start = at("2026-11-20 15:00")
        bridge.ticks = [HistoricalTickLast(start + number // 3, price=number) for number in range(3_500)]

        ticks = bridge.request_tick_history(
            IBM, datetime(2026, 11, 20, 15, tzinfo=UTC), datetime(2026, 11, 20, 16, tzinfo=UTC)
        )

        assert list(ticks) == bridge.ticks
        assert ticks.kind is HistoricalTickLast

    def test_of_what_has_no_ticks_is_refused(self, bridge):
        with pytest.raises(InvalidRequest, match="ask for TRADES, BID_ASK, MIDPOINT"):
            bridge.request_tick_history(IBM, *WEEK, "BID")


class TestOptionChains:
    def chains(self, bridge):
        days = ("20270115", "20261218")
        bridge.chains = [
            OptionChain(0, exchange, 8314, trading_class, "100", days, (210.0, 190.0, 200.0))
            for exchange, trading_class in (("CBOE", "IBM"), ("SMART", "IBM"), ("SMART", "IBM2"))
        ]
        return bridge.request_option_chains(Stock("IBM"))

    def test_are_typed_and_in_order(self, bridge):
        chain = self.chains(bridge).chain()

        assert (chain.exchange, chain.trading_class) == ("SMART", "IBM")
        assert chain.expirations == (date(2026, 12, 18), date(2027, 1, 15))
        assert chain.strikes == (190.0, 200.0, 210.0)
        assert chain.next_expiration(date(2026, 12, 19)) == date(2027, 1, 15)

    def test_make_contracts(self, bridge):
        chain = self.chains(bridge).chain()
        of_class = {"multiplier": "100", "trading_class": "IBM"}

        assert chain.calls("20261218", [200.0]) == [Call("IBM", "20261218", 200.0, **of_class)]
        assert chain.puts(date(2026, 12, 18))[0] == Put("IBM", "20261218", 190.0, **of_class)
        assert [(each.strike, each.right) for each in chain.near_the_money(196, "20261218", 2)] == [
            (190.0, "C"),
            (190.0, "P"),
            (200.0, "C"),
            (200.0, "P"),
        ]

    def test_on_a_future_make_options_on_futures(self, bridge):
        future = Future("ES", "20261218", "CME", contract_id=1)
        bridge.chains = [OptionChain(0, "CME", 1, "E1A", "50", ("20261127",), (6000.0,))]

        option = bridge.request_option_chains(future, "CME").chain().puts("20261127")[0]

        assert isinstance(option, FuturesOption)
        assert (option.exchange, option.multiplier, option.right) == ("CME", "50", "P")

    def test_of_an_underlying_without_options_are_none(self, bridge):
        bridge.chains = []
        with pytest.raises(InvalidRequest, match="knows no options on this underlying"):
            bridge.request_option_chains(IBM).chain()

    @pytest.mark.parametrize(
        ("ask", "reason"),
        [
            (lambda chains: chains.chain("SMART", "SPX"), "0 chains fit; name one of these"),
            (lambda chains: chains.chain().calls("20261219"), "no expiration 20261219; it has 20261218"),
            (lambda chains: chains.chain().calls("20261218", [195]), "has no strike 195"),
            (lambda chains: chains.chain().strikes_near(0), "give a price above 0"),
            (lambda chains: chains.chain().next_expiration(date(2030, 1, 1)), "no expiration on 2030"),
        ],
    )
    def test_refuse_what_is_not_listed(self, bridge, ask, reason):
        with pytest.raises(InvalidRequest, match=reason):
            ask(self.chains(bridge))


@pytest.mark.parametrize("underlying", [None, 8314, ["IBM"]])
def test_option_chains_of_what_is_no_contract_are_refused(bridge, underlying):
    with pytest.raises(InvalidRequest, match="expected Contract"):
        bridge.request_option_chains(underlying)


@pytest.mark.parametrize("values", [{"wait": math.inf}, {"wait": math.nan}, {"wait": 1e9}, {"attempts": 1.5}])
def test_patience_that_nobody_can_have_is_refused(values):
    with pytest.raises(InvalidRequest, match="Patience"):
        Patience(**values)


def test_fills_have_the_commissions_that_were_told(bridge):
    bridge.executions = [ExecutionDetails(0, IBM, Execution(execution_id="a.01"))]

    assert bridge.request_fills()[0].commission.commission_and_fees == 1.25
