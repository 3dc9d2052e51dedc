"""Connections that the gateway ends, until their clients have heard why."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from typing import Final

LONGEST: Final = 2.0
"""Seconds that a client has to leave after the last word."""
READ_SIZE: Final = 1 << 16


class Farewells:
    """Sockets on which nothing is said any more, and that are closed when their clients leave.

    A socket that is closed while its client still sends is reset, and the reset may overtake what was said last: the
    client would never hear why. So what it sends is read and thrown away until it leaves, for two seconds at most.

    Not responsible for: what was said. Registers its sockets with the selector, with itself as their data.
    """

    def __init__(self, selector: selectors.BaseSelector, clock: Callable[[], float] = time.monotonic) -> None:
        self._selector, self._clock = selector, clock
        self._until: dict[socket.socket, float] = {}

    def __len__(self) -> int:
        return len(self._until)

    def add(self, leaving: socket.socket) -> None:
        """Say nothing more; whoever reads finds the end behind what was sent."""
        try:
            leaving.shutdown(socket.SHUT_WR)
        except OSError:  # the client is gone already
            leaving.close()
            return
        self._until[leaving] = self._clock() + LONGEST
        self._selector.register(leaving, selectors.EVENT_READ, self)

    def serve(self, leaving: socket.socket) -> None:
        """Throw away what has come; close behind the end."""
        try:
            while leaving.recv(READ_SIZE):
                pass
        except BlockingIOError:
            return
        except OSError:  # reset by the client, which is an end as well
            pass
        self._close(leaving)

    def expire(self) -> None:
        """Close those that had their time."""
        now = self._clock()
        for leaving in [one for one, until in self._until.items() if until <= now]:
            self._close(leaving)

    def close(self) -> None:
        """Close all."""
        for leaving in list(self._until):
            self._close(leaving)

    def _close(self, leaving: socket.socket) -> None:
        del self._until[leaving]
        self._selector.unregister(leaving)
        leaving.close()
