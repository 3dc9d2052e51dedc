"""What a login without subscriptions to market data is told: the recorded refusals, and delayed data."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.depth import MarketDepthRequest
from ibkr_actors.base.messages.historical_ticks import HistoricalTicksRequest
from ibkr_actors.base.messages.history import HistoricalDataRequest, RealTimeBarsRequest
from ibkr_actors.base.messages.history_queries import HeadTimestampRequest, HistogramDataRequest
from ibkr_actors.base.messages.market_data import (
    CancelMarketData,
    MarketDataRequest,
    MarketDataType,
    MarketDataTypeRequest,
    TickPrice,
    TickRequestParameters,
    TickSnapshotEnd,
)
from ibkr_actors.base.messages.tick_by_tick import TickByTickRequest
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.simulated_gateway import Subscription
from tests.simulated_gateway.helpers import Desk, Wire, apple, codes, names, only
from tests.simulated_gateway.market.replayed import MONDAY, Replayed, bars, bars_text, written

RECORDED = (
    "Requested market data requires additional subscription for API. See link in 'Market Data Connections' "
    "dialog for more details.Delayed market data is available.AAPL NASDAQ.NMS/TOP/ALL"
)
LIVE, DELAYED = 1, 3


@pytest.fixture(params=[157, 200, 226])
def wire(request: pytest.FixtureRequest) -> Wire:
    """A login that has delayed data only."""
    return Wire(Desk(market_data=Subscription.DELAYED), request.param)


def euro() -> Contract:
    return Contract(symbol="EUR", security_type="CASH", exchange="IDEALPRO", currency="USD")


def market_data(contract: Contract | None = None, *, snapshot: bool = False) -> MarketDataRequest:
    return MarketDataRequest(contract or apple(), snapshot=snapshot, request_id=2)


class TestDelayedDataOnly:
    def test_live_data_are_refused_behind_the_facts_of_the_stream(self, wire: Wire) -> None:
        facts, notice = wire.ask(market_data())

        assert isinstance(facts, TickRequestParameters)
        assert isinstance(notice, Notice)
        assert (notice.request_id, notice.code, notice.text) == (2, 10089, RECORDED)
        wire.desk.quote(101.0, 101.02)
        assert wire.step() == []

    def test_the_request_is_dead_until_delayed_data_are_chosen(self, wire: Wire) -> None:
        wire.ask(market_data())
        assert codes(wire.ask(CancelMarketData(2))) == [300]
        wire.ask(MarketDataTypeRequest(DELAYED))

        notice, kind, *told = wire.ask(market_data())

        assert isinstance(notice, Notice)
        assert (notice.code, notice.text) == (
            10167,
            "Requested market data is not subscribed. Displaying delayed market data.",
        )
        assert kind == MarketDataType(2, DELAYED)
        assert {tick.tick_type for tick in only(TickPrice, told)} == {66, 67, 68, 72, 73, 75, 76}
        assert {tick.attributes for tick in only(TickPrice, told)} == {0}
        wire.desk.quote(101.0, 101.02)
        assert {tick.tick_type for tick in only(TickPrice, wire.step())} >= {66, 67}

    def test_a_snapshot_of_delayed_data_has_its_end(self, wire: Wire) -> None:
        wire.ask(MarketDataTypeRequest(DELAYED))

        told = wire.ask(market_data(snapshot=True))

        assert codes(told) == [10167]
        assert told[-1] == TickSnapshotEnd(2)

    def test_a_snapshot_of_what_has_no_price_is_its_facts_and_its_end(self, tmp_path: Path) -> None:
        """No type of data without data."""
        late = written(tmp_path, bars_text(bars(10, MONDAY + timedelta(hours=1))))
        early = written(tmp_path, bars_text(bars(10)), "IBM.csv")
        replayed = Replayed(late, early, market_data=Subscription.DELAYED)
        replayed.ask(MarketDataTypeRequest(DELAYED))

        nothing = replayed.ask(market_data(snapshot=True))
        replayed.pass_to(MONDAY + timedelta(hours=1))
        something = replayed.ask(market_data(snapshot=True))

        assert names(nothing) == ["Notice", "TickRequestParameters", "TickSnapshotEnd"]
        assert names(something)[:3] == ["Notice", "MarketDataType", "TickRequestParameters"]
        assert only(TickPrice, something)

    def test_currencies_need_no_subscription(self, wire: Wire) -> None:
        told = wire.ask(market_data(euro()))

        assert codes(told) == []
        assert told[0] == MarketDataType(2, LIVE)

    @pytest.mark.parametrize(
        ("request_", "code", "text"),
        [
            (MarketDepthRequest(apple(), is_smart_depth=True, request_id=2), 354, "not subscribed."),
            (TickByTickRequest(apple(), "Last", request_id=2), 10189, "permissions for NASDAQ STK"),
            (RealTimeBarsRequest(apple(), request_id=2), 420, "permissions for NASDAQ STK"),
            (HistoricalDataRequest(apple(), request_id=2), 162, "permissions for NASDAQ STK"),
            (HeadTimestampRequest(apple(), request_id=2), 162, "permissions for NASDAQ STK"),
            (HistogramDataRequest(apple(), request_id=2), 2188, "subscription is required"),
            (
                HistoricalTicksRequest(apple(), "20261120-15:00:00", request_id=2),
                10187,
                "permissions for NASDAQ STK",
            ),
        ],
    )
    def test_what_is_never_delayed_is_refused(
        self, wire: Wire, request_: Request, code: int, text: str
    ) -> None:
        (notice,) = only(Notice, wire.ask(request_))

        assert (notice.request_id, notice.code) == (2, code)
        assert text in notice.text
        assert codes(wire.ask(request_)) == [code], "nothing is left of the first request"


class TestNothing:
    @pytest.mark.parametrize("kind", [LIVE, DELAYED])
    def test_delayed_data_that_are_not_enabled_do_not_come_either(self, kind: int) -> None:
        wire = Wire(Desk(market_data=Subscription.NONE), 203)
        wire.ask(MarketDataTypeRequest(kind))

        told = wire.ask(market_data())

        assert names(told) == ["TickRequestParameters", "Notice"]
        assert codes(told) == [10168]
