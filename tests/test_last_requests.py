"""What a program sends last is taken by the bridge, and its answers are known, on each interface that ends by itself.

To close at once would lose requests that the bridge has not read when it answers to the first of them.
"""

from __future__ import annotations

import threading
import time

import pytest

from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.api import IBKR_API
from ibkr_actors.base.messages.connection import CurrentTimeRequest
from ibkr_actors.base.messages.orders import CancelOrderRequest, PlaceOrderRequest
from ibkr_actors.multiple_client_application import MultiClientApplication
from ibkr_actors.staffed_application import STOP_WITHIN
from tests.actors.conftest import _no_thread_left, leaves_threads  # noqa: F401
from tests.actors.helpers import PATIENCE, Record, ibm, limit_order, status
from tests.actors.scripted_bridge import ScriptedBridge

ORDERS = 45
CLIENT = 7


@pytest.fixture
def bridge():
    with ScriptedBridge() as bridge:
        bridge.answers[PlaceOrderRequest] = lambda asked: [
            status(asked.order_id, "Submitted", client_id=CLIENT)
        ]
        bridge.answers[CancelOrderRequest] = slowly_cancelled
        yield bridge


def slowly_cancelled(asked):
    """The bridge takes its time for the first one: whoever closes at once has closed when it answers."""
    if asked.order_id == 1:
        time.sleep(0.1)
    return [status(asked.order_id, "Cancelled", client_id=CLIENT)]


class Tidy(StrategyActor):
    """Cancels its orders when it stops."""

    def initialize(self):
        for _ in range(ORDERS):
            self.place_order(limit_order(), ibm())

    def stop(self):
        for order_id in self.orders:
            self.cancel_order(order_id)
        super().stop()


def test_of_the_blocking_interface(bridge):
    with IBKR_API("127.0.0.1", bridge.port, CLIENT, timeout=PATIENCE) as ibkr:
        handles = [ibkr.place_order(limit_order(), ibm()) for _ in range(ORDERS)]
        for handle in handles:
            handle.wait_for("Submitted", PATIENCE)
        for handle in handles:
            handle.cancel()

    assert [handle.status for handle in handles] == ["Cancelled"] * ORDERS


def test_of_a_desk(bridge):
    changes = Record()
    desk = MultiClientApplication("127.0.0.1", bridge.port, CLIENT, messages_per_second=1000)
    desk.register(Tidy, code="tidy")

    def note(_sender, code, change):
        changes.add(change.status)

    desk.signals.order_changed.connect(note)
    with desk:
        bridge.requests.wait_for(PlaceOrderRequest, ORDERS)

    assert changes.items.count("Cancelled") == ORDERS


def test_a_desk_waits_no_longer_than_it_may_for_a_bridge_that_takes_nothing(bridge):
    asked, goes_on = threading.Event(), threading.Event()

    def take_nothing(_asked):
        asked.set()
        goes_on.wait(PATIENCE)
        return []

    bridge.answers[CurrentTimeRequest] = take_nothing

    class Asking(StrategyActor):
        def initialize(self):
            self.request_current_time()

    desk = MultiClientApplication("127.0.0.1", bridge.port, CLIENT)
    desk.register(Asking, code="asking")
    with desk:
        assert asked.wait(PATIENCE)
        began = time.monotonic()

    assert time.monotonic() - began < STOP_WITHIN
    goes_on.set()
