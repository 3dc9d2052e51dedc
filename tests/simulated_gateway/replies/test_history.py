"""Historical bars, bars kept up to date, real-time bars, and scans: what is told, and how it ends."""

from __future__ import annotations

import pytest

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.history import (
    CancelHistoricalData,
    CancelRealTimeBars,
    HistoricalData,
    HistoricalDataEnd,
    HistoricalDataRequest,
    HistoricalDataUpdate,
    RealTimeBar,
    RealTimeBarsRequest,
)
from ibkr_actors.base.messages.scanners import (
    CancelScannerSubscription,
    ScannerData,
    ScannerParameters,
    ScannerParametersRequest,
    ScannerSubscriptionRequest,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.scanner import Scanner
from tests.simulated_gateway.helpers import AAPL, NOW, Desk, Wire, apple, codes, names, only

VOLUME_LEADERS = Scanner(instrument="STK", location_code="STK.US.MAJOR", scan_code="HOT_BY_VOLUME")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def texts(messages: list) -> list[str]:  # type: ignore[type-arg]
    """The texts of the notices."""
    return [notice.text for notice in only(Notice, messages)]


class TestBars:
    def test_from_version_196_the_range_comes_in_a_message_of_its_own(self, desk: Desk) -> None:
        request = HistoricalDataRequest(apple(), duration="5 D", request_id=3)

        assert names(desk.ask(desk.connect(1, version=195), request)) == ["HistoricalData"]
        assert names(desk.ask(desk.connect(2, version=196), request)) == [
            "HistoricalData",
            "HistoricalDataEnd",
        ]

    @pytest.mark.parametrize(
        ("version", "bar", "start"),
        [
            (173, "20261123  09:30:00", "20261123  09:00:00"),
            (174, "20261123 09:30:00 US/Eastern", "20261123 09:00:00 US/Eastern"),
        ],
    )
    def test_times_name_their_zone_to_newer_clients(
        self, desk: Desk, version: int, bar: str, start: str
    ) -> None:
        request = HistoricalDataRequest(apple(), duration="3600 S", bar_size="30 mins", request_id=3)

        (told,) = only(HistoricalData, desk.ask(desk.connect(version=version), request))

        assert (told.bars[0].date, told.start) == (bar, start)

    def test_days_and_epoch_seconds_are_the_same_to_all(self, desk: Desk) -> None:
        for number, kind in enumerate(({"duration": "2 D"}, {"bar_size": "30 mins", "format_date": 2})):
            request = HistoricalDataRequest(apple(), request_id=number, **kind)  # type: ignore[arg-type]
            old, new = (
                desk.ask(desk.connect(10 * number + version, version), request) for version in (173, 174)
            )

            assert only(HistoricalData, old)[0].bars == only(HistoricalData, new)[0].bars

    @pytest.mark.parametrize("version", [157, 178, 195, 196, 200, 208, 226])
    def test_bars_and_range_survive_the_wire_at(self, desk: Desk, version: int) -> None:
        told = Wire(desk, version).ask(HistoricalDataRequest(apple(), duration="5 D", request_id=3))

        (data,) = only(HistoricalData, told)
        assert len(data.bars) == 5
        assert data.bars[-1].date == "20261123"
        assert all(bar.low <= bar.open <= bar.high for bar in data.bars)
        if version >= 196:
            assert only(HistoricalDataEnd, told)[0].end.startswith("20261123 ")
        else:
            assert data.end.startswith("20261123 ")

    @pytest.mark.parametrize(
        ("end", "warned"),
        [
            ("20261120 16:00:00", [2174]),
            ("10:00:00", [2174]),
            ("20261120 16:00:00 US/Eastern", []),
            ("20261120-21:00:00", []),
            ("", []),
        ],
    )
    def test_an_end_without_a_zone_is_warned_of(self, desk: Desk, end: str, warned: list[int]) -> None:
        told = desk.ask(desk.connect(), HistoricalDataRequest(apple(), end=end, request_id=3))

        assert codes(told) == warned
        assert names(told)[-2:] == ["HistoricalData", "HistoricalDataEnd"]

    def test_an_unknown_contract_and_a_bad_size_are_refused(self, desk: Desk) -> None:
        client = desk.connect()
        unknown = HistoricalDataRequest(Contract(symbol="NOPE"), request_id=3)

        assert codes(desk.ask(client, unknown)) == [200]
        assert codes(desk.ask(client, HistoricalDataRequest(apple(), bar_size="7 mins", request_id=3))) == [
            321
        ]

    def test_cancelling_what_is_over_is_refused(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, HistoricalDataRequest(apple(), request_id=3))

        assert codes(desk.ask(client, CancelHistoricalData(request_id=3))) == [366]


class TestBarsKeptUpToDate:
    def request(self) -> HistoricalDataRequest:
        return HistoricalDataRequest(
            apple(), duration="1800 S", bar_size="1 min", keep_up_to_date=True, request_id=3
        )

    def test_the_running_bar_is_told_as_it_changes(self, desk: Desk) -> None:
        client = desk.connect()
        (data,) = only(HistoricalData, desk.ask(client, self.request()))
        for _ in range(8):
            desk.step(1.0)

        updates = only(HistoricalDataUpdate, desk.heard(client))

        assert updates
        assert {update.request_id for update in updates} == {3}
        assert all(update.bar.date >= data.bars[-1].date for update in updates)

    @pytest.mark.parametrize("seconds", [0.25, 1.0, 7.0, 150.0])
    def test_each_bar_is_told_as_it_ended_however_the_clock_goes(self, desk: Desk, seconds: float) -> None:
        desk.gateway.market.release(AAPL)
        client, terms = desk.connect(), {"duration": "1800 S", "bar_size": "30 secs"}
        request = HistoricalDataRequest(apple(), keep_up_to_date=True, request_id=3, **terms)  # type: ignore[arg-type]
        first = only(HistoricalData, desk.ask(client, request))[0].bars[-1]
        while desk.now < NOW + 600:
            desk.step(seconds)

        told = [update.bar for update in only(HistoricalDataUpdate, desk.heard(client))]

        assert [bar.date for bar in told] == sorted(bar.date for bar in told)
        desk.step(30)  # so that all are over
        over = HistoricalDataRequest(apple(), request_id=4, **terms)  # type: ignore[arg-type]
        bars = only(HistoricalData, desk.ask(client, over))[0].bars
        ended = [bar for bar in bars if first.date <= bar.date < told[-1].date]
        assert len(ended) >= 19
        assert [{bar.date: bar for bar in told}[bar.date] for bar in ended] == ended

    def test_cancelling_is_confirmed_by_error_162(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, self.request())

        told = desk.ask(client, CancelHistoricalData(request_id=3))

        assert codes(told) == [162]
        assert texts(told) == [
            "Historical Market Data Service error message:API historical data query cancelled: 3"
        ]
        desk.step(5.0)
        assert desk.heard(client) == []

    def test_an_id_in_use_is_refused(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, self.request())

        assert codes(desk.ask(client, self.request())) == [386]


class TestRealTimeBars:
    def test_one_comes_every_five_seconds_at_their_boundaries(self, desk: Desk) -> None:
        client = desk.connect()
        assert desk.ask(client, RealTimeBarsRequest(apple(), request_id=3)) == []
        for _ in range(48):
            desk.step()

        bars = only(RealTimeBar, desk.heard(client))

        assert [bar.time for bar in bars] == [int(NOW), int(NOW) + 5]
        assert {bar.request_id for bar in bars} == {3}

    def test_a_bad_kind_of_price_is_refused(self, desk: Desk) -> None:
        request = RealTimeBarsRequest(apple(), what_to_show="GUESSES", request_id=3)

        assert codes(desk.ask(desk.connect(), request)) == [420]

    def test_they_end_silently_and_only_once(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, RealTimeBarsRequest(apple(), request_id=3))

        assert desk.ask(client, CancelRealTimeBars(request_id=3)) == []
        assert codes(desk.ask(client, CancelRealTimeBars(request_id=3))) == [300]


class TestScans:
    @pytest.mark.parametrize("version", [157, 200, 226])
    def test_the_parameters_are_one_document(self, desk: Desk, version: int) -> None:
        (told,) = only(ScannerParameters, Wire(desk, version).ask(ScannerParametersRequest()))

        assert "<ScanParameterResponse>" in told.xml

    @pytest.mark.parametrize("version", [157, 200, 226])
    def test_the_result_is_ranked(self, desk: Desk, version: int) -> None:
        (told,) = only(
            ScannerData, Wire(desk, version).ask(ScannerSubscriptionRequest(VOLUME_LEADERS, request_id=3))
        )

        assert [row.rank for row in told.rows] == list(range(len(told.rows)))
        assert told.rows[0].contract.symbol

    def test_it_is_told_again_every_half_minute(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, ScannerSubscriptionRequest(VOLUME_LEADERS, request_id=3))
        desk.step(29)
        assert desk.heard(client) == []

        desk.step(2)

        assert names(desk.heard(client)) == ["ScannerData"]

    def test_a_scan_that_finds_nothing_says_so(self, desk: Desk) -> None:
        nothing = VOLUME_LEADERS.copy()
        nothing.above_price = 1e9

        told = desk.ask(desk.connect(), ScannerSubscriptionRequest(nothing, request_id=3))

        assert codes(told) == [165]
        assert texts(told) == ["Historical Market Data Service query message:no items retrieved"]
        assert names(told) == ["Notice", "ScannerData"]
        assert only(ScannerData, told)[0].rows == ()

    def test_cancelling_is_confirmed_by_error_162(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, ScannerSubscriptionRequest(VOLUME_LEADERS, request_id=3))

        assert texts(desk.ask(client, CancelScannerSubscription(request_id=3))) == [
            "Historical Market Data Service error message:API scanner subscription cancelled"
        ]
        assert codes(desk.ask(client, CancelScannerSubscription(request_id=3))) == [365]
        desk.step(60)
        assert desk.heard(client) == []

    def test_more_than_ten_at_a_time_are_refused(self, desk: Desk) -> None:
        client = desk.connect()
        for number in range(10):
            desk.ask(client, ScannerSubscriptionRequest(VOLUME_LEADERS, request_id=number))

        assert codes(desk.ask(client, ScannerSubscriptionRequest(VOLUME_LEADERS, request_id=10))) == [162]
        assert codes(desk.ask(client, ScannerSubscriptionRequest(VOLUME_LEADERS, request_id=9))) == [385]
