"""A flag that a handler of signals may raise."""

from __future__ import annotations

import queue


class StopFlag:
    """Raised once, for good; one thread waits for it.

    As a `threading.Event`, but `set` may be called from a handler of signals that interrupts this very flag's `wait`:
    an Event takes a lock that the interrupted wait may hold, and the program would stand still for ever.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()  # whose `put` is made for such handlers

    def is_set(self) -> bool:
        """Whether it is raised."""
        return self._is_set

    def set(self) -> None:
        """Raise it."""
        self._is_set = True
        self._bell.put(None)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is raised, or for `timeout` seconds; whether it is raised."""
        if not self._is_set:
            try:
                self._bell.get(timeout=timeout)
            except queue.Empty:
                return self._is_set
        return True
