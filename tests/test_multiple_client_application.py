"""The whole desk, over real sockets: against the simulated gateway, and against a bridge that follows a script."""

from __future__ import annotations

import threading
import time
from decimal import Decimal

import pytest

from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.actors.supervisor import RestartPolicy
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, OrderChanged, RequestFailed
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.executions import (
    CommissionAndFeesReport,
    ExecutionDetails,
    ExecutionDetailsEnd,
    ExecutionRequest,
)
from ibkr_actors.base.messages.market_data import CancelMarketData, MarketDataRequest, TickPrice
from ibkr_actors.base.messages.news import NewsBulletin, NewsBulletinsRequest
from ibkr_actors.base.messages.orders import (
    CancelOrderRequest,
    OpenOrderEnd,
    OpenOrdersRequest,
    OrderStatus,
    PlaceOrderRequest,
)
from ibkr_actors.base.session_statistics import Statistics
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.market_orders import MarketOrder
from ibkr_actors.errors import BridgeError, ConnectFailed, DeskError, HandshakeRefused
from ibkr_actors.multiple_client_application import MultiClientApplication
from ibkr_actors.simulated_gateway.gateway import Options
from ibkr_actors.simulated_gateway.server import Server
from tests.actors.conftest import _no_thread_left, leaves_threads, log  # noqa: F401
from tests.actors.helpers import PATIENCE, Record, commission, fill, ibm, limit_order, open_order, status
from tests.actors.scripted_bridge import ScriptedBridge

QUICKLY = RestartPolicy(most_failures=2, first_delay=0.01, longest_delay=0.02)


@pytest.fixture
def record():
    return Record()


@pytest.fixture
def gateway():
    with Server(Options(seed=3), port=0, tick=0.02) as server:
        yield server


@pytest.fixture
def bridge():
    with ScriptedBridge() as bridge:
        yield bridge


def recording(record, **methods):
    """A strategy that records whatever reaches it, as (code, message); `methods` are its own."""

    class Recording(StrategyActor):
        def handle(self, messages):
            messages = list(messages)
            for message in messages:
                record.add((self.code, message))
            super().handle(messages)

    return type("Recording", (Recording,), methods)


def told(record, kind, code=None, wanted=lambda _message: True):
    """Wait for a message of a kind to reach a strategy."""
    found = record.wait(
        lambda item: (
            isinstance(item, tuple)
            and isinstance(item[1], kind)
            and code in (None, item[0])
            and wanted(item[1])
        ),
        kind.__name__,
    )
    return found[1]


def desk_at(place, **options):
    return MultiClientApplication("127.0.0.1", place.port, 7, **options)


class TestTrading:
    def test_a_strategy_subscribes_trades_and_hears_everything_about_it(self, gateway, record):
        def initialize(self):
            self.request_market_data(Stock("IBM"))

        def tick_price(self, _tick):
            if not hasattr(self, "order_id"):
                self.order_id = self.place_order(MarketOrder("BUY", Stock("IBM"), 100)).order_id

        desk = desk_at(gateway)
        filled = Record()
        desk.signals.order_filled.connect(filled.receive)
        desk.register(recording(record, initialize=initialize, tick_price=tick_price), code="cross")
        with desk:
            told(record, OrderChanged, wanted=lambda change: change.status == "Filled")
            told(record, OrderStatus, wanted=lambda message: message.status == "Filled")
            report = told(record, CommissionAndFeesReport)
            fill_of_ours = told(record, ExecutionDetails)
            filled.wait(lambda facts: facts["code"] == "cross")
            state = desk.status()

        assert fill_of_ours.execution.shares > 0
        assert state.connection is ConnectionState.CONNECTED
        assert state.performance["cross"].holdings
        assert state.performance["cross"].commission >= report.commission_and_fees > 0
        assert state.strategies[0].state == "running"
        assert desk.running is False

    def test_prices_of_holdings_come_from_their_lines(self, gateway, record):
        def initialize(self):
            self.request_market_data(Stock("IBM"))
            self.place_order(MarketOrder("BUY", Stock("IBM"), 100))

        desk = desk_at(gateway)
        desk.register(recording(record, initialize=initialize), code="cross")
        with desk:
            told(record, OrderChanged, wanted=lambda change: change.status == "Filled")
            told(record, TickPrice, wanted=lambda tick: tick.tick_type == 4)
            (contract_and_newest,) = desk._crew.ask("market_data", "quotes").values()
        assert 4 in contract_and_newest[1]

    def test_two_strategies_share_a_line_each_under_its_own_id(self, bridge, record):
        ids = {}

        def initialize(self):
            ids[self.code] = self.request_market_data(ibm())

        def notice(self, notice):
            if notice.code == 9999 and self.code == "first":
                self.cancel_market_data(ids["first"])

        strategy = recording(record, initialize=initialize, notice=notice)
        desk = desk_at(bridge)
        desk.register(strategy, code="first")
        desk.register(strategy, code="second")
        with desk:
            line = bridge.requests.wait_for(MarketDataRequest)
            bridge.say(TickPrice(line.request_id, 4, 10.0))
            for code in ("first", "second"):
                assert told(record, TickPrice, code).request_id == ids[code]
            bridge.say(Notice(-1, code=9999, text="the first shall cancel"))
            told(record, Notice, "second")
            # A question after the cancellation tells when it has been dealt with.
            desk.status()
            bridge.say(TickPrice(line.request_id, 4, 11.0))
            told(record, TickPrice, "second", lambda tick: tick.price == 11.0)
            assert bridge.sent(CancelMarketData) == []
            assert len(bridge.sent(MarketDataRequest)) == 1
        bridge.requests.wait_for(CancelMarketData)

    def test_the_first_order_has_the_id_that_the_bridge_named(self, record):
        def initialize(self):
            record.add(("id", self.place_order(limit_order(), ibm()).order_id))

        with ScriptedBridge(next_id=4711) as bridge:
            desk = desk_at(bridge)
            desk.register(recording(record, initialize=initialize), code="cross")
            with desk:
                assert bridge.requests.wait_for(PlaceOrderRequest).order_id == 4711


class TestStrategiesThatFail:
    @pytest.mark.parametrize("place", ["__init__", "initialize", "act", "notice"])
    def test_are_started_again_then_stay_down_and_stop_nobody_else(self, bridge, record, log, place):  # noqa: F811
        def fail(*_arguments):
            raise RuntimeError(f"at fault in {place}")

        failures = Record()
        desk = desk_at(bridge)
        desk.signals.strategy_failed.connect(failures.receive)
        desk.register(recording(record, **{place: fail}), code="broken", policy=QUICKLY)
        desk.register(recording(Record()), code="sound")
        with desk:
            for count in range(1, 4):
                if place == "notice":
                    bridge.say(Notice(-1, code=2104, text="farm"))
                failures.wait(lambda _, count=count: len(failures.items) >= count)
                if count < 3:
                    log.wait(lambda line: "is started again" in line)
                    if place == "notice":
                        self.wait_until_running(desk, count + 1)
            log.wait(lambda line: "stays down" in line)
            states = {one.code: one for one in desk.status().strategies}
        assert (states["broken"].state, states["broken"].starts) == ("failed", 3)
        assert states["sound"].state == "running"
        assert any("Traceback" in line and f"at fault in {place}" in line for line in log.items)

    @staticmethod
    def wait_until_running(desk, starts):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            state = desk.status().strategies[0]
            if (state.state, state.starts) == ("running", starts):
                return
        raise AssertionError("it was not started again")

    def test_leave_their_orders_to_their_next_life(self, bridge, record):
        def initialize(self):
            if not record.of(int):
                record.add(self.place_order(limit_order(), ibm()).order_id)

        def order_status(self, message):
            if message.status == "Submitted":
                raise RuntimeError("at fault")

        desk = desk_at(bridge)
        started = Record()
        desk.signals.strategy_started.connect(started.receive)
        strategy = recording(record, initialize=initialize, order_status=order_status)
        desk.register(strategy, code="cross", policy=RestartPolicy(first_delay=0.05))
        with desk:
            order = bridge.requests.wait_for(PlaceOrderRequest)
            bridge.say(status(order.order_id, "Submitted", client_id=7))
            started.wait(lambda facts: facts["attempt"] == 2)
            bridge.say(fill(order.order_id, client_id=7))
            told(record, OrderChanged, "cross", lambda change: change.status == "Filled")
            told(record, ExecutionDetails, "cross")
        assert len(bridge.sent(PlaceOrderRequest)) == 1

    def test_have_their_subscriptions_cancelled_at_the_bridge(self, bridge, record):
        def initialize(self):
            self.request_market_data(ibm())

        def tick_price(self, _tick):
            raise RuntimeError("at fault")

        desk = desk_at(bridge)
        strategy = recording(record, initialize=initialize, tick_price=tick_price)
        desk.register(strategy, code="cross", policy=RestartPolicy(restart=False))
        with desk:
            line = bridge.requests.wait_for(MarketDataRequest)
            bridge.say(TickPrice(line.request_id, 4, 10.0))
            assert bridge.requests.wait_for(CancelMarketData).request_id == line.request_id


class TestStopping:
    def test_cancels_and_ends_everything_within_two_seconds(self, bridge, record):
        def initialize(self):
            self.request_market_data(ibm())
            self.order_id = self.place_order(limit_order(), ibm()).order_id

        def stop(self):
            self.cancel_order(self.order_id)
            StrategyActor.stop(self)

        before = set(threading.enumerate())
        desk = desk_at(bridge)
        desk.register(recording(record, initialize=initialize, stop=stop), code="cross")
        desk.start()
        bridge.requests.wait_for(PlaceOrderRequest)

        began = time.monotonic()
        desk.stop()

        assert time.monotonic() - began < 2.0
        bridge.requests.wait_for(CancelOrderRequest)
        bridge.requests.wait_for(CancelMarketData)
        assert set(threading.enumerate()) <= before
        desk.stop()  # again does nothing

    def test_more_cancellations_than_pacing_lets_out_at_once_still_leave(self, bridge, record):
        def initialize(self):
            self.order_ids = [self.place_order(limit_order(), ibm()).order_id for _ in range(40)]

        def stop(self):
            for order_id in self.order_ids:
                self.cancel_order(order_id)
            StrategyActor.stop(self)

        desk = desk_at(bridge, messages_per_second=50)
        desk.register(recording(record, initialize=initialize, stop=stop), code="cross")
        with desk:
            bridge.requests.wait_for(PlaceOrderRequest, 40)
            time.sleep(
                0.8
            )  # the subject is time: the second's allowance is used up, and soon there is a new one
        bridge.requests.wait_for(CancelOrderRequest, 40)

    def test_leaves_a_strategy_behind_that_is_stuck_and_names_it(self, bridge, record, log, leaves_threads):  # noqa: F811
        stuck, let_go = threading.Event(), threading.Event()

        def initialize(self):
            if self.code == "stuck":
                stuck.set()
                let_go.wait(30)

        desk = desk_at(bridge)
        for code in ("stuck", "sound"):
            desk.register(recording(record, initialize=initialize), code=code)
        desk.start()
        assert stuck.wait(PATIENCE)

        began = time.monotonic()
        desk.stop()

        assert time.monotonic() - began < 2.0
        left = [thread for thread in threading.enumerate() if thread.name.startswith("actor")]
        let_go.set()
        assert [thread.name for thread in left] == ["actor stuck"]
        assert any("stuck did not stop" in line for line in log.items)
        for thread in left:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def test_in_the_middle_of_a_handshake_that_does_not_end(self):
        with ScriptedBridge(mute=True) as bridge:
            desk = desk_at(bridge)
            began = time.monotonic()
            with pytest.raises((BridgeError, DeskError)):
                desk.start(timeout=0.3)
            assert time.monotonic() - began < 2.5

    def test_from_a_receiver_of_a_signal(self, bridge, record):
        stopped = threading.Event()

        def fail(_self):
            raise RuntimeError("at fault")

        desk = desk_at(bridge)

        def stop_all(_sender, **_facts):
            desk.stop()

        def connection_changed(_sender, change):
            if change.state is ConnectionState.STOPPED:
                stopped.set()

        desk.signals.strategy_failed.connect(stop_all)
        desk.signals.connection_changed.connect(connection_changed)
        desk.register(recording(record, initialize=fail), code="cross", policy=RestartPolicy(restart=False))
        desk.start()
        assert stopped.wait(PATIENCE)
        assert not desk.running

    def test_a_desk_that_was_stopped_can_start_again(self, bridge, record):
        desk = desk_at(bridge)
        desk.register(recording(record), code="cross")
        for count in (1, 2):
            with desk:
                assert desk.status().strategies[0].starts == count
        assert bridge.connections == 2


class TestConnection:
    def arrange(self, bridge, record, desk=None):
        """A strategy with a line, two working orders, and a question that nobody answers."""

        def initialize(self):
            self.request_market_data(ibm())
            self.first = self.place_order(limit_order(), ibm()).order_id
            self.second = self.place_order(limit_order(), ibm()).order_id
            self.question = self.request_executions()

        desk = desk or desk_at(bridge)
        desk.signals.connection_changed.connect(record.receive)
        desk.register(recording(record, initialize=initialize), code="cross")
        desk.start()
        bridge.requests.wait_for(ExecutionRequest)
        first, second = (request.order_id for request in bridge.sent(PlaceOrderRequest))
        bridge.say(*(status(order_id, "Submitted", client_id=7) for order_id in (first, second)))
        told(
            record,
            OrderChanged,
            wanted=lambda change: change.order_id == second and change.status == "Submitted",
        )
        return desk, first, second

    def test_lost_and_found_again(self, bridge, record):
        desk, first, second = self.arrange(bridge, record)
        try:
            bridge.stop()
            told(record, ConnectionChanged, wanted=lambda change: change.state is ConnectionState.LOST)
            assert told(record, RequestFailed).reason == "the connection was lost"

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
                wanted=lambda change: (change.order_id, change.status) == (first, "Filled"),
            )
            lost = told(record, OrderChanged, wanted=lambda change: change.status == "Unknown")
            told(record, ExecutionDetails, wanted=lambda message: message.request_id == -1)
            line = bridge.requests.wait_for(MarketDataRequest, 2)
            bridge.say(TickPrice(line.request_id, 4, 10.0))
            told(record, TickPrice)
        finally:
            desk.stop()
        assert (lost.order_id, bool(lost.reason)) == (second, True)
        assert len(bridge.sent(MarketDataRequest)) == 2
        states = [facts["change"].state for facts in record.of(dict)]
        assert states[0] is ConnectionState.CONNECTING
        assert ConnectionState.LOST in states
        assert states[-1] is ConnectionState.STOPPED

    def test_an_order_without_a_connection_fails_at_once_and_never_leaves(self, bridge, record):
        """The market has moved on when the connection is back."""

        def connection_changed(self, change):
            if change.state is ConnectionState.LOST and not record.of(int):
                record.add(self.place_order(limit_order(), ibm()).order_id)

        desk = desk_at(bridge)
        desk.register(recording(record, connection_changed=connection_changed), code="cross")
        with desk:
            bridge.hang_up()
            told(record, OrderChanged, wanted=lambda change: change.status == "Refused")
            told(record, ConnectionChanged, wanted=lambda change: change.epoch > 1 and change.server_version)
            bridge.requests.wait_for(OpenOrdersRequest)
        assert bridge.sent(PlaceOrderRequest) == []

    def test_bulletins_outlive_the_wish_of_one_and_the_connection(self, bridge, record):
        desk = desk_at(bridge)
        desk.register(
            recording(record, initialize=lambda strategy: strategy.request_news_bulletins()), code="cross"
        )
        desk.register(
            recording(
                record,
                initialize=lambda strategy: strategy.request_news_bulletins(True),
                news_bulletin=lambda strategy, _bulletin: strategy.cancel_news_bulletins(),
            ),
            code="momentum",
        )
        with desk:
            bridge.requests.wait(lambda request: request == NewsBulletinsRequest(True))
            bridge.say(NewsBulletin(1, 1, "first"))
            told(record, NewsBulletin, code="momentum")
            asked = len(bridge.sent(NewsBulletinsRequest))
            bridge.stop()
            told(record, ConnectionChanged, wanted=lambda change: change.state is ConnectionState.LOST)
            bridge.start()
            bridge.requests.wait_for(NewsBulletinsRequest, asked + 1)
            bridge.say(NewsBulletin(2, 1, "second"))
            told(record, NewsBulletin, code="cross", wanted=lambda bulletin: bulletin.bulletin_id == 2)

    def test_1101_makes_lines_again_and_1102_does_not(self, bridge, record):
        def initialize(self):
            self.request_market_data(ibm())

        desk = desk_at(bridge)
        desk.register(recording(record, initialize=initialize), code="cross")
        with desk:
            bridge.requests.wait_for(MarketDataRequest)
            bridge.say(Notice(-1, code=1102, text="nothing lost"))
            told(record, Notice, wanted=lambda notice: notice.code == 1102)
            assert len(bridge.sent(MarketDataRequest)) == 1
            bridge.say(Notice(-1, code=1101, text="data lost"))
            bridge.requests.wait_for(MarketDataRequest, 2)

    def test_the_simulated_gateway_is_killed_and_restarted_under_a_strategy(self, record):
        def initialize(self):
            self.request_market_data(Stock("IBM"))
            self.place_order(LimitOrder("BUY", Stock("IBM"), 10, 1.0))

        with Server(Options(seed=3), tick=0.02) as first:
            desk = desk_at(first)
            desk.register(recording(record, initialize=initialize), code="cross")
            desk.start()
            told(record, TickPrice)
            told(record, OrderChanged, wanted=lambda change: change.status == "Submitted")
        try:
            told(record, ConnectionChanged, wanted=lambda change: change.state is ConnectionState.LOST)
            ticks = len(record.items)
            with Server(Options(seed=3), port=first.port, tick=0.02):
                told(record, OrderChanged, wanted=lambda change: change.status == "Unknown")
                record.wait(lambda _: any(isinstance(item[1], TickPrice) for item in record.items[ticks:]))
                desk.stop()
        finally:
            desk.stop()


class TestRefusals:
    def test_nobody_listening(self):
        with Server(Options()) as server:
            port = server.port
        desk = MultiClientApplication("127.0.0.1", port)
        with pytest.raises(ConnectFailed, match=f"127.0.0.1:{port}"):
            desk.start()
        assert not desk.running

    @pytest.mark.parametrize("port", [0, 70000])
    def test_no_port_at_all(self, port):
        with pytest.raises(ConnectFailed):
            MultiClientApplication("127.0.0.1", port).start()

    def test_a_client_id_that_is_in_use(self, gateway):
        with desk_at(gateway), pytest.raises(HandshakeRefused, match=r"326 .*client id"):
            desk_at(gateway).start()

    def test_a_bridge_that_hangs_up_after_its_welcome(self):
        refusal = [Notice(-1, code=326, text="client id in use")]
        for _ in range(20):  # the reason never loses the race against the end of the connection
            with ScriptedBridge() as bridge:
                bridge.welcome, bridge.hangs_up_after_welcome = refusal, True
                with pytest.raises(HandshakeRefused, match="326"):
                    desk_at(bridge).start()

    def test_a_live_account(self):
        with ScriptedBridge(accounts="U1234567") as bridge:
            desk = desk_at(bridge)
            with pytest.raises(DeskError, match="U1234567 is a live account"):
                desk.start()
            assert not desk.running
            with desk_at(bridge, live_accounts=frozenset({"U1234567"})) as allowed:
                assert allowed.running

    def test_a_code_that_is_taken(self):
        desk = MultiClientApplication()
        desk.register(StrategyActor, code="cross")
        with pytest.raises(DeskError, match="share the code 'cross'"):
            desk.register(StrategyActor, code="cross")

    def test_a_strategy_that_comes_too_late_and_a_second_start(self, bridge):
        with desk_at(bridge) as desk:
            with pytest.raises(DeskError, match="too late"):
                desk.register(StrategyActor, code="cross")
            with pytest.raises(DeskError, match="runs already"):
                desk.start()

    def test_what_the_bridge_says_that_nobody_understands_is_counted(self, bridge, record):
        bridge.welcome = [b"\0\0\x01\x8f1\0", b"\0\0\0\x091\0x\0", *bridge.welcome]
        desk = desk_at(bridge)
        assert desk.statistics == Statistics()

        with desk:
            state = desk.status()

        assert state.statistics.unknown == {199: 1}
        assert state.statistics.undecodable == 1
        assert desk.statistics.unknown == {199: 1}

    def test_a_question_to_a_desk_that_does_not_run(self):
        with pytest.raises(DeskError, match="does not run"):
            MultiClientApplication().status()

    def test_a_question_on_the_desk_s_own_thread(self, bridge, record):
        desk = desk_at(bridge)

        def ask(_sender, **_facts):
            try:
                desk.status()
            except DeskError as error:
                record.add(str(error))

        desk.signals.strategy_started.connect(ask)
        desk.register(recording(Record()), code="cross")
        with desk:
            record.wait(lambda text: "on its own thread" in text)

    def test_parameters_of_the_wrong_type(self):
        with pytest.raises(DeskError, match="unknown field `speed`"):
            MultiClientApplication().register(StrategyActor, code="cross", speed=1)

    def test_quantities_are_exact(self, bridge, record):
        def initialize(self):
            self.place_order(limit_order(0.1), ibm())

        desk = desk_at(bridge)
        desk.register(recording(record, initialize=initialize), code="cross")
        with desk:
            request = bridge.requests.wait_for(PlaceOrderRequest)
        assert request.order.total_quantity == Decimal("0.1")
        assert open_order(1).order.total_quantity == 100
