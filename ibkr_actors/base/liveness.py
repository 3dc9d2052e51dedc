"""Whether the other end of a connection is still there, when nothing comes from it. No clock: `now` is an argument."""

from __future__ import annotations

from enum import Enum
from typing import Final

SILENCE: Final = 30.0
"""Seconds without a word after which the other end is asked for one."""
PATIENCE: Final = 1 / 3
"""How long an answer may take, as a part of that silence."""


class Verdict(Enum):
    """What is to be done."""

    NOTHING = "nothing"
    ASK = "ask"
    """Ask for something that is answered at once."""
    GIVE_UP = "give up"
    """It was asked, and did not answer: the connection is half open."""


class Liveness:
    """Watches how much was heard. `look` has to be called often, with a number that grows with all that is heard."""

    def __init__(self, silence: float = SILENCE) -> None:
        self._silence = silence
        self._heard = -1
        self._since = 0.0
        self._has_asked = False

    @property
    def limit(self) -> float:
        """Seconds of silence after which the other end counts as gone."""
        return self._silence * (1 + PATIENCE)

    def begin(self, now: float) -> None:
        """A new connection."""
        self._heard, self._since, self._has_asked = -1, now, False

    def look(self, now: float, heard: int) -> Verdict:
        """What is to be done now; to ask is said once for each silence."""
        if heard != self._heard:
            self._heard, self._since, self._has_asked = heard, now, False
        silent = now - self._since
        if silent >= self.limit and self._has_asked:
            return Verdict.GIVE_UP
        if silent >= self._silence and not self._has_asked:
            self._has_asked = True
            # Whoever was held up itself (a suspended machine) gives the other end its time all the same.
            self._since = now - self._silence
            return Verdict.ASK
        return Verdict.NOTHING
