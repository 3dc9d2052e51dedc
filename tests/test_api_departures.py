"""Requests of the blocking interface that nothing answers: a call returns when they have left, and raises when not."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from ibkr_actors.api import IBKR_API
from ibkr_actors.base.messages.executions import ExecutionDetailsEnd, ExecutionRequest
from ibkr_actors.base.messages.orders import (
    CancelOrderRequest,
    GlobalCancelRequest,
    OpenOrderEnd,
    OpenOrdersRequest,
    PlaceOrderRequest,
)
from ibkr_actors.blocking import link as blocking_link
from ibkr_actors.blocking.order_handle import OrderHandle
from ibkr_actors.errors import ConnectionLost
from tests.actors.conftest import _no_thread_left, leaves_threads  # noqa: F401
from tests.actors.helpers import ibm, limit_order, open_order
from tests.actors.scripted_bridge import ScriptedBridge
from tests.api_clients import working_order
from tests.test_api_conversations import PATIENCE

CANCELLING = {
    "global": lambda ibkr, _handle: ibkr.request_global_cancel(),
    "by id": lambda ibkr, _handle: ibkr.cancel_order(99),
    "by handle": lambda _ibkr, handle: handle.cancel(),
}
PLACING = {
    "modify": lambda _ibkr, handle: handle.modify(limit_order(price=190.0)),
    "place": lambda ibkr, _handle: ibkr.place_order(limit_order(), ibm()),
    "exercise": lambda ibkr, _handle: ibkr.exercise_options(ibm()),
}
OF_ALL_KINDS = CANCELLING | PLACING


@pytest.fixture
def bridge():
    with ScriptedBridge(version=226) as bridge:
        bridge.answers[OpenOrdersRequest] = lambda _asked: [open_order(1), OpenOrderEnd()]
        bridge.answers[ExecutionRequest] = lambda asked: [ExecutionDetailsEnd(asked.request_id)]
        yield bridge


@pytest.fixture
def ibkr(bridge):
    with IBKR_API(port=bridge.port, timeout=PATIENCE) as ibkr:
        yield ibkr


@pytest.fixture
def handle(ibkr, bridge) -> OrderHandle:
    return working_order(ibkr, bridge)


def break_writing(ibkr: IBKR_API, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a network does that is half dead."""

    def send(_message: Any) -> None:
        raise ConnectionLost("the bridge takes no more bytes")

    monkeypatch.setattr(ibkr._client.link._connection, "send", send)


def number_sent(bridge: ScriptedBridge) -> int:
    """How many requests about orders the bridge has got."""
    return sum(
        len(bridge.sent(kind)) for kind in (PlaceOrderRequest, CancelOrderRequest, GlobalCancelRequest)
    )


def when_held_back(ibkr: IBKR_API, call: Future[Any]) -> None:
    """Returns when the call waits for its turn."""
    until = time.monotonic() + PATIENCE
    while not len(ibkr._client.link._outgoing._outbox):
        assert not call.done(), call.result()
        assert time.monotonic() < until


class TestWhatCanNotBeWritten:
    @pytest.mark.parametrize("way", CANCELLING)
    def test_was_not_sent(self, ibkr, handle, monkeypatch, way):
        break_writing(ibkr, monkeypatch)

        with pytest.raises(ConnectionLost, match="was not sent"):
            CANCELLING[way](ibkr, handle)

    @pytest.mark.parametrize("way", PLACING)
    def test_of_an_order_may_have_been_sent(self, ibkr, handle, monkeypatch, way):
        """The bridge is asked about it on the next connection."""
        break_writing(ibkr, monkeypatch)

        with pytest.raises(ConnectionLost, match=r"of order \d may have been sent or not"):
            PLACING[way](ibkr, handle)
        assert handle.order.limit_price == 187.25
        ibkr.connect()
        assert [each.status for each in ibkr.orders[1:]] == ["Refused"] * (way != "modify")


class TestWhatPacingHoldsBack:
    @pytest.fixture
    def ibkr(self, bridge, monkeypatch):
        monkeypatch.setattr(blocking_link, "MESSAGES_PER_SECOND", 2)
        with IBKR_API(port=bridge.port, timeout=PATIENCE) as ibkr:
            yield ibkr

    @pytest.mark.parametrize("way", OF_ALL_KINDS)
    def test_fails_when_the_connection_is_lost_before(self, ibkr, handle, bridge, way):
        ibkr.set_server_log_level(1)
        with ThreadPoolExecutor() as pool:
            call = pool.submit(OF_ALL_KINDS[way], ibkr, handle)
            when_held_back(ibkr, call)
            bridge.hang_up()

            with pytest.raises(ConnectionLost, match="was not sent: the bridge closed the connection"):
                call.result(PATIENCE)
        assert number_sent(bridge) == 1
        assert handle.reason == ("the bridge closed the connection" if way == "modify" else "")

    def test_has_left_before_the_connection_is_closed(self, bridge, monkeypatch):
        monkeypatch.setattr(blocking_link, "LAST_REQUESTS", 0.0)
        monkeypatch.setattr(blocking_link, "MESSAGES_PER_SECOND", 2)
        with IBKR_API(port=bridge.port, timeout=PATIENCE) as ibkr:
            for order_id in (91, 92, 93):
                ibkr.cancel_order(order_id)

        bridge.requests.wait_for(CancelOrderRequest, 3)


class TestAConnectionThatIsLostInTheMiddleOfACall:
    @pytest.mark.parametrize("way", OF_ALL_KINDS)
    def test_leaves_nothing_that_seems_to_be_sent(self, ibkr, handle, bridge, monkeypatch, way):
        link = ibkr._client.link
        send = link.send

        def too_late(*what: Any) -> None:
            ibkr.disconnect()
            send(*what)

        monkeypatch.setattr(link, "send", too_late)
        with pytest.raises(ConnectionLost, match="was not sent"):
            OF_ALL_KINDS[way](ibkr, handle)
        assert number_sent(bridge) == 1
        assert handle.order.limit_price == 187.25
        assert ("no connection" in handle.reason) == (way == "modify")
        assert [each.status for each in ibkr.orders[1:]] == ["Refused"] * (way in ("place", "exercise"))

    @pytest.mark.parametrize("way", PLACING)
    def test_leaves_nothing_that_nobody_ends(self, ibkr, handle, bridge, monkeypatch, way):
        monkeypatch.setattr(ibkr._client.link, "check", lambda _request: ibkr.disconnect())

        with pytest.raises(ConnectionLost, match=r"call connect\(\)"):
            PLACING[way](ibkr, handle)
        assert ibkr.orders == [handle]
        assert handle.order.limit_price == 187.25
