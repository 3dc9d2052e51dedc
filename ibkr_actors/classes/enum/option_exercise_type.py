"""How an option came to its end."""

from __future__ import annotations

from ibkr_actors.wire.codes import Numbers


class OptionExerciseType(Numbers):
    """`Execution.option_exercise_or_lapse_type`."""

    NONE = -1
    EXERCISE = 1
    LAPSE = 2
    DO_NOTHING = 3
    ASSIGNED = 100
    AUTOMATIC_EXERCISE_CLEARING = 101
    """Exercised by the clearing house, for it is in the money."""
    EXPIRED = 102
    NETTING = 103
    AUTOMATIC_EXERCISE_TRADING = 200
    """Exercised by the broker, for it is in the money."""
