"""Brings the bridge's replies to whoever asked, and collects the replies of a request until its declared end.

No thread, no clock, no socket: whoever owns an `OpenRequests` calls it from one thread at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import Any, Final, Protocol, TypeVar

from ibkr_actors.base.message_codes import CODES, CodeFacts, CodeTable, Ends, Scope
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import Cancellation, IdentifiedRequest, Replies, Reply, Request
from ibkr_actors.base.messages.orders import CancelOrderRequest
from ibkr_actors.base.order_tracking import MAKES_AN_ORDER
from ibkr_actors.errors import IbkrError, RequestRejected

REFUSALS_WITHOUT_ID: Final = frozenset((321, 322, 344))
"""Codes that refuse a request which has no id to be named by: no advisor's login, a read-only interface."""

NAMED: Final = (IdentifiedRequest, Cancellation, CancelOrderRequest, *MAKES_AN_ORDER)
"""Requests whose refusal names them, an order, or the request that they cancel."""


class Asker(Protocol):
    """Whoever waits for the replies of one request. Each method but `fail` says whether it wants no more."""

    @property
    def request(self) -> Request:
        """The request, with its id when its replies carry one."""
        ...

    def hear(self, reply: Reply) -> bool:
        """A reply."""
        ...

    def hear_notice(self, notice: Notice, facts: CodeFacts) -> bool:
        """What the bridge says about the request by a code."""
        ...

    def fail(self, error: IbkrError) -> None:
        """Nothing more comes."""
        ...


class Answer:
    """The replies of one request, as they come, until the request's declaration says that there are no more.

    Of a subscription with a first round, that round. `error` is not None when the bridge refused, or nothing more
    comes for another reason.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self.parts: list[Reply] = []
        self.end: Reply | None = None
        """The message that closed the answer, where the declaration has one."""
        self.notices: list[Notice] = []
        """Warnings and the like."""
        self.error: IbkrError | None = None
        self.is_over = False

    @property
    def request(self) -> Request:
        """What was asked."""
        return self._request

    def hear(self, reply: Reply) -> bool:
        """Collect a reply; True when it was the last one."""
        replies = self._request.facts.replies
        is_end = type(reply) is replies.end
        if is_end:
            self.end = reply
        else:
            self.parts.append(reply)
        self.is_over = replies.closes(self._request, reply) or (is_end and replies.has_first_round)
        return self.is_over

    def hear_notice(self, notice: Notice, facts: CodeFacts) -> bool:
        """Keep a warning; True for an error that ends the request."""
        self.notices.append(notice)
        if self._request.facts.replies.ended_by(facts):
            self.fail(RequestRejected(self._request, notice.code, notice.text))
        return self.is_over

    def fail(self, error: IbkrError) -> None:
        """No more replies come."""
        self.error = error
        self.is_over = True


def has_answer(request: Request) -> bool:
    """Whether there is anything to wait for: the bridge answers some requests with silence."""
    if not getattr(request, "subscribe", True):
        return False
    return isinstance(request, IdentifiedRequest) or request.facts.replies.unidentified


def cancels(cancellation: type[Request], subscription: type[Request]) -> bool:
    """Whether requests of one type end subscriptions of the other; some are ended by their own type."""
    replies = subscription.facts.replies
    return cancellation is (subscription if replies.cancelled_by_itself else replies.cancel)


T = TypeVar("T")


class RefusalsWithoutId:
    """Whom a refusal means that names no request: the only one who waits for an answer without an id, if the bridge can
    have refused nothing else.

    Responsible for: knowing whether it can. The bridge takes requests in their order, so an answer tells that those
    made before it have been taken, and that their refusals have come.
    Not responsible for: who waits.
    """

    def __init__(self) -> None:
        self.silent = 0
        """How many requests were sent that nothing answers. Keep it with each request: it says what came before."""
        self._taken = 0
        """How many of them the bridge is known to have taken."""

    def note_silent(self, request: Request) -> None:
        """A request is sent that nothing answers; it may be refused all the same, and unless its refusal names it, that
        may be mistaken for another's.
        """
        if not isinstance(request, NAMED):
            self.silent += 1

    def hear_answer(self, silent_before: int) -> None:
        """The bridge answers a request before which so many silent ones were sent."""
        self._taken = max(self._taken, silent_before)

    def forget(self) -> None:
        """The connection is gone, and with it all refusals."""
        self._taken = self.silent

    def meant(self, notice: Notice, waiting: Collection[T]) -> T | None:
        """Whom of those who wait for an answer without an id a notice refuses; None when that is not clear."""
        is_refusal = notice.request_id < 0 and notice.code in REFUSALS_WITHOUT_ID
        if not is_refusal or len(waiting) != 1 or self._taken != self.silent:
            return None
        return next(iter(waiting))

    @staticmethod
    def reason(notice: Notice) -> str:
        """What whoever is meant is told."""
        return f"the bridge refused it: {notice.code} {notice.text}"


class OpenRequests:
    """Who asked for what, and has not got all of it.

    Responsible for:
    1. bringing replies with a request id to its asker, and codes that name it;
    2. bringing replies without one to whoever asked first, for the bridge answers such requests in their order; where
       the reply repeats what was asked (a market rule's id), to the first who asked for that;
    3. bringing the replies of subscriptions without an id to all who follow them;
    4. bringing a refusal that names no request to whoever asked without an id, if nobody else can be meant;
    5. forgetting an asker that has got all, or gives up.

    Not responsible for: sending, waiting, keeping what nobody asked for.
    """

    def __init__(self, codes: CodeTable = CODES) -> None:
        self._codes = codes
        self._all: dict[int, Asker] = {}
        """Everybody, by identity, in the order of asking."""
        self._by_id: dict[int, Asker] = {}
        self._queues: defaultdict[type[Reply], list[Asker]] = defaultdict(list)
        """Who waits for an answer without an id, by each type of its replies."""
        self._followers: list[Asker] = []
        """Who follows a subscription without an id."""
        self._abandoned: list[Asker] = []
        """Those in the queues that have given up: what is left of their answers is nobody's."""
        self._refusals = RefusalsWithoutId()
        self._silent_before: dict[int, int] = {}
        """How many silent requests had been sent before each asker asked."""

    def __iter__(self) -> Iterator[Asker]:
        """Everybody who waits or follows, in the order of asking."""
        return iter(list(self._all.values()))

    def note_silent(self, request: Request) -> None:
        """A request is sent that nothing answers."""
        self._refusals.note_silent(request)

    def add(self, asker: Asker, *, follows: bool = False) -> None:
        """Somebody asks; with `follows`, for everything until it is cancelled."""
        request = asker.request
        self._all[id(asker)] = asker
        self._silent_before[id(asker)] = self._refusals.silent
        if isinstance(request, IdentifiedRequest):
            self._by_id[request.request_id] = asker
        elif follows:
            self._followers.append(asker)
        else:
            self._forgive_equal(request)
            for kind in request.facts.replies.every_type():
                self._queues[kind].append(asker)

    def _forgive_equal(self, request: Request) -> None:
        """The late answer to an equal request serves as well, so nobody has to wait behind it."""
        for abandoned in [each for each in self._abandoned if each.request == request]:
            if not getattr(abandoned, "parts", ()):
                self._remove(abandoned)

    def give_up(self, asker: Asker) -> None:
        """Somebody waits no longer.

        A list without an id that was given up may still come, and must not be taken for the beginning of another one:
        its place in the queue is kept. An answer of one message either tells what it answers, or does not come.
        """
        replies = asker.request.facts.replies
        is_queued = any(asker in queue for queue in self._queues.values())
        if is_queued and replies.end is not None:
            self._abandoned.append(asker)
            self._all.pop(id(asker), None)
        else:
            self._remove(asker)

    def _remove(self, asker: Asker) -> None:
        request = asker.request
        self._all.pop(id(asker), None)
        self._silent_before.pop(id(asker), None)
        if isinstance(request, IdentifiedRequest):
            self._by_id.pop(request.request_id, None)
        for queue in (*self._queues.values(), self._followers, self._abandoned):
            queue[:] = [each for each in queue if each is not asker]

    def find(self, request_id: int) -> Asker | None:
        """Whoever asked under an id."""
        return self._by_id.get(request_id)

    def following(self, cancellation: type[Request]) -> list[Asker]:
        """Who follows a subscription without an id that such a request ends."""
        return [each for each in self._followers if cancels(cancellation, type(each.request))]

    def fail_all(self, error: IbkrError) -> None:
        """Nothing more comes for anybody."""
        for asker in self:
            asker.fail(error)
        self._all.clear()
        self._by_id.clear()
        self._queues.clear()
        self._followers.clear()
        self._abandoned.clear()
        self._silent_before.clear()
        self._refusals.forget()

    # ---------------------------------------------------------------------------------------------- what has come

    def hear(self, message: Any) -> bool:
        """Bring a message to its askers; False when it is nobody's."""
        request_id = getattr(message, "request_id", None)
        if type(message) is Notice:
            return self._hear_notice(message)
        if request_id is None:
            return self._tell(self._askers_without_id(message), message)
        asker = self._by_id.get(request_id)
        return asker is not None and self._tell((asker,), message)

    def _tell(self, askers: Iterable[Asker], message: Reply) -> bool:
        told = False
        for asker in askers:
            told = True
            self._refusals.hear_answer(self._silent_before.get(id(asker), 0))
            if asker.hear(message):
                self._remove(asker)
        return told

    def _askers_without_id(self, message: Reply) -> list[Asker]:
        kind = type(message)
        queue = self._queues.get(kind, ())
        fitting = (asker for asker in queue if _answers(message, asker.request))
        # An account may be told under another name than it was asked for by (an advisor's "All").
        lists = (asker for asker in queue if asker.request.facts.replies.end is not None)
        first = next(chain(fitting, lists), None)
        followers = [each for each in self._followers if kind in each.request.facts.replies.every_type()]
        # A commission has no request id, though it belongs to the answer of a request that has one.
        identified = [each for each in self._by_id.values() if kind in each.request.facts.replies.parts]
        return [*([first] if first is not None else ()), *followers, *identified]

    def _hear_notice(self, notice: Notice) -> bool:
        facts = self._codes.facts(notice.code)
        asker = self._by_id.get(notice.request_id)
        if asker is not None:
            concerned = [asker]
        elif facts.scope is Scope.ACCOUNT:
            concerned = self._of_accounts(facts)
        elif facts.ends is Ends.MARKET_DATA:
            concerned = [each for each in self if each.request.facts.replies.ended_by(facts)]
        else:
            meant = self._refusals.meant(notice, self._waiting_without_id())
            concerned = [meant] if meant is not None else []
        for each in concerned:
            if each.hear_notice(notice, facts):
                self._remove(each)
        return bool(concerned)

    def _waiting_without_id(self) -> list[Asker]:
        """Those in the queues, and with them those who have given up: they may still be refused."""
        return list({id(asker): asker for queue in self._queues.values() for asker in queue}.values())

    def _of_accounts(self, facts: CodeFacts) -> list[Asker]:
        """Account updates have no id. A refusal is of the newest request; what ends the former ones spares it."""
        asked = [each for each in self if _ends_accounts(each.request.facts.replies)]
        return asked[-1:] if facts.ends_request else asked[:-1]


def _ends_accounts(replies: Replies) -> bool:
    return Ends.ACCOUNT_SUBSCRIPTION in replies.also_ended_by


def _answers(reply: Reply, request: Request) -> bool:
    """Whether a reply can be to this request: what it repeats of the request has to be the same.

    A request for a list may leave open what its parts say: the account.
    """
    is_list = request.facts.replies.end is not None
    for name in set(reply.__struct_fields__) & set(request.__struct_fields__):
        asked, told = getattr(request, name), getattr(reply, name)
        if asked != told and not (is_list and "" in (asked, told)):
            return False
    return True
