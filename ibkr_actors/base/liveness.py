"""Whether the other end of a connection is still there, when nothing comes from it. No clock: `now` is an argument."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final

from ibkr_actors.base.messages.connection import CurrentTimeRequest
from ibkr_actors.errors import ConnectionLost, InvalidRequest

SILENCE: Final = 30.0
"""Seconds without a word after which the other end is asked for one."""
PATIENCE: Final = 1 / 3
"""How long an answer may take, as a part of that silence."""
LOOKS: Final = 10
"""How often to look in the time of one silence."""
QUESTION: Final = CurrentTimeRequest()
"""What a silent bridge is asked: it answers at once. Always this very object, so that whoever keeps what users ask can
tell it apart."""


class Verdict(Enum):
    """What is to be done."""

    NOTHING = "nothing"
    ASK = "ask"
    """Ask for something that is answered at once."""
    GIVE_UP = "give up"
    """It was asked, and did not answer: the connection is half open."""


class Liveness:
    """Watches how much was heard, with a number that grows with all that is heard.

    `watch` (or `look`) has to be called often: every `interval` seconds, or a silence is noticed so much later.
    """

    def __init__(self, silence: float = SILENCE) -> None:
        """Raises InvalidRequest for a silence that is no positive number; infinity asks nobody, ever."""
        if not isinstance(silence, int | float) or isinstance(silence, bool) or not silence > 0:
            raise InvalidRequest(f"silence is a positive number of seconds, got {silence!r}")
        self._silence = silence
        self._heard = -1
        self._since = 0.0
        self._has_asked = False

    @property
    def limit(self) -> float:
        """Seconds of silence after which the other end counts as gone."""
        return self._silence * (1 + PATIENCE)

    @property
    def interval(self) -> float:
        """Seconds between two looks: a tenth of the silence, and 3 seconds at most."""
        return min(self._silence, SILENCE) / LOOKS

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

    def watch(
        self,
        now: float,
        heard: int,
        *,
        ask: Callable[[], object],
        give_up: Callable[[ConnectionLost], object],
    ) -> None:
        """Look, and do what is to be done: `ask` the other end (`QUESTION`), or `give_up` with the reason."""
        match self.look(now, heard):
            case Verdict.ASK:
                ask()
            case Verdict.GIVE_UP:
                give_up(ConnectionLost(f"the bridge has not answered for {self.limit:g} seconds"))
            case Verdict.NOTHING:
                pass
