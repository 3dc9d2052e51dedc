"""Which actor gets which message."""

from __future__ import annotations

import threading

import pytest

from ibkr_actors.actors.actor import DeskActor
from ibkr_actors.actors.direct_mail import DirectMail
from ibkr_actors.actors.messages import (
    AwaitAnswer,
    Forget,
    Leaving,
    OrderUnanswered,
    OwnOrder,
    Register,
    Subscribe,
    SubscribeTypes,
    Unsubscribe,
    UseBridge,
)
from ibkr_actors.actors.questions import UNANSWERED_AFTER
from ibkr_actors.actors.router import RouterActor
from ibkr_actors.base.ids import FIRST_REQUEST_ID
from ibkr_actors.base.liveness import QUESTION
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, OrderChanged, RequestFailed
from ibkr_actors.base.messages.accounts import AccountValue
from ibkr_actors.base.messages.connection import CurrentTime, CurrentTimeRequest, Notice
from ibkr_actors.base.messages.contracts import CancelContractData, ContractDataEnd, ContractDataRequest
from ibkr_actors.base.messages.depth import MarketDepthRequest, RerouteMarketDepth
from ibkr_actors.base.messages.executions import ExecutionDetailsEnd, ExecutionRequest
from ibkr_actors.base.messages.history import CancelRealTimeBars, RealTimeBarsRequest
from ibkr_actors.base.messages.market_data import (
    MarketDataRequest,
    RerouteMarketData,
    TickOptionComputation,
    TickPrice,
    TickSnapshotEnd,
)
from ibkr_actors.base.messages.news import NewsBulletin, NewsBulletinsRequest
from ibkr_actors.base.messages.options import CalculateOptionPriceRequest
from ibkr_actors.base.messages.orders import (
    CancelOrderRequest,
    GlobalCancelRequest,
    OpenOrder,
    OpenOrderEnd,
    OpenOrdersRequest,
    OrderBound,
    OrderStatus,
    PlaceOrderRequest,
)
from ibkr_actors.base.messages.reference_data import MarketRule, MarketRuleRequest
from ibkr_actors.base.session import Undecodable
from ibkr_actors.errors import RemoteProtocolError
from tests.actors.helpers import Clock, FakeMail, commission, fill, ibm, open_order, status

ID = FIRST_REQUEST_ID
LOST = ConnectionChanged(ConnectionState.LOST, 1)
FOUND = ConnectionChanged(ConnectionState.CONNECTED, 2)


@pytest.fixture
def bridge():
    return FakeMail("bridge")


@pytest.fixture
def router(bridge):
    router = RouterActor(client_id=0)
    router.receive(UseBridge(bridge))
    return router


@pytest.fixture
def cross(router):
    return registered(router, "cross")


@pytest.fixture
def momentum(router):
    return registered(router, "momentum")


def registered(router, code):
    mail = FakeMail(code)
    router.receive(Register(code, mail))
    return mail


def tick(request_id, price=1.0):
    return TickPrice(request_id, 4, price)


class TestReplies:
    def test_go_to_whoever_subscribed_to_the_request_and_to_nobody_else(self, router, cross, momentum):
        router.receive(Subscribe(cross, MarketDataRequest(ibm(), request_id=ID), ID))
        router.handle([tick(ID), tick(ID + 1)])
        assert cross.messages == [tick(ID)]
        assert momentum.messages == []

    def test_of_one_batch_reach_each_actor_as_one_batch_in_order(self, router, cross):
        router.receive(Subscribe(cross, MarketDataRequest(ibm(), request_id=ID), ID))
        ticks = [tick(ID, float(number)) for number in range(10)]
        router.handle(ticks)
        assert cross.batches == [ticks]

    def test_carry_the_id_under_which_the_actor_asked(self, router, cross, momentum):
        shared = MarketDataRequest(ibm(), request_id=ID)
        router.receive(Subscribe(cross, shared, ID))
        router.receive(Subscribe(momentum, shared, ID, as_id=ID + 5))
        router.handle([tick(ID)])
        assert cross.messages == [tick(ID)]
        assert momentum.messages == [tick(ID + 5)]

    def test_end_with_the_last_one(self, router, cross):
        router.receive(Subscribe(cross, ExecutionRequest(request_id=ID), ID))
        router.handle([ExecutionDetailsEnd(ID), ExecutionDetailsEnd(ID)])
        assert cross.messages == [ExecutionDetailsEnd(ID)]

    def test_of_a_calculation_end_with_the_one_tick_that_answers_it(self, router, cross, bridge):
        router.receive(Subscribe(cross, CalculateOptionPriceRequest(request_id=ID), ID))
        router.handle([TickOptionComputation(ID, 53), TickOptionComputation(ID, 53), LOST])
        assert cross.messages == [TickOptionComputation(ID, 53), LOST]

    @pytest.mark.parametrize(
        ("kind", "answer"),
        [(MarketDataRequest, RerouteMarketData), (MarketDepthRequest, RerouteMarketDepth)],
    )
    def test_end_when_the_data_are_those_of_another_contract(self, router, bridge, cross, kind, answer):
        router.receive(Subscribe(cross, kind(ibm(), request_id=ID), ID))
        router.handle([answer(ID, 8314, "SMART"), answer(ID, 8314, "SMART"), FOUND])
        assert cross.messages == [answer(ID, 8314, "SMART"), FOUND]
        assert bridge.sent == []

    def test_of_a_snapshot_end_with_its_end(self, router, cross):
        router.receive(Subscribe(cross, MarketDataRequest(ibm(), snapshot=True, request_id=ID), ID))
        router.handle([tick(ID), TickSnapshotEnd(ID), tick(ID)])
        assert cross.messages == [tick(ID), TickSnapshotEnd(ID)]

    def test_end_with_an_error_but_not_with_a_warning(self, router, cross):
        router.receive(Subscribe(cross, MarketDataRequest(ibm(), request_id=ID), ID))
        warning, error = Notice(ID, code=10167, text="delayed"), Notice(ID, code=200, text="no such contract")
        router.handle([warning, tick(ID), error, tick(ID)])
        assert cross.messages == [warning, tick(ID), error]

    def test_that_nobody_waits_for_are_counted_and_told_to_nobody(self, router, cross):
        """A confirmed cancellation is an error with the id of the request: no news for all the others."""
        router.handle([tick(ID), ExecutionDetailsEnd(ID), Notice(ID, code=162, text="query cancelled")])
        assert cross.messages == []
        messages, late = router.receive("statistics")
        assert messages == 3
        assert late == {"TickPrice": 1, "ExecutionDetailsEnd": 1, "Notice": 1}

    def test_end_when_the_actor_unsubscribes_from_its_own_id(self, router, cross, momentum):
        shared = MarketDataRequest(ibm(), request_id=ID)
        router.receive(Subscribe(cross, shared, ID))
        router.receive(Subscribe(momentum, shared, ID, as_id=ID + 5))
        router.receive(Unsubscribe(cross, ID))
        router.handle([tick(ID)])
        assert cross.messages == []
        assert momentum.messages == [tick(ID + 5)]


class TestRepliesWithoutAnId:
    def test_go_to_those_who_watch_the_type(self, router, cross, momentum):
        router.receive(SubscribeTypes(cross, (AccountValue,)))
        router.handle([AccountValue("Cash")])
        assert cross.messages == [AccountValue("Cash")]
        assert momentum.messages == []

    def test_go_to_whoever_asked_each_answer_to_one_question(self, router, cross, momentum):
        router.receive(AwaitAnswer(cross, CurrentTimeRequest()))
        router.receive(AwaitAnswer(momentum, CurrentTimeRequest()))
        router.handle([CurrentTime(1), CurrentTime(2), CurrentTime(3)])
        assert cross.messages == [CurrentTime(1)]
        assert momentum.messages == [CurrentTime(2)]

    def test_that_go_on_reach_whoever_asked_as_long_as_they_come(self, router, cross, momentum):
        router.receive(AwaitAnswer(cross, NewsBulletinsRequest()))
        router.handle([NewsBulletin(1), NewsBulletin(2)])
        assert cross.messages == [NewsBulletin(1), NewsBulletin(2)]
        assert momentum.messages == []

    def test_asking_for_open_orders_once_is_not_watching_them_for_ever(self, router, cross, momentum):
        router.receive(OwnOrder(momentum, 7))
        router.receive(AwaitAnswer(cross, OpenOrdersRequest()))
        answer = [open_order(7), status(7, "Submitted"), OpenOrderEnd()]
        router.handle(answer)
        router.handle([status(7, "Filled", 100, 0)])
        assert cross.messages == answer
        assert momentum.messages == [*answer[:2], status(7, "Filled", 100, 0)]

    def test_a_lost_connection_ends_the_waiting(self, router, cross):
        router.receive(AwaitAnswer(cross, OpenOrdersRequest()))
        router.handle([LOST])
        (failure,) = cross.of(RequestFailed)
        assert "before OpenOrderEnd came" in failure.reason
        router.handle([OpenOrderEnd()])
        assert cross.of(OpenOrderEnd) == []

    def test_a_question_that_could_not_be_sent_is_not_waited_for(self, router, cross, momentum):
        router.receive(AwaitAnswer(cross, question := CurrentTimeRequest()))
        router.receive(AwaitAnswer(momentum, CurrentTimeRequest()))
        router.handle([RequestFailed(-1, "no connection", question), CurrentTime(1)])
        assert [type(message) for message in cross.messages] == [RequestFailed]
        assert momentum.messages == [CurrentTime(1)]

    def test_a_question_that_could_not_be_sent_fails_no_earlier_one(self, router, cross, momentum):
        router.receive(AwaitAnswer(cross, MarketRuleRequest(26)))
        router.receive(AwaitAnswer(momentum, question := MarketRuleRequest(2**40)))
        failure = RequestFailed(-1, "value out of range", question)
        router.handle([failure, MarketRule(26)])
        assert cross.messages == [MarketRule(26)]
        assert momentum.messages == [failure]

    def test_what_the_desk_could_not_ask_for_itself_fails_no_question(self, router, cross):
        router.receive(AwaitAnswer(cross, CurrentTimeRequest()))
        router.handle([RequestFailed(-1, "no connection", QUESTION), CurrentTime(1)])
        assert cross.messages == [CurrentTime(1)]

    def test_a_question_that_stays_unanswered_is_given_up(self, bridge):
        clock = Clock()
        router = RouterActor(client_id=0, clock=clock)
        router.receive(UseBridge(bridge))
        first, second = registered(router, "first"), registered(router, "second")
        router.receive(AwaitAnswer(first, CurrentTimeRequest()))
        clock.now += UNANSWERED_AFTER + 1
        router.receive(AwaitAnswer(second, CurrentTimeRequest()))
        router.act()
        router.handle([CurrentTime(1)])
        (failure,) = first.messages
        assert failure.request == CurrentTimeRequest()
        assert "no CurrentTime came within 60 seconds" in failure.reason
        assert second.messages == [CurrentTime(1)]


REFUSED = Notice(-1, code=321, text="not for this login")


class TestARefusalWithoutAnId:
    """Whom it may mean is told apart by `RefusalsWithoutId`, for every interface."""

    def test_ends_the_only_question(self, router, cross, momentum):
        router.receive(AwaitAnswer(cross, question := CurrentTimeRequest()))
        router.receive(Leaving(question))

        router.handle([REFUSED, CurrentTime(1)])

        notice, failure = cross.messages
        assert (notice, failure.request) == (REFUSED, question)
        assert "the bridge refused it: 321 not for this login" in failure.reason
        assert momentum.messages == []

    def test_is_for_everybody_when_two_questions_can_be_meant(self, router, cross, momentum):
        router.receive(AwaitAnswer(cross, CurrentTimeRequest()))
        router.receive(AwaitAnswer(momentum, OpenOrdersRequest()))

        router.handle([REFUSED])

        assert cross.messages == momentum.messages == [REFUSED]

    def test_is_for_everybody_while_what_nothing_answers_may_be_meant(self, router, cross, momentum):
        router.receive(Leaving(GlobalCancelRequest()))
        router.receive(AwaitAnswer(cross, question := CurrentTimeRequest()))
        router.receive(Leaving(question))

        router.handle([REFUSED])

        assert cross.messages == momentum.messages == [REFUSED]

    def test_is_clear_again_when_a_later_request_was_answered(self, router, cross, momentum):
        router.receive(Leaving(GlobalCancelRequest()))
        router.receive(Subscribe(momentum, details := ContractDataRequest(request_id=ID), ID))
        router.receive(Leaving(details))
        router.receive(AwaitAnswer(cross, question := CurrentTimeRequest()))
        router.receive(Leaving(question))

        router.handle([ContractDataEnd(ID), REFUSED])

        assert momentum.messages == [ContractDataEnd(ID)]
        assert [type(message) for message in cross.messages] == [Notice, RequestFailed]

    def test_is_not_confused_by_cancellations_and_orders_whose_refusals_name_them(self, router, cross):
        router.receive(AwaitAnswer(cross, question := CurrentTimeRequest()))
        for request in (question, CancelContractData(ID), CancelOrderRequest(7)):
            router.receive(Leaving(request))

        router.handle([REFUSED])

        assert [type(message) for message in cross.messages] == [Notice, RequestFailed]


class TestOrders:
    def test_go_to_their_owner_and_to_those_who_watch(self, router, cross, momentum):
        orders = registered(router, "orders")
        router.receive(SubscribeTypes(orders, (OrderStatus, OpenOrder)))
        router.receive(OwnOrder(cross, 7))
        router.handle([status(7, "Submitted")])
        assert cross.messages == orders.messages == [status(7, "Submitted")]
        assert momentum.messages == []

    def test_with_their_executions_and_commissions(self, router, cross, momentum):
        router.receive(OwnOrder(cross, 7))
        router.handle([fill(7), commission()])
        router.handle([commission()])
        assert cross.messages == [fill(7), commission(), commission()]
        assert momentum.messages == []

    def test_with_notices_about_them(self, router, cross, momentum):
        router.receive(OwnOrder(cross, 7))
        router.handle([Notice(7, code=201, text="rejected")])
        assert len(cross.messages) == 1
        assert momentum.messages == []

    def test_of_another_client_are_not_ours_though_the_id_is_the_same(self, router, cross, momentum):
        """Order ids count per client."""
        router.receive(OwnOrder(cross, 7))
        foreign = [
            status(7, "Filled", client_id=5),
            open_order(7, client_id=5),
            fill(7, client_id=5),
            commission(),
        ]
        router.handle(foreign)
        assert momentum.messages == foreign  # of nobody at this desk, so all may know
        router.handle([status(7, "Submitted")])
        assert momentum.messages == foreign

    def test_of_a_strategy_that_is_down_are_told_to_no_other_strategy(self, router, cross, momentum):
        router.receive(OwnOrder(cross, 7))
        router.receive(Forget(cross))
        router.handle([status(7, "Filled", 100, 0), fill(7), commission()])
        assert momentum.messages == []

    def test_that_client_0_got_by_hand_are_told_to_all_until_they_have_an_owner(
        self, router, cross, momentum
    ):
        bound = OrderBound(permanent_id=9000, client_id=0, order_id=-7)
        router.handle([bound])
        router.receive(OwnOrder(cross, -7))
        router.handle([bound])
        assert cross.messages == [bound, bound]
        assert momentum.messages == [bound]

    def test_that_could_not_be_sent_are_told_to_the_owner(self, router, cross, momentum):
        router.receive(OwnOrder(cross, 7))
        router.handle([RequestFailed(7, "no connection", PlaceOrderRequest(7))])
        assert len(cross.of(RequestFailed)) == 1
        assert momentum.messages == []


class TestEverybody:
    def test_gets_what_is_about_no_request(self, router, cross, momentum):
        router.handle([Notice(-1, code=2104, text="farm is OK")])
        assert cross.messages == momentum.messages
        assert len(cross.messages) == 1

    def test_but_those_who_are_gone_who_are_forgotten(self, router, cross, momentum):
        router.receive(OwnOrder(cross, 7))
        cross.alive = False
        router.handle([Notice(-1, code=2104, text="")])
        router.handle([Notice(-1, code=2104, text="")])
        assert len(momentum.messages) == 2
        assert cross.actor_urn not in router._subscribers

    def test_nor_those_who_were_forgotten_before_their_last_subscription_ended(self, router, cross):
        """An actor that keeps subscriptions ends those of one that is gone when it hears of it."""
        router.receive(Subscribe(cross, MarketDataRequest(ibm(), request_id=ID), ID))
        router.receive(Forget(cross))
        router.receive(Unsubscribe(cross, ID))
        router.handle([Notice(-1, code=2104, text="")])
        assert cross.messages == []
        assert cross.actor_urn not in router._subscribers


class TestConnection:
    def test_what_waits_for_an_answer_fails_when_the_connection_is_lost(self, router, cross):
        router.receive(Subscribe(cross, ExecutionRequest(request_id=ID), ID))
        router.receive(Subscribe(cross, MarketDataRequest(ibm(), snapshot=True, request_id=ID + 1), ID + 1))
        router.handle([LOST])
        assert cross.messages[0] == LOST
        assert [failure.request_id for failure in cross.of(RequestFailed)] == [ID, ID + 1]
        router.handle([LOST])
        assert len(cross.of(RequestFailed)) == 2

    def test_streams_live_on_and_are_asked_for_again(self, router, bridge, cross):
        bars = RealTimeBarsRequest(ibm(), request_id=ID)
        router.receive(Subscribe(cross, bars, ID))
        router.handle([LOST])
        assert cross.of(RequestFailed) == []
        router.handle([FOUND])
        assert bridge.sent == [bars]

    def test_lines_of_market_data_are_left_to_their_keeper(self, router, bridge, cross):
        router.receive(Subscribe(cross, MarketDataRequest(ibm(), request_id=ID), ID))
        router.handle([LOST, FOUND])
        assert bridge.sent == []

    def test_a_request_that_could_not_be_sent_is_over(self, router, cross):
        router.receive(Subscribe(cross, RealTimeBarsRequest(ibm(), request_id=ID), ID))
        router.handle([RequestFailed(ID, "unsupported"), tick(ID)])
        assert cross.messages == [RequestFailed(ID, "unsupported")]


class TestTheEndOfAnActor:
    def test_ends_its_streams_at_the_bridge(self, router, bridge, cross):
        """Else each life of a strategy that fails would leave a subscription behind."""
        router.receive(Subscribe(cross, RealTimeBarsRequest(ibm(), request_id=ID), ID))
        router.receive(Subscribe(cross, ExecutionRequest(request_id=ID + 1), ID + 1))
        router.receive(Forget(cross))
        assert bridge.sent == [CancelRealTimeBars(ID)]
        assert router._routes == {}

    def test_ends_a_search_for_contracts_that_may_have_thousands_of_answers(self, router, bridge, cross):
        router.receive(Subscribe(cross, ContractDataRequest(ibm(), request_id=ID), ID))
        router.receive(Forget(cross))
        assert bridge.sent == [CancelContractData(ID)]

    def test_leaves_nothing_behind(self, router, cross):
        router.receive(Subscribe(cross, MarketDataRequest(ibm(), request_id=ID), ID))
        router.receive(SubscribeTypes(cross, (AccountValue,)))
        router.receive(Forget(cross))
        router.handle([tick(ID), AccountValue("Cash"), Notice(-1, code=2104, text="")])
        assert cross.told == []


def test_a_message_that_cant_be_read_is_logged(router, log):
    error = RemoteProtocolError("no number", message_id=3, field="filled", server_version=203)
    router.handle([Undecodable(error, b"")])
    assert any("message 3, field filled" in line for line in log.items)


def test_a_message_that_it_does_not_understand_is_an_error(router):
    with pytest.raises(TypeError, match="router does not understand str"):
        router.receive("nonsense")


class TestMemory:
    def test_holds_the_newest_tick_of_each_type_instead_of_telling_its_keeper(self, router, cross):
        memory, keeper, request = (
            {},
            registered(router, "market_data"),
            MarketDataRequest(ibm(), request_id=ID),
        )
        router.receive(Subscribe(keeper, request, ID, memory=memory))
        router.receive(Subscribe(cross, request, ID))
        other_type = TickPrice(ID, 1, 9.0)
        router.handle([tick(ID, 1.0), tick(ID, 2.0), other_type])
        assert memory == {4: tick(ID, 2.0), 1: other_type}
        assert keeper.messages == []
        assert cross.messages == [tick(ID, 1.0), tick(ID, 2.0), other_type]


class TestDelivering:
    """What the desk's own actors have for a strategy, when they run on the reader's thread."""

    def test_within_a_batch_it_travels_behind_what_the_bridge_said(self, router, cross):
        router.receive(OwnOrder(cross, 7))
        orders = DirectMail(Echo(router, cross), threading.RLock())
        router.receive(Register("orders", orders))
        router.receive(SubscribeTypes(orders, (OrderStatus,)))

        router.handle([status(7, "Submitted")])

        (batch,) = cross.told
        assert [type(message) for message in batch.messages] == [OrderStatus, OrderChanged]

    def test_outside_of_one_it_leaves_at_once(self, router, cross):
        assert router.deliver(cross, OrderUnanswered(7, 5.0))

        (batch,) = cross.told
        assert batch.messages == [OrderUnanswered(7, 5.0)]

    def test_an_actor_that_is_gone_gets_nothing(self, router, cross):
        cross.alive = False

        assert not router.deliver(cross, OrderUnanswered(7, 5.0))
        assert not router.deliver(FakeMail("stranger"), OrderUnanswered(7, 5.0))


class Echo(DeskActor):
    """Answers each status with news of the order."""

    def __init__(self, router, owner):
        super().__init__("orders")
        self.router, self.owner = router, owner

    def order_status(self, message):
        self.router.deliver(self.owner, OrderChanged(message.order_id, message.status, 0, None, None))


def test_a_mail_that_fails_does_not_hold_up_what_is_delivered_afterwards(router):
    """Else an order's change waits until the bridge says something, whenever that is."""
    failing, other = FakeMail("failing"), FakeMail("other")
    for mail in (failing, other):
        router.receive(Register(mail.actor_urn, mail))
    failing.tell = lambda _message: 1 / 0
    with pytest.raises(ZeroDivisionError):
        router.deliver(failing, CurrentTime(0))

    assert router.deliver(other, CurrentTime(1))
    assert other.of(CurrentTime) == [CurrentTime(1)]
