"""What is missing is told from the hours of trading, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ibkr_actors.base.bar_periods import moment
from ibkr_actors.base.history_gaps import gaps_among, in_seconds
from ibkr_actors.classes.contracts.trading_hours import Session
from ibkr_actors.classes.enum.bar_size import BarSize
from ibkr_actors.classes.historical_session import HistoricalSession
from ibkr_actors.classes.history import Gap
from ibkr_actors.errors import InvalidRequest
from tests.base.historical_service import at

MONDAY = HistoricalSession("20261123-09:30:00", "20261123-16:00:00", "20261123", "US/Eastern")
TUESDAY = HistoricalSession("20261124-09:30:00", "20261124-16:00:00", "20261124", "US/Eastern")
START, END = at("2026-11-23 00:00"), at("2026-11-25 00:00")
HOURS = [at(f"2026-11-23 {hour}") for hour in ("14:30", "15:00", "16:00", "17:00", "18:00", "19:00", "20:00")]


def test_a_session_with_all_its_bars_has_no_gap():
    """The first bar of an hour is a short one, for bars keep to the clock."""
    assert gaps_among(HOURS, BarSize.ONE_HOUR, [MONDAY], START, END) == ()


def test_missing_bars_that_follow_each_other_are_one_gap():
    there = [HOURS[0], *HOURS[3:]]

    gaps = gaps_among(there, BarSize.ONE_HOUR, [MONDAY], START, END)

    assert gaps == (Gap(moment(HOURS[1]), moment(HOURS[3]), 2),)


def test_a_gap_goes_on_over_the_night():
    gaps = gaps_among(HOURS[:5], BarSize.ONE_HOUR, [TUESDAY, MONDAY], START, END)

    assert gaps == (Gap(moment(HOURS[5]), moment(at("2026-11-24 21:00")), 9),)


def test_a_day_without_its_bar_is_a_gap():
    gaps = gaps_among([at("2026-11-23 00:00")], BarSize.ONE_DAY, [MONDAY, TUESDAY], START, END)

    assert gaps == (Gap(moment(at("2026-11-24 00:00")), moment(at("2026-11-25 00:00")), 1),)


@pytest.mark.parametrize(("hour", "missing"), [("10:00", 0), ("15:00", 1)])
def test_a_day_whose_session_has_not_begun_is_no_gap(hour, missing):
    assert len(gaps_among([], BarSize.ONE_DAY, [MONDAY], START, at(f"2026-11-23 {hour}"))) == missing


def test_what_lies_outside_of_the_span_is_no_gap():
    assert gaps_among([], BarSize.ONE_HOUR, [MONDAY], START, HOURS[0]) == ()


def test_sessions_are_taken_as_pairs_of_times_and_from_trading_hours_too():
    pair = (
        datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("US/Eastern")),
        datetime(2026, 11, 23, 21, tzinfo=UTC),
    )

    for session in (pair, Session(*pair)):
        assert gaps_among(HOURS[1:], BarSize.ONE_HOUR, [session], START, END)[0].bars == 1


def test_a_session_without_a_zone_is_refused():
    with pytest.raises(InvalidRequest, match="tells no times with a time zone"):
        gaps_among([], BarSize.ONE_HOUR, [(datetime(2026, 11, 23), datetime(2026, 11, 24))], START, END)  # noqa: DTZ001  # what is refused


def test_sessions_that_overlap_expect_each_bar_once():
    """As extended and regular hours do."""
    extended = (datetime(2026, 11, 23, 9, tzinfo=UTC), datetime(2026, 11, 24, 1, tzinfo=UTC))

    for sessions in ([extended, MONDAY], [MONDAY, extended]):
        assert gaps_among([], BarSize.ONE_HOUR, sessions, START, END) == (
            Gap(moment(at("2026-11-23 09:00")), moment(at("2026-11-24 01:00")), 16),
        )
        assert in_seconds(sessions) == [(at("2026-11-23 09:00"), at("2026-11-24 01:00"))]


def test_sessions_that_follow_each_other_at_once_keep_their_first_bars():
    halves = [
        (MONDAY.starts_at, moment(at("2026-11-23 17:30"))),
        (moment(at("2026-11-23 17:30")), MONDAY.ends_at),
    ]

    assert gaps_among([], BarSize.ONE_HOUR, halves, START, END)[0].bars == 8


def test_a_session_that_ends_before_it_begins_is_refused():
    with pytest.raises(InvalidRequest, match="ends before it begins"):
        in_seconds([(MONDAY.ends_at, MONDAY.starts_at)])
