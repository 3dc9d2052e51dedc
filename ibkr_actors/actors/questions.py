"""Who waits for answers that carry no request id; the RouterActor keeps these."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from ibkr_actors.actors.routes import Route, Subscriber
from ibkr_actors.base.local_messages import LOCAL, RequestFailed
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import IdentifiedRequest, Request
from ibkr_actors.base.replies import RefusalsWithoutId

UNANSWERED_AFTER: Final = 60.0
"""Seconds after which a question is given up: a refusal of it carries no id, so it may not be clear whose it is."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request, and who made it at what time (monotonic seconds)."""

    subscriber: Subscriber
    request: Request
    asked_at: float
    silent_before: int = 0
    """How many requests that nothing answers were sent before it; see `RefusalsWithoutId`."""

    def fail(self, reason: str) -> None:
        """Tell the asker that no answer comes."""
        self.subscriber.parcel.append(RequestFailed(LOCAL, reason, self.request))


class Questions:
    """Questions whose answers carry no id: the bridge answers them in the order in which they were asked.

    A question is over with the message that ends its answer, or with a refusal that can mean no other.
    """

    def __init__(self) -> None:
        self._by_ending: defaultdict[type, deque[Question]] = defaultdict(deque)
        self._ending_of: dict[type, type] = {}
        self.refusals = RefusalsWithoutId()

    def add(self, subscriber: Subscriber, request: Request, now: float) -> None:
        """Somebody asks."""
        types = request.facts.replies.every_type()
        self._ending_of.update(dict.fromkeys(types, types[-1]))
        self._by_ending[types[-1]].append(Question(subscriber, request, now))

    def leave(self, request: Request, routes: Mapping[int, Route]) -> None:
        """A request is sent now. The bridge takes them in this order; see `RefusalsWithoutId`."""
        if isinstance(request, IdentifiedRequest):
            route = routes.get(request.request_id)
            if route is not None:
                route.silent_before = self.refusals.silent
        elif not self._note_question(request):
            self.refusals.note_silent(request)

    def _note_question(self, request: Request) -> bool:
        """Whether somebody waits for the answer."""
        ending = request.facts.replies.every_type()[-1:]
        waiting = self._by_ending[ending[0]] if ending else deque()
        for place, question in enumerate(waiting):
            if question.request is request:
                waiting[place] = replace(question, silent_before=self.refusals.silent)
                return True
        return False

    def askers(self, kind: type) -> Iterable[Subscriber]:
        """Whose answer is on its way, if messages of this type belong to one."""
        waiting = self._by_ending.get(self._ending_of.get(kind, kind))
        return (waiting[0].subscriber,) if waiting else ()

    def end(self, kind: type) -> None:
        """A message of this type has come; the question that it ends is over."""
        waiting = self._by_ending.get(kind)
        if waiting:
            self.refusals.hear_answer(waiting.popleft().silent_before)

    def refused(self, notice: Notice) -> Question | None:
        """The question that a notice without an id refuses, if it can mean no other request; it is over."""
        meant = self.refusals.meant(
            notice, [each for waiting in self._by_ending.values() for each in waiting]
        )
        if meant is not None:
            self._by_ending[meant.request.facts.replies.every_type()[-1]].remove(meant)
        return meant

    def fail(self, failure: RequestFailed) -> None:
        """A question could not be sent: whoever asked it is told; an earlier one of its kind may be answered yet."""
        for waiting in self._by_ending.values():
            for question in [each for each in waiting if each.request is failure.request]:
                waiting.remove(question)
                question.subscriber.parcel.append(failure)

    def fail_all(self) -> None:
        """The connection was lost: no answer comes any more."""
        for ending, waiting in self._by_ending.items():
            for question in waiting:
                question.fail(f"the connection was lost before {ending.__name__} came")
            waiting.clear()
        self.refusals.forget()

    def expire(self, now: float) -> None:
        """Give up what was asked too long ago, so that the next answer does not go to the wrong asker."""
        for ending, waiting in self._by_ending.items():
            while waiting and now - waiting[0].asked_at > UNANSWERED_AFTER:
                waiting.popleft().fail(f"no {ending.__name__} came within {UNANSWERED_AFTER:g} seconds")
