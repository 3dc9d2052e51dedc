"""Every request of a client application and of a strategy against a simulated gateway, at four versions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from ibkr_actors.base.local_messages import LOCAL, RequestFailed
from ibkr_actors.base.message_codes import CODES, Severity
from ibkr_actors.base.messages.connection import CurrentTime, Notice
from ibkr_actors.base.messages.declaration import Cancellation, Message
from ibkr_actors.base.messages.display_groups import DisplayGroupUpdated
from ibkr_actors.base.messages.news import TickNews
from ibkr_actors.base.messages.orders import OpenOrder, OpenOrderEnd, OrderStatus
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.errors import UnsupportedByServer
from tests.interfaces.arrangements import CALLS, CANCELS, answer_of, arrangement_of, says_something
from tests.interfaces.listeners import (
    ApplicationListener,
    Listener,
    StrategyListener,
    gone_by,
    listening,
)
from tests.interfaces.world import VERSIONS, World, world_at

STREAMS = {of: name for name, of in CANCELS.items() if CALLS[of].facts.replies.stream}
"""Subscriptions with what cancels them."""
RESERVED = [name for name, request in CALLS.items() if request.facts.replies.is_reserved]
BY_HAND = {
    "place_order", "cancel_order", "exercise_options", "request_global_cancel", "update_display_group",
    "request_auto_open_orders", "request_open_orders", "request_all_open_orders",
}  # fmt: skip
ANSWERED = [name for name in CALLS if name not in BY_HAND and name not in CANCELS]


LISTENERS = (ApplicationListener, StrategyListener)


def _place_name(place: tuple[type[Any], int]) -> str:
    return f"{place[0].__name__.removesuffix('Listener')}-{place[1]}"


@pytest.fixture(scope="module", params=product(LISTENERS, VERSIONS), ids=_place_name)
def place(request: pytest.FixtureRequest) -> Iterator[tuple[World, Listener]]:
    kind, version = request.param
    with world_at(version) as world, listening(kind, world) as listener:
        yield world, listener


class Conversation:
    """One request of the interface with what has to come before it, and what is heard of it."""

    def __init__(self, world: World, listener: Listener) -> None:
        self.world, self.listener = world, listener
        self.start = len(listener.heard)
        self._open: list[tuple[str, int]] = []

    def make(self, name: str, *first: Any, follow: bool = False) -> int:
        """Make a request; returns its id. Raises what the call raises."""
        arrangement = arrangement_of(name)
        for needed in arrangement.needs:
            self.answer(needed, self.make(needed))
        arguments = (follow and arrangement.followed) or arrangement.arguments
        self.start = len(self.listener.heard)
        request_id = self.listener.call(name, *first, *arguments(self.world))
        if name in STREAMS:
            self._open.append((name, request_id))
        return request_id

    def hear(self, kind: type[Message], request_id: int = 0) -> Any:
        """The first message of a type that came since the request, about it."""
        return self.listener.heard.wait(
            self.start,
            lambda message: (
                type(message) is kind and _id_of(message) in (None, request_id or _id_of(message))
            ),
            kind.__name__,
        )

    def answer(self, name: str, request_id: int) -> Any:
        """The first message of the answer, when all of it has come."""
        replies, expected = CALLS[name].facts.replies, answer_of(name)
        assert expected is not None
        first = self.hear(expected, request_id)
        if replies.end is not None and (replies.has_first_round or not replies.stream):
            self.hear(replies.end, request_id)
        return first

    def settle(self) -> list[Message]:
        """Everything that the gateway had to say so far."""
        heard = len(self.listener.heard)
        self.listener.call("request_current_time")
        self.listener.heard.wait(heard, lambda message: type(message) is CurrentTime, "the time")
        return self.listener.heard.since(self.start)

    def cancel_all(self) -> None:
        """End every subscription that was made."""
        for name, request_id in self._open:
            cancellation = STREAMS[name]
            arguments = (request_id,) if issubclass(CALLS[cancellation], Cancellation) else ()
            self.listener.call(cancellation, *arguments)
        self._open.clear()


@pytest.fixture
def conversation(place: tuple[World, Listener]) -> Iterator[Conversation]:
    conversation = Conversation(*place)
    yield conversation
    conversation.cancel_all()
    conversation.settle()


def _id_of(message: Any) -> int | None:
    return getattr(message, "request_id", None)


def errors(messages: list[Message]) -> list[tuple[int, int]]:
    """Id and code of the errors among messages."""
    return [
        (message.request_id, message.code)
        for message in messages
        if isinstance(message, Notice) and CODES.facts(message.code).severity is Severity.ERROR
    ]


@pytest.mark.parametrize("name", ANSWERED)
def test_the_answer_reaches_a_handler(conversation: Conversation, name: str) -> None:
    arrangement, expected = arrangement_of(name), answer_of(name)

    if CALLS[name].facts.since > conversation.world.version:
        expect_unsupported(conversation, name)
    elif arrangement.refused is not None:
        request_id = conversation.make(name)
        assert errors(conversation.settle()) == [(request_id or LOCAL, arrangement.refused)]
    elif arrangement.is_ignored or expected is None:
        conversation.make(name)
        heard = conversation.settle()
        assert errors(heard) == []
        assert expected is None or expected not in map(type, heard)
    else:
        request_id = conversation.make(name)
        first = conversation.answer(name, request_id)
        assert _id_of(first) in (None, request_id)
        assert arrangement.is_empty or says_something(first)
        heard = conversation.settle()
        assert errors(heard) == []
        assert arrangement.mentions in repr([each for each in heard if type(each) in parts_of(name)])


def parts_of(name: str) -> tuple[type[Message], ...]:
    return CALLS[name].facts.replies.parts


def expect_unsupported(conversation: Conversation, name: str) -> None:
    """An application's call raises; a strategy, whose call returns at once, hears that it failed."""
    if conversation.listener.raises_unsupported:
        with pytest.raises(UnsupportedByServer):
            conversation.make(name)
        return
    arguments = arrangement_of(name).arguments(conversation.world)
    request_id = conversation.listener.call(name, *arguments)
    failure = conversation.hear(RequestFailed, request_id)
    assert "server version" in failure.reason


def test_cancelled_subscriptions_are_silent(conversation: Conversation) -> None:
    """All at once, for a test that nothing comes has to let time go by."""
    begin = len(conversation.listener.heard)
    made = {name: conversation.make(name, follow=True) for name in STREAMS}
    conversation.start = begin
    for name, request_id in made.items():
        conversation.hear(answer_of(name) or Message, request_id)

    conversation.start = len(conversation.listener.heard)
    conversation.cancel_all()
    told = conversation.settle()
    conversation.start = len(conversation.listener.heard)
    gone_by(conversation.listener, 30)

    late = conversation.listener.heard.since(conversation.start)
    kinds = {part for name in made for part in CALLS[name].facts.replies.every_type()}
    assert [message for message in late if type(message) in kinds] == []
    assert errors(late) == []
    assert {code for _, code in errors(told)} <= {162}, "the history and scan services confirm so"


@pytest.mark.parametrize("name", [name for name, of in CANCELS.items() if of not in STREAMS])
def test_a_cancellation_of_what_was_answered_harms_nothing(conversation: Conversation, name: str) -> None:
    """An older bridge may not know it, and a newer one may say that there is nothing to cancel."""
    conversation.make(name, 1_999_999_999)

    assert CurrentTime in map(type, conversation.settle())


@pytest.mark.parametrize("name", ["request_open_orders", "request_all_open_orders"])
def test_an_order_is_placed_listed_and_cancelled(conversation: Conversation, name: str) -> None:
    """The list needs an order, so `make` places one first."""
    conversation.make(name)
    conversation.hear(OpenOrderEnd)
    listed = {each.order_id for each in conversation.settle() if isinstance(each, OpenOrder)}
    (order_id,) = listed

    conversation.make("cancel_order", order_id)

    ended_as(conversation, order_id, "Cancelled")
    conversation.start = len(conversation.listener.heard)
    conversation.listener.call(name)
    conversation.hear(OpenOrderEnd)
    assert OpenOrder not in map(type, conversation.settle())


def test_a_global_cancel_ends_every_order(conversation: Conversation) -> None:
    first, second = conversation.make("place_order"), conversation.make("place_order")

    conversation.make("request_global_cancel")

    ended_as(conversation, first, "Cancelled")
    ended_as(conversation, second, "Cancelled")


def test_an_exercise_works_like_an_order_until_it_is_cancelled(conversation: Conversation) -> None:
    order_id = conversation.make("exercise_options")
    ended_as(conversation, order_id, "PreSubmitted")

    conversation.make("cancel_order", order_id)

    ended_as(conversation, order_id, "Cancelled")


def ended_as(conversation: Conversation, order_id: int, status: str) -> None:
    """Wait until an order stands so."""
    conversation.listener.heard.wait(
        conversation.start,
        lambda each: isinstance(each, OrderStatus) and (each.order_id, each.status) == (order_id, status),
        f"{status} of order {order_id}",
    )


def test_an_update_of_a_display_group_shows_in_its_subscription(conversation: Conversation) -> None:
    request_id = conversation.make("subscribe_to_group_events")
    conversation.hear(DisplayGroupUpdated, request_id)

    conversation.make("update_display_group", request_id)

    assert conversation.hear(DisplayGroupUpdated, request_id).contract_info == "8314@SMART"


def test_binding_of_orders_is_refused_to_other_clients_than_0(conversation: Conversation) -> None:
    conversation.make("request_auto_open_orders")

    assert errors(conversation.settle()) == [(LOCAL, 327)]


def test_headlines_come_with_market_data(conversation: Conversation) -> None:
    request_id = conversation.listener.call("request_market_data", Stock("AAPL"), "mdoff,292")

    assert conversation.hear(TickNews, request_id).headline

    conversation.listener.call("cancel_market_data", request_id)


@pytest.mark.parametrize("name", RESERVED)
def test_what_a_bridge_keeps_until_it_is_cancelled_can_be_asked_again(
    conversation: Conversation, name: str
) -> None:
    if CALLS[name].facts.since <= conversation.world.version:
        for _ in range(2):
            conversation.answer(name, conversation.make(name))
        assert errors(conversation.settle()) == []


def test_each_call_is_in_one_of_these_tests() -> None:
    assert set(CALLS) == set(ANSWERED) | set(CANCELS) | BY_HAND
