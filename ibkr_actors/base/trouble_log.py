"""What goes to the log: the bridge's notices as grave as they are; what may happen without end ever more rarely."""

from __future__ import annotations

from typing import Final

from loguru import logger

from ibkr_actors.base.message_codes import CodeFacts, Severity
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.session import Undecodable

_LOGGED_ALL: Final = 10
"""Occurrences that are all logged."""

_LOG_LEVELS: Final = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFORMATION: "DEBUG"}


def log_notice(notice: Notice, facts: CodeFacts, about: str = "", level: str = "") -> None:
    """Log what the bridge says, at the level of its code or at another one."""
    logger.log(
        level or _LOG_LEVELS[facts.severity], "the bridge says: {} {}{}", notice.code, notice.text, about
    )


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
