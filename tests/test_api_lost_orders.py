"""What the blocking interface knows of its orders behind a lost connection, by what the bridge answers."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ibkr_actors.api import IBKR_API
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.executions import ExecutionDetailsEnd, ExecutionRequest
from ibkr_actors.base.messages.orders import (
    OpenOrder,
    OpenOrderEnd,
    OpenOrdersRequest,
    OrderStatus,
)
from ibkr_actors.errors import ConnectionLost
from tests.actors.conftest import _no_thread_left, leaves_threads  # noqa: F401
from tests.actors.helpers import fill, status
from tests.actors.scripted_bridge import ScriptedBridge
from tests.api_clients import working_order
from tests.test_api_conversations import PATIENCE, SOON, settle

UNREADABLE = (OpenOrder.facts.id + 200).to_bytes(4, "big") + b"\xff\xff\xff"
OTHER_UNREADABLE = (OrderStatus.facts.id + 300).to_bytes(4, "big") + b"\xff\xff\xff"


@pytest.fixture
def bridge():
    with ScriptedBridge(version=226) as bridge:
        bridge.answers[OpenOrdersRequest] = lambda _asked: [OpenOrderEnd()]
        bridge.answers[ExecutionRequest] = lambda asked: [ExecutionDetailsEnd(asked.request_id)]
        yield bridge


@pytest.fixture
def ibkr(bridge):
    with IBKR_API(port=bridge.port, timeout=PATIENCE) as ibkr:
        yield ibkr


def connect_again(ibkr: IBKR_API) -> None:
    ibkr.disconnect()
    ibkr.connect()


def filled(asked: Any) -> list[Any]:
    return [fill(1, request_id=asked.request_id), ExecutionDetailsEnd(asked.request_id)]


class TestAnOrderOfWhichTheBridgeTells:
    def test_by_its_status_alone_works(self, ibkr, bridge):
        """Its open order may be one that can't be read."""
        handle = working_order(ibkr, bridge)
        bridge.answers[OpenOrdersRequest] = lambda _asked: [
            UNREADABLE,
            status(1, "Submitted"),
            OpenOrderEnd(),
        ]

        connect_again(ibkr)

        assert (handle.status, handle.lost) == ("Submitted", None)

    def test_unreadably_is_not_concluded_to_be_unknown(self, ibkr, bridge):
        handle = working_order(ibkr, bridge)
        bridge.answers[OpenOrdersRequest] = lambda _asked: [UNREADABLE, OpenOrderEnd()]

        connect_again(ibkr)

        assert handle.status == "Submitted"
        with pytest.raises(ConnectionLost, match=r"order 1 .* is not known: not all .* can be read"):
            handle.wait_until_ended(PATIENCE)
        bridge.say(status(1, "Cancelled"))
        settle(ibkr, bridge)
        assert (handle.status, handle.lost) == ("Cancelled", None)

    def test_is_concluded_to_be_unknown_when_only_something_else_is_unreadable(self, ibkr, bridge):
        handle = working_order(ibkr, bridge)
        bridge.answers[OpenOrdersRequest] = lambda _asked: [OTHER_UNREADABLE, OpenOrderEnd()]

        connect_again(ibkr)

        assert (handle.status, handle.lost) == ("Unknown", None)


def test_whoever_waits_for_a_lost_order_gets_an_error_of_their_own(ibkr, bridge):
    """One that is raised again and again would grow with each."""
    handle = working_order(ibkr, bridge)
    ibkr.disconnect()
    with pytest.raises(ConnectionLost, match="order 1: no news of its end: the connection was closed") as one:
        handle.wait_until_ended(PATIENCE)
    with pytest.raises(ConnectionLost) as other:
        handle.wait_until_ended(PATIENCE)

    assert one.value is not other.value
    assert one.value.__cause__ is other.value.__cause__ is handle.lost


class TestAnOrderOfWhichTheBridgeDoesNotTellInTime:
    @pytest.fixture
    def ibkr(self, bridge):
        with IBKR_API(port=bridge.port, timeout=SOON * 4) as ibkr:
            yield ibkr

    def test_is_lost_until_the_late_answer(self, ibkr, bridge):
        handle = working_order(ibkr, bridge)
        answer = threading.Event()

        def late(_asked: Any) -> list[Any]:
            answer.wait(PATIENCE)
            return [OpenOrderEnd()]

        bridge.answers[OpenOrdersRequest] = late
        bridge.answers[ExecutionRequest] = filled
        connect_again(ibkr)

        with pytest.raises(ConnectionLost, match=r"order 1 .* has not answered within 0.2 seconds"):
            handle.wait_until_ended(PATIENCE)
        answer.set()
        bridge.requests.wait_for(ExecutionRequest)
        settle(ibkr, bridge)
        assert (handle.status, handle.filled, handle.lost) == ("Filled", 100, None)
        assert len(bridge.sent(ExecutionRequest)) == 1

    def test_is_lost_when_the_bridge_refuses_to_tell(self, ibkr, bridge):
        handle = working_order(ibkr, bridge)
        bridge.answers[ExecutionRequest] = lambda asked: [Notice(asked.request_id, None, 321, "no")]

        connect_again(ibkr)

        assert (ibkr.is_connected, handle.status) == (True, "Submitted")
        with pytest.raises(ConnectionLost, match=r"order 1 .* is not known: .*321 no"):
            handle.wait_until_ended(PATIENCE)
