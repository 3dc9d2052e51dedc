"""What other threads want of the thread that owns a connection."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from loguru import logger

Command = Callable[[], None]


class Commands:
    """Commands for one thread, from any thread, in order. One that raises is logged, and the next one runs.

    Whoever waits in a way of its own (a loop over sockets) gives `use` what rings there; else `wait` will do.
    """

    def __init__(self) -> None:
        self._commands: deque[Command] = deque()
        self._lock = threading.Lock()
        self._ring: Callable[[Command], None] | None = None
        self._ringing = False
        self._bell = threading.Event()

    def __len__(self) -> int:
        return len(self._commands)

    def do(self, command: Command) -> None:
        """Have the thread do something, soon."""
        self._commands.append(command)
        with self._lock:
            if self._ringing:
                return
            self._ringing = True
            if self._ring is not None:
                self._ring(self.drain)
        self._bell.set()

    def use(self, ring: Callable[[Command], None] | None) -> None:
        """From now on the thread waits where `ring` calls it, with what it shall do; None: in `wait`."""
        with self._lock:
            self._ring = ring
            self._ringing = ring is not None
            if ring is not None:
                ring(self.drain)

    def wait(self, seconds: float) -> None:
        """Until there is something to do, or so long; then do it."""
        self._bell.wait(seconds)
        self._bell.clear()
        self.drain()

    def drain(self) -> None:
        """Do everything that waits."""
        with self._lock:
            self._ringing = False
        while self._commands:
            guard(self._commands.popleft())


def guard(call: Callable[..., None], *arguments: Any) -> None:
    """Call somebody else's code: one letter or one receiver must not end a connection."""
    try:
        call(*arguments)
    except Exception as error:  # noqa: BLE001  # the boundary to a receiver's code
        logger.opt(exception=error).error("what a broker's thread was to do failed: {}", error)
