"""A `ClientApplication` over real sockets, with the simulated gateway behind them."""

from __future__ import annotations

import functools
import threading
from decimal import Decimal

import pytest

from ibkr_actors.base import order_doubts
from ibkr_actors.base.api_calls import ApiCalls, Call
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, OrderChanged
from ibkr_actors.base.messages.accounts import Position, PositionEnd
from ibkr_actors.base.messages.catalog import REPLIES
from ibkr_actors.base.messages.connection import CurrentTime, ManagedAccounts, NextValidId, Notice
from ibkr_actors.base.messages.contracts import ContractData, ContractDataEnd
from ibkr_actors.base.messages.declaration import Cancellation, IdentifiedRequest
from ibkr_actors.base.messages.executions import (
    CommissionAndFeesReport,
    ExecutionDetails,
    ExecutionDetailsEnd,
    ExecutionRequest,
)
from ibkr_actors.base.messages.history import HistoricalData, HistoricalDataEnd
from ibkr_actors.base.messages.market_data import TickPrice
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import (
    AttachedOrders,
    CancelOrderRequest,
    OpenOrder,
    OpenOrderEnd,
    OpenOrdersRequest,
    OrderStatus,
    PlaceOrderRequest,
)
from ibkr_actors.base.messages.reference_data import FamilyCodes, FamilyCodesRequest
from ibkr_actors.base.messages.scanners import ScannerData
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.family_code import FamilyCode
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.market_orders import MarketOrder
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.scanner import Scanner
from ibkr_actors.client_application import ClientApplication
from ibkr_actors.errors import (
    BridgeError,
    ConnectFailed,
    HandshakeRefused,
    InvalidRequest,
    UnsupportedByServer,
)
from ibkr_actors.simulated_gateway.gateway import Options
from ibkr_actors.simulated_gateway.server import Server
from tests.actors.conftest import _no_thread_left, leaves_threads, log  # noqa: F401
from tests.actors.scripted_bridge import ScriptedBridge
from tests.client_applications import Noting


@pytest.fixture(params=(157, 178, 200, 226))
def version(request):
    return request.param


@pytest.fixture
def gateway(version):
    with Server(Options(seed=3), server_version=version, tick=0.02) as server:
        yield server


@pytest.fixture
def newest():
    with Server(Options(seed=3), tick=0.02) as server:
        yield server


class TestTheLoop:
    def test_initialize_comes_first_then_messages_then_act_and_stop_ends_it(self, gateway, version):
        steps = []

        class Steps(ClientApplication):
            act_interval = 0.05

            def initialize(self):
                steps.append(("initialize", self.server_version, self.accounts))
                self.request_current_time()

            def current_time(self, message):
                steps.append(type(message))

            def act(self):
                steps.append("act")
                if CurrentTime in steps:
                    self.stop()

            def stop(self):
                steps.append("stop")
                super().stop()

        app = Steps("127.0.0.1", gateway.port, client_id=7)
        app.run()

        assert steps[0] == ("initialize", version, ("DU1000001",))
        assert steps[-3:] == [CurrentTime, "act", "stop"]
        assert not app.still_running

    def test_what_the_bridge_said_before_initialize_reaches_its_handlers_after_it(self, gateway):
        app = Noting(gateway, until=lambda app: app.of(Notice)).done()

        kinds = [type(message) for message in app.noted]
        assert {ManagedAccounts, NextValidId, ConnectionChanged} <= set(kinds)
        change = app.last(ConnectionChanged)
        assert (change.state, change.epoch) == (ConnectionState.CONNECTED, 1)

    def test_act_runs_though_nothing_comes(self, newest):
        assert Noting(newest, until=lambda app: app.acts == 5).done().acts == 5

    def test_act_has_its_turn_while_messages_keep_coming(self, newest):
        """The gateway answers each question with a message, and each answer is the next question."""

        class Busy(ClientApplication):
            act_interval = 0.05
            acts = answers = 0

            def initialize(self):
                for _ in range(20):
                    self.request_current_time()

            def current_time(self, message):
                self.answers += 1
                self.request_current_time()

            def act(self):
                self.acts += 1
                if self.acts >= 3 and self.answers >= 40:
                    self.stop()

        app = Busy("127.0.0.1", newest.port, messages_per_second=100_000)
        app.run()
        assert app.answers >= 40

    def test_an_application_that_has_ended_can_run_again(self, newest):
        app = Noting(newest, until=lambda app: app.of(NextValidId))
        first = app.get_local_request_id()
        for _ in range(2):
            app.noted.clear()
            app.run()
            assert app.of(NextValidId)
        assert app.get_local_request_id() > first

    def test_stop_before_run_has_it_return_at_once(self, newest):
        app = Noting(newest)
        app.stop()
        app.run()
        assert app.noted == []

    def test_stop_from_another_thread_ends_an_idle_loop(self, newest):
        app = Noting(newest)
        app.act_interval = 60.0
        started = threading.Event()
        app._at_start = lambda app: started.set()

        def stop():
            started.wait(10)
            app.stop()

        thread = threading.Thread(target=stop)
        thread.start()
        app.run()
        thread.join()

    def test_two_runs_at_a_time_are_refused(self, newest):
        def run_again(app):
            with pytest.raises(BridgeError, match="runs already"):
                app.run()

        Noting(newest, at_start=run_again, until=lambda app: True).done()


class TestHandlers:
    def test_a_missing_one_is_skipped_silently(self, newest, log):  # noqa: F811
        class Bare(ClientApplication):
            def initialize(self):
                self.request_current_time()

            def current_time(self, message):
                self.stop()

        Bare("127.0.0.1", newest.port).run()
        assert not any("has no handler" in line for line in log.items)

    def test_in_debug_mode_it_is_named_once_a_type(self, newest, log):  # noqa: F811
        class Ticks(ClientApplication):
            seen = 0

            def initialize(self):
                self.request_market_data(self.get_local_request_id(), Stock("IBM"))

            def tick_size(self, tick):
                self.seen += 1
                if self.seen > 5:
                    self.stop()

        Ticks("127.0.0.1", newest.port, debug_mode=True).run()

        warnings = [line for line in log.items if "has no handler" in line]
        assert sum("Ticks has no handler tick_price" in line for line in warnings) == 1
        assert not any("tick_size" in line for line in warnings)

    def test_a_misspelt_handler_is_named_at_the_start(self, newest, log):  # noqa: F811
        class Misspelt(ClientApplication):
            def initialize(self):
                self.stop()

            def tickPrice(self, tick):  # noqa: N802  # the name that the vendor's client has for it
                """No message reaches it."""

        Misspelt("127.0.0.1", newest.port).run()

        (line,) = [line for line in log.items if "is the handler" in line]
        assert line.startswith("WARNING")
        assert "no message reaches Misspelt.tickPrice; is the handler tick_price meant?" in line

    def test_an_exception_stops_the_application_and_run_raises_it(self, newest, log):  # noqa: F811
        class Failing(ClientApplication):
            stopped = 0
            acts_afterwards = 0

            def managed_accounts(self, message):
                raise ZeroDivisionError("in a handler")

            def act(self):
                self.acts_afterwards += 1

            def stop(self):
                self.stopped += 1
                super().stop()

        app = Failing("127.0.0.1", newest.port)
        with pytest.raises(ZeroDivisionError, match="in a handler"):
            app.run()
        assert (app.stopped, app.acts_afterwards) == (1, 0)
        assert any("Failing failed in managed_accounts" in line for line in log.items)

    def test_an_on_error_of_ones_own_goes_on(self, newest):
        errors = []

        class Forgiving(ClientApplication):
            def managed_accounts(self, message):
                raise ZeroDivisionError

            def next_valid_id(self, message):
                self.came = message.order_id

            def act(self):
                self.stop()
                raise KeyError("act")

            def on_error(self, message, exception):
                errors.append((type(message), type(exception)))

        app = Forgiving("127.0.0.1", newest.port)
        app.run()
        assert app.came >= 1
        assert errors == [(ManagedAccounts, ZeroDivisionError), (type(None), KeyError)]

    def test_an_exception_in_initialize_ends_run_and_closes_the_connection(self, newest):
        with pytest.raises(ValueError, match="not today"):
            Noting(newest, at_start=_raise(ValueError("not today"))).run()
        Noting(newest, until=lambda app: True).done()  # the client id is free again

    def test_without_a_connection_nothing_has_begun_that_stop_could_end(self):
        class Tidy(ClientApplication):
            def stop(self):
                raise AssertionError("initialize did not run")

        with pytest.raises(ConnectFailed):
            Tidy("127.0.0.1", 1).run()

    def test_a_stop_that_fails_hides_no_reason_why_the_application_ends(self, newest, log):  # noqa: F811
        class HalfMade(ClientApplication):
            def initialize(self):
                raise ValueError("not today")

            def stop(self):
                self.cancel_market_data(self.line)

        with pytest.raises(ValueError, match="not today"):
            HalfMade("127.0.0.1", newest.port).run()
        assert any("HalfMade failed in stop" in line for line in log.items)
        Noting(newest, client_id=0, until=lambda app: True).done()  # the client id is free again

    def test_a_keyboard_interrupt_passes_through_behind_stop(self, newest):
        app = Noting(newest, each_time=_raise(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            app.run()
        assert not app.still_running

    def test_no_message_has_the_name_of_something_else(self):
        own = {name for name in dir(ClientApplication) if not name.startswith("_")}
        assert {struct.facts.handler for struct in REPLIES.values()} & own == {"notice"}

    def test_notices_reach_notice_and_are_logged_by_default(self, newest, log):  # noqa: F811
        class Asking(ClientApplication):
            def initialize(self):
                self.request_contract_data(5, Stock("NOSUCHTHING"))

            def notice(self, notice):
                super().notice(notice)
                if notice.request_id == 5:
                    self.code = notice.code
                    self.stop()

        app = Asking("127.0.0.1", newest.port)
        app.run()
        assert app.code == 200
        assert any(
            line.startswith("ERROR the bridge says: 200")
            and "(about 5, ContractDataRequest of NOSUCHTHING STK SMART USD)" in line
            for line in log.items
        )


def limit(**fields):
    """An order that is filled in by hand, so that nothing has looked at it yet."""
    usual = {
        "action": "BUY",
        "contract": Stock("IBM"),
        "order_type": "LMT",
        "total_quantity": 1,
        "limit_price": 1.0,
    }
    return Order(**usual | fields)


def _raise(error):
    def fail(app):
        raise error

    return fail


class TestRequests:
    def test_every_call_takes_the_request_id_first_where_the_request_has_one(self):
        """Not written anywhere again: the list of calls is the one that all interfaces share."""
        asked = []
        app = ClientApplication()
        app.perform = asked.append
        calls = {name: call._request for name, call in vars(ApiCalls).items() if isinstance(call, Call)}
        with_id = [name for name, kind in calls.items() if issubclass(kind, IdentifiedRequest | Cancellation)]
        assert len(with_id) > 50
        for name in with_id:
            needed = (Scanner(),) if name == "request_scanner_subscription" else ()
            getattr(app, name)(31, *needed)
            assert (asked[-1].request_id, type(asked[-1])) == (31, calls[name])
            getattr(app, name)(*needed, request_id=32)
            assert asked[-1].request_id == 32
            with pytest.raises(InvalidRequest, match=f"{name} takes a request id first"):
                getattr(app, name)()

    def test_a_contract_where_the_id_belongs_is_told(self, newest):
        def forget(app):
            with pytest.raises(InvalidRequest, match=r"request_market_data takes a request id first.*IBM"):
                app.request_market_data(Stock("IBM"))

        Noting(newest, at_start=forget, until=lambda app: True).done()

    def test_an_id_in_use_is_refused_and_free_after_the_last_reply(self, gateway):
        def ask_twice(app):
            app.request_contract_data(4, Stock("IBM"))
            with pytest.raises(InvalidRequest, match="4 is in use by a ContractDataRequest"):
                app.request_contract_data(4, Stock("AAPL"))

        asked_again = []

        def again(app):
            if app.of(ContractDataEnd) and not asked_again:
                app.request_contract_data(4, Stock("AAPL"))
                asked_again.append(4)

        app = Noting(
            gateway, at_start=ask_twice, each_time=again, until=lambda app: len(app.of(ContractDataEnd)) == 2
        ).done()
        assert [data.request_id for data in app.of(ContractData)] == [4, 4]

    def test_an_id_is_free_after_its_cancellation_and_after_a_refusal(self, newest):
        def start(app):
            app.request_market_data(1_000, Stock("IBM"))
            app.cancel_market_data(1_000)
            app.request_market_data(1_000, Stock("NOSUCHTHING"))

        def refused(app):
            return any(notice.request_id == 1_000 for notice in app.of(Notice))

        def at_last(app):
            if refused(app) and not app.of(HistoricalDataEnd):
                app.stop()
                app.request_historical_data(1_000, Stock("IBM"), "", "5 D", "1 day")

        Noting(newest, at_start=start, each_time=at_last).done()

    def test_history_comes_with_its_end_at_every_version(self, gateway):
        app = Noting(
            gateway,
            at_start=lambda app: app.request_historical_data(
                app.get_local_request_id(), Stock("IBM"), "", "5 D", "1 day"
            ),
            until=lambda app: app.of(HistoricalDataEnd),
        ).done()
        assert app.last(HistoricalData).bars

    def test_positions_need_no_id(self, gateway):
        app = Noting(
            gateway, at_start=lambda app: app.request_positions(), until=lambda app: app.of(PositionEnd)
        ).done()
        assert app.of(Position) == []

    def test_what_the_version_can_t_carry_raises_where_it_is_asked_for(self):
        with Server(Options(seed=3), server_version=178) as old:

            def ask(app):
                with pytest.raises(UnsupportedByServer, match="197"):
                    app.request_current_time_in_milliseconds()

            Noting(old, at_start=ask, until=lambda app: True).done()

    def test_without_a_connection_there_is_none_to_ask(self):
        app = ClientApplication()
        with pytest.raises(BridgeError, match="initialize"):
            app.request_current_time()
        with pytest.raises(BridgeError, match="order id"):
            app.next_order_id()


class TestTheOriginalSamples:
    def test_a_scan(self, gateway):
        """The lines as the original's documentation has them."""

        class Scanning(ClientApplication):
            def initialize(self):
                scanner = Scanner()
                scanner.instrument = "STK"
                scanner.location_code = "STK.US.MAJOR"
                scanner.scan_code = "HOT_BY_VOLUME"
                request_id = self.get_local_request_id()
                self.request_scanner_subscription(request_id, scanner, None, None)
                self.request_id = request_id

            def scanner_data(self, data):
                self.data = data
                self.cancel_scanner_subscription(data.request_id)
                self.stop()

        app = Scanning("127.0.0.1", gateway.port, client_id=1)
        app.run()
        assert isinstance(app.data, ScannerData)
        assert app.data.request_id == app.request_id

    def test_family_codes(self, version):
        class Family(ClientApplication):
            def initialize(self):
                self.request_family_codes()

            def family_codes(self, message):
                self.codes = [(code["account_id"], code["family_code"]) for code in message.family_codes]
                self.stop()

        with ScriptedBridge(version=version) as bridge:
            bridge.answers[FamilyCodesRequest] = lambda _: [FamilyCodes((FamilyCode("DU1", "F1"),))]
            app = Family("127.0.0.1", bridge.port)
            app.run()
        assert app.codes == [("DU1", "F1")]


class TestOrders:
    def test_a_market_order_is_followed_to_its_commission(self, gateway):
        def trade(app):
            app.order_id = app.next_order_id()
            app.place_order(app.order_id, MarketOrder("BUY", None, 100), Stock("IBM"))
            assert app.orders[app.order_id].status == "Sent"

        app = Noting(gateway, at_start=trade, until=lambda app: app.of(CommissionAndFeesReport)).done()

        order = app.orders[app.order_id]
        assert (order.status, order.filled, order.remaining) == ("Filled", Decimal(100), Decimal(0))
        assert order.commission > 0
        assert sum(execution.shares for execution in order.executions.values()) == 100
        assert app.of(OrderStatus)
        assert app.of(ExecutionDetails)
        assert app.last(OrderChanged).status == "Filled"

    def test_each_change_is_told_once_behind_the_message_that_made_it(self, newest):
        def trade(app):
            app.place_order(app.next_order_id(), MarketOrder("BUY", None, 100), Stock("IBM"))

        app = Noting(newest, at_start=trade, until=lambda app: app.of(CommissionAndFeesReport)).done()
        changes = app.of(OrderChanged)
        assert len(changes) == len(set(changes))
        place = app.noted.index(changes[0])
        assert isinstance(app.noted[place - 1], OpenOrder | OrderStatus | ExecutionDetails)

    def test_changed_and_cancelled(self, gateway):
        contract = Stock("IBM")

        def trade(app):
            app.order_id = app.next_order_id()
            app.place_order(app.order_id, LimitOrder("BUY", contract, 10, 1.0))

        def go_on(app):
            order = app.orders[app.order_id]
            if order.status == "Submitted" and order.request.order.limit_price == 1.0:
                app.place_order(app.order_id, LimitOrder("BUY", contract, 10, 2.0))
            elif any(message.order.limit_price == 2.0 for message in app.of(OpenOrder)) and not order.ended:
                app.cancel_order(app.order_id)

        app = Noting(
            gateway, at_start=trade, each_time=go_on, until=lambda app: app.orders[app.order_id].ended
        ).done()
        assert app.orders[app.order_id].status == "Cancelled"

    def test_live_accounts_that_are_one_text_are_refused(self):
        with pytest.raises(InvalidRequest, match="live_accounts are account codes"):
            ClientApplication(live_accounts="U1234567")

    def test_a_request_id_below_zero_is_refused(self, newest):
        """The bridge's own news has such an id, so that a refusal would look like news."""

        def ask(app):
            with pytest.raises(InvalidRequest, match=r"request_market_data: the request id is -1"):
                app.request_market_data(-1, Stock("IBM"))
            app.stop()

        Noting(newest, at_start=ask).done()

    def test_an_order_can_t_be_placed_under_another_id_than_it_has(self, newest):
        def trade(app):
            order = LimitOrder("BUY", Stock("IBM"), 10, 1.0, order_id=30)
            with pytest.raises(InvalidRequest, match="has the order_id 30 and can't be placed under"):
                app.place_order(app.next_order_id(), order)
            app.stop()

        assert not Noting(newest, at_start=trade).done().orders

    def test_an_order_that_has_ended_can_t_be_changed(self, newest):
        def trade(app):
            app.order_id = app.next_order_id()
            app.place_order(app.order_id, MarketOrder("BUY", Stock("IBM"), 1))

        app = Noting(newest, at_start=trade)

        def change(app):
            if app.orders[app.order_id].status == "Filled":
                with pytest.raises(InvalidRequest, match=r"has ended \(Filled\)"):
                    app.place_order(app.order_id, MarketOrder("BUY", Stock("IBM"), 2))
                app.stop()

        app._each_time = change
        app.run()

    def test_ids_of_one_s_own_are_never_handed_out_again(self, newest):
        def trade(app):
            app.place_order(50, LimitOrder("BUY", Stock("IBM"), 1, 1.0))
            assert app.next_order_id() == 51

        Noting(newest, at_start=trade, until=lambda app: app.orders[50].status == "Submitted").done()

    def test_an_id_is_a_request_s_or_an_order_s(self, newest):
        def mix(app):
            app.request_market_data(3, Stock("IBM"))
            with pytest.raises(InvalidRequest, match="3 is the id of an open request"):
                app.place_order(3, LimitOrder("BUY", Stock("IBM"), 1, 1.0))
            app.place_order(4, LimitOrder("BUY", Stock("IBM"), 1, 1.0))
            with pytest.raises(InvalidRequest, match="4 is the id of an order"):
                app.request_market_data(4, Stock("IBM"))

        Noting(newest, at_start=mix, until=lambda app: app.of(TickPrice)).done()

    @pytest.mark.parametrize(
        ("order_id", "order", "said"),
        [
            (0, limit(), "no order id"),
            (None, limit(), "no order id"),
            (1_000_000_000, limit(), "no order id"),
            (9, limit(total_quantity=0), "not positive"),
            (9, limit(action="HOLD"), "HOLD"),
            (9, limit(contract=None), "needs a contract"),
            (9, limit(account="DU9"), "not one of this login"),
            (9, "BUY", "expected Order"),
        ],
    )
    def test_what_must_not_leave_does_not(self, newest, order_id, order, said):
        def place(app):
            with pytest.raises(InvalidRequest, match=said):
                app.place_order(order_id, order)
            assert dict(app.orders) == {}

        Noting(newest, at_start=place, until=lambda app: True).done()

    def test_a_live_account_has_to_be_named(self):
        order = LimitOrder("BUY", Stock("IBM"), 1, 1.0)

        def refused(app):
            with pytest.raises(InvalidRequest, match="is live, and trading it has to be allowed"):
                app.place_order(app.next_order_id(), order)
            with pytest.raises(InvalidRequest, match="is live"):
                app.exercise_options(app.next_order_id(), Stock("IBM"), 1, 1)

        def asked(app):
            app.place_order(app.next_order_id(), LimitOrder("BUY", Stock("IBM"), 1, 1.0, what_if=True))

        def allowed(app):
            app.place_order(app.next_order_id(), order)

        with Server(Options(accounts=("U1234567",)), tick=0.02) as live:
            Noting(live, at_start=refused, until=lambda app: True).done()
            Noting(live, at_start=asked, until=lambda app: app.of(OpenOrder)).done()
            Noting(
                live, at_start=allowed, until=lambda app: app.of(OrderStatus), live_accounts={"U1234567"}
            ).done()

    def test_one_that_is_refused_behind_an_early_change_is_found_out(self, monkeypatch):
        """The code names the id of both, so that it may be the change that was refused."""
        monkeypatch.setattr(order_doubts, "ANSWER_WITHIN", 0.0)

        def trade(app):
            for price in (1.0, 2.0):
                app.place_order(3, LimitOrder("BUY", Stock("IBM"), 1, price))

        with ScriptedBridge(version=226) as bridge:
            bridge.answers[PlaceOrderRequest] = lambda asked: (
                [Notice(3, None, 201, "margin")] if asked.order.limit_price == 2.0 else []
            )
            bridge.answers[OpenOrdersRequest] = lambda _asked: [OpenOrderEnd()]
            bridge.answers[ExecutionRequest] = lambda asked: [ExecutionDetailsEnd(asked.request_id)]
            app = Noting(bridge, at_start=trade, until=lambda app: app.orders[3].ended).done()

        assert [(change.status, change.reason) for change in app.of(OrderChanged)] == [
            ("Sent", "201 margin"),
            ("Refused", "201 margin"),
        ]

    def test_none_passes_by_the_checks(self):
        """Nobody would see whether the account is live, and nobody would follow the order."""

        def refused(app):
            order_id = app.next_order_id()
            for request in (
                PlaceOrderRequest(order_id, Stock("IBM"), LimitOrder("BUY", None, 1, 1.0)),
                ExerciseOptionsRequest(order_id, Stock("IBM")),
                CancelOrderRequest(order_id),
            ):
                with pytest.raises(InvalidRequest, match="place_order, cancel_order or exercise_options"):
                    app.perform(request)

        with Server(Options(accounts=("U1234567",)), tick=0.02) as live:
            Noting(live, at_start=refused, until=lambda app: True).done()
            asking = Noting(
                live,
                at_start=lambda app: app.request_all_open_orders(),
                until=lambda app: app.of(OpenOrderEnd),
            )
            assert asking.done().of(OpenOrder) == []

    def test_one_can_bring_those_that_the_bridge_shall_attach(self):
        with ScriptedBridge(version=226) as bridge:
            stop_loss = AttachedOrders(stop_loss_order_id=9, stop_loss_order_type="PRESET")
            order = LimitOrder("BUY", Stock("IBM"), 1, 1.0)
            place = functools.partial(ClientApplication.place_order, attached_orders=stop_loss)
            Noting(bridge, at_start=lambda app: place(app, 8, order), until=lambda app: True).done()
            assert bridge.requests.wait_for(PlaceOrderRequest).attached_orders == stop_loss

    def test_orders_of_an_earlier_run_are_known_once_the_bridge_speaks_of_them(self, newest):
        def trade(app):
            app.place_order(12, LimitOrder("BUY", Stock("IBM"), 10, 1.0))

        Noting(newest, at_start=trade, until=lambda app: app.orders[12].status == "Submitted").done()
        later = Noting(
            newest,
            at_start=lambda app: app.request_open_orders(),
            until=lambda app: 12 in app.orders and app.orders[12].status == "Submitted",
        ).done()

        assert later.orders[12].request.order.limit_price == 1.0
        assert later.last(OrderChanged).order_id == 12


class TestRefusals:
    def test_nobody_listening(self):
        with Server(Options()) as server:
            port = server.port
        app = ClientApplication("127.0.0.1", port)
        with pytest.raises(ConnectFailed, match=f"127.0.0.1:{port}"):
            app.run()

    def test_a_client_id_in_use(self, newest):
        def second(app):
            with pytest.raises(HandshakeRefused, match=r"326 .*client id 7"):
                Noting(newest).run()

        Noting(newest, at_start=second, until=lambda app: True).done()
