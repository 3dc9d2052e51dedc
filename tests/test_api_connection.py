"""The connection of the blocking interface: how it ends, and that the next one has nothing of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from ibkr_actors.api import IBKR_API
from ibkr_actors.base.messages.accounts import PositionEnd, PositionsRequest
from ibkr_actors.base.messages.connection import CurrentTime, CurrentTimeRequest, ManagedAccounts, Notice
from ibkr_actors.base.outgoing import Outgoing
from ibkr_actors.blocking.link import Link
from ibkr_actors.errors import ConnectionLost, HandshakeRefused
from tests.actors.conftest import _no_thread_left, leaves_threads  # noqa: F401
from tests.actors.helpers import ibm, limit_order
from tests.actors.scripted_bridge import ScriptedBridge

PATIENCE = 10.0


@pytest.fixture
def bridge():
    with ScriptedBridge() as bridge:
        bridge.answers[CurrentTimeRequest] = lambda _asked: [CurrentTime(1795408311)]
        bridge.answers[PositionsRequest] = lambda _asked: [PositionEnd()]
        yield bridge


@pytest.fixture
def ibkr(bridge):
    with IBKR_API(port=bridge.port, timeout=PATIENCE) as ibkr:
        yield ibkr


def lose(ibkr: IBKR_API, bridge: ScriptedBridge) -> None:
    bridge.hang_up()
    changed = ibkr._client._changed
    with changed:
        assert changed.wait_for(lambda: not ibkr.is_connected, PATIENCE)


def first_call(original: Callable[..., Any], first: Callable[..., Any]) -> Callable[..., Any]:
    """A method whose first call is another one."""
    calls = iter((first,))
    return lambda *arguments: next(calls, original)(*arguments)


class TestTheNextConnection:
    def test_is_not_closed_by_the_late_end_of_the_one_before(self, ibkr, bridge, monkeypatch):
        """The reader of the lost connection is held up right behind telling of the loss."""
        is_connected_again, has_ended = threading.Event(), threading.Event()
        close = Outgoing.close

        def close_late(outgoing: Outgoing, reason: str) -> None:
            is_connected_again.wait(PATIENCE)
            close(outgoing, reason)
            has_ended.set()

        monkeypatch.setattr(Outgoing, "close", first_call(close, close_late))
        lose(ibkr, bridge)
        ibkr.connect()
        is_connected_again.set()
        assert has_ended.wait(PATIENCE)

        assert ibkr.request_current_time() is not None
        assert ibkr.positions == []

    def test_is_not_closed_by_whoever_closes_the_one_before(self, ibkr, bridge, monkeypatch):
        """Another thread connects as soon as it hears of the loss, before `disconnect` has returned."""
        close = Link.close

        def close_and_be_overtaken(link: Link) -> None:
            close(link)
            ibkr.connect()

        monkeypatch.setattr(Link, "close", first_call(close, close_and_be_overtaken))
        ibkr.disconnect()

        assert ibkr.is_connected
        assert ibkr.request_current_time() is not None


class TestAConnectionThatEnds:
    @pytest.mark.parametrize("code", [100, 1300])
    def test_is_lost_and_not_refused_whatever_the_bridge_said_before(self, ibkr, bridge, code):
        bridge.say(Notice(-1, None, code, "the bridge goes on all the same"))
        ibkr.request_current_time()
        handle = ibkr.place_order(limit_order(), ibm())
        lose(ibkr, bridge)

        with pytest.raises(ConnectionLost, match="closed the connection"):
            handle.wait_until_ended(PATIENCE)
        with pytest.raises(ConnectionLost):
            ibkr.request_current_time()

    def test_before_the_welcome_is_refused_in_the_bridge_s_words(self, bridge):
        bridge.welcome = [Notice(-1, None, 326, "client id is already in use"), ManagedAccounts("DU1")]
        bridge.hangs_up_after_welcome = True

        with pytest.raises(HandshakeRefused, match=r"326 client id is already in use \(client id 0\)"):
            IBKR_API(port=bridge.port, timeout=PATIENCE)
