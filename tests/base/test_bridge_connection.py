"""The socket to the bridge, when it breaks."""

from __future__ import annotations

import contextlib
import threading

import pytest

from ibkr_actors.base import bridge_connection
from ibkr_actors.base.bridge_connection import BridgeAddress, BridgeConnection
from ibkr_actors.base.messages.connection import CurrentTimeRequest
from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.errors import ConnectionLost
from tests.actors.helpers import PATIENCE, ibm, limit_order
from tests.actors.scripted_bridge import ScriptedBridge


def sent_whole(connection, message):
    """How often a message can be sent until the bridge takes no more."""
    count = 0
    with contextlib.suppress(ConnectionLost):
        while True:
            connection.send(message)
            count += 1
    return count


def test_nothing_follows_a_message_that_was_cut(monkeypatch):
    """A bridge would read the next one as its end: an order, say, with the price of another."""
    monkeypatch.setattr(bridge_connection, "SEND_TIMEOUT", 0.1)
    may_read, ended = threading.Event(), threading.Event()
    large = PlaceOrderRequest(1, ibm(), limit_order(order_reference="x" * 100_000))
    with ScriptedBridge() as bridge:
        bridge.answers[ContractDataRequest] = lambda _request: [] * may_read.wait(PATIENCE)
        address = BridgeAddress(port=bridge.port)
        connection = BridgeConnection(address, lambda _messages: None, lambda _error: ended.set())
        connection.open()
        connection.send(ContractDataRequest(ibm(), request_id=1))  # from now on the bridge reads nothing
        complete = sent_whole(connection, large)
        may_read.set()
        bridge.requests.wait_for(PlaceOrderRequest, complete)  # there is room again

        with pytest.raises(ConnectionLost):
            connection.send(CurrentTimeRequest())
        assert ended.wait(PATIENCE)
        assert connection.join(PATIENCE)
