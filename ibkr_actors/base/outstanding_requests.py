"""Which requests of a connection the bridge is still answering."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from ibkr_actors.base.liveness import QUESTION
from ibkr_actors.base.local_messages import LOCAL, RequestFailed
from ibkr_actors.base.message_codes import CODES, CodeTable, Ends
from ibkr_actors.base.messages.catalog import REQUESTS
from ibkr_actors.base.messages.connection import Notice, SetServerLogLevelRequest
from ibkr_actors.base.messages.declaration import IdentifiedRequest, Replies, Reply, Request
from ibkr_actors.base.messages.market_data import MarketDataType, MarketDataTypeRequest, TickRequestParameters
from ibkr_actors.base.messages.orders import AutoOpenOrdersRequest
from ibkr_actors.base.replies import RefusalsWithoutId, has_answer
from ibkr_actors.base.trouble_log import LatestRequests
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

TELLING: Final = CLOSING | {MarketDataType, TickRequestParameters}
"""Types that `hear` wants: those, and what comes first of a line of market data, for it tells that the bridge has taken
all that was sent before."""

_CANCELLATIONS_KEPT: Final = 1_000


@dataclass(slots=True, eq=False)
class _Open:
    """One request that has not ended."""

    request: Any
    due: int = 0
    """How many answers, or first rounds of a stream, have not come to their end: one for each time it was sent."""
    silent_before: int = 0
    """How many requests that nothing answers were sent before; see `RefusalsWithoutId`."""

    @property
    def has_answer(self) -> bool:
        """Whether there is an end to wait for: some streams only go on."""
        replies = self.request.facts.replies
        return not replies.stream or replies.end is not None

    def is_answered_by(self, message: Any) -> bool:
        """Whether a message that can be about it ends the answer that is due next."""
        replies = self.request.facts.replies
        return self.due > 0 and (type(message) is replies.end or replies.closes(self.request, message))


class OutstandingRequests:
    """The requests that wait for an answer, and the streams.

    Responsible for:
    1. that no id is used for two requests at a time;
    2. forgetting a request with its last reply, with a code that ends it, and with its cancellation;
    3. what a new connection has to be asked again: settings, then streams;
    4. telling which requests a lost connection left without an answer;
    5. telling which request a refusal means that names none (`refused`), if it can mean no other.

    Orders are not its concern (`TrackedOrders`). Safe from any thread.
    """

    def __init__(self, codes: CodeTable = CODES) -> None:
        self._codes = codes
        self._lock = threading.Lock()
        self._by_id: dict[int, _Open] = {}
        self._unidentified: list[_Open] = []
        """In the order of asking, which is that of the answers."""
        self._settings: dict[type[Request], Request] = {}
        self._cancelled: deque[int] = deque(maxlen=_CANCELLATIONS_KEPT)
        self.latest = LatestRequests()
        """Those with an id, ended or not."""
        self._refusals = RefusalsWithoutId()

    def __contains__(self, request_id: object) -> bool:
        return request_id in self._by_id

    def was_cancelled(self, request_id: int) -> bool:
        """Whether the id is that of a request cancelled not long ago: an error that names it confirms that."""
        return request_id in self._cancelled and request_id not in self._by_id

    def add(self, request: Any) -> None:
        """A request is about to be sent. Raises InvalidRequest when its id is in use."""
        with self._lock:
            if request is QUESTION:
                self._forget(request)  # an answer that did not come within a whole silence does not come
            if isinstance(request, IdentifiedRequest):
                self._add_identified(request)
            elif isinstance(request, SETTINGS):
                self._settings[type(request)] = request
            elif request.facts.replies.unidentified:
                self._add_unidentified(request)
            else:
                self._end_by(request)
            self._leave(request)

    def _add_identified(self, request: IdentifiedRequest) -> None:
        self.latest.note(request.request_id, request)
        known = self._by_id.setdefault(request.request_id, _Open(request))
        if known.request is not request:
            raise InvalidRequest(
                f"request id {request.request_id} is in use by a {type(known.request).__name__} that has not ended: "
                "cancel that first, or take another id from get_local_request_id()"
            )

    def _add_unidentified(self, request: Any) -> None:
        """One stream of a kind: the bridge lets a second one replace the first."""
        replies = request.facts.replies
        replaced = [
            known for known in self._unidentified if replies.stream and type(known.request) is type(request)
        ]
        self._keep(lambda known: known not in replaced)
        if not replies.cancelled_by_itself or request.subscribe:
            self._unidentified.append(_Open(request, sum(known.due for known in replaced)))

    def _keep(self, wanted: Callable[[_Open], bool]) -> None:
        self._unidentified = [known for known in self._unidentified if wanted(known)]

    def _end_by(self, cancellation: Request) -> None:
        request_id = getattr(cancellation, "request_id", None)
        kind = type(cancellation)
        if request_id is None:
            self._keep(lambda known: known.request.facts.replies.cancel is not kind)
        elif request_id in self._by_id and self._by_id[request_id].request.facts.replies.cancel is kind:
            del self._by_id[request_id]
            self._cancelled.append(request_id)

    def note_leaving(self, requests: Iterable[Request]) -> None:
        """Requests are about to be sent that were added before, or belong to no user."""
        with self._lock:
            for request in requests:
                self._leave(request)

    def _leave(self, request: Request) -> None:
        """The bridge takes requests in the order of this; see `RefusalsWithoutId`."""
        known = self._find(request)
        if known is not None and known.has_answer:
            known.due += 1
            known.silent_before = self._refusals.silent
        else:
            self._refusals.note_silent(request)

    def _find(self, request: Request) -> _Open | None:
        if isinstance(request, IdentifiedRequest):
            return self._by_id.get(request.request_id)
        return next((known for known in reversed(self._unidentified) if known.request is request), None)

    # --------------------------------------------------------------------------------------------------- what is heard

    def answered_by(self, message: Any) -> Request | None:
        """The request that a message, before `hear`, is the last answer to, or the end of its first round."""
        if type(message) not in CLOSING:
            return None
        with self._lock:
            request_id = getattr(message, "request_id", None)
            known = self._answered_by(message) if request_id is None else self._by_id.get(request_id)
        return None if known is None or not known.is_answered_by(message) else known.request

    def hear(self, message: Any) -> Request | None:
        """A message came: it may be the last of a request.

        Returns the cancellation of an answered request that the bridge goes on keeping, which has to be sent then.
        """
        kind = type(message)
        if kind in TELLING:
            with self._lock:
                return self._hear_reply(message)
        if kind is Notice or kind is RequestFailed:
            with self._lock:
                self._hear_end(message)
        return None

    def _hear_reply(self, message: Any) -> Request | None:
        request_id = getattr(message, "request_id", None)
        if request_id is not None:
            known = self._by_id.get(request_id)
            return None if known is None else self._hear_identified(known, message)
        known = self._answered_by(message)
        if known is not None:
            known.due -= 1
            if not known.due:
                self._refusals.hear_answer(known.silent_before)
            if known.request.facts.replies.closes(known.request, message):
                self._unidentified.remove(known)
        return None

    def _hear_identified(self, known: _Open, message: Any) -> Request | None:
        self._refusals.hear_answer(known.silent_before)
        request = known.request
        replies: Replies = request.facts.replies
        if not replies.closes(request, message):
            return None
        del self._by_id[request.request_id]
        if not replies.is_reserved:
            return None
        self._cancelled.append(request.request_id)
        return replies.cancellation(request, request.request_id)

    def _answered_by(self, message: Any) -> _Open | None:
        return next((known for known in self._unidentified if known.is_answered_by(message)), None)

    def _hear_end(self, message: Notice | RequestFailed) -> None:
        if isinstance(message, RequestFailed):
            self._forget(message.request)
            return
        facts = self._codes.facts(message.code)
        known = self._by_id.get(message.request_id)
        if known is None or facts.ends is Ends.MARKET_DATA:
            return  # such as that a subscription to an account was replaced: it was forgotten then
        if known.request.facts.replies.ended_by(facts):
            del self._by_id[message.request_id]

    def _forget(self, request: Request | None) -> None:
        if isinstance(request, IdentifiedRequest):
            known = self._by_id.get(request.request_id)
            if known is not None and known.request is request:
                del self._by_id[request.request_id]
        self._keep(lambda known: known.request is not request)

    def refused(self, message: Any) -> RequestFailed | None:
        """The request that a notice refuses without naming it, with the reason; it is over.

        None when the message is no such notice, or may mean another request.
        """
        if type(message) is not Notice:
            return None
        with self._lock:
            waiting = [known for known in self._unidentified for _ in range(known.due)]
            meant = self._refusals.meant(message, waiting)
            if meant is None or not meant.request.facts.replies.ended_by(self._codes.facts(message.code)):
                return None
            self._unidentified.remove(meant)
        return RequestFailed(LOCAL, self._refusals.reason(message), meant.request)

    def was_told(self, failure: RequestFailed) -> bool:
        """Whether the end of its request was told before: one that is waited for, and not open any more."""
        request = failure.request
        if request is None or isinstance(request, SETTINGS) or not has_answer(request):
            return False
        with self._lock:
            known = self._find(request)
        return known is None or known.request is not request

    # -------------------------------------------------------------------------------------------------- what is open

    def everything(self) -> list[Request]:
        """All that is open now."""
        with self._lock:
            return [known.request for known in (*self._by_id.values(), *self._unidentified)]

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
        """What a new connection does not know: settings first, for they say how streams come.

        No first round is due of these streams until they are sent again (`note_leaving`).
        """
        streams = self.streams()
        with self._lock:
            for known in map(self._find, streams):
                if known is not None:
                    known.due = 0
        return [*self._kept_settings(), *streams]

    def _kept_settings(self) -> list[Request]:
        with self._lock:
            return list(self._settings.values())

    def give_up_waiting(self, reason: str) -> list[RequestFailed]:
        """The connection was lost: forget what only waits for an answer, which will not come. A stream is kept."""
        waiting = [request for request in self.everything() if not request.facts.replies.keeps_on(request)]
        with self._lock:
            for request in waiting:
                self._forget(request)
            self._refusals.forget()
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
