"""Times that the bridge spells as texts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from ibkr_actors.classes.execution import Execution
from ibkr_actors.classes.moment import day, moment, moment_of_news, moment_or_epoch
from ibkr_actors.classes.orders.order_state import OrderState


@pytest.mark.parametrize(
    "text", ["20261123-14:30:00", "20261123 09:30:00 US/Eastern", "20261123  15:30:00 CET"]
)
def test_both_spellings_of_a_time_are_the_same_moment(text: str) -> None:
    assert moment(text) == datetime(2026, 11, 23, 14, 30, tzinfo=UTC)


def test_a_time_keeps_the_zone_in_which_it_was_told() -> None:
    told = moment("20261123 09:30:00 US/Eastern")

    assert told is not None
    assert told.tzinfo == ZoneInfo("US/Eastern")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "20261123",
        "20261123 09:30:00",
        "20261123 09:30:00 Central European Standard Time",
        "20261399-1:2",
    ],
)
def test_a_text_that_leaves_the_moment_open_is_none(text: str) -> None:
    assert moment(text) is None


def test_an_execution_and_a_completed_order_say_when_they_were() -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)

    assert Execution(time="20261123-12:00:00").at == noon
    assert OrderState(completed_time="20261123 07:00:00 US/Eastern").completed_at == noon
    assert OrderState().completed_at is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("20261123", date(2026, 11, 23)),
        ("20261123 09:30:00 US/Eastern", date(2026, 11, 23)),
        ("20261123-14:30:00", date(2026, 11, 23)),
        ("202611", None),
        ("", None),
        ("20261399", None),
        ("1795442400", None),
        (date(2026, 11, 23), date(2026, 11, 23)),
    ],
)
def test_the_day_is_what_a_text_begins_with(text: str | date, told: date | None) -> None:
    assert day(text) == told


def test_epoch_seconds_are_told_from_days_by_their_length() -> None:
    assert moment_or_epoch("20261123") is None
    assert moment_or_epoch("1795435200") == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert moment_or_epoch("-1") == datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert moment_or_epoch("9" * 40) is None


def test_the_time_of_a_headline_is_taken_for_utc() -> None:
    assert moment_of_news("2026-11-23 12:00:00.0") == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert moment_of_news("soon") is None


def test_a_time_that_was_set_as_one_is_itself() -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)

    assert moment(noon) is noon
    assert moment(noon.replace(tzinfo=None)) is None
    assert moment(noon.date()) is None
