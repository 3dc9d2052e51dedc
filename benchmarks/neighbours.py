"""How much of the machine other programs used meanwhile. Linux only.

A run on a busy machine says little: two cores are often two halves of one, and a neighbour at work slows a client down
to half its speed.
"""

import os
import resource
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_IDLE, _IOWAIT = 3, 4  # places in the first line of /proc/stat, see proc(5)


class Neighbours:
    """Watches from its creation on. The processes that it counts as ours must have ended, and been waited for."""

    def __init__(self) -> None:
        self._busy, self._wall, self._ours = _measured()

    def share(self) -> float:
        """Processor time of others, as a share of one core."""
        busy, wall, ours = _measured()
        others = (busy - self._busy) - (ours - self._ours)
        return max(0.0, others / (wall - self._wall)) if wall > self._wall else 0.0


def _measured() -> tuple[float, float, float]:
    """Seconds so far: of all cores at work, of the clock, of this process and its children."""
    values = [int(text) for text in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    busy = sum(values) - values[_IDLE] - values[_IOWAIT]
    wall = sum(values) / (os.cpu_count() or 1)
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    ours = sum(usage.ru_utime + usage.ru_stime for usage in usages)
    return busy / _TICKS_PER_SECOND, wall / _TICKS_PER_SECOND, ours
