"""The socket to the bridge, when it breaks."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest

from ibkr_actors.base import bridge_connection
from ibkr_actors.base.bridge_connection import BridgeAddress, BridgeConnection
from ibkr_actors.base.messages.connection import CurrentTimeRequest
from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.messages.orders import OrderStatus, PlaceOrderRequest
from ibkr_actors.errors import ConnectionLost
from tests.actors.helpers import PATIENCE, Record, ibm, limit_order, status
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


def test_what_was_sent_before_the_end_is_taken_and_answered():
    heard, ended = Record(), Record()
    with ScriptedBridge() as bridge:
        bridge.answers[PlaceOrderRequest] = lambda asked: [status(asked.order_id, "Submitted")]
        connection = BridgeConnection(
            BridgeAddress(port=bridge.port), lambda messages: [*map(heard.add, messages)], ended.add
        )
        connection.open()
        for order_id in range(1, 51):
            connection.send(PlaceOrderRequest(order_id, ibm(), limit_order()))
        connection.finish()

        assert ended.wait(lambda _reason: True) is None
        assert [each.order_id for each in heard.of(OrderStatus)] == list(range(1, 51))
        with pytest.raises(ConnectionLost):
            connection.send(CurrentTimeRequest())
        assert connection.join(PATIENCE)


def broken_before_the_greeting(connected):
    connected.shutdown(socket.SHUT_WR)
    return connected


def broken_before_its_options_are_set(connected):
    """A socket of another family takes none of them, as one that was reset does not on some systems."""
    connected.close()
    ours, theirs = socket.socketpair()
    theirs.close()
    return ours


@pytest.mark.parametrize("breaks", [broken_before_the_greeting, broken_before_its_options_are_set])
def test_one_that_breaks_at_once_is_lost_as_one_that_breaks_later(monkeypatch, breaks):
    """A proxy whose bridge is down accepts, and resets."""
    create_connection = socket.create_connection
    monkeypatch.setattr(socket, "create_connection", lambda *to: breaks(create_connection(*to)))
    with ScriptedBridge() as bridge:
        connection = BridgeConnection(
            BridgeAddress(port=bridge.port), lambda _said: None, lambda _error: None
        )

        with pytest.raises(ConnectionLost, match="broke during the handshake"):
            connection.open()
