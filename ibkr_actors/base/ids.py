"""Where request ids and order ids come from: two ranges that never meet."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

FIRST_REQUEST_ID: Final = 1_000_000_000
"""Request ids begin here, order ids at the bridge's next valid id: the two ranges never meet."""


def request_ids() -> Iterator[int]:
    """Ids for requests; safe from any thread."""
    return itertools.count(FIRST_REQUEST_ID)


class OrderIds:
    """Hands out order ids, each once; safe from any thread.

    Knows no id before the bridge has said where to begin.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._placing = threading.RLock()
        self._next = 0

    @contextmanager
    def placing(self, wanted: int = 0) -> Iterator[int]:
        """The id of an order that is sent within the block, one thread at a time: the `wanted` one, or 0 for a new one.

        Orders have to reach the bridge with rising ids: it answers 103 to a lower one that comes behind a higher one.
        """
        with self._placing:
            if wanted:
                self.at_least(wanted + 1)
            yield wanted or self.next()

    def at_least(self, order_id: int) -> None:
        """Never go below `order_id`; the bridge's own next id may be lower after a restart, and is then ignored."""
        with self._lock:
            self._next = max(self._next, order_id)

    def next(self) -> int:
        """An id that was never handed out."""
        with self._lock:
            order_id = self._next
            self._next += 1
        return order_id
