"""Times that the bridge spells as texts."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ibkr_actors.classes.execution import Execution
from ibkr_actors.classes.moment import moment
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
