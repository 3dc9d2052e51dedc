"""The whole desk, over real sockets: against the simulated gateway, and against a bridge that follows a script.

What strategies see of it, in its own process and in others: tests/test_strategies_on_every_transport.py.
"""

from __future__ import annotations

import threading
import time
from decimal import Decimal

import pytest

from ibkr_actors.actors.recovery import recover
from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.actors.supervisor import RestartPolicy
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, OrderChanged
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.messages.market_data import CancelMarketData, MarketDataRequest, TickPrice
from ibkr_actors.base.messages.news import NewsBulletin, NewsBulletinsRequest
from ibkr_actors.base.messages.orders import (
    CancelOrderRequest,
    PlaceOrderRequest,
)
from ibkr_actors.base.session_statistics import Statistics
from ibkr_actors.classes.contracts.bond import Bond
from ibkr_actors.classes.contracts.forex import Forex
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.market_orders import MarketOrder
from ibkr_actors.errors import ConnectFailed, DeskError, HandshakeRefused, InvalidRequest
from ibkr_actors.multiple_client_application import MultiClientApplication
from ibkr_actors.simulated_gateway.gateway import Options
from ibkr_actors.simulated_gateway.server import Server
from tests.actors.conftest import _no_thread_left, leaves_threads, log  # noqa: F401
from tests.actors.helpers import PATIENCE, Record, fill, ibm, limit_order, open_order, recording, status, told
from tests.actors.scripted_bridge import ScriptedBridge
from tests.trading import wait_for

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


def desk_at(place, **options):
    return MultiClientApplication("127.0.0.1", place.port, 7, **options)


class TestTrading:
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

    @pytest.mark.parametrize(
        ("contract", "quantity"),
        [(Stock("VOD", "LSE", "GBP"), 1000), (Bond("037833AL4"), 100), (Forex("USDJPY"), 100_000)],
        ids=["in pence", "in percents", "in yen"],
    )
    def test_earned_what_the_bridge_says(self, gateway, record, contract, quantity):
        """Whatever the unit of prices: bought and sold again, and what was realised is reported less commission."""

        def initialize(self):
            self.place_order(MarketOrder("BUY", contract, quantity))

        def order_changed(self, change):
            if change.status == "Filled" and len(self.orders) == 1:
                self.place_order(MarketOrder("SELL", contract, quantity))

        def is_sold_and_paid(status):
            paid = [
                order.executions[execution_id].shares
                for order in status.orders
                for execution_id in order.commissions
            ]
            return sum(paid) == 2 * quantity

        desk = desk_at(gateway)
        desk.register(recording(record, initialize=initialize, order_changed=order_changed), code="cross")
        with desk:
            status = wait_for(desk, is_sold_and_paid)

        (amounts,) = status.totals.values()
        told = sum(report.realized_profit_and_loss for report in status.orders[1].commissions.values())
        assert amounts.net == pytest.approx(told, abs=0.1)
        assert amounts.commission == pytest.approx(sum(order.commission for order in status.orders))

    def test_the_first_order_has_the_id_that_the_bridge_named(self, record):
        def initialize(self):
            record.add(("id", self.place_order(limit_order(), ibm()).order_id))

        with ScriptedBridge(next_id=4711) as bridge:
            desk = desk_at(bridge)
            desk.register(recording(record, initialize=initialize), code="cross")
            with desk:
                assert bridge.requests.wait_for(PlaceOrderRequest).order_id == 4711


class TestAStrategyThatFails:
    def test_over_a_fill_hears_in_its_next_life_that_the_order_is_filled(self, bridge, record):
        """What waited behind the fill was never handled."""
        lives = []

        def initialize(self):
            lives.append(self)
            if len(lives) == 1:
                self.place_order(limit_order(), ibm())

        def execution_details(self, _details):
            raise ZeroDivisionError

        def order_changed(self, change):
            record.add((len(lives), change.status))

        bridge.answers[PlaceOrderRequest] = lambda request: [
            fill(request.order_id, client_id=7),
            status(request.order_id, "Filled", 100, 0, client_id=7),
        ]
        methods = {
            "initialize": initialize,
            "execution_details": execution_details,
            "order_changed": order_changed,
        }
        desk = desk_at(bridge)
        desk.register(type("Fails", (StrategyActor,), methods), code="fails", policy=QUICKLY)
        with desk:
            record.wait(lambda item: item == (2, "Filled"))


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

    def test_says_which_orders_outlive_it(self, bridge, record, log):  # noqa: F811
        """Nobody shall take them for gone; one that was sent last of all may not have been heard of."""

        def initialize(self):
            self.place_order(limit_order(time_in_force="DAY"), ibm())

        def stop(self):
            self.place_order(limit_order(50, action="SELL", time_in_force="DAY"), ibm())
            StrategyActor.stop(self)

        desk = desk_at(bridge)
        desk.register(recording(record, initialize=initialize, stop=stop), code="cross")
        with desk:
            order_id = bridge.requests.wait_for(PlaceOrderRequest).order_id
            bridge.say(status(order_id, "Submitted", client_id=7))
            told(record, OrderChanged)

        (line,) = [line for line in log.items if "orders that go on at the bridge" in line]
        assert line.rstrip().endswith(
            "cross 1: BUY 100 IBM LMT 187.25 DAY, Submitted, filled 0; "
            "cross 2: SELL 50 IBM LMT 187.25 DAY, Sent, filled 0"
        )

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

    def test_gives_cancellations_that_pacing_holds_back_what_is_left_of_the_two_seconds(self, bridge, record):
        def initialize(self):
            for _ in range(8):
                self.place_order(limit_order(), ibm())

        def stop(self):
            for order_id in self.orders:
                self.cancel_order(order_id)
            StrategyActor.stop(self)

        desk = desk_at(bridge, messages_per_second=8)
        desk.register(recording(record, initialize=initialize, stop=stop), code="cross")
        desk.start()
        bridge.requests.wait_for(PlaceOrderRequest, 8)

        began = time.monotonic()
        desk.stop()

        assert time.monotonic() - began < 2.0
        bridge.requests.wait_for(CancelOrderRequest, 8)

    def test_breaks_off_from_a_bridge_that_takes_no_bytes_while_orders_wait(self, bridge, record, log):  # noqa: F811
        let_go = threading.Event()

        def initialize(self):
            for _ in range(9):
                self.place_order(limit_order(order_reference="x" * 4_000_000), ibm())

        bridge.answers[PlaceOrderRequest] = lambda _order: let_go.wait(PATIENCE) and []
        desk = desk_at(bridge, messages_per_second=3)
        desk.register(recording(record, initialize=initialize), code="cross")
        desk.start()

        began = time.monotonic()
        desk.stop()

        let_go.set()
        assert time.monotonic() - began < 2.5
        assert not any("the bridge actor did not end" in line for line in log.items)

    def test_does_not_wait_longer_for_what_is_not_about_orders(self, bridge, record):
        def initialize(self):
            for _ in range(20):
                self.request_contract_data(ibm())

        desk = desk_at(bridge, messages_per_second=8)
        desk.register(recording(record, initialize=initialize), code="cross")
        desk.start()
        bridge.requests.wait_for(ContractDataRequest)

        began = time.monotonic()
        desk.stop()

        assert time.monotonic() - began < 1.2
        assert len(bridge.sent(ContractDataRequest)) < 20

    def test_records_what_pacing_held_back_as_refused(self, bridge, tmp_path):
        """They never left: the next life of the desk need not ask what became of them."""
        placed = threading.Event()

        def initialize(self):
            for _ in range(6):
                self.place_order(limit_order(), ibm())
            placed.set()

        journal = tmp_path / "orders.journal"
        desk = desk_at(bridge, journal=journal, messages_per_second=1)
        desk.register(type("Hasty", (StrategyActor,), {"initialize": initialize}), code="hasty")
        desk.start()
        assert placed.wait(PATIENCE)
        started = time.monotonic()
        desk.stop()
        assert time.monotonic() - started < 2.0
        sent = [request.order_id for request in bridge.sent(PlaceOrderRequest)]
        never_left = {1, 2, 3, 4, 5, 6} - set(sent)
        assert never_left
        assert {order.order_id for order in recover(journal, 7).orders} == set(sent)

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
            with pytest.raises(
                HandshakeRefused, match="accepts connections but does not answer the greeting"
            ):
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


class TestConnection:
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
        with pytest.raises(InvalidRequest, match=f"port is a whole number from 1 to 65535, got {port}"):
            MultiClientApplication("127.0.0.1", port)

    @pytest.mark.parametrize("accounts", ["U1234567", [""], [1234567]])
    def test_live_accounts_that_are_no_codes(self, accounts):
        """In a text every account that is a part of it would be allowed, U123456 among them."""
        with pytest.raises(InvalidRequest, match="live_accounts are account codes"):
            MultiClientApplication(live_accounts=accounts)

    @pytest.mark.parametrize("version", [100, 300, "226"])
    def test_versions_that_nobody_speaks(self, version):
        with pytest.raises(InvalidRequest, match="highest_version is a server version from 157 to 226, got"):
            MultiClientApplication(highest_version=version)

    @pytest.mark.parametrize("rate", [0, -1, 2.5, "50"])
    def test_a_rate_that_lets_nothing_leave(self, gateway, rate):
        desk = desk_at(gateway, messages_per_second=rate)
        with pytest.raises(InvalidRequest, match="messages_per_second is a whole number from 1 on, got"):
            desk.start()
        assert not desk.running

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
