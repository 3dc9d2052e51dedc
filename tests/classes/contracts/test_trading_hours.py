"""Trading hours: the bridge's text as sessions, and what is known of other times."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from ibkr_actors.classes.contracts.trading_hours import TradingHours
from ibkr_actors.classes.time_zones import time_zone
from ibkr_actors.errors import InvalidRequest, RemoteProtocolError

NEW_YORK = ZoneInfo("America/New_York")
STOCK = TradingHours.read(
    "20260405:CLOSED;20260406:0400-20260406:2000;20260407:0400-20260407:2000;20260408:CLOSED", "US/Eastern"
)
FUTURE = TradingHours.read(
    ";20260405:1700-20260406:1600;20260406:1700-20260407:1600;20260407:1700-20260408:1600", "US/Central"
)
"""As recorded: nothing is said of the Sunday on whose evening Monday's session starts."""


def at(day: int, hour: int, minute: int = 0, zone: ZoneInfo = NEW_YORK) -> datetime:
    """A time in April 2026."""
    return datetime(2026, 4, day, hour, minute, tzinfo=zone)


class TestSessions:
    def test_are_aware_times_on_the_clock_of_the_exchange(self) -> None:
        first = STOCK.sessions[0]

        assert (first.start, first.end) == (at(6, 4), at(6, 20))
        assert str(first) == "2026-04-06 04:00 to 2026-04-06 20:00 EDT"
        assert first.start.astimezone(UTC).hour == 8

    def test_of_a_future_start_on_the_evening_before(self) -> None:
        (monday,) = FUTURE.on(date(2026, 4, 6))

        assert monday.start == at(5, 17, zone=ZoneInfo("US/Central"))

    @pytest.mark.parametrize(
        "text",
        [
            "20260406:0900-1130,1230-1500",
            "20260406:0900-20260406:1130,20260406:1230-20260406:1500",
            "20260406:0900-20260406:1130;20260406:1230-20260406:1500;",
            "20260406:0900-1130;20260406:1230-1500",
        ],
    )
    def test_with_a_break_are_two_in_every_form_of_the_text(self, text: str) -> None:
        hours = TradingHours.read(text, "Japan")

        assert [(each.start.hour, each.end.hour) for each in hours.on(date(2026, 4, 6))] == [
            (9, 11),
            (12, 15),
        ]
        assert not hours.is_open(at(6, 12, zone=ZoneInfo("Japan")))

    def test_may_last_until_the_end_of_the_day(self) -> None:
        hours = TradingHours.read("20260406:0000-2400", "UTC")

        assert hours.sessions[0].end == datetime(2026, 4, 7, tzinfo=UTC)

    def test_keep_to_the_clock_when_it_changes(self) -> None:
        """In New York the clocks go forward on the 8th of March 2026."""
        hours = TradingHours.read("20260306:0930-20260306:1600;20260309:0930-20260309:1600", "US/Eastern")

        assert [each.start.astimezone(UTC).hour for each in hours.sessions] == [14, 13]

    def test_of_the_hour_that_the_clocks_strike_twice_are_told_apart(self) -> None:
        hours = TradingHours.read("20261101:0000-20261101:0130;20261102:0930-20261102:1600", "US/Eastern")
        first, second = (datetime(2026, 11, 1, 1, 15, tzinfo=NEW_YORK, fold=fold) for fold in (0, 1))

        assert (hours.is_open(first), hours.is_open(second)) == (True, False)


class TestIsOpen:
    @pytest.mark.parametrize(
        ("moment", "is_open"),
        [
            (at(5, 12), False),
            (at(6, 3, 59), False),
            (at(6, 4), True),
            (at(6, 19, 59), True),
            (at(6, 20), False),
            (datetime(2026, 4, 6, 8, tzinfo=UTC), True),
            (datetime(2026, 4, 6, 7, 59, tzinfo=UTC), False),
        ],
        ids=str,
    )
    def test_from_the_start_until_before_the_end(self, moment: datetime, is_open: bool) -> None:
        assert STOCK.is_open(moment) is is_open

    @pytest.mark.parametrize("moment", [at(4, 23, 59), at(9, 0), datetime(2020, 1, 1, tzinfo=UTC)], ids=str)
    def test_is_not_guessed_for_days_of_which_nothing_is_told(self, moment: datetime) -> None:
        with pytest.raises(InvalidRequest, match=r"say nothing about .* request the details again"):
            STOCK.is_open(moment)

    def test_is_not_guessed_before_the_first_session_of_a_future(self) -> None:
        with pytest.raises(InvalidRequest, match="say nothing"):
            FUTURE.is_open(at(5, 12))

    def test_is_not_asked_of_a_time_without_a_zone(self) -> None:
        with pytest.raises(InvalidRequest, match=r"no time with a zone; datetime.now\(UTC\) is one"):
            STOCK.is_open(datetime(2026, 4, 6, 12))  # noqa: DTZ001

    def test_has_no_answer_without_hours(self) -> None:
        nothing = TradingHours.read("", "")

        assert nothing.sessions == ()
        with pytest.raises(InvalidRequest, match="The details came without hours"):
            nothing.is_open(at(6, 12))


class TestWhatComesNext:
    @pytest.mark.parametrize(
        ("moment", "opens", "closes"),
        [
            (at(5, 12), at(6, 4), at(6, 20)),
            (at(6, 12), at(7, 4), at(6, 20)),
            (at(6, 4), at(7, 4), at(6, 20)),
            (at(6, 21), at(7, 4), at(7, 20)),
            (at(7, 21), None, None),
        ],
    )
    def test_is_the_next_start_and_the_next_end(
        self, moment: datetime, opens: datetime | None, closes: datetime | None
    ) -> None:
        assert (STOCK.next_open(moment), STOCK.next_close(moment)) == (opens, closes)

    def test_a_session_that_another_follows_at_once_closes_nothing(self) -> None:
        hours = TradingHours.read("20260406:0400-0930,0930-1600;20260407:0400-1600", "US/Eastern")

        assert hours.next_close(at(6, 5)) == at(6, 16)

    def test_a_closed_day_has_no_session_and_an_untold_one_is_refused(self) -> None:
        assert STOCK.on(date(2026, 4, 5)) == ()
        with pytest.raises(InvalidRequest, match="say nothing about 2026-04-11"):
            STOCK.on(date(2026, 4, 11))


class TestUnreadableHours:
    @pytest.mark.parametrize(
        "text",
        [
            "soon",
            "20260406",
            "20260406:0930",
            "20260406:0930-20260406:2560",
            "20261306:0930-1600",
            "20260406:1600-0930",
            "20260406:1700-20260406:1600",
            "0930-1600",
        ],
    )
    def test_are_an_error_and_no_guess(self, text: str) -> None:
        with pytest.raises(RemoteProtocolError, match="trading hours"):
            TradingHours.read(text, "US/Eastern")

    @pytest.mark.parametrize("zone", ["", "Mars/Olympus", "CST", "../etc/passwd"])
    def test_of_an_unknown_zone_are_an_error_that_names_it(self, zone: str) -> None:
        with pytest.raises(RemoteProtocolError, match="is no known time zone"):
            TradingHours.read("20260406:0930-1600", zone)


class TestTimeZones:
    @pytest.mark.parametrize(
        ("name", "hours_in_july"),
        [
            ("US/Eastern", -4),
            ("EST5EDT", -4),
            ("EST", -4),
            ("EST (Eastern Standard Time)", -4),
            ("Eastern Standard Time", -4),
            ("US/Central", -5),
            ("CST (Central Standard Time)", -5),
            ("CST (China Standard Time)", 8),
            ("Central European Standard Time", 2),
            ("W. Europe Standard Time", 2),
            ("MET", 2),
            ("MET (Middle Europe Time)", 2),
            ("GB-Eire", 1),
            ("GMT Standard Time", 1),
            ("JST (Japan Standard Time)", 9),
            ("Hongkong", 8),
            ("Asia/Calcutta", 5.5),
            ("AUS Eastern Standard Time", 10),
            (" utc ", 0),
        ],
    )
    def test_have_the_names_that_bridges_give_them(self, name: str, hours_in_july: float) -> None:
        offset = datetime(2026, 7, 1, tzinfo=time_zone(name)).utcoffset()

        assert offset is not None
        assert offset.total_seconds() == hours_in_july * 3600

    @pytest.mark.parametrize("name", ["", "CST", "IST", "Nowhere Standard Time", "/etc/localtime"])
    def test_of_no_or_several_meanings_are_none(self, name: str) -> None:
        assert time_zone(name) is None
