"""Logging what may happen without end: each of the first times, then ever fewer, so that it can't fill the log."""

from __future__ import annotations

from typing import Final

from loguru import logger

from ibkr_actors.base.session import Undecodable

_LOGGED_ALL: Final = 10
"""Occurrences that are all logged."""


def is_logged(count: int) -> bool:
    """Whether the occurrence of that number, from 1, goes to the log."""
    return count <= _LOGGED_ALL or count & (count - 1) == 0


class UnreadableMessages:
    """Tells the log of messages that can't be read. How many there were in all is in the session's statistics."""

    def __init__(self) -> None:
        self._count = 0

    def log(self, message: Undecodable) -> None:
        """One more."""
        self._count += 1
        if is_logged(self._count):
            logger.error(
                "a message from the bridge can't be read, and is left out (number {}): {}",
                self._count,
                message.error,
            )
