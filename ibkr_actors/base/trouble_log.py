"""What goes to the log: the bridge's notices as grave as they are; what may happen without end ever more rarely."""

from __future__ import annotations

from typing import Final

from loguru import logger

from ibkr_actors.base.local_messages import LOCAL, RequestFailed
from ibkr_actors.base.message_codes import CodeFacts, Severity
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.session import Undecodable
from ibkr_actors.errors import request_in_words

_LOGGED_ALL: Final = 10
"""Occurrences that are all logged."""
_REQUESTS_KEPT: Final = 1_000

_LOG_LEVELS: Final = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFORMATION: "DEBUG"}


def log_notice(notice: Notice, facts: CodeFacts, about: str = "", level: str = "") -> None:
    """Log what the bridge says, at the level of its code or at another one."""
    logger.log(
        level or _LOG_LEVELS[facts.severity], "the bridge says: {} {}{}", notice.code, notice.text, about
    )


def log_failure(failure: RequestFailed, owner: str) -> None:
    """Log that a request of somebody has ended without an answer, and why."""
    about = "" if failure.request_id == LOCAL else f" (about {failure.request_id})"
    logger.warning("{}: {}{} failed: {}", owner, request_in_words(failure.request), about, failure.reason)


class LatestRequests:
    """What the latest requests were, for the log: to its reader an id alone tells nothing."""

    def __init__(self) -> None:
        self._by_id: dict[int, Request] = {}

    def note(self, request_id: int, request: Request) -> None:
        """A request is made; the oldest of too many is forgotten."""
        self._by_id.pop(request_id, None)
        self._by_id[request_id] = request
        if len(self._by_id) > _REQUESTS_KEPT:
            del self._by_id[next(iter(self._by_id))]

    def about(self, request_id: int, owner: str = "") -> str:
        """What stands behind a notice in the log: to whom it goes, the id, and the request with its contract if known.

        Empty for the id of what is about no request.
        """
        if request_id == LOCAL:
            return ""
        request = self._by_id.get(request_id)
        known = "" if request is None else f", {request_in_words(request)}"
        return f" ({f'to {owner}, ' if owner else ''}about {request_id}{known})"


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
