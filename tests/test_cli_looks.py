"""A desk that is slow to answer is no desk that has ended."""

from __future__ import annotations

from ibkr_actors.cli.looks import Looks
from ibkr_actors.errors import DeskError
from tests.actors.conftest import log  # noqa: F401


def test_an_answer_that_is_late_is_logged_and_asked_for_again(log):  # noqa: F811
    answers = iter(["well", DeskError("the supervisor actor gave no answer"), "well again"])

    def ask():
        answer = next(answers)
        if isinstance(answer, DeskError):
            raise answer
        return answer

    looks = Looks(ask)
    assert looks.newest is None
    assert looks.look() == "well"
    assert looks.look() is None
    assert looks.newest == "well"
    (line,) = log.items
    assert line.startswith("WARNING")
    assert "gave no answer; it will be asked again" in line
    assert looks.look() == "well again"
