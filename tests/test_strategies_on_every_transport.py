"""Strategies at a desk: in its own process, and in another one over a broker. The same tests, for it is to be the same.

Against the simulated gateway, and against a bridge that follows a script.
"""

from __future__ import annotations

import threading
import time

import pytest

from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.actors.supervisor import RestartPolicy
from ibkr_actors.base.local_messages import (
    ConnectionChanged,
    ConnectionState,
    OrderChanged,
    RequestFailed,
)
from ibkr_actors.base.messages.connection import CurrentTime, CurrentTimeRequest, Notice
from ibkr_actors.base.messages.executions import (
    CommissionAndFeesReport,
    ExecutionDetails,
    ExecutionDetailsEnd,
    ExecutionRequest,
)
from ibkr_actors.base.messages.history import CancelRealTimeBars, RealTimeBarsRequest
from ibkr_actors.base.messages.market_data import CancelMarketData, MarketDataRequest, TickPrice
from ibkr_actors.base.messages.orders import (
    CancelOrderRequest,
    OpenOrderEnd,
    OpenOrdersRequest,
    OrderStatus,
    PlaceOrderRequest,
)
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.market_orders import MarketOrder
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.gateway import Options
from ibkr_actors.simulated_gateway.server import Server
from tests.actors.conftest import _no_thread_left, leaves_threads, log  # noqa: F401
from tests.actors.helpers import PATIENCE, Record, commission, fill, ibm, limit_order, recording, status, told
from tests.actors.scripted_bridge import ScriptedBridge
from tests.transports import TRANSPORTS, transport

QUICKLY = RestartPolicy(most_failures=2, first_delay=0.01, longest_delay=0.02)


@pytest.fixture(params=TRANSPORTS)
def on(request, tmp_path):
    with transport(request.param, tmp_path) as arrangement:
        yield arrangement


@pytest.fixture
def record():
    return Record()


@pytest.fixture
def bridge():
    with ScriptedBridge() as bridge:
        yield bridge


@pytest.fixture
def gateway():
    with Server(Options(seed=3), port=0, tick=0.02) as server:
        yield server


class TestTrading:
    def test_a_strategy_subscribes_trades_and_hears_everything_about_it(self, on, gateway, record):
        def initialize(self):
            self.request_market_data(Stock("IBM"))
            self.order = None

        def tick_price(self, _tick):
            if self.order is None:
                self.order = self.place_order(MarketOrder("BUY", Stock("IBM"), 100))
                record.add(self.order)

        desk = on.desk_at(gateway)
        filled = Record()
        desk.signals.order_filled.connect(filled.receive)
        desk.register(recording(record, initialize=initialize, tick_price=tick_price), code="cross")
        with desk:
            change = told(record, OrderChanged, wanted=lambda change: change.status == "Filled")
            told(record, OrderStatus, wanted=lambda message: message.status == "Filled")
            report = told(record, CommissionAndFeesReport)
            fill_of_ours = told(record, ExecutionDetails)
            filled.wait(lambda facts: facts["code"] == "cross")
            (handle,) = [
                item for item in record.items if hasattr(item, "order_id") and hasattr(item, "cancel")
            ]
            state = desk.status()

        assert handle.is_filled if hasattr(handle, "is_filled") else handle.status == "Filled"
        assert {handle.order_id, change.order_id, fill_of_ours.execution.order_id} == {handle.order_id}
        assert state.performance["cross"].holdings
        assert state.performance["cross"].amounts["USD"].commission >= report.commission_and_fees > 0
        assert state.strategies[0].state == "running"

    def test_positions_are_known_when_all_were_told_and_changed_by_own_fills(self, on, gateway, record):
        def initialize(self):
            self.stock = Stock("IBM")
            self.request_positions()

        def position_end(self, _end):
            if not self.orders:  # it may come again
                record.add(("at first", self.position_of(self.stock)))
                self.place_order(MarketOrder("BUY", self.stock, 10))

        def order_changed(self, change):
            if change.status == "Filled":
                record.add(("then", self.position_of(self.stock)))

        desk = on.desk_at(gateway)
        desk.register(
            recording(record, initialize=initialize, position_end=position_end, order_changed=order_changed),
            code="cross",
        )
        with desk:
            assert record.wait(lambda item: item[0] == "at first") == ("at first", 0)
            assert record.wait(lambda item: item[0] == "then") == ("then", 10)

    def test_handles_change_and_cancel_their_order(self, on, bridge, record):
        def initialize(self):
            self.working = self.place_order(limit_order(), ibm())

        def order_status(self, message):
            if message.status == "Submitted" and message.filled == 0:
                order = self.working.order
                order.limit_price = 190.0
                self.working.modify(order)
                self.working.cancel()

        desk = on.desk_at(bridge)
        desk.register(recording(record, initialize=initialize, order_status=order_status), code="cross")
        with desk:
            placed = bridge.requests.wait_for(PlaceOrderRequest)
            bridge.say(status(placed.order_id, "Submitted", client_id=7))
            changed = bridge.requests.wait_for(PlaceOrderRequest, 2)
            cancelled = bridge.requests.wait_for(CancelOrderRequest)
        assert (changed.order_id, changed.order.limit_price) == (placed.order_id, 190.0)
        assert cancelled.order_id == placed.order_id

    @pytest.mark.parametrize(
        ("fields", "refused_by"),
        [
            ({"action": "SELL"}, Notice),  # the bridge, by 105
            ({"total_quantity": -1}, RequestFailed),  # the desk
            ({"auction_strategy": 1}, RequestFailed),  # the connection: the version has no place for it
        ],
    )
    def test_nothing_is_built_on_a_change_that_was_refused(self, on, gateway, record, fields, refused_by):
        def initialize(self):
            self.working = self.place_order(LimitOrder("BUY", Stock("IBM"), 10, 1.0))
            self.changed = False

        def order_changed(self, change):
            if change.status == "Submitted" and not self.changed:
                self.changed = True
                order = self.working.order
                for name, value in {"limit_price": 2.0, **fields}.items():
                    setattr(order, name, value)
                self.working.modify(order)

        def look(self, _message):
            if self.changed:
                record.add(self.working.order)

        methods = {"initialize": initialize, "order_changed": order_changed, refused_by.facts.handler: look}
        desk = on.desk_at(gateway)
        desk.register(recording(record, **methods), code="cross")
        with desk:
            order = record.wait(lambda item: isinstance(item, Order))
            (shown,) = desk.status().orders

        assert (order.action, order.limit_price, order.total_quantity) == ("BUY", 1.0, 10)
        assert shown.request.order.limit_price == 1.0

    def test_a_child_follows_its_parent(self, on, bridge, record):
        def initialize(self):
            parent = self.place_order(limit_order(transmit=False), ibm())
            self.place_order(limit_order(action="SELL", parent_id=parent.order_id), ibm())

        desk = on.desk_at(bridge)
        desk.register(recording(record, initialize=initialize), code="cross")
        with desk:
            parent, child = (
                bridge.requests.wait_for(PlaceOrderRequest, 1),
                bridge.requests.wait_for(PlaceOrderRequest, 2),
            )
        assert child.order.parent_id == parent.order_id

    def test_a_bracket_works_whole_at_the_gateway(self, on, gateway, record):
        def initialize(self):
            record.add(
                self.place_bracket(LimitOrder("BUY", Stock("IBM"), 10, 1.0), profit_price=2.0, stop_price=0.5)
            )

        desk = on.desk_at(gateway)
        desk.register(recording(record, initialize=initialize), code="cross")
        with desk:
            told(record, OrderChanged, wanted=lambda change: change.status == "Submitted")
            for handle in record.items[0][1:]:
                told(
                    record,
                    OrderChanged,
                    wanted=lambda change, child=handle: (
                        (change.order_id, change.status) == (child.order_id, "PreSubmitted")
                    ),
                )
            entry, *children = desk.status().orders
        assert [child.request.order.parent_id for child in children] == [entry.order_id] * 2
        assert all(handle.order.transmit for handle in record.items[0]), "a change would be held back"

    def test_orders_of_many_strategies_reach_the_bridge_with_rising_ids(self, on, bridge, record):
        def initialize(self):
            for _ in range(10):
                self.place_order(limit_order(), ibm())

        desk = on.desk_at(bridge, messages_per_second=1000)
        for code in ("first", "second", "third"):
            desk.register(recording(record, initialize=initialize), code=code)
        with desk:
            bridge.requests.wait_for(PlaceOrderRequest, 30)
        ids = [request.order_id for request in bridge.sent(PlaceOrderRequest)]
        assert ids == list(range(1, 31))

    def test_an_order_that_the_desk_refuses_is_refused_with_the_reason(self, on, bridge, record):
        def initialize(self):
            self.place_order(limit_order(quantity=-1), ibm())

        desk = on.desk_at(bridge)
        desk.register(recording(record, initialize=initialize), code="cross")
        with desk:
            change = told(record, OrderChanged)
        assert (change.status, "not positive" in change.reason) == ("Refused", True)
        assert bridge.sent(PlaceOrderRequest) == []

    def test_an_order_of_another_strategy_can_t_be_cancelled(self, on, bridge, record):
        order_ids = Record()

        def initialize(self):
            if self.code == "first":
                order_ids.add(self.place_order(limit_order(), ibm()).order_id)
            else:
                self.cancel_order(order_ids.wait_for(int))

        desk = on.desk_at(bridge)
        for code in ("first", "second"):
            desk.register(recording(record, initialize=initialize), code=code)
        with desk:
            failure = told(record, RequestFailed, "second")
        assert "is no order of this" in failure.reason
        assert bridge.sent(CancelOrderRequest) == []


class TestRequests:
    def test_two_strategies_share_a_line_each_under_its_own_id(self, on, bridge, record):
        ids = {}

        def initialize(self):
            ids[self.code] = self.request_market_data(ibm())

        def notice(self, notice):
            if notice.code == 9999 and self.code == "first":
                self.cancel_market_data(ids["first"])

        strategy = recording(record, initialize=initialize, notice=notice)
        desk = on.desk_at(bridge)
        desk.register(strategy, code="first")
        desk.register(strategy, code="second")
        with desk:
            line = bridge.requests.wait_for(MarketDataRequest)
            bridge.say(TickPrice(line.request_id, 4, 10.0))
            for code in ("first", "second"):
                assert told(record, TickPrice, code).request_id == ids[code]
            bridge.say(Notice(-1, code=9999, text="the first shall cancel"))
            told(record, Notice, "second")
            bridge.say(TickPrice(line.request_id, 4, 11.0))
            told(record, TickPrice, "second", lambda tick: tick.price == 11.0)
            assert bridge.sent(CancelMarketData) == []
            assert len(bridge.sent(MarketDataRequest)) == 1
        bridge.requests.wait_for(CancelMarketData)

    def test_replies_reach_who_asked_and_nobody_else(self, on, bridge, record):
        def initialize(self):
            if self.code == "asks":
                self.executions = self.request_executions()
                self.request_current_time()

        bridge.answers[ExecutionRequest] = lambda request: [
            fill(99, request_id=request.request_id, client_id=3),
            ExecutionDetailsEnd(request.request_id),
        ]
        bridge.answers[CurrentTimeRequest] = lambda _request: [CurrentTime(1_700_000_000)]
        desk = on.desk_at(bridge)
        for code in ("asks", "listens"):
            desk.register(recording(record, initialize=initialize), code=code)
        with desk:
            told(record, ExecutionDetailsEnd, "asks")
            assert told(record, CurrentTime, "asks") == CurrentTime(1_700_000_000)
            bridge.say(Notice(-1, code=9999, text="to everybody"))
            told(record, Notice, "listens")
        assert {type(item[1]) for item in record.items if item[0] == "listens"} <= {Notice, ConnectionChanged}

    def test_what_the_bridge_refuses_is_told_to_who_asked(self, on, bridge, record):
        ids = Record()

        def initialize(self):
            ids.add(self.request_real_time_bars(ibm()))

        bridge.answers[RealTimeBarsRequest] = lambda request: [
            Notice(request.request_id, code=420, text="no")
        ]
        desk = on.desk_at(bridge)
        desk.register(recording(record, initialize=initialize), code="cross")
        with desk:
            notice = told(record, Notice, wanted=lambda notice: notice.code == 420)
        assert notice.request_id == ids.wait_for(int)

    def test_act_runs_behind_what_was_handled_and_when_nothing_comes(self, on, bridge, record):
        def initialize(self):
            self.request_market_data(ibm())
            self.seen = []

        def tick_price(self, tick):
            self.seen.append(tick.price)

        def act(self):
            record.add(list(self.seen))

        methods = {"initialize": initialize, "tick_price": tick_price, "act": act, "act_interval": 0.05}
        desk = on.desk_at(bridge)
        desk.register(recording(record, **methods), code="cross")
        with desk:
            line = bridge.requests.wait_for(MarketDataRequest)
            bridge.say(TickPrice(line.request_id, 4, 10.0), TickPrice(line.request_id, 4, 11.0))
            record.wait(lambda item: item == [10.0, 11.0])
            record.wait(lambda _: record.items.count([10.0, 11.0]) > 2)


class TestFailures:
    @pytest.mark.parametrize("place", ["__init__", "initialize", "act", "notice"])
    def test_a_strategy_is_started_again_then_stays_down_and_stops_nobody_else(
        self,
        on,
        bridge,
        record,
        log,  # noqa: F811
        place,
    ):
        def fail(*_arguments):
            raise RuntimeError(f"at fault in {place}")

        failures = Record()
        desk = on.desk_at(bridge)
        desk.signals.strategy_failed.connect(failures.receive)
        desk.register(recording(record, **{place: fail}), code="broken", policy=QUICKLY)
        desk.register(recording(Record()), code="sound")
        with desk:
            for count in range(1, 4):
                self.provoke(bridge, failures, count, needed=place == "notice")
            log.wait(lambda line: "stays down" in line)
            states = {one.code: one for one in desk.status().strategies}
        assert (states["broken"].state, states["broken"].starts) == ("failed", 3)
        assert states["sound"].state == "running"
        assert any("Traceback" in line and f"at fault in {place}" in line for line in log.items)

    @staticmethod
    def provoke(bridge, failures, count, *, needed):
        """Until the strategy has failed so often: one that is not up again yet hears nothing."""
        deadline = time.monotonic() + PATIENCE
        while len(failures.items) < count:
            if needed:
                bridge.say(Notice(-1, code=2104, text="farm"))
            assert time.monotonic() < deadline
            time.sleep(0.01)  # between two looks; nothing depends on how long

    def test_it_leaves_its_orders_to_its_next_start(self, on, bridge, record):
        def initialize(self):
            if not record.of(int):
                record.add(self.place_order(limit_order(), ibm()).order_id)

        def order_status(self, message):
            if message.status == "Submitted":
                raise RuntimeError("at fault")

        desk = on.desk_at(bridge)
        started = Record()
        desk.signals.strategy_started.connect(started.receive)
        strategy = recording(record, initialize=initialize, order_status=order_status)
        desk.register(strategy, code="cross", policy=RestartPolicy(first_delay=0.05))
        with desk:
            order = bridge.requests.wait_for(PlaceOrderRequest)
            bridge.say(status(order.order_id, "Submitted", client_id=7))
            started.wait(lambda facts: facts["attempt"] == 2)
            bridge.say(fill(order.order_id, client_id=7))
            change = told(record, OrderChanged, "cross", lambda change: change.status == "Filled")
            told(record, ExecutionDetails, "cross")
        assert len(bridge.sent(PlaceOrderRequest)) == 1
        assert [change.order_id] == record.of(int)

    def test_its_subscriptions_are_cancelled_at_the_bridge(self, on, bridge, record):
        def initialize(self):
            self.request_market_data(ibm())
            self.request_real_time_bars(ibm())

        def tick_price(self, _tick):
            raise RuntimeError("at fault")

        desk = on.desk_at(bridge)
        strategy = recording(record, initialize=initialize, tick_price=tick_price)
        desk.register(strategy, code="cross", policy=RestartPolicy(restart=False))
        with desk:
            line, bars = (
                bridge.requests.wait_for(MarketDataRequest),
                bridge.requests.wait_for(RealTimeBarsRequest),
            )
            bridge.say(TickPrice(line.request_id, 4, 10.0))
            assert bridge.requests.wait_for(CancelMarketData).request_id == line.request_id
            assert bridge.requests.wait_for(CancelRealTimeBars).request_id == bars.request_id

    @pytest.mark.parametrize("policy", ["keep", "cancel"])
    def test_the_orders_of_one_that_stays_down_are_kept_or_cancelled_as_it_declares(
        self, on, bridge, record, policy
    ):
        def initialize(self):
            self.place_order(limit_order(), ibm())

        def order_status(self, _message):
            raise RuntimeError("at fault")

        desk = on.desk_at(bridge)
        failures = Record()
        desk.signals.strategy_failed.connect(failures.receive)
        strategy = recording(record, initialize=initialize, order_status=order_status)
        desk.register(strategy, code="cross", policy=RestartPolicy(restart=False, orders_at_death=policy))
        with desk:
            order = bridge.requests.wait_for(PlaceOrderRequest)
            bridge.say(status(order.order_id, "Submitted", client_id=7))
            failures.wait(lambda _: True)
            if policy == "cancel":
                assert bridge.requests.wait_for(CancelOrderRequest).order_id == order.order_id
        assert len(bridge.sent(CancelOrderRequest)) == (policy == "cancel")

    @pytest.mark.parametrize("place", ["order_status", "stop"])
    @pytest.mark.parametrize("policy", ["keep", "cancel"])
    def test_so_are_those_of_one_that_is_down_when_everything_stops(self, on, bridge, record, policy, place):
        """It waits for its restart then, or its `stop` fails."""

        def initialize(self):
            self.place_order(limit_order(), ibm())

        def fail(_self, *_arguments):
            raise RuntimeError("at fault")

        desk = on.desk_at(bridge)
        failures = Record()
        desk.signals.strategy_failed.connect(failures.receive)
        strategy = recording(record, **{"initialize": initialize, place: fail})
        desk.register(
            strategy, code="cross", policy=RestartPolicy(first_delay=1000.0, orders_at_death=policy)
        )
        with desk:
            order = bridge.requests.wait_for(PlaceOrderRequest)
            bridge.say(status(order.order_id, "Submitted", client_id=7))
            told(record, OrderStatus)
            if place == "order_status":
                failures.wait(lambda _: True)
        if policy == "cancel":
            assert bridge.requests.wait_for(CancelOrderRequest).order_id == order.order_id
        assert len(bridge.sent(CancelOrderRequest)) == (policy == "cancel")


class TestStopping:
    def test_cancels_and_ends_everything_within_four_seconds(self, on, bridge, record):
        """Two of the desk, and two of the process that the strategy is in."""

        def initialize(self):
            self.request_market_data(ibm())
            self.order_id = self.place_order(limit_order(), ibm()).order_id

        def stop(self):
            self.cancel_order(self.order_id)
            StrategyActor.stop(self)

        before = set(threading.enumerate())
        desk = on.desk_at(bridge)
        desk.register(recording(record, initialize=initialize, stop=stop), code="cross")
        desk.start()
        bridge.requests.wait_for(PlaceOrderRequest)
        bridge.requests.wait_for(MarketDataRequest)

        began = time.monotonic()
        desk.stop()

        assert time.monotonic() - began < 4.0
        bridge.requests.wait_for(CancelOrderRequest)
        bridge.requests.wait_for(CancelMarketData)
        left = [thread.name for thread in threading.enumerate() if thread not in before]
        assert [name for name in left if "_pass_on" not in name] == []  # those are the proxy's of this test
        desk.stop()  # again does nothing

    def test_what_was_stopped_can_start_again(self, on, bridge, record):
        desk = on.desk_at(bridge)
        desk.register(recording(record), code="cross")
        for count in (1, 2):
            with desk:
                states = desk.status().strategies
                while states[0].starts < count:
                    states = desk.status().strategies
                assert states[0].state == "running"
        assert bridge.connections == 2


class TestTheBridgeIsLost:
    def test_and_found_again(self, on, bridge, record):
        order_ids = []

        def initialize(self):
            self.request_market_data(ibm())
            order_ids.extend(self.place_order(limit_order(), ibm()).order_id for _ in range(2))
            self.request_executions()

        desk = on.desk_at(bridge)
        desk.register(recording(record, initialize=initialize), code="cross")
        desk.start()
        try:
            bridge.requests.wait_for(ExecutionRequest)
            bridge.requests.wait_for(PlaceOrderRequest, 2)
            first, second = (request.order_id for request in bridge.sent(PlaceOrderRequest))
            bridge.say(*(status(order_id, "Submitted", client_id=7) for order_id in (first, second)))
            told(
                record,
                OrderChanged,
                wanted=lambda change: (change.order_id, change.status) == (order_ids[1], "Submitted"),
            )
            bridge.stop()
            told(record, ConnectionChanged, wanted=lambda change: change.state is ConnectionState.LOST)
            failed = told(record, RequestFailed)
            assert (failed.reason, type(failed.request)) == ("the connection was lost", ExecutionRequest)

            # While it was away the first order was filled, and the second vanished.
            bridge.answers[OpenOrdersRequest] = lambda _request: [OpenOrderEnd()]
            bridge.answers[ExecutionRequest] = lambda request: [
                fill(first, request_id=request.request_id, client_id=7),
                commission(),
                ExecutionDetailsEnd(request.request_id),
            ]
            bridge.start()

            told(record, ConnectionChanged, wanted=lambda change: change.epoch > 1 and change.server_version)
            told(
                record,
                OrderChanged,
                wanted=lambda change: (change.order_id, change.status) == (order_ids[0], "Filled"),
            )
            lost = told(record, OrderChanged, wanted=lambda change: change.status == "Unknown")
            told(record, ExecutionDetails, wanted=lambda message: message.request_id == -1)
            line = bridge.requests.wait_for(MarketDataRequest, 2)
            bridge.say(TickPrice(line.request_id, 4, 10.0))
            told(record, TickPrice)
        finally:
            desk.stop()
        assert (lost.order_id, bool(lost.reason)) == (order_ids[1], True)
        assert len(bridge.sent(MarketDataRequest)) == 2

    def test_an_order_without_a_connection_fails_at_once_and_never_leaves(self, on, bridge, record):
        """The market has moved on when the connection is back."""

        def connection_changed(self, change):
            if change.state is ConnectionState.LOST and not record.of(int):
                record.add(self.place_order(limit_order(), ibm()).order_id)

        desk = on.desk_at(bridge)
        desk.register(recording(record, connection_changed=connection_changed), code="cross")
        with desk:
            bridge.hang_up()
            told(record, OrderChanged, wanted=lambda change: change.status == "Refused")
            told(record, ConnectionChanged, wanted=lambda change: change.epoch > 1 and change.server_version)
            bridge.requests.wait_for(OpenOrdersRequest)
        assert bridge.sent(PlaceOrderRequest) == []
