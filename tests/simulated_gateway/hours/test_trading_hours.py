"""Sessions, holidays, and the bridge's own text for hours."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ibkr_actors.simulated_gateway.hours.holiday_rules import us_half_days, us_holidays
from ibkr_actors.simulated_gateway.hours.trading_hours import CURRENCIES, INDEX_FUTURES, US_OPTIONS, US_STOCKS


def moment(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()


SUNDAY_BEFORE_EASTER_MONDAY = moment(2026, 4, 5, 21, 49)


class TestHolidays:
    def test_the_stock_exchanges_keep_their_published_holidays_of_2026(self):
        assert sorted(f"{day:%m%d}" for day in us_holidays(2026)) == [
            *("0101", "0119", "0216", "0403", "0525"),
            *("0619", "0703", "0907", "1126", "1225"),
        ]

    def test_a_new_year_on_a_saturday_is_not_moved_into_the_old_year(self):
        assert US_STOCKS.trades_on(date(2021, 12, 31))

    def test_juneteenth_is_kept_since_2022(self):
        assert US_STOCKS.trades_on(date(2020, 6, 19))
        assert not US_STOCKS.trades_on(date(2024, 6, 19))

    def test_the_day_after_thanksgiving_ends_early(self):
        assert date(2026, 11, 27) in us_half_days(2026)
        session = US_STOCKS.session(date(2026, 11, 27), liquid=True)
        assert session is not None
        assert session.end == moment(2026, 11, 27, 18)

    def test_futures_trade_on_holidays_of_the_stock_exchanges(self):
        assert INDEX_FUTURES.trades_on(date(2026, 11, 26))
        assert not INDEX_FUTURES.trades_on(date(2026, 4, 3))


class TestText:
    """The exact forms recorded from a real gateway on the Sunday evening of 5 April 2026."""

    def test_a_closed_day_is_said_to_be_closed(self):
        assert US_STOCKS.text(SUNDAY_BEFORE_EASTER_MONDAY).startswith(
            "20260405:CLOSED;20260406:0400-20260406:2000;"
        )
        assert US_STOCKS.text(SUNDAY_BEFORE_EASTER_MONDAY, liquid=True).startswith(
            "20260405:CLOSED;20260406:0930-20260406:1600;"
        )

    def test_a_session_that_opens_on_sunday_evening_leaves_that_sunday_empty(self):
        assert INDEX_FUTURES.text(SUNDAY_BEFORE_EASTER_MONDAY).startswith(";20260405:1700-20260406:1600;")
        assert INDEX_FUTURES.text(SUNDAY_BEFORE_EASTER_MONDAY, liquid=True).startswith(
            "20260405:CLOSED;20260406:0830-20260406:1600;"
        )

    def test_six_days_are_listed(self):
        assert len(US_STOCKS.text(SUNDAY_BEFORE_EASTER_MONDAY).split(";")) == 6


class TestSessions:
    def test_hours_follow_daylight_saving(self):
        winter, summer = (US_OPTIONS.session(date(2026, month, 5)) for month in (1, 6))
        assert winter is not None
        assert summer is not None
        assert winter.start == moment(2026, 1, 5, 14, 30)
        assert summer.start == moment(2026, 6, 5, 13, 30)

    def test_the_latest_session_is_the_one_that_runs(self):
        assert CURRENCIES.latest(moment(2026, 11, 22, 23)).day == date(2026, 11, 23)

    def test_on_a_weekend_the_latest_session_is_fridays(self):
        saturday = moment(2026, 11, 21, 12)
        assert US_STOCKS.latest(saturday).day == date(2026, 11, 20)
        assert not US_STOCKS.is_open(saturday)

    @pytest.mark.parametrize(
        ("now", "opening"),
        [
            (moment(2026, 11, 21, 12), moment(2026, 11, 23, 9)),  # Saturday to Monday 04:00 in New York
            (moment(2026, 11, 26, 12), moment(2026, 11, 27, 9)),  # Thanksgiving
            (moment(2026, 11, 23, 15), moment(2026, 11, 23, 15)),  # open already
        ],
    )
    def test_the_next_opening_skips_days_without_trading(self, now, opening):
        assert US_STOCKS.next_opening(now) == opening
