"""Real processes at a RabbitMQ server, killed with orders in flight: none is sent twice, none vanishes."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from ibkr_actors.base.messages.executions import ExecutionDetailsEnd, ExecutionRequest
from ibkr_actors.base.messages.orders import (
    CancelOrderRequest,
    OpenOrderEnd,
    OpenOrdersRequest,
    PlaceOrderRequest,
)
from tests.actors.conftest import _no_thread_left  # noqa: F401
from tests.actors.helpers import fill, open_order, status
from tests.actors.scripted_bridge import ScriptedBridge
from tests.brokers.helpers import at_a_server
from tests.processes import OPTIONS, Process
from tests.test_remote_actors import prices, until


class TradingBridge(ScriptedBridge):
    """Accepts every order, and knows its open orders and its fills when it is asked."""

    def __init__(self):
        super().__init__()
        self.fills = []
        self.answers[PlaceOrderRequest] = lambda request: [status(request.order_id, "Submitted", client_id=7)]
        self.answers[OpenOrdersRequest] = lambda _request: [
            *(open_order(one.order_id, client_id=7) for one in self.sent(PlaceOrderRequest)),
            OpenOrderEnd(),
        ]
        self.answers[ExecutionRequest] = lambda request: [
            *(self.fill_of(one, request_id=request.request_id) for one in self.fills),
            ExecutionDetailsEnd(request.request_id),
        ]

    @staticmethod
    def fill_of(order_id, **fields):
        return fill(order_id, execution_id=f"0000e0d5.{order_id:08x}.01.01", client_id=7, **fields)

    def fill(self, order_id, *, tell=True):
        """An order is filled; the client need not be there."""
        self.fills.append(order_id)
        if tell:
            self.say(self.fill_of(order_id))


@pytest.fixture
def bridge():
    with TradingBridge() as bridge:
        yield bridge


@pytest.fixture
def floor(bridge, tmp_path):
    with at_a_server() as server:
        floor = Floor(server, bridge, tmp_path / "orders.jsonl")
        yield floor
        for process in floor.started:
            process.stop()


class Floor:
    def __init__(self, server, bridge, journal):
        self.server, self.bridge, self.journal = server, bridge, journal
        self.started = []
        probe = server.make()  # knows the address, behind the proxy, and the prefix
        self.where = (
            f"amqp://{probe._address.user}:{probe._address.password}@127.0.0.1:{probe._address.port}/",
            probe._maker.name(""),
        )

    def desk(self, *, wait=True):
        return self._start("desk", *self.where, str(self.bridge.port), str(self.journal), wait=wait)

    def actor(self, policy="keep", *, wait=True):
        return self._start("actor", *self.where, "cross", policy, wait=wait)

    def _start(self, *arguments, wait):
        process = Process(*arguments)
        self.started.append(process)
        if wait:
            process.wait("up")
        return process


def answered(actor):
    """The numbers of orders that the actor has heard of."""
    return {one["number"] for one in actor.of("changed")}


def test_the_desk_is_killed_with_orders_in_flight(floor, bridge):
    first, actor = floor.desk(), floor.actor()
    actor.wait("ready")
    wanted = [float(price) for price in range(1, 41)]
    for price in wanted[:20]:
        actor.tell(price)
    bridge.requests.wait_for(PlaceOrderRequest, 3)
    first.kill()
    for price in wanted[20:]:
        actor.tell(price)
    floor.desk()
    until(lambda: len(actor.of("placed")) == 40 and len(answered(actor)) == 40, "40 answers")
    sent = prices(bridge)
    assert len(sent) == len(set(sent)), "an order was sent twice"
    refused = {one["number"] for one in actor.of("changed") if one["status"] in ("Refused", "Unknown")}
    price_of = {one["number"]: one["price"] for one in actor.of("placed")}
    assert {price_of[number] for number in answered(actor) - refused} <= set(sent)
    assert {price for price in wanted if price not in sent} <= {price_of[number] for number in refused}


def test_a_fill_while_the_desk_is_dead_reaches_the_owner_once(floor, bridge):
    first, actor = floor.desk(), floor.actor()
    actor.wait("ready")
    actor.tell(1.0)
    actor.wait("changed", status="Submitted")
    first.kill()
    bridge.fill(1, tell=False)
    floor.desk()
    number = actor.wait("placed")["number"]
    actor.wait("changed", status="Filled", number=number)
    actor.wait("execution", number=number)
    actor.tell(2.0)
    actor.wait("changed", status="Submitted", number=number + 1)
    assert len(actor.of("execution")) == 1


def test_an_actor_is_killed_and_its_next_life_hears_of_its_fills(floor, bridge):
    floor.desk()
    actor = floor.actor()
    actor.wait("ready")
    for price in (1.0, 2.0, 3.0):
        actor.tell(price)
    bridge.requests.wait_for(PlaceOrderRequest)
    actor.kill()
    bridge.requests.wait_for(PlaceOrderRequest)
    bridge.fill(1)
    again = floor.actor()
    number = actor.of("placed")[0]["number"]
    again.wait("execution", number=number)
    again.wait("changed", number=number, status="Filled")
    again.tell(4.0)
    until(lambda: 4.0 in prices(bridge))
    sent = prices(bridge)
    assert len(sent) == len(set(sent))
    assert len(again.of("execution")) == 1
    assert again.wait("placed")["number"] not in {one["number"] for one in actor.of("placed")}


@pytest.mark.parametrize("policy", ["keep", "cancel"])
def test_the_orders_of_a_killed_actor_are_kept_or_cancelled(floor, bridge, policy):
    floor.desk()
    actor = floor.actor(policy)
    actor.wait("ready")
    actor.tell(1.0)
    actor.wait("changed", status="Submitted")
    actor.kill()
    if policy == "cancel":
        bridge.requests.wait_for(CancelOrderRequest)
    else:
        threading.Event().wait(OPTIONS.grace * 1.5)  # the subject is time
        assert bridge.sent(CancelOrderRequest) == []


def test_a_desk_that_stood_still_does_not_send_what_is_too_old(floor, bridge):
    desk, actor = floor.desk(), floor.actor()
    actor.wait("ready")
    actor.tell(1.0)
    actor.wait("changed", status="Submitted")
    threading.Event().wait(0.5)  # some heartbeats tell the desk how far the clocks are apart
    desk.send(signal.SIGSTOP)
    actor.tell(2.0)
    number = actor.wait("placed", price=2.0)["number"]
    threading.Event().wait(OPTIONS.time_to_live + 0.5)  # the subject is time
    desk.send(signal.SIGCONT)
    refused = actor.wait("changed", number=number, status="Refused")
    assert "time to live" in refused["reason"]
    actor.tell(3.0)
    until(lambda: 3.0 in prices(bridge))
    assert prices(bridge) == [1.0, 3.0]


def test_the_bridge_is_killed_with_orders_in_flight(floor, bridge):
    floor.desk()
    actor = floor.actor()
    actor.wait("ready")
    for price in range(1, 11):
        actor.tell(float(price))
    bridge.requests.wait_for(PlaceOrderRequest, 2)
    bridge.stop()
    time.sleep(0.05)  # somewhen in the middle
    bridge.start()
    until(lambda: len(answered(actor)) == 10, "10 answers")
    sent = prices(bridge)
    assert len(sent) == len(set(sent))


def test_a_second_actor_of_a_living_code_ends_and_says_why(floor, bridge):
    floor.desk()
    floor.actor().wait("ready")
    second = floor.actor(wait=False)
    second._process.wait(10.0)
    assert second._process.returncode == 1
    assert second.of("up") == []
