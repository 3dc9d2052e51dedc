"""How long a letter was on its way, though the clocks of two machines differ."""

from __future__ import annotations

from collections import deque
from typing import Final

LETTERS: Final = 120
"""Letters that are looked at; more than a minute's, of an actor that says once a second that it lives."""


class SenderClock:
    """The clock of one sender, beside ours.

    The fastest of its latest letters tells how far the clocks are apart (with that letter's own way, which is short).
    What a letter needs beyond that, it has waited. So no two machines need the same time.
    """

    def __init__(self) -> None:
        self._differences: deque[float] = deque(maxlen=LETTERS)

    def waited(self, sent_at: float, received_at: float) -> float:
        """Seconds that a letter has waited on its way, beyond those of the fastest; and it counts from now on."""
        self._differences.append(received_at - sent_at)
        return self._differences[-1] - min(self._differences)
