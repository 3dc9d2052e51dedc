"""What to do with options that one owns."""

from __future__ import annotations

from ibkr_actors.wire.codes import Numbers


class ExerciseAction(Numbers):
    """`ExerciseOptionsRequest.exercise_action`."""

    EXERCISE = 1
    LAPSE = 2
    """Let them expire worthless."""
