"""The Dow: its members now, and on any day since 2018."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.stocks.dow30 import CHANGES, Dow30
from ibkr_actors.errors import InvalidRequest


class TestMembers:
    def test_there_are_thirty_each_a_stock(self) -> None:
        stocks = Dow30().stocks()

        assert len({stock.symbol for stock in stocks}) == 30
        assert all(stock == Stock(stock.symbol) for stock in stocks)

    def test_symbols_and_stocks_come_in_the_same_order(self) -> None:
        assert [stock.symbol for stock in Dow30().stocks()] == Dow30().symbols() == sorted(Dow30().symbols())

    def test_stocks_are_new_each_time_for_users_change_them(self) -> None:
        dow = Dow30()
        dow.stocks()[0].exchange = "NYSE"

        assert dow.stocks()[0].exchange == "SMART"

    def test_an_index_is_a_collection_of_stocks(self) -> None:
        assert list(Dow30()) == Dow30().stocks()
        assert Stock("IBM") in Dow30()
        assert "IBM" in Dow30()
        assert Stock("TSLA") not in Dow30()

    @pytest.mark.parametrize("day", ["2020-01-02", datetime(2020, 1, 2, tzinfo=UTC)])
    def test_it_is_that_of_a_day_and_of_nothing_else(self, day: Any) -> None:
        with pytest.raises(InvalidRequest, match="the Dow is that of a day, such as"):
            Dow30().as_of(day)


class TestByName:
    def test_a_member_is_an_attribute_that_makes_its_stock(self) -> None:
        assert Dow30().IBM() == Stock("IBM")

    @pytest.mark.parametrize("symbol", ["XOM", "GE", "WBA", "INTC", "DOW", "DWDP", "UTX", "VZ"])
    def test_a_former_member_stays_reachable(self, symbol: str) -> None:
        assert symbol not in Dow30().symbols()
        assert getattr(Dow30(), symbol)() == Stock(symbol)

    def test_a_stock_that_never_was_a_member_is_no_attribute(self) -> None:
        with pytest.raises(AttributeError, match="TSLA was no member of the Dow since 2018"):
            Dow30().TSLA()

    def test_completion_offers_the_members(self) -> None:
        assert {"AAPL", "XOM", "stocks"} <= set(dir(Dow30()))


class TestMembershipByDay:
    @pytest.mark.parametrize(
        ("changed", "left", "joined"),
        [
            (date(2018, 6, 26), {"GE"}, {"WBA"}),
            (date(2019, 4, 2), {"DWDP"}, {"DOW"}),
            (date(2020, 4, 6), {"UTX"}, {"RTX"}),
            (date(2020, 8, 31), {"XOM", "PFE", "RTX"}, {"CRM", "AMGN", "HON"}),
            (date(2024, 2, 26), {"WBA"}, {"AMZN"}),
            (date(2024, 11, 8), {"INTC", "DOW"}, {"NVDA", "SHW"}),
            (date(2026, 6, 29), {"VZ"}, {"GOOGL"}),
        ],
    )
    def test_a_change_holds_from_its_day_on(self, changed: date, left: set[str], joined: set[str]) -> None:
        before = set(Dow30().as_of(date.fromordinal(changed.toordinal() - 1)).symbols())
        after = set(Dow30().as_of(changed).symbols())

        assert (before - after, after - before) == (left, joined)

    @pytest.mark.parametrize("day", [date(2018, 1, 1), *(change.day for change in CHANGES)])
    def test_there_were_thirty_on_any_day(self, day: date) -> None:
        assert len(Dow30(day).symbols()) == 30

    def test_without_a_day_it_is_the_last_one_known(self) -> None:
        assert Dow30().symbols() == Dow30().as_of(CHANGES[0].day).symbols()

    def test_a_day_before_2018_is_refused(self) -> None:
        with pytest.raises(ValueError, match="known here since 2018-01-01, not on 2017-12-31"):
            Dow30().as_of(date(2017, 12, 31))
