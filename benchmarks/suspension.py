"""Holding another process still while a backlog builds up in its socket. Linux only."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DEADLINE = 5.0


@contextmanager
def suspended(process_id: int) -> Iterator[None]:
    """The process doesn't run within this block, whatever happens in it."""
    os.kill(process_id, signal.SIGSTOP)
    try:
        _wait_until_stopped(process_id)
        yield
    finally:
        os.kill(process_id, signal.SIGCONT)


def _wait_until_stopped(process_id: int) -> None:
    """SIGSTOP reaches each thread in its own time: state `T` is told once all of them stand."""
    deadline = time.monotonic() + _DEADLINE
    while any(_state(thread) != "T" for thread in Path(f"/proc/{process_id}/task").iterdir()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {process_id} did not stop within {_DEADLINE} s")
        time.sleep(0.001)  # the kernel offers nothing to wait on to a process that is not the parent


def _state(thread: Path) -> str:
    return (thread / "stat").read_text().rpartition(")")[2].split()[0]
