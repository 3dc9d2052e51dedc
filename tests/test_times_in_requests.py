"""Requests with times and lists as users say them, on the simulated gateway at versions of every kind of encoding."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ibkr_actors.api import IBKR_API
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.enum.account_summary_tag import AccountSummaryTag
from ibkr_actors.classes.enum.bar_size import BarSize
from ibkr_actors.classes.enum.date_format import DateFormat
from ibkr_actors.classes.execution import ExecutionFilter
from ibkr_actors.errors import InvalidRequest
from ibkr_actors.simulated_gateway.gateway import Options
from ibkr_actors.simulated_gateway.server import Server

APPLE = Stock("AAPL", contract_id=265598)
CLOSING = datetime(2026, 8, 21, 16, tzinfo=ZoneInfo("US/Eastern"))


@pytest.fixture(params=(157, 178, 200, 226))
def ibkr(request: pytest.FixtureRequest) -> Iterator[IBKR_API]:
    with (
        Server(Options(seed=3), tick=0.02, server_version=request.param) as server,
        IBKR_API(server.host, server.port, 3, timeout=10.0) as ibkr,
    ):
        yield ibkr


NAMES_ZONES = 174
"""The server version from which on the times of bars name their zone; before, epoch seconds say which moment it is."""


def test_bars_up_to_an_aware_time_are_those_up_to_its_text(ibkr: IBKR_API) -> None:
    form = DateFormat.TEXT if ibkr.server_version >= NAMES_ZONES else DateFormat.EPOCH_SECONDS
    spoken = ibkr.request_historical_data(
        APPLE, CLOSING, timedelta(days=1), BarSize.ONE_HOUR, format_date=form
    )
    written = ibkr.request_historical_data(APPLE, "20260821-20:00:00", "1 D", "1 hour", format_date=form)

    assert list(spoken.bars) == list(written.bars)
    assert len(spoken.bars) > 1
    assert all(bar.at is not None and CLOSING - timedelta(days=1) < bar.at < CLOSING for bar in spoken.bars)


def test_bars_up_to_a_date_have_that_day_as_the_last(ibkr: IBKR_API) -> None:
    answer = ibkr.request_historical_data(APPLE, date(2026, 8, 21), timedelta(days=3), BarSize.ONE_DAY)

    assert [bar.day for bar in answer.bars] == [date(2026, 8, 19), date(2026, 8, 20), date(2026, 8, 21)]


def test_a_time_without_a_zone_is_refused_before_anything_is_sent(ibkr: IBKR_API) -> None:
    with pytest.raises(InvalidRequest, match=r"HistoricalDataRequest: end: .* names no time zone"):
        ibkr.request_historical_data(APPLE, CLOSING.replace(tzinfo=None))


def test_executions_since_a_time_to_come_are_none(ibkr: IBKR_API) -> None:
    later = datetime.now(ZoneInfo("Asia/Tokyo")) + timedelta(hours=1)

    assert list(ibkr.request_executions(ExecutionFilter(time=later))) == []


def test_an_account_summary_takes_its_tags_one_by_one(ibkr: IBKR_API) -> None:
    wanted = {AccountSummaryTag.NET_LIQUIDATION, AccountSummaryTag.BUYING_POWER}
    tags = {row.tag for row in ibkr.request_account_summary("All", wanted)}

    assert tags == wanted
    assert all(isinstance(tag, AccountSummaryTag) for tag in tags)
