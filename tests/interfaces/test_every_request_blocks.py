"""Every call of the blocking interface against a simulated gateway, at four versions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import ibkr_actors.blocking.link
from ibkr_actors.api import IBKR_API, OrderHandle, Stream
from ibkr_actors.base.messages.connection import CurrentTime
from ibkr_actors.base.messages.declaration import Cancellation
from ibkr_actors.base.messages.display_groups import DisplayGroupUpdated
from ibkr_actors.base.messages.news import TickNews
from ibkr_actors.blocking.shapes import Bars, MatchingSymbols
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.family_code import FamilyCode
from ibkr_actors.classes.option_chain import Chain
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.tick import HistoricalTickLast
from ibkr_actors.errors import RequestRejected, RequestTimeout, UnsupportedByServer
from tests.interfaces.arrangements import CALLS, CANCELS, answer_of, arrangement_of, says_something
from tests.interfaces.world import VERSIONS, World, world_at

PATIENCE = 10.0
SOON = 0.1
"""Seconds without an answer that a gateway does not mean to give."""

SHAPED: dict[str, type[Any]] = {
    "request_contract_data": Contract,
    "request_historical_data": Bars,
    "request_historical_ticks": HistoricalTickLast,
    "request_open_orders": Order,
    "request_all_open_orders": Order,
    "request_option_chains": Chain,
    "request_family_codes": FamilyCode,
    "request_matching_symbols": MatchingSymbols,
}
"""What calls return (or hold a list of) whose answer is no message."""


@pytest.fixture(scope="module", params=VERSIONS)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with world_at(request.param) as world:
        yield world


@pytest.fixture(scope="module")
def ibkr(world: World) -> Iterator[IBKR_API]:
    """Without the pace that real gateways want, for it would make these tests last a minute."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ibkr_actors.blocking.link, "MESSAGES_PER_SECOND", 10_000)
        with IBKR_API(world.server.host, world.server.port, client_id=7, timeout=PATIENCE) as ibkr:
            yield ibkr


class Conversation:
    """One request of the interface with what has to come before it, and the tidying up behind it."""

    def __init__(self, ibkr: IBKR_API, world: World) -> None:
        self._ibkr, self._world = ibkr, world
        self._streams: list[Stream] = []
        self._orders: list[OrderHandle] = []

    def make(self, name: str, *first: Any) -> Any:
        """Make a request; `first` are arguments before the arranged ones. Raises what the call raises."""
        arrangement = arrangement_of(name)
        for needed in arrangement.needs:
            self.make(needed)
        calls = self._ibkr.within(SOON) if arrangement.is_ignored else self._ibkr
        found = getattr(calls, name)(*first, *arguments_of(self._world, name))
        if isinstance(found, Stream):
            self._streams.append(found)
        if isinstance(found, OrderHandle):
            self._orders.append(found)
        return found

    def follow(self, name: str) -> Stream:
        """Make a subscription, and go on behind its first round. Raises what the call raises."""
        arrangement = arrangement_of(name)
        arguments = (arrangement.followed or arrangement.arguments)(self._world)
        stream: Stream = getattr(self._ibkr.streams, name)(*arguments)
        self._streams.append(stream)
        return stream

    def end(self) -> None:
        for stream in self._streams:
            stream.cancel()
        for order in self._orders:
            order.cancel()
            order.wait_until_ended(PATIENCE)


@pytest.fixture
def conversation(ibkr: IBKR_API, world: World) -> Iterator[Conversation]:
    conversation = Conversation(ibkr, world)
    yield conversation
    conversation.end()
    assert type(ibkr.request_current_time()) is CurrentTime, "the interface and the gateway go on"


def is_unknown_to(world: World, name: str) -> bool:
    return CALLS[name].facts.since > world.version


def arguments_of(world: World, name: str) -> tuple[Any, ...]:
    """The arranged ones; chains are asked for by the contract, which this interface completes by itself."""
    return (Stock("AAPL"),) if name == "request_option_chains" else arrangement_of(name).arguments(world)


def holds_of(found: Any) -> list[Any]:
    """The things that a call has found, be it one or many."""
    if isinstance(found, Stream):
        return [found.next(PATIENCE)]
    if isinstance(found, list):
        return found
    return [found]


WITH_HANDLES = ("place_order", "exercise_options")
ANSWERED = [name for name in CALLS if not arrangement_of(name).subject and name not in WITH_HANDLES]
RESERVED = [name for name, request in CALLS.items() if request.facts.replies.is_reserved]
KEPT_ON = {name: of for name, of in CANCELS.items() if CALLS[of].facts.replies.stream}
"""Cancellations of subscriptions."""


@pytest.mark.parametrize("name", ANSWERED)
def test_a_call_returns_what_the_gateway_has(world: World, conversation: Conversation, name: str) -> None:
    arrangement = arrangement_of(name)
    expected = SHAPED.get(name, answer_of(name))

    if is_unknown_to(world, name):
        with pytest.raises(UnsupportedByServer):
            conversation.make(name)
    elif arrangement.is_ignored:
        with pytest.raises(RequestTimeout):
            conversation.make(name)
    elif arrangement.refused is not None and expected is not None:
        with pytest.raises(RequestRejected) as caught:
            conversation.make(name)
        assert caught.value.code == arrangement.refused
    elif expected is None:
        assert conversation.make(name) is None
    else:
        found = holds_of(conversation.make(name))
        assert found
        assert isinstance(found[0], expected)
        assert all(isinstance(each, CALLS[name].facts.replies.parts) for each in found) or name in SHAPED
        assert arrangement.is_empty or name in SHAPED or any(says_something(each) for each in found)
        assert arrangement.mentions in repr(found)


@pytest.mark.parametrize("name", KEPT_ON)
def test_a_cancellation_ends_the_stream(ibkr: IBKR_API, conversation: Conversation, name: str) -> None:
    stream = conversation.follow(CANCELS[name])
    stream.next(PATIENCE)

    assert getattr(ibkr, name)(*own_id(name, stream.request_id)) is None

    assert stream.is_over
    assert stream.take() == []


@pytest.mark.parametrize("name", [name for name in CANCELS if name not in KEPT_ON])
def test_a_cancellation_of_what_was_answered_is_sent(
    ibkr: IBKR_API, conversation: Conversation, name: str
) -> None:
    """A bridge that does not know it ends its answer by itself; the interface has no use for that any more."""
    assert getattr(ibkr, name)(*own_id(name, 5)) is None
    assert ibkr.request_current_time()


def own_id(name: str, request_id: int) -> tuple[int, ...]:
    return (request_id,) if issubclass(CALLS[name], Cancellation) else ()


def test_an_order_is_placed_listed_and_cancelled(ibkr: IBKR_API, conversation: Conversation) -> None:
    handle = conversation.make("place_order")
    handle.wait_for(("PreSubmitted", "Submitted"), PATIENCE)
    listed = ibkr.request_open_orders()

    ibkr.cancel_order(handle.order_id)

    assert handle.wait_until_ended(PATIENCE).status == "Cancelled"
    assert [order.order_id for order in listed] == [handle.order_id]
    assert ibkr.request_open_orders() == []


def test_a_global_cancel_ends_every_order(ibkr: IBKR_API, conversation: Conversation) -> None:
    handles = [conversation.make("place_order") for _ in range(2)]

    assert ibkr.request_global_cancel() is None

    assert [handle.wait_until_ended(PATIENCE).status for handle in handles] == ["Cancelled", "Cancelled"]


def test_an_exercise_works_like_an_order_until_it_is_cancelled(
    ibkr: IBKR_API, conversation: Conversation
) -> None:
    handle = conversation.make("exercise_options")
    facts = handle.wait_for("PreSubmitted", PATIENCE)

    ibkr.cancel_order(handle.order_id)

    assert facts.status == "PreSubmitted"
    assert handle.wait_until_ended(PATIENCE).status == "Cancelled"
    assert {notice.code for notice in handle.notices} == {10349, 202}


def test_an_update_of_a_display_group_shows_in_its_subscription(
    ibkr: IBKR_API, conversation: Conversation
) -> None:
    stream = conversation.make("subscribe_to_group_events")
    stream.next(PATIENCE)

    assert conversation.make("update_display_group", stream.request_id) is None

    assert stream.next(PATIENCE) == DisplayGroupUpdated(stream.request_id, "8314@SMART")


def test_binding_of_orders_is_refused_to_other_clients_than_0(
    ibkr: IBKR_API, conversation: Conversation
) -> None:
    """Nothing waits for it, so its refusal stands among the notices."""
    conversation.make("request_auto_open_orders")
    ibkr.request_current_time()

    assert ibkr.notices[-1].code == 327


def test_headlines_come_in_the_stream_of_market_data(ibkr: IBKR_API) -> None:
    with ibkr.request_market_data(Stock("AAPL"), "mdoff,292") as stream:
        assert isinstance(stream.next(PATIENCE), TickNews)


@pytest.mark.parametrize("name", RESERVED)
def test_what_a_bridge_keeps_until_it_is_cancelled_can_be_asked_again(
    world: World, conversation: Conversation, name: str
) -> None:
    if not is_unknown_to(world, name):
        assert conversation.make(name)
        assert conversation.make(name)


def test_each_call_is_in_one_of_these_tests() -> None:
    by_hand = {"cancel_order", "request_global_cancel", "update_display_group"}

    assert set(CALLS) == set(ANSWERED) | set(CANCELS) | set(WITH_HANDLES) | by_hand
