"""Threads that stay on one processor.

Two threads that hand work to each other on two processors wake a sleeping one each time, and find its caches cold. Of
threads that take turns anyway, as those of one Python interpreter do, nothing is lost when they share one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ibkr_actors.errors import DeskError


@contextmanager
def threads_on(processor: int | None) -> Iterator[None]:
    """Threads that are started in the block run on this processor only, and so does all that they start themselves.

    The calling thread is there while the block lasts, because threads are where those are that start them. With None
    nothing changes. Raises DeskError, before anything is started, when this process may not run there or the system
    does not let a thread choose.
    """
    if processor is None:
        yield
        return
    before = _allowed(processor)
    os.sched_setaffinity(0, {processor})  # 0 is the calling thread
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _allowed(processor: int) -> set[int]:
    """The processors that the calling thread may use, which have to include this one."""
    if not hasattr(os, "sched_setaffinity"):
        raise DeskError(
            f"processor = {processor!r}: this system keeps no thread on one processor; leave it out"
        )
    allowed = os.sched_getaffinity(0)
    if type(processor) is not int or processor not in allowed:
        numbers = ", ".join(map(str, sorted(allowed)))
        raise DeskError(f"processor = {processor!r}: this process may run on {numbers} only")
    return allowed
