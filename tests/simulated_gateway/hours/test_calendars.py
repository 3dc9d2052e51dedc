"""Days on which exchanges trade, by the library and by rule."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from loguru import logger

from ibkr_actors.base.messages.contracts import ContractData, ContractDataRequest
from ibkr_actors.simulated_gateway import Gateway, Options
from ibkr_actors.simulated_gateway.hours import calendars, trading_hours
from ibkr_actors.simulated_gateway.hours.calendars import days_by_rule, trading_days
from ibkr_actors.simulated_gateway.hours.trading_hours import (
    INDEX_FUTURES,
    LONDON,
    US_OPTIONS,
    US_STOCKS,
    XETRA,
)
from tests.simulated_gateway.helpers import NOW, Desk, apple, only

CARTER = date(2025, 1, 9)
"""A day of mourning, which no rule foretells."""


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in an environment without the extra."""
    monkeypatch.setitem(sys.modules, calendars.LIBRARY, None)
    forget()
    yield
    monkeypatch.undo()
    forget()


def forget() -> None:
    for remembered in (calendars.library, calendars.trading_days, trading_hours._session):
        remembered.cache_clear()


class TestTheLibrary:
    @pytest.mark.parametrize("year", [*range(2022, 2028)])
    def test_agrees_with_the_rules_for_american_stocks(self, year: int) -> None:
        by_library, by_rule = trading_days("XNYS", year), days_by_rule("XNYS", year)

        assert by_rule.all - by_library.all <= {CARTER}
        assert by_library.all <= by_rule.all
        assert {day for day in by_library.short if day.year == year} == by_rule.short

    def test_knows_what_no_rule_foretells(self) -> None:
        assert not US_STOCKS.trades_on(CARTER)

    def test_knows_exchanges_of_other_countries(self) -> None:
        assert date(2026, 5, 1) not in trading_days("XETR", 2026).all
        assert date(2026, 11, 26) in trading_days("XETR", 2026).all

    def test_is_asked_no_further_than_it_knows(self) -> None:
        days = trading_days("XTKS", 1985).all

        assert date(1985, 1, 1) in days  # weekdays only
        assert date(1985, 1, 5) not in days

    def test_knows_short_days_of_other_countries(self) -> None:
        london, xetra = LONDON.session(date(2026, 12, 24)), XETRA.session(date(2026, 12, 30))

        assert london is not None
        assert xetra is not None
        assert london.end == datetime(2026, 12, 24, 12, 30, tzinfo=UTC).timestamp()
        assert xetra.end == datetime(2026, 12, 30, 13, 0, tzinfo=UTC).timestamp()

    def test_halts_futures_at_noon_on_thanksgiving(self) -> None:
        session = INDEX_FUTURES.session(date(2026, 11, 26))

        assert session is not None
        assert session.end == datetime(2026, 11, 26, 18, tzinfo=UTC).timestamp()


class TestWithoutTheLibrary:
    def test_american_holidays_hold_by_rule(self, no_library: None) -> None:
        assert not US_STOCKS.trades_on(date(2026, 11, 26))
        session = US_STOCKS.session(date(2026, 11, 27), liquid=True)
        assert session is not None
        assert session.end == datetime(2026, 11, 27, 18, tzinfo=UTC).timestamp()

    def test_others_rest_at_weekends_only(self, no_library: None) -> None:
        assert date(2026, 5, 1) in trading_days("XETR", 2026).all
        assert date(2026, 5, 2) not in trading_days("XETR", 2026).all

    def test_a_gateway_that_keeps_hours_says_so(self, no_library: None) -> None:
        lines: list[str] = []
        sink = logger.add(lambda line: lines.append(str(line)), level="INFO", format="{message}")

        Gateway(Options(), NOW)
        silent = list(lines)
        Gateway(Options(always_open=False), NOW)

        logger.remove(sink)
        assert silent == []
        assert len(lines) == 1
        assert "pip install 'ibkr-actors[calendars]'" in lines[0]


def test_contract_details_name_holidays_and_short_days() -> None:
    desk = Desk()
    client = desk.connect()

    (details,) = only(ContractData, desk.ask(client, ContractDataRequest(apple(), request_id=1)))

    assert details.details.liquid_hours_text.split(";") == [
        "20261123:0930-20261123:1600",
        "20261124:0930-20261124:1600",
        "20261125:0930-20261125:1600",
        "20261126:CLOSED",
        "20261127:0930-20261127:1300",
        "20261128:CLOSED",
    ]
    assert "20261127:0400-20261127:1700" in details.details.trading_hours_text


class TestTheStart:
    @pytest.mark.parametrize("options", ["", "always_open=False"])
    def test_of_a_gateway_does_not_wait_for_the_library(self, options: str) -> None:
        program = (
            "import sys; from ibkr_actors.simulated_gateway import Gateway, Options; "
            f"Gateway(Options({options}), {NOW}); print(sorted({{'pandas', '{calendars.LIBRARY}'}} & set(sys.modules)))"
        )

        command = [sys.executable, "-c", program]
        ended = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # our own words

        assert ended.stdout == "[]\n"

    @pytest.mark.parametrize("year", [2026, 2027])
    def test_foretells_when_the_sessions_of_the_library_end(self, year: int) -> None:
        days = sorted(trading_days("XNYS", year).all)
        sessions = [session for day in days if (session := US_OPTIONS.session(day, liquid=True))]

        assert len(sessions) > 240
        assert [US_OPTIONS.foretold_end(session.day) for session in sessions] == [
            each.end for each in sessions
        ]
