"""Which id an order of the blocking interface may have, and what may be changed under it."""

from __future__ import annotations

import pytest

from ibkr_actors.api import IBKR_API
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.orders import (
    AttachedOrders,
    CancelOrderRequest,
    OpenOrderEnd,
    OpenOrdersRequest,
    PlaceOrderRequest,
)
from ibkr_actors.blocking.order_handle import OrderHandle
from ibkr_actors.classes.contracts.bag import Bag, leg
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.errors import InvalidRequest
from tests.actors.conftest import _no_thread_left, leaves_threads  # noqa: F401
from tests.actors.helpers import ibm, limit_order, open_order
from tests.actors.scripted_bridge import ScriptedBridge
from tests.api_clients import working_order
from tests.test_api_conversations import PATIENCE, settle

BAC, XOM = Stock("BAC", contract_id=1), Stock("XOM", contract_id=2)


@pytest.fixture
def bridge():
    with ScriptedBridge(version=226) as bridge:
        yield bridge


@pytest.fixture
def ibkr(bridge):
    with IBKR_API(port=bridge.port, timeout=PATIENCE) as ibkr:
        yield ibkr


class TestAChange:
    @pytest.mark.parametrize(
        ("contract", "others"),
        [
            (ibm(), Stock("BRK A", contract_id=7)),
            (ibm(), Stock("BRK A")),
            (Bag("BAC,XOM", [leg(BAC, "BUY"), leg(XOM, "SELL")]), Bag("BAC,XOM", [leg(XOM, "BUY")])),
        ],
        ids=["by id", "by description", "by legs"],
    )
    def test_of_one_order_is_none_into_another_contract_s(self, ibkr, bridge, contract, others):
        handle = working_order(ibkr, bridge, contract)
        order = limit_order(price=9000.0)
        order.contract = others

        for change in (
            lambda: ibkr.place_order(1, others, limit_order(price=9000.0)),
            lambda: ibkr.place_order(1, order),
            lambda: handle.modify(order),
        ):
            with pytest.raises(InvalidRequest, match=r"order 1 trades .* and can't be changed to trade"):
                change()
        assert (handle.order.limit_price, len(bridge.sent(PlaceOrderRequest))) == (187.25, 1)

    @pytest.mark.parametrize(
        "again", [ibm(), Stock("IBM"), Contract(contract_id=8314), Stock("IBM", exchange="NYSE")]
    )
    def test_may_name_the_contract_as_it_likes(self, ibkr, bridge, again):
        working_order(ibkr, bridge, ibm())

        ibkr.place_order(1, again, limit_order(price=190.0))

        sent = bridge.requests.wait_for(PlaceOrderRequest, 2)
        assert (sent.contract.contract_id, sent.contract.exchange) == (8314, "SMART")
        assert sent.order.limit_price == 190.0

    def test_does_not_take_the_id_of_another_order(self, ibkr, bridge):
        handle = working_order(ibkr, bridge, ibm())

        with pytest.raises(InvalidRequest, match="has the order_id 77 and can't be placed under 1"):
            handle.modify(limit_order(order_id=77))

    def test_attaches_no_orders(self, ibkr, bridge):
        working_order(ibkr, bridge, ibm())

        with pytest.raises(InvalidRequest, match="a change attaches no orders"):
            ibkr.place_order(1, ibm(), limit_order(), attached_orders=AttachedOrders(stop_loss_order_id=5))


class TestAnId:
    @pytest.mark.parametrize("order_id", [1_000_000_000, -7])
    def test_that_no_order_can_have_is_refused(self, ibkr, bridge, order_id):
        for use in (
            lambda: ibkr.place_order(limit_order(order_id=order_id), ibm()),
            lambda: ibkr.exercise_options(ibm(), order_id=order_id),
            lambda: ibkr.cancel_order(order_id),
        ):
            with pytest.raises(InvalidRequest, match="is no "):
                use()
        with pytest.raises(InvalidRequest, match="0 is no order id"):
            ibkr.cancel_order(0)
        assert ibkr.orders == bridge.sent(CancelOrderRequest) == []

    def test_of_an_open_request_is_none_of_an_order(self, ibkr):
        with ibkr.request_market_data(ibm()) as stream:
            with pytest.raises(InvalidRequest, match="ids of requests begin at 1000000000"):
                ibkr.place_order(stream.request_id, limit_order(), ibm())

            assert not stream.is_over

    def test_of_an_order_is_not_used_by_an_exercise(self, ibkr, bridge):
        handle = working_order(ibkr, bridge, ibm())

        with pytest.raises(InvalidRequest, match="order id 1 is in use"):
            ibkr.exercise_options(ibm(), order_id=1)
        assert ibkr.orders == [handle]

    def test_that_the_bridge_gives_among_those_of_requests_is_refused(self):
        """Another program of this client used times as ids."""
        with (
            ScriptedBridge(next_id=1_700_000_000) as bridge,
            IBKR_API(port=bridge.port, timeout=PATIENCE) as ibkr,
        ):
            for use in (
                ibkr.next_order_id,
                lambda: ibkr.place_order(limit_order(), ibm()),
                lambda: ibkr.preview_order(limit_order(), ibm()),
                lambda: ibkr.exercise_options(ibm()),
            ):
                with pytest.raises(InvalidRequest, match="use another client id, or reset their sequence"):
                    use()
            assert ibkr.orders == []


class TestAnOrderPlacedByHand:
    @pytest.fixture
    def handle(self, ibkr, bridge) -> OrderHandle:
        """One that is bound to client 0."""
        bridge.answers[OpenOrdersRequest] = lambda _asked: [open_order(-4), OpenOrderEnd()]
        ibkr.request_open_orders()
        (handle,) = ibkr.orders
        return handle

    def test_hears_that_its_change_is_refused(self, ibkr, bridge, handle):
        handle.modify(limit_order(price=190.0))
        bridge.requests.wait_for(PlaceOrderRequest)
        bridge.say(Notice(-4, None, 104, "Cannot modify a filled order"), Notice(-1, None, 2104, "farm"))
        settle(ibkr, bridge)

        assert [notice.code for notice in handle.notices] == [104]
        assert (handle.reason, handle.order.limit_price) == ("104 Cannot modify a filled order", 187.25)

    def test_can_be_cancelled_by_its_id(self, ibkr, bridge, handle):
        ibkr.cancel_order(-4)

        assert bridge.requests.wait_for(CancelOrderRequest).order_id == -4
