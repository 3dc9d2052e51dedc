"""When a silent bridge is asked, and when it is given up. The clock is an argument."""

from __future__ import annotations

import pytest

from ibkr_actors.base.liveness import Liveness, Verdict

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
