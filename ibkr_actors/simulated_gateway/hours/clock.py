"""What time it is for the simulated gateway: the machine's time, a faster one, or one that a test moves by hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from math import isfinite
from typing import Final, Protocol

from loguru import logger

from ibkr_actors.simulated_gateway.hours.market_time import EASTERN

RESOLUTION: Final = 1.0
"""Simulated seconds that the gateway never skips: time that goes faster, or in longer steps, goes in such pieces."""
MOST_PIECES: Final = 32
"""Pieces of time between two looks at the sockets."""
FASTEST: Final = 100_000.0
"""How many times as fast as real a clock runs at most: a year in five minutes."""
YEARS: Final = range(1900, 2200)
"""In which a clock may begin."""
NOTICEABLE_DELAY: Final = 5.0
"""Real seconds by which a gateway may be late before that is said."""


class Clock(Protocol):
    """Tells a time that never goes back, in epoch seconds."""

    def now(self) -> float:
        """The time."""

    def seconds_until(self, moment: float) -> float | None:
        """Real seconds until it is that time; None when it does not come by itself."""


class RunningClock:
    """Time that runs by itself, from now or from another start, at the usual speed or `speed` times as fast.

    Changes of the machine's own clock don't matter to it. Raises ValueError for a speed that is not above zero or above
    `FASTEST`, and for a start outside of `YEARS`.
    """

    def __init__(
        self,
        start: datetime | None = None,
        speed: float = 1.0,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if not 0 < speed <= FASTEST:
            raise ValueError(
                f"a clock's speed has to be a number above zero, {FASTEST:g} at most, not {speed:g}"
            )
        self.speed = speed
        self._start = _beginning(start)
        self._monotonic = monotonic
        self._begun = monotonic()

    def now(self) -> float:
        """See `Clock`."""
        return self._start + (self._monotonic() - self._begun) * self.speed

    def seconds_until(self, moment: float) -> float:
        """See `Clock`."""
        return max(0.0, moment - self.now()) / self.speed


class SteppedClock:
    """Time that stands still until `Server.step` moves it. Raises ValueError for a start outside of `YEARS`."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = _beginning(start)

    def now(self) -> float:
        """See `Clock`."""
        return self._now

    def seconds_until(self, moment: float) -> float | None:
        """See `Clock`."""
        return 0.0 if moment <= self._now else None

    def move(self, seconds: float) -> None:
        """Let so many seconds pass. For the server, which then does what has become due.

        Raises ValueError for a step back.
        """
        if not (seconds >= 0 and isfinite(seconds)):
            raise ValueError(f"time can't be moved by {seconds} seconds: expected a number, zero or above")
        self._now += seconds


def epoch_of(moment: datetime) -> float:
    """Epoch seconds; a time without a zone is New York's."""
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=EASTERN)).timestamp()


def check_beginning(start: datetime) -> None:
    """Raises ValueError for a time at which no clock may begin."""
    if start.year not in YEARS:
        raise ValueError(f"expected a time in the years {YEARS[0]} to {YEARS[-1]}, got {start.year:04d}")


def _beginning(start: datetime | None) -> float:
    if start is None:
        return time.time()
    check_beginning(start)
    return epoch_of(start)


class Timeline:
    """The moments that a gateway is brought to, as its clock goes.

    Responsible for: going on every `tick` real seconds, in pieces of at most `resolution` simulated seconds, so that
    nothing is skipped however fast the clock runs; a time for requests that never is behind a moment told before.
    A gateway that can't keep up with its clock is late, and says so once.
    """

    def __init__(self, clock: Clock, tick: float, resolution: float = RESOLUTION) -> None:
        if not (tick > 0 and resolution > 0):
            raise ValueError(f"tick and resolution have to be above zero, not {tick} and {resolution}")
        self.clock = clock
        self._speed = clock.speed if isinstance(clock, RunningClock) else 1.0
        self._tick = tick * self._speed
        self._resolution = resolution
        self._reached = self._told = self._target = clock.now()
        self._has_complained = False

    def now(self) -> float:
        """The time at which a request is served."""
        self._told = max(self._told, min(self.clock.now(), self._reached + self._resolution))
        return self._told

    def wait(self) -> float | None:
        """Real seconds until there is a next moment; None when time does not run by itself."""
        if self._reached < self._target:
            return 0.0
        return self.clock.seconds_until(self._reached + self._tick)

    def due(self, most: int | None = MOST_PIECES) -> Iterator[float]:
        """The moments that have come, at most so many of them; each has to be used before the next is asked for."""
        target = self.clock.now()
        # A clock that stands still counts any distance, one that runs counts whole ticks.
        if most is not None and self._target <= self._reached and target < self._reached + self._tick:
            return
        self._target = target
        self._complain_if_late(target)
        pieces = 0
        while self._reached < target and (most is None or pieces < most):
            self._reached = min(target, self._reached + self._resolution)
            self._told = max(self._told, self._reached)
            pieces += 1
            yield self._reached

    def _complain_if_late(self, target: float) -> None:
        late = (target - self._reached - self._tick) / self._speed
        if late > NOTICEABLE_DELAY and not self._has_complained and isinstance(self.clock, RunningClock):
            self._has_complained = True
            logger.warning(
                "the gateway can't follow a clock of speed {:g}: it is {:.0f} seconds late", self._speed, late
            )
