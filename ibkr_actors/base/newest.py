"""A dictionary that does not grow for ever."""

from __future__ import annotations

from typing import Final, TypeVar

MOST_KEPT: Final = 10_000
"""Of each kind; beyond it the oldest are forgotten."""

K = TypeVar("K")
V = TypeVar("V")


class Newest(dict[K, V]):
    """A dictionary that forgets what was changed longest ago, beyond a limit."""

    def __init__(self, limit: int = MOST_KEPT) -> None:
        super().__init__()
        self._limit = limit

    def put(self, key: K, value: V) -> None:
        """Set a value, as the newest."""
        self.pop(key, None)
        self[key] = value
        if len(self) > self._limit:
            del self[next(iter(self))]
