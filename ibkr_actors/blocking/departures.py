"""Requests on their way out of one connection, and who waits for them to leave."""

from __future__ import annotations

import threading
from typing import Protocol

from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.order_tracking import ABOUT_AN_ORDER
from ibkr_actors.errors import ConnectionLost, IbkrError


class Leaving(Protocol):
    """Whoever waits for a request to leave. Each method may be called from any thread."""

    @property
    def request(self) -> Request:
        """The request."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether nobody waits any more."""
        ...

    def leave(self) -> None:
        """It has left."""
        ...

    def fail(self, error: IbkrError) -> None:
        """It has not."""
        ...


class Departure:
    """A request that nothing answers, and which one thread waits for to leave. Mostly it has, before anybody waits."""

    __slots__ = ("_changed", "_error", "_has_left", "_lock", "request")

    def __init__(self, request: Request, lock: threading.RLock) -> None:
        self.request = request
        self._lock = lock
        self._changed: threading.Condition | None = None
        """There while a thread waits."""
        self._has_left = False
        self._error: IbkrError | None = None

    @property
    def is_over(self) -> bool:
        """Whether it has left, or can't."""
        return self._has_left or self._error is not None

    def leave(self) -> None:
        """It was written."""
        self._has_left = True
        self._wake()

    def fail(self, error: IbkrError) -> None:
        """It was not, or may not have been."""
        self._error = error
        self._wake()

    def _wake(self) -> None:
        # A thread that is about to wait looks once more, with the lock, when the condition is there.
        if self._changed is not None:
            with self._changed:
                self._changed.notify_all()

    def wait(self) -> None:
        """Wait until it has left. Raises the error that has kept it here."""
        if not self.is_over:
            self._changed = threading.Condition(self._lock)
            with self._changed:
                self._changed.wait_for(lambda: self.is_over)
        if self._error is not None and not self._has_left:
            raise self._error


class Departures:
    """Tells whoever waits for a request to leave that it has left, or why it has not. Safe from any thread."""

    def __init__(self) -> None:
        self._waiting: dict[int, Leaving] = {}
        """By the identity of the request."""

    def expect(self, waiting: Leaving) -> None:
        """A request is about to be sent."""
        self._waiting[id(waiting.request)] = waiting

    def forget(self, waiting: Leaving) -> None:
        """Nobody waits any more; the request may never leave."""
        self._waiting.pop(id(waiting.request), None)

    def note(self, request: Request) -> None:
        """A request has left."""
        waiting = self._waiting.pop(id(request), None)
        if waiting is not None:
            waiting.leave()

    def fail(self, request: Request, reason: str) -> None:
        """A request was not sent."""
        waiting = self._waiting.pop(id(request), None)
        if waiting is not None:
            waiting.fail(ConnectionLost(f"{_in_words(request)} was not sent: {reason}"))

    def end(self, reason: str) -> None:
        """The connection is over. What still waited for its turn has failed before: what is left was being written."""
        for waiting in self._waiting.copy().values():
            if not waiting.is_over:
                words = f"{_in_words(waiting.request)} may have been sent or not: {reason}"
                waiting.fail(ConnectionLost(words))


def _in_words(request: Request) -> str:
    name = type(request).__name__
    return f"{name} of order {request.order_id}" if isinstance(request, ABOUT_AN_ORDER) else name
