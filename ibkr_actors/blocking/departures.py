"""Requests on their way out of one connection, and who waits for them to leave."""

from __future__ import annotations

from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.order_tracking import ABOUT_AN_ORDER
from ibkr_actors.blocking.waiting import Waiting
from ibkr_actors.errors import ConnectionLost


class Departures:
    """Tells whoever waits for a request to leave that it has left, or why it has not. Safe from any thread."""

    def __init__(self) -> None:
        self._waiting: dict[int, Waiting] = {}
        """By the identity of the request."""

    def expect(self, waiting: Waiting) -> None:
        """A request is about to be sent."""
        self._waiting[id(waiting.request)] = waiting

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
