"""How much time has passed, for what may be too old after it."""

from __future__ import annotations

import time
from typing import Final

# The usual monotonic clock stands still on Linux and macOS while the machine sleeps; these do not.
_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def elapsed() -> float:
    """Seconds since some moment, with those in which the machine slept. Never goes back."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)
