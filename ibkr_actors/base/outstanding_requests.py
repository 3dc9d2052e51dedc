"""Which requests of a connection the bridge is still answering."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Final

from ibkr_actors.base.local_messages import LOCAL, RequestFailed
from ibkr_actors.base.message_codes import CODES, CodeTable, Ends
from ibkr_actors.base.messages.catalog import REQUESTS
from ibkr_actors.base.messages.connection import Notice, SetServerLogLevelRequest
from ibkr_actors.base.messages.declaration import IdentifiedRequest, Reply, Request
from ibkr_actors.base.messages.market_data import MarketDataTypeRequest
from ibkr_actors.base.messages.orders import AutoOpenOrdersRequest
from ibkr_actors.errors import InvalidRequest

SETTINGS: Final = (MarketDataTypeRequest, AutoOpenOrdersRequest, SetServerLogLevelRequest)
"""Requests that nothing answers, and that change how a connection behaves from then on."""


def _closing_types() -> frozenset[type[Reply]]:
    """The replies that may be the last of some request: all others, ticks above all, need no look."""
    found: set[type[Reply]] = set()
    for request in REQUESTS.values():
        replies = request.facts.replies
        found.update(replies.whole)
        if replies.end is not None:
            found.add(replies.end)
        elif not replies.stream:
            found.update(replies.parts)
    return frozenset(found)


CLOSING: Final = _closing_types()
"""Types that may end a request that is not a subscription."""

_CANCELLATIONS_KEPT: Final = 1_000


class OutstandingRequests:
    """The requests that wait for an answer, and the streams.

    Responsible for:
    1. that no id is used for two requests at a time;
    2. forgetting a request with its last reply, with a code that ends it, and with its cancellation;
    3. what a new connection has to be asked again: settings, then streams;
    4. telling which requests a lost connection left without an answer.

    Orders are not its concern (`TrackedOrders`). Safe from any thread.
    """

    def __init__(self, codes: CodeTable = CODES) -> None:
        self._codes = codes
        self._lock = threading.Lock()
        self._by_id: dict[int, Request] = {}
        self._unidentified: list[Request] = []
        """In the order of asking, which is that of the answers."""
        self._settings: dict[type[Request], Request] = {}
        self._cancelled: deque[int] = deque(maxlen=_CANCELLATIONS_KEPT)

    def __contains__(self, request_id: int) -> bool:
        return request_id in self._by_id

    def was_cancelled(self, request_id: int) -> bool:
        """Whether the id is that of a request cancelled not long ago: an error that names it confirms that."""
        return request_id in self._cancelled and request_id not in self._by_id

    def add(self, request: Any) -> None:
        """A request is about to be sent. Raises InvalidRequest when its id is in use."""
        with self._lock:
            if isinstance(request, IdentifiedRequest):
                self._add_identified(request)
            elif isinstance(request, SETTINGS):
                self._settings[type(request)] = request
            elif request.facts.replies.unidentified:
                self._add_unidentified(request)
            else:
                self._end_by(request)

    def _add_identified(self, request: IdentifiedRequest) -> None:
        known = self._by_id.setdefault(request.request_id, request)
        if known is not request:
            raise InvalidRequest(
                f"request id {request.request_id} is in use by a {type(known).__name__} that has not ended: cancel "
                "that first, or take another id from get_local_request_id()"
            )

    def _add_unidentified(self, request: Any) -> None:
        """One stream of a kind: the bridge lets a second one replace the first."""
        replies = request.facts.replies
        if replies.stream:
            self._unidentified = [known for known in self._unidentified if type(known) is not type(request)]
        if not replies.cancelled_by_itself or request.subscribe:
            self._unidentified.append(request)

    def _end_by(self, cancellation: Request) -> None:
        request_id = getattr(cancellation, "request_id", None)
        kind = type(cancellation)
        if request_id is None:
            self._unidentified = [
                known for known in self._unidentified if known.facts.replies.cancel is not kind
            ]
        elif request_id in self._by_id and self._by_id[request_id].facts.replies.cancel is kind:
            del self._by_id[request_id]
            self._cancelled.append(request_id)

    def hear(self, message: Any) -> Request | None:
        """A message came: it may be the last of a request.

        Returns the cancellation of an answered request that the bridge goes on keeping, which has to be sent then.
        """
        kind = type(message)
        if kind in CLOSING:
            with self._lock:
                return self._hear_reply(message)
        if kind is Notice or kind is RequestFailed:
            with self._lock:
                self._hear_end(message)
        return None

    def _hear_reply(self, message: Any) -> Request | None:
        request_id = getattr(message, "request_id", None)
        if request_id is None:
            for index, known in enumerate(self._unidentified):
                if known.facts.replies.closes(known, message):
                    del self._unidentified[index]
                    break
        elif request_id in self._by_id:
            request = self._by_id[request_id]
            replies = request.facts.replies
            if replies.closes(request, message):
                del self._by_id[request_id]
                if replies.is_reserved:
                    self._cancelled.append(request_id)
                    return replies.cancellation(request, request_id)
        return None

    def _hear_end(self, message: Notice | RequestFailed) -> None:
        if isinstance(message, RequestFailed):
            self._forget(message.request)
            return
        facts = self._codes.facts(message.code)
        request = self._by_id.get(message.request_id)
        if request is not None and facts.ends is not Ends.MARKET_DATA:
            if request.facts.replies.ended_by(facts):
                del self._by_id[message.request_id]
        elif facts.ends is Ends.ACCOUNT_SUBSCRIPTION:
            self._unidentified = [
                known for known in self._unidentified if not known.facts.replies.ended_by(facts)
            ]

    def _forget(self, request: Request | None) -> None:
        if isinstance(request, IdentifiedRequest) and self._by_id.get(request.request_id) is request:
            del self._by_id[request.request_id]
        self._unidentified = [known for known in self._unidentified if known is not request]

    # -------------------------------------------------------------------------------------------------- what is open

    def everything(self) -> list[Request]:
        """All that is open now."""
        with self._lock:
            return [*self._by_id.values(), *self._unidentified]

    def streams(self) -> list[Request]:
        """What goes on until it is cancelled."""
        return [request for request in self.everything() if request.facts.replies.keeps_on(request)]

    def lost_by(self, code: int) -> list[Request]:
        """What a code that concerns no single request has ended, and has to be asked again."""
        facts = self._codes.facts(code)
        if facts.ends is not Ends.MARKET_DATA:
            return []
        lost = [request for request in self.streams() if request.facts.replies.ended_by(facts)]
        return [*self._kept_settings(), *lost] if lost else []

    def to_ask_again(self) -> list[Request]:
        """What a new connection does not know: settings first, for they say how streams come."""
        return [*self._kept_settings(), *self.streams()]

    def _kept_settings(self) -> list[Request]:
        with self._lock:
            return list(self._settings.values())

    def give_up_waiting(self, reason: str) -> list[RequestFailed]:
        """Forget what only waits for an answer, which will not come; a stream is kept."""
        waiting = [request for request in self.everything() if not request.facts.replies.keeps_on(request)]
        with self._lock:
            for request in waiting:
                self._forget(request)
        return [RequestFailed(getattr(request, "request_id", LOCAL), reason, request) for request in waiting]

    def cancellations(self) -> list[Request]:
        """What ends every stream, from the request's own declaration."""
        ends = []
        for request in self.streams():
            replies = request.facts.replies
            if replies.cancelled_by_itself:
                ends.append(_switched_off(request))
            elif (end := replies.cancellation(request, getattr(request, "request_id", LOCAL))) is not None:
                ends.append(end)
        return ends


def _switched_off(request: Any) -> Request:
    values = {name: getattr(request, name) for name in request.__struct_fields__}
    ended: Request = type(request)(**values | {"subscribe": False})
    return ended
