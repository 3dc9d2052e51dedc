"""The first moment of history and schedules: their times, and what they answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from ibkr_actors.base.messages.history import HistoricalDataEnd, HistoricalDataRequest
from ibkr_actors.base.messages.history_queries import HeadTimestamp, HistoricalSchedule
from ibkr_actors.classes.historical_session import HistoricalSession

SCHEDULE = HistoricalSchedule(
    4,
    "20260312-09:30:00",
    "20260410-16:00:00",
    "US/Eastern",
    (HistoricalSession("20260312-09:30:00", "20260312-16:00:00", "20260312"),),
)


class TestTheFirstMoment:
    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("19801212-14:30:00", datetime(1980, 12, 12, 14, 30, tzinfo=UTC)),
            ("345479400", datetime(1980, 12, 12, 14, 30, tzinfo=UTC)),
            ("-86400", datetime(1969, 12, 31, tzinfo=UTC)),
        ],
    )
    def test_is_an_aware_time_in_either_form(self, text, moment):
        assert HeadTimestamp(1, text).at == moment

    def test_of_neither_form_is_none(self):
        assert HeadTimestamp(1, "soon").at is None


class TestASchedule:
    def test_gives_its_zone_to_its_sessions(self):
        assert SCHEDULE.sessions[0].starts_at == datetime(2026, 3, 12, 13, 30, tzinfo=UTC)

    def test_gives_it_to_those_of_a_copy_too(self):
        moved = replace(SCHEDULE, time_zone="MET")

        assert moved.sessions[0].starts_at == datetime(2026, 3, 12, 8, 30, tzinfo=UTC)

    def test_has_aware_times_itself(self):
        assert SCHEDULE.starts_at == SCHEDULE.sessions[0].starts_at
        assert SCHEDULE.ends_at == datetime(2026, 4, 10, 20, 0, tzinfo=UTC)

    def test_is_the_whole_answer_to_a_request_that_shows_it(self):
        request = HistoricalDataRequest(what_to_show="SCHEDULE")

        assert request.facts.replies.closes(request, SCHEDULE)
        assert not request.facts.replies.keeps_on(request)

    def test_takes_nothing_from_the_end_of_bars(self):
        request = HistoricalDataRequest(what_to_show="TRADES")

        assert request.facts.replies.closes(request, HistoricalDataEnd())
