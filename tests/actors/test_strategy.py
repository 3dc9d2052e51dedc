"""What users write, tested as users can: by calling it, without a thread."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec import Struct

from ibkr_actors.actors.messages import Ask, AwaitAnswer, CancelOrder, PlaceOrder, Subscribe, Unsubscribe
from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.base.ids import FIRST_REQUEST_ID, OrderIds
from ibkr_actors.base.messages.connection import CurrentTimeRequest
from ibkr_actors.base.messages.history import CancelRealTimeBars, RealTimeBarsRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import CancelOrderRequest, PlaceOrderRequest
from ibkr_actors.classes.orders.groups import bracket
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.errors import DeskError, InvalidRequest
from tests.actors.helpers import FakeMail, fake_desk, ibm, limit_order


@pytest.fixture
def desk():
    ids = OrderIds()
    ids.at_least(50)
    market_data = FakeMail("market_data")
    return fake_desk(order_ids=ids, market_data=market_data, specialists={MarketDataRequest: market_data})


@pytest.fixture
def strategy(desk):
    strategy = StrategyActor("cross")
    strategy.attach(desk)
    strategy.run_behind(FakeMail("cross"))
    return strategy


class TestRequests:
    def test_return_their_id_at_once(self, strategy):
        assert strategy.request_market_data(ibm()) == FIRST_REQUEST_ID
        assert strategy.request_market_data(ibm()) == FIRST_REQUEST_ID + 1

    def test_go_to_the_actor_that_serves_them(self, strategy, desk):
        strategy.request_market_data(ibm())
        (ask,) = desk.market_data.of(Ask)
        assert (ask.request.contract.symbol, ask.request.request_id) == ("IBM", FIRST_REQUEST_ID)
        assert desk.bridge.told == []

    def test_that_nobody_serves_go_to_the_bridge_after_the_router_knows(self, strategy, desk):
        order = []
        desk.router.tell, desk.bridge.tell = order.append, order.append
        strategy.request_real_time_bars(ibm())
        assert [type(message).__name__ for message in order] == ["Subscribe", "Send"]

    def test_answered_without_an_id_are_waited_for(self, strategy, desk):
        assert strategy.request_current_time() == 0
        assert desk.router.told == [AwaitAnswer(strategy.mail, CurrentTimeRequest())]

    def test_that_nothing_answers_subscribe_to_nothing(self, strategy, desk):
        """A global cancellation must not make a strategy hear of everybody's orders."""
        strategy.request_global_cancel()
        assert desk.router.told == []

    def test_end_with_their_cancellation(self, strategy, desk):
        request_id = strategy.request_real_time_bars(ibm())
        strategy.cancel_real_time_bars(request_id)
        assert desk.router.told[-1] == Unsubscribe(strategy.mail, request_id)
        assert isinstance(desk.router.told[0], Subscribe)
        assert [type(request) for request in desk.bridge.sent] == [RealTimeBarsRequest, CancelRealTimeBars]

    def test_hold_a_copy_of_what_the_user_goes_on_changing(self, strategy, desk):
        contract = ibm()
        strategy.request_market_data(contract)
        contract.symbol = "BAC"
        assert desk.market_data.of(Ask)[0].request.contract.symbol == "IBM"

    def test_need_a_desk(self):
        with pytest.raises(DeskError, match="is not at a desk"):
            StrategyActor("lonely").request_current_time()


class TestOrders:
    def test_take_the_contract_beside_the_order(self, strategy, desk):
        assert strategy.place_order(limit_order(), ibm()).order_id == 50
        (placed,) = desk.orders.of(PlaceOrder)
        assert (placed.request.order_id, placed.request.contract.symbol, placed.changes) == (50, "IBM", False)

    def test_or_the_contract_that_rides_along(self, strategy, desk):
        strategy.place_order(LimitOrder("BUY", ibm(), 0.5, 187.25))
        (placed,) = desk.orders.of(PlaceOrder)
        assert placed.request.contract.symbol == "IBM"
        assert placed.request.order.contract is None
        assert placed.request.order.total_quantity == Decimal("0.5")

    @pytest.mark.parametrize(
        "values",
        [(limit_order(),), (ibm(), limit_order()), (limit_order(price="much"), ibm()), ("BUY", ibm())],
        ids=["no contract", "the wrong way round", "a text for a price", "no order"],
    )
    def test_that_can_t_be_placed_use_up_no_id(self, strategy, desk, values):
        with pytest.raises(InvalidRequest):
            strategy.place_order(*values)
        assert desk.orders.told == []
        assert desk.order_ids.next() == 50

    def test_that_have_an_id_are_refused_for_the_desk_gives_another(self, strategy, desk):
        entry, *_ = bracket(LimitOrder("BUY", ibm(), 100, 187.25), (7, 8, 9), 190.0, 180.0)
        with pytest.raises(InvalidRequest, match=r"has one: 7.*place_bracket"):
            strategy.place_order(entry)
        assert desk.orders.told == []

    def test_of_a_bracket_follow_their_parent_by_the_id_that_it_gets(self, strategy, desk):
        handles = strategy.place_bracket(LimitOrder("BUY", ibm(), 100, 187.25), 190.0, 180.0)
        placed = [told.request for told in desk.orders.of(PlaceOrder)]
        assert [handle.order_id for handle in handles] == [50, 51, 52]
        assert [(each.order_id, each.order.parent_id, each.order.transmit) for each in placed] == [
            (50, 0, False),
            (51, 50, False),
            (52, 50, True),
        ]
        assert strategy.orders[52] is handles[2]

    def test_that_are_attached_are_placed_with_their_parent_or_not_at_all(self, strategy, desk):
        parent, child = LimitOrder("BUY", ibm(), 100, 187.25), limit_order(action="SELL", price="much")
        with pytest.raises(InvalidRequest, match="limit_price"):
            strategy.place_attached(parent, [child])
        assert desk.orders.told == []

        strategy.place_attached(parent, [limit_order(action="SELL")])
        assert [told.request.contract.symbol for told in desk.orders.of(PlaceOrder)] == ["IBM", "IBM"]

    def test_are_changed_under_their_id(self, strategy, desk):
        strategy.modify_order(7, limit_order(price=190.0), ibm())
        (changed,) = desk.orders.of(PlaceOrder)
        assert (changed.request.order_id, changed.changes) == (7, True)

    def test_are_cancelled_by_their_id(self, strategy, desk):
        strategy.cancel_order(7)
        assert desk.orders.of(CancelOrder)[0].request.order_id == 7


class TestParameters:
    def test_are_typed(self):
        class Parameters(Struct):
            symbol: str
            quantity: int = 100

        class Typed(StrategyActor):
            pass

        Typed.Parameters = Parameters
        assert Typed.parse_parameters({"symbol": "IBM"}) == Parameters("IBM", 100)
        with pytest.raises(DeskError, match=r"parameters of Typed: .*missing required field `symbol`"):
            Typed.parse_parameters({})
        with pytest.raises(DeskError, match="quantity"):
            Typed.parse_parameters({"symbol": "IBM", "quantity": "many"})


class TestAnIdOfTheCallersOwn:
    """The desk chooses ids: one that is given must not vanish silently."""

    def test_that_is_given_by_name_is_refused(self):
        strategy = StrategyActor("cross")
        strategy.attach(fake_desk())

        with pytest.raises(InvalidRequest, match="chooses the ids of requests itself; leave out request_id"):
            strategy.request_market_data(ibm(), request_id=7)

    def test_that_comes_first_is_refused_with_the_reason(self):
        strategy = StrategyActor("cross")
        strategy.attach(fake_desk())

        with pytest.raises(InvalidRequest, match=r"request_market_data: .* leave out 7, if it is one"):
            strategy.request_market_data(7, ibm())

    def test_what_is_no_contract_is_named(self):
        strategy = StrategyActor("cross")
        strategy.attach(fake_desk())

        with pytest.raises(InvalidRequest, match="contract: expected Contract, got str 'IBM'"):
            strategy.request_market_data("IBM")


@pytest.mark.parametrize(
    "request_",
    [
        PlaceOrderRequest(0, ibm(), limit_order()),
        PlaceOrderRequest(5, ibm(), limit_order()),
        CancelOrderRequest(5),
        ExerciseOptionsRequest(5, ibm()),
    ],
)
def test_a_request_about_an_order_does_not_pass_by_the_desk_s_checks_and_its_journal(request_):
    """Nobody would see whether the account is live, and whose order it is."""
    desk = fake_desk()
    strategy = StrategyActor("cross")
    strategy.run_behind(FakeMail("cross"))
    strategy.attach(desk)
    with pytest.raises(InvalidRequest, match="place_order, modify_order, cancel_order or exercise_options"):
        strategy.perform(request_)
    assert desk.bridge.told == []
