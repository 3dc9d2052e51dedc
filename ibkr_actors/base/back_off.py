"""How long to wait before trying again."""

from __future__ import annotations

import random
from typing import Final

FIRST_DELAY: Final = 0.25
LONGEST_DELAY: Final = 30.0


class BackOff:
    """How long to wait before the next attempt: doubling, with jitter, so that many clients do not come at once."""

    def __init__(
        self, first: float = FIRST_DELAY, longest: float = LONGEST_DELAY, seed: int | None = None
    ) -> None:
        self._first, self._longest = first, longest
        self._random = random.Random(seed)  # noqa: S311  # jitter needs no secrecy
        self._attempts = 0

    def next(self) -> float:
        """Seconds to wait now."""
        delay = min(self._longest, self._first * 2.0**self._attempts)
        self._attempts += 1
        return delay * self._random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """The attempt succeeded."""
        self._attempts = 0
