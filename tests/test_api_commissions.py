"""What the fills of an order cost: when the blocking interface knows all of it."""

from __future__ import annotations

import pytest

from ibkr_actors.api import IBKR_API
from ibkr_actors.base.messages.executions import ExecutionDetailsEnd, ExecutionRequest
from ibkr_actors.base.messages.orders import OpenOrderEnd, OpenOrdersRequest, PlaceOrderRequest
from ibkr_actors.blocking.order_handle import OrderHandle
from ibkr_actors.classes.contracts.bag import Bag, leg
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.orders.market_orders import MarketOrder
from ibkr_actors.errors import ConnectionLost, RequestTimeout
from ibkr_actors.simulated_gateway.gateway import Options
from ibkr_actors.simulated_gateway.server import Server
from tests.actors.conftest import _no_thread_left, leaves_threads  # noqa: F401
from tests.actors.helpers import commission, fill, ibm, limit_order, status
from tests.actors.scripted_bridge import ScriptedBridge
from tests.test_api_conversations import PATIENCE, SOON, settle

BAC, XOM = Stock("BAC", contract_id=1), Stock("XOM", contract_id=2)


@pytest.fixture
def bridge():
    with ScriptedBridge(version=226) as bridge:
        bridge.answers[OpenOrdersRequest] = lambda _asked: [OpenOrderEnd()]
        yield bridge


@pytest.fixture
def ibkr(bridge):
    with IBKR_API(port=bridge.port, timeout=PATIENCE) as ibkr:
        yield ibkr


def placed(ibkr: IBKR_API, bridge: ScriptedBridge, quantity: float, contract: Contract) -> OrderHandle:
    handle: OrderHandle = ibkr.place_order(limit_order(quantity), contract)
    bridge.requests.wait_for(PlaceOrderRequest)
    return handle


class TestTheCommissionsOfACombination:
    def test_are_those_of_all_its_legs(self, ibkr, bridge):
        handle = placed(ibkr, bridge, 2, Bag("BAC,XOM", [leg(BAC, "BUY", 3), leg(XOM, "SELL")]))
        bridge.say(status(1, "Filled", 2, 0), fill(1, 2, execution_id="0.0.01", contract=handle.contract))
        for number, (quantity, contract) in enumerate([(6, BAC), (1, XOM)], start=1):
            execution_id = f"0.{number}.01"
            bridge.say(
                fill(1, quantity, execution_id=execution_id, contract=contract), commission(execution_id)
            )
            settle(ibkr, bridge)
            with pytest.raises(RequestTimeout, match="order 1: its commissions"):
                handle.wait_for_commission(SOON)
        bridge.say(fill(1, 1, execution_id="0.3.01", contract=XOM), commission("0.3.01"))

        assert handle.wait_for_commission(PATIENCE) == 3.0

    def test_are_told_by_the_gateway(self):
        with (
            Server(Options(seed=3), tick=0.02) as server,
            IBKR_API(server.host, server.port, timeout=PATIENCE) as ibkr,
        ):
            legs = [ibkr.request_contract_data(Stock(symbol)) for symbol in ("BAC", "XOM")]
            bag = Bag("BAC,XOM", [leg(legs[0], "BUY"), leg(legs[1], "SELL")])
            handle = ibkr.place_order(MarketOrder("BUY", bag, 10))

            assert handle.wait_for_commission(PATIENCE) == handle.commission
            assert len(handle.commissions) == len(handle.executions) - 1 >= 2


class TestACommission:
    def test_counts_also_when_it_comes_before_its_execution(self, ibkr, bridge):
        handle = placed(ibkr, bridge, 100, ibm())
        bridge.say(commission(amount=2.5), fill(1), status(1, "Filled", 100, 0))

        assert handle.wait_for_commission(PATIENCE) == 2.5

    def test_that_a_lost_connection_kept_away_is_asked_for(self, ibkr, bridge):
        handle = placed(ibkr, bridge, 100, ibm())
        bridge.say(fill(1), status(1, "Filled", 100, 0))
        handle.wait_for("Filled", PATIENCE)
        bridge.answers[ExecutionRequest] = lambda asked: [
            fill(1, request_id=asked.request_id),
            commission(amount=2.5),
            ExecutionDetailsEnd(asked.request_id),
        ]
        ibkr.disconnect()
        with pytest.raises(ConnectionLost, match="order 1: no news of its commissions"):
            handle.wait_for_commission(PATIENCE)
        ibkr.connect()

        assert handle.wait_for_commission(PATIENCE) == 2.5
        ibkr.disconnect()
        ibkr.connect()
        assert len(bridge.sent(ExecutionRequest)) == 1

    def test_is_waited_for_once_as_long_as_said(self, ibkr, bridge, monkeypatch):
        handle = placed(ibkr, bridge, 100, ibm())
        waits = []

        def wait_for(holds, timeout):
            waits.append(timeout)
            ibkr._client.orders.hear(status(1, "Filled", 100, 0))
            return holds()

        monkeypatch.setattr(handle._changed, "wait_for", wait_for)
        with pytest.raises(RequestTimeout, match="its commissions did not come within 5 seconds"):
            handle.wait_for_commission(5.0)
        assert waits == [5.0]
