"""What one client has asked and placed, and what a message makes of it. No socket, no thread, no handlers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from ibkr_actors.base.liveness import QUESTION
from ibkr_actors.base.local_messages import RequestFailed
from ibkr_actors.base.message_codes import CODES, CodeTable
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import Message, Request
from ibkr_actors.base.outstanding_requests import TELLING, OutstandingRequests
from ibkr_actors.base.tracked_orders import ABOUT_ORDERS, TrackedOrders

RECORDED: Final = TELLING | ABOUT_ORDERS
"""Messages that `ClientRecords` wants: all others, most ticks above all, change nothing."""


class Heard(NamedTuple):
    """What follows from a message."""

    told: list[Message]
    """What the client gets, in this order: the message itself, mostly, and what it changes."""
    ask: list[Request]
    """What has to be sent now."""


class ClientRecords:
    """The requests and the orders of one client.

    Responsible for:
    1. what the client is told: nothing that only answers what nobody but this asked, and nothing twice;
    2. what has to be asked that no user asks: about orders; again, of a bridge that has lost what it was asked.

    Safe from any thread, but that one alone hears messages. Not responsible for: sending; whoever sends calls `leave`.
    """

    def __init__(
        self,
        client_id: int,
        request_ids: Callable[[], int],
        codes: CodeTable = CODES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._request_ids, self._codes = request_ids, codes
        self.requests = OutstandingRequests(codes)
        self.orders = TrackedOrders(client_id, clock, codes)

    def leave(self, request: Request) -> None:
        """A request that no user makes is about to be sent: a question of our own, or what is asked again."""
        if self._is_own(request):
            self.requests.add(request)
        else:
            self.requests.note_leaving((request,))

    def _is_own(self, request: Request | None) -> bool:
        return request is QUESTION or self.orders.has_asked(request)

    def hear(self, message: Any) -> Heard:
        """A message of one of the types that are `RECORDED`."""
        if isinstance(message, RequestFailed):
            return Heard([] if self.requests.was_told(message) else self._fail(message), [])
        answered = self.requests.answered_by(message)
        shown = None if answered is QUESTION else self.orders.without_repetition(message)
        changes = self.orders.hear(message)
        if answered is not None:
            changes += self.orders.hear_answer(answered)
        kept_by_the_bridge = self.requests.hear(message)
        ask = [] if kept_by_the_bridge is None else [kept_by_the_bridge]
        told: list[Message] = [] if shown is None else [shown]
        told += changes
        if isinstance(message, Notice):
            ask += self.requests.lost_by(message.code)
            refused = self.requests.refused(message)
            told += [] if refused is None else self._fail(refused)
        return Heard(told, ask)

    def _fail(self, failure: RequestFailed) -> list[Message]:
        is_own = self._is_own(failure.request)
        changes = self.orders.hear(failure)
        self.requests.hear(failure)
        return [*changes] if is_own else [failure, *changes]

    def lose_connection(self, reason: str) -> list[RequestFailed]:
        """Nothing more comes of the connection. Returns what the client is told: which answers don't come."""
        failures = [
            failure for failure in self.requests.give_up_waiting(reason) if not self._is_own(failure.request)
        ]
        self.orders.lose_connection()
        return failures

    def questions(self) -> list[Request]:
        """What to ask a new connection: how orders stand that were placed before it was made."""
        return self.orders.questions(self._request_ids())

    def questions_in_doubt(self) -> list[Request]:
        """What to ask now about orders that the bridge has refused perhaps; mostly nothing."""
        return self.orders.questions_in_doubt(self._request_ids)

    def end(self) -> None:
        """The client ends: nothing that it has asked goes on. Its orders do."""
        self.requests = OutstandingRequests(self._codes)
