"""When a silent bridge is asked, and when it is given up. The clock is an argument."""

from __future__ import annotations

import math

import pytest

from ibkr_actors.base.liveness import Liveness, Verdict
from ibkr_actors.errors import InvalidRequest

NOTHING, ASK, GIVE_UP = Verdict.NOTHING, Verdict.ASK, Verdict.GIVE_UP


@pytest.fixture
def liveness() -> Liveness:
    begun = Liveness(30)
    begun.begin(100)
    begun.look(100, 5)
    return begun


def test_a_bridge_that_talks_is_left_alone(liveness: Liveness) -> None:
    assert [liveness.look(100 + number * 29, 5 + number) for number in range(1, 5)] == [NOTHING] * 4


def test_a_silent_one_is_asked_once_and_given_up_when_it_does_not_answer(liveness: Liveness) -> None:
    assert [liveness.look(moment, 5) for moment in (129, 130, 131, 139, 140)] == [
        NOTHING,
        ASK,
        NOTHING,
        NOTHING,
        GIVE_UP,
    ]


def test_an_answer_begins_a_new_silence(liveness: Liveness) -> None:
    assert [liveness.look(130, 5), liveness.look(131, 6), liveness.look(160, 6), liveness.look(161, 6)] == [
        ASK,
        NOTHING,
        NOTHING,
        ASK,
    ]


def test_who_was_asleep_itself_asks_before_it_gives_up(liveness: Liveness) -> None:
    assert [liveness.look(5000, 5), liveness.look(5001, 5), liveness.look(5010, 5)] == [ASK, NOTHING, GIVE_UP]


def test_watching_asks_and_then_gives_up_with_the_reason(liveness: Liveness) -> None:
    done: list[object] = []
    for moment in (129, 130, 139, 140):
        liveness.watch(moment, 5, ask=lambda: done.append("asked"), give_up=done.append)

    assert done[0] == "asked"
    assert [str(loss) for loss in done[1:]] == ["the bridge has not answered for 40 seconds"]


@pytest.mark.parametrize(("silence", "interval"), [(0.5, 0.05), (30, 3), (3600, 3), (math.inf, 3)])
def test_has_to_look_ten_times_in_a_silence_and_every_three_seconds_at_least(
    silence: float, interval: float
) -> None:
    assert Liveness(silence).interval == interval


def test_an_infinite_silence_asks_nobody() -> None:
    endless = Liveness(math.inf)
    endless.begin(0)

    assert [endless.look(moment, 5) for moment in (0, 1e6, 1e12)] == [NOTHING] * 3


@pytest.mark.parametrize("silence", [0, -1.0, math.nan, None, "30", True])
def test_a_silence_that_can_t_be_is_refused(silence: float) -> None:
    with pytest.raises(InvalidRequest, match=r"silence is a positive number of seconds, got"):
        Liveness(silence)
