"""A trading session of the past knows its times in the zone of its schedule."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ibkr_actors.classes.historical_session import HistoricalSession, time_of_schedule

SUMMER = HistoricalSession("20260312-09:30:00", "20260312-16:00:00", "20260312", "US/Eastern")
OVERNIGHT = HistoricalSession("20260111-17:00:00", "20260112-16:00:00", "20260112", "US/Central")


class TestASession:
    def test_starts_and_ends_at_aware_times(self):
        assert SUMMER.starts_at == datetime(2026, 3, 12, 13, 30, tzinfo=UTC)
        assert SUMMER.ends_at == datetime(2026, 3, 12, 20, 0, tzinfo=UTC)

    def test_has_the_times_of_its_own_season(self):
        assert OVERNIGHT.starts_at == datetime(2026, 1, 11, 23, 0, tzinfo=UTC)

    def test_belongs_to_a_day_that_need_not_be_that_of_its_start(self):
        assert OVERNIGHT.day == date(2026, 1, 12)
        assert OVERNIGHT.starts_at.date() == date(2026, 1, 11)

    def test_is_read_by_name_too(self):
        assert SUMMER["reference_date"] == "20260312"

    def test_has_no_day_where_its_text_is_none(self):
        assert HistoricalSession().day is None


class TestATimeOfASchedule:
    @pytest.mark.parametrize(
        ("text", "zone"),
        [
            ("20260312 09:30:00", "US/Eastern"),
            ("20260312-09:30:00", "US/Nowhere"),
            ("20260312-09:30:00", ""),
            ("", "US/Eastern"),
        ],
    )
    def test_is_none_where_form_or_zone_is_unknown(self, text, zone):
        assert time_of_schedule(text, zone) is None
