"""The way to the bridge and back, over real sockets."""

from __future__ import annotations

import math
import threading

import pytest

from ibkr_actors.actors.actor import start, tell
from ibkr_actors.actors.bridge import BridgeActor
from ibkr_actors.actors.messages import Batch, Connect, Leaving, Send, Stop
from ibkr_actors.base.bridge_connection import BridgeAddress
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, RequestFailed
from ibkr_actors.base.messages.accounts import PositionsRequest
from ibkr_actors.base.messages.connection import CurrentTimeRequest, ManagedAccounts, NextValidId
from ibkr_actors.base.messages.contracts import CancelContractData, ContractDataRequest
from ibkr_actors.base.messages.market_data import CancelMarketData, MarketDataRequest
from ibkr_actors.base.messages.options import CalculateImpliedVolatilityRequest
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.outgoing import Outgoing
from ibkr_actors.errors import ConnectFailed, ConnectionLost
from tests.actors.helpers import PATIENCE, Clock, FakeMail, Record, ibm
from tests.actors.scripted_bridge import ScriptedBridge


class PassingRouter(FakeMail):
    """Records what it is told, and passes on to the bridge actor what the router would."""

    def __init__(self):
        super().__init__("router")
        self.record, self.bridge, self.leaving = Record(), None, []

    def tell(self, message):
        if isinstance(message, Leaving):
            self.leaving.append(message.request)
            return
        for one in message.messages:
            self.record.add(one)
        own = [one for one in message.messages if isinstance(one, ManagedAccounts | NextValidId)]
        if own and self.bridge is not None:
            tell(self.bridge, Batch(own, 0.0))


@pytest.fixture
def bridge():
    with ScriptedBridge() as bridge:
        yield bridge


@pytest.fixture
def router():
    return PassingRouter()


@pytest.fixture
def running(bridge, router):
    running = start(BridgeActor(BridgeAddress(port=bridge.port), router))
    router.bridge = running.mail
    yield running
    tell(running.mail, Stop())
    assert running.join(PATIENCE)


def state(router, wanted, epoch):
    return router.record.wait(
        lambda message: (
            isinstance(message, ConnectionChanged) and (message.state, message.epoch) == (wanted, epoch)
        )
    )


def test_connects_tells_and_sends(bridge, router, running):
    assert running.mail.ask(Connect(), timeout=PATIENCE) is None
    assert state(router, ConnectionState.CONNECTED, 1).server_version == 203
    running.mail.tell(Send(CurrentTimeRequest(), "somebody"))
    bridge.requests.wait_for(CurrentTimeRequest)


def test_tells_the_router_of_what_leaves_before_it_does(bridge, router, running):
    """What can't leave, for there is no connection, is not among it."""
    running.mail.tell(Send(PositionsRequest(), "somebody"))
    running.mail.ask(Connect(), timeout=PATIENCE)
    state(router, ConnectionState.CONNECTED, 1)
    running.mail.tell(Send(CurrentTimeRequest(), "somebody"))

    bridge.requests.wait_for(CurrentTimeRequest)

    assert router.leaving == [CurrentTimeRequest()]


def test_connects_again_when_the_bridge_is_back(bridge, router, running):
    running.mail.ask(Connect(), timeout=PATIENCE)
    state(router, ConnectionState.CONNECTED, 1)
    bridge.stop()
    assert "closed the connection" in state(router, ConnectionState.LOST, 1).reason
    state(router, ConnectionState.LOST, 2)  # an attempt that failed
    bridge.start()
    router.record.wait(
        lambda message: (
            isinstance(message, ConnectionChanged)
            and message.state is ConnectionState.CONNECTED
            and message.epoch > 2
        )
    )


def test_nobody_listening_is_the_answer(bridge, router, running):
    bridge.stop()
    assert isinstance(running.mail.ask(Connect(), timeout=PATIENCE), ConnectFailed)
    bridge.start()


def test_a_request_that_the_version_can_t_carry_fails_alone(bridge, router, running):
    running.mail.ask(Connect(), timeout=PATIENCE)
    state(router, ConnectionState.CONNECTED, 1)
    odd = MarketDataRequest(ibm(), generic_ticks="\ud800", request_id=5)  # no text that UTF-8 could carry
    running.mail.tell(Send(odd, "somebody"))
    running.mail.tell(Send(CurrentTimeRequest(), "somebody"))
    assert router.record.wait_for(RequestFailed).request_id == 5
    bridge.requests.wait_for(CurrentTimeRequest)


@pytest.mark.parametrize("price", [math.nan, math.inf])
def test_a_value_that_is_no_number_fails_by_the_name_of_its_field(bridge, router, running, price):
    running.mail.ask(Connect(), timeout=PATIENCE)
    state(router, ConnectionState.CONNECTED, 1)
    running.mail.tell(Send(CalculateImpliedVolatilityRequest(ibm(), price, 1.0, request_id=5), "somebody"))

    assert "CalculateImpliedVolatilityRequest.option_price" in router.record.wait_for(RequestFailed).reason
    assert bridge.sent(CalculateImpliedVolatilityRequest) == []


def test_a_cancellation_that_an_older_bridge_does_not_know_is_no_failure(bridge, router, running, log):
    """The bridge here speaks 203; contract details can be cancelled since 215. What still comes is for nobody."""
    running.mail.ask(Connect(), timeout=PATIENCE)
    state(router, ConnectionState.CONNECTED, 1)
    running.mail.tell(Send(ContractDataRequest(ibm(), request_id=5), "somebody"))
    running.mail.tell(Send(CancelContractData(5), "somebody"))
    running.mail.tell(Send(CurrentTimeRequest(), "somebody"))
    bridge.requests.wait_for(CurrentTimeRequest)
    log.wait(lambda line: "INFO" in line and "needs server version 215" in line)
    assert bridge.sent(CancelContractData) == []
    assert router.record.of(RequestFailed) == []


def test_a_cancellation_that_the_bridge_knows_reaches_it(router):
    with ScriptedBridge(version=215) as bridge:
        running = start(BridgeActor(BridgeAddress(port=bridge.port), router))
        router.bridge = running.mail
        running.mail.ask(Connect(), timeout=PATIENCE)
        state(router, ConnectionState.CONNECTED, 1)
        running.mail.tell(Send(CancelContractData(5), "somebody"))
        assert bridge.requests.wait_for(CancelContractData) == CancelContractData(5)
        tell(running.mail, Stop())
        assert running.join(PATIENCE)


def test_breaking_off_ends_a_handshake_that_does_not_end(router):
    with ScriptedBridge(mute=True) as bridge:
        actor = BridgeActor(BridgeAddress(port=bridge.port), router)
        running = start(actor)
        answers = Record()
        asking = threading.Thread(target=lambda: answers.add(running.mail.ask(Connect(), timeout=PATIENCE)))
        asking.start()
        state(router, ConnectionState.CONNECTING, 1)
        while not answers.items:  # the socket may not be there yet
            actor.break_off()
            asking.join(0.05)
        tell(running.mail, Stop())
        assert running.join(PATIENCE)
    assert isinstance(answers.items[0], Exception)


class Connection:
    """A connection that remembers, or breaks."""

    def __init__(self, fault=None):
        self.sent, self.fault = [], fault

    def send(self, request):
        if self.fault is not None:
            raise self.fault
        self.sent.append(request)


class TestOutgoing:
    @pytest.fixture
    def arrangement(self):
        failed, lost, clock = [], [], Clock()
        outgoing = Outgoing(
            3,
            clock,
            failed=lambda request, reason: failed.append((request, reason)),
            lost=lost.append,
            waiting=lambda: None,
        )
        return outgoing, failed, lost, clock

    def test_leaves_on_the_caller_s_thread_while_pacing_allows(self, arrangement):
        outgoing, _, _, clock = arrangement
        connection = Connection()
        outgoing.open(connection)
        for number in range(5):
            outgoing.send(PlaceOrderRequest(number))
        assert [request.order_id for request in connection.sent] == [0, 1, 2]
        clock.now += 1.0
        assert outgoing.flush() is None
        assert [request.order_id for request in connection.sent] == [0, 1, 2, 3, 4]

    def test_an_order_without_a_connection_fails_and_is_not_kept(self, arrangement):
        outgoing, failed, _, _ = arrangement
        outgoing.send(PlaceOrderRequest(1))
        connection = Connection()
        outgoing.open(connection)
        assert [request for request, _ in failed] == [PlaceOrderRequest(1)]
        assert connection.sent == []

    def test_what_still_waits_when_the_connection_goes_fails(self, arrangement, log):
        outgoing, failed, _, _ = arrangement
        outgoing.open(Connection())
        for number in range(4):
            outgoing.send(PlaceOrderRequest(number))
        outgoing.close("lost")
        assert failed == [(PlaceOrderRequest(3), "lost")]
        assert any("1 requests were not sent (lost)" in line for line in log.items)

    def test_a_subscription_or_its_end_does_not_fail_for_it_is_made_again(self, arrangement):
        outgoing, failed, lost, _ = arrangement
        kept = [MarketDataRequest(ibm(), request_id=1), PositionsRequest(), CancelMarketData(1)]
        for request in kept:
            outgoing.send(request)
        outgoing.open(Connection(ConnectionLost("broken")))
        for request in kept:
            outgoing.send(request)
        outgoing.close("lost")
        assert failed == []
        assert len(lost) == 3

    def test_an_order_under_which_the_connection_broke_may_have_arrived(self, arrangement):
        """So it is not said to have failed: what became of it is asked on the next connection."""
        outgoing, failed, lost, _ = arrangement
        outgoing.open(Connection(ConnectionLost("broken")))
        outgoing.send(PlaceOrderRequest(1))
        assert failed == []
        assert len(lost) == 1

    def test_whatever_one_request_raises_costs_no_other(self, arrangement):
        outgoing, failed, _, _ = arrangement
        outgoing.open(Connection(OverflowError("too large")))
        outgoing.send(PlaceOrderRequest(1))
        outgoing.send(PlaceOrderRequest(2))
        assert [request.order_id for request, _ in failed] == [1, 2]


def test_counts_what_it_can_not_understand_over_all_connections(bridge, router):
    unknown, bad = b"\0\0\x01\x8f1\0", b"\0\0\0\x091\0x\0"
    bridge.welcome = [unknown, bad, *bridge.welcome]
    actor = BridgeActor(BridgeAddress(port=bridge.port), router)
    running = start(actor)
    router.bridge = running.mail
    for epoch in (1, 2):
        if epoch == 1:
            running.mail.ask(Connect(), timeout=PATIENCE)
        state(router, ConnectionState.CONNECTED, epoch)
        bridge.hang_up()
    tell(running.mail, Stop())
    assert running.join(PATIENCE)
    assert actor.statistics.unknown == {199: 2}
    assert actor.statistics.undecodable == 2
    assert actor.statistics.frames >= 8
