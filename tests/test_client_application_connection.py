"""What a `ClientApplication` does when its connection is lost, its data are, or it is too slow."""

from __future__ import annotations

import threading

import pytest

from ibkr_actors.base.local_messages import (
    ConnectionChanged,
    ConnectionState,
    OrderChanged,
    RequestFailed,
    TicksConflated,
)
from ibkr_actors.base.message_codes import CodeTreatment, Ends
from ibkr_actors.base.messages.accounts import AccountDataRequest, PositionsRequest
from ibkr_actors.base.messages.connection import CurrentTimeRequest, Notice
from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.messages.executions import (
    CommissionAndFeesReport,
    ExecutionDetails,
    ExecutionDetailsEnd,
    ExecutionRequest,
)
from ibkr_actors.base.messages.market_data import (
    CancelMarketData,
    MarketDataRequest,
    MarketDataTypeRequest,
    TickPrice,
)
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import (
    CancelOrderRequest,
    OpenOrderEnd,
    OpenOrdersRequest,
    OrderStatus,
    PlaceOrderRequest,
)
from ibkr_actors.classes.contracts.option import Option
from ibkr_actors.classes.execution import ExecutionFilter
from ibkr_actors.client_application import ClientApplication
from ibkr_actors.errors import BridgeError, ConnectionLost, HandshakeRefused, InvalidRequest
from tests.actors.conftest import _no_thread_left, leaves_threads, log  # noqa: F401
from tests.actors.helpers import PATIENCE, commission, fill, ibm, limit_order, status
from tests.actors.scripted_bridge import ScriptedBridge
from tests.client_applications import Noting


@pytest.fixture
def bridge():
    with ScriptedBridge() as bridge:
        yield bridge


@pytest.fixture(params=(157, 226))
def each_bridge(request):
    with ScriptedBridge(version=request.param) as bridge:
        yield bridge


def states(app):
    return [change.state for change in app.of(ConnectionChanged)]


class TestALostConnection:
    def test_ends_run_with_the_reason(self, bridge):
        app = Noting(bridge, at_start=lambda app: bridge.hang_up())

        with pytest.raises(ConnectionLost, match="the bridge closed the connection"):
            app.run()

        assert states(app) == [ConnectionState.CONNECTED, ConnectionState.LOST]
        assert not app.still_running

    def test_tells_what_waited_that_no_answer_comes(self, bridge):
        def ask(app):
            app.request_contract_data(5, ibm())
            app.request_current_time()
            app.request_market_data(6, ibm())
            bridge.requests.wait_for(MarketDataRequest)
            bridge.hang_up()

        app = Noting(bridge, at_start=ask)
        with pytest.raises(ConnectionLost):
            app.run()

        failed = app.of(RequestFailed)
        assert [type(failure.request) for failure in failed] == [ContractDataRequest, CurrentTimeRequest]
        assert [failure.request_id for failure in failed] == [5, -1]

    def test_has_what_fails_in_the_log_of_an_application_that_does_not_look(self, bridge, log):  # noqa: F811
        class Asking(ClientApplication):
            def initialize(self):
                self.request_contract_data(5, ibm())
                bridge.hang_up()

        with pytest.raises(ConnectionLost):
            Asking("127.0.0.1", bridge.port).run()
        assert any(
            line.startswith("WARNING Asking: ContractDataRequest of IBM STK SMART USD (about 5) failed: ")
            for line in log.items
        )

    def test_is_no_error_when_the_application_stops_itself_then(self, bridge):
        class Content(ClientApplication):
            def connection_changed(self, change):
                if change.state is ConnectionState.CONNECTED:
                    bridge.hang_up()
                else:
                    self.stop()

        Content("127.0.0.1", bridge.port).run()

    def test_leaves_stop_its_turn(self, bridge):
        class Tidy(ClientApplication):
            tidied = 0

            def initialize(self):
                bridge.hang_up()

            def stop(self):
                self.tidied += 1
                super().stop()

        app = Tidy("127.0.0.1", bridge.port)
        with pytest.raises(ConnectionLost):
            app.run()
        assert app.tidied == 1

    def test_in_the_welcome_gives_the_bridge_s_reason(self, bridge):
        bridge.welcome, bridge.hangs_up_after_welcome = [Notice(-1, code=326, text="client id in use")], True
        with pytest.raises(HandshakeRefused, match="326 client id in use"):
            Noting(bridge).run()

    def test_a_welcome_that_does_not_come_has_its_time(self, bridge):
        bridge.welcome = []
        with pytest.raises(HandshakeRefused, match=r"no accounts and order id within 0\.3 seconds"):
            Noting(bridge, connect_timeout=0.3).run()


class TestReconnecting:
    def arrange(self, bridge, **options):
        """Streams, a setting, two working orders of which one has a fill, and a question that nobody answers."""

        def start(app):
            app.request_market_data_type(3)
            app.request_market_data(5, ibm())
            app.request_positions()
            app.request_contract_data(6, ibm())
            for order_id in (1, 2):
                app.place_order(order_id, limit_order(), ibm())
            bridge.requests.wait_for(PlaceOrderRequest, 2)
            bridge.say(*(status(order_id, "Submitted", client_id=7) for order_id in (1, 2)))
            bridge.say(fill(1, 40, client_id=7), commission())

        def restart(app):
            if app.of(CommissionAndFeesReport) and len(states(app)) == 1:
                bridge.stop()
                bridge.start()

        return Noting(bridge, at_start=start, each_time=restart, reconnect=True, **options)

    def test_asks_again_for_settings_and_streams_and_for_nothing_else(self, each_bridge):
        kept = (MarketDataTypeRequest, MarketDataRequest, PositionsRequest)
        app = self.arrange(
            each_bridge, until=lambda app: all(len(each_bridge.sent(kind)) == 2 for kind in kept)
        )
        app.run()

        assert states(app)[0] is ConnectionState.CONNECTED
        assert ConnectionState.LOST in states(app)
        assert states(app)[-1] is ConnectionState.CONNECTED
        assert [request.request_id for request in each_bridge.sent(MarketDataRequest)] == [5, 5]
        assert len(each_bridge.sent(MarketDataTypeRequest)) == 2
        assert len(each_bridge.sent(PositionsRequest)) == 2
        assert len(each_bridge.sent(ContractDataRequest)) == 1
        assert len(each_bridge.sent(PlaceOrderRequest)) == 2
        assert app.last(RequestFailed).request_id == 6

    def test_finds_out_how_orders_stand(self, each_bridge):
        """While it was away, the first was filled, and the second vanished."""
        bridge = each_bridge
        second = "0000e0d5.6579a1b2.02.01"

        def executions(request):
            return [
                fill(1, 40, client_id=7, request_id=request.request_id),
                commission(),
                fill(1, 60, cumulative=100, client_id=7, request_id=request.request_id, execution_id=second),
                commission(second),
                ExecutionDetailsEnd(request.request_id),
            ]

        bridge.answers[OpenOrdersRequest] = lambda _request: [OpenOrderEnd()]
        bridge.answers[ExecutionRequest] = executions
        app = self.arrange(bridge, until=lambda app: 2 in app.orders and app.orders[2].status == "Unknown")
        app.run()

        assert app.orders[1].status == "Filled"
        assert app.orders[1].commission == 2.0
        assert "neither" in app.orders[2].reason
        assert [message.request_id for message in app.of(ExecutionDetails)] == [-1, -1]
        assert [message.execution_id for message in app.of(CommissionAndFeesReport)][1:] == [second]
        assert app.of(ExecutionDetailsEnd) == []
        assert [change.status for change in app.of(OrderChanged) if change.order_id == 2][-1] == "Unknown"

    def test_takes_no_answer_to_another_question_for_that_about_orders(self, bridge):
        """The usual beginning of programs for this bridge: a question in the handler of the first order id."""

        class Asking(Noting):
            def next_valid_id(self, message):
                self.request_executions(self.get_local_request_id(), ExecutionFilter(symbol="AAPL"))

        def executions(request):
            found = [] if request.filter.symbol else [fill(1, client_id=7, request_id=request.request_id)]
            return [*found, ExecutionDetailsEnd(request.request_id)]

        def start(app):
            app.place_order(1, limit_order(), ibm())

        def lose(app):
            if len(states(app)) == 1 and app.orders[1].status == "Submitted":
                bridge.hang_up()

        bridge.answers[PlaceOrderRequest] = lambda _asked: [status(1, "Submitted", client_id=7)]
        bridge.answers[OpenOrdersRequest] = lambda _asked: [OpenOrderEnd()]
        bridge.answers[ExecutionRequest] = executions
        app = Asking(
            bridge,
            at_start=start,
            each_time=lose,
            until=lambda app: app.orders[1].ended,
            reconnect=True,
        )
        app.run()

        assert [change.status for change in app.of(OrderChanged)] == ["Submitted", "Filled"]

    def test_an_order_without_a_connection_is_refused_at_once_and_never_leaves(self, bridge):
        class Eager(Noting):
            def connection_changed(self, change):
                if change.state is ConnectionState.LOST and not self.orders:
                    self.place_order(9, limit_order(), ibm())
                    self.request_market_data(5, ibm())

        app = Eager(
            bridge,
            at_start=lambda app: bridge.hang_up(),
            until=lambda app: bridge.sent(MarketDataRequest),
            reconnect=True,
        )
        app.run()

        assert app.orders[9].status == "Refused"
        assert app.last(OrderChanged).reason == "there is no connection with the bridge"
        assert bridge.sent(PlaceOrderRequest) == []
        assert bridge.requests.wait_for(CancelMarketData).request_id == 5

    def test_goes_on_trying_while_act_runs_and_stop_ends_it(self, bridge):
        def away(app):
            bridge.stop()

        app = Noting(
            bridge,
            at_start=away,
            until=lambda app: states(app).count(ConnectionState.LOST) >= 3,
            reconnect=True,
        )
        app.run()
        bridge.start()  # for the fixture to stop

        assert app.acts >= 3


class TestStopping:
    def test_cancels_streams_behind_the_last_requests_of_stop(self, bridge):
        class Tidy(Noting):
            def stop(self):
                self.cancel_order(44)
                super().stop()

        def start(app):
            app.request_market_data(5, ibm())
            app.request_positions()
            app.request_account_updates(True, "DU1")

        Tidy(bridge, at_start=start, until=lambda app: True).run()

        bridge.requests.wait(lambda request: request == AccountDataRequest(False, "DU1"))
        names = [type(request).__name__ for request in bridge.requests.items]
        assert names[-4:] == [
            "CancelOrderRequest",
            "CancelMarketData",
            "CancelPositions",
            "AccountDataRequest",
        ]

    def test_what_pacing_holds_back_leaves_still(self, bridge):
        def start(app):
            for number in range(3):
                app.request_market_data(10 + number, ibm())

        Noting(bridge, at_start=start, until=lambda app: True, messages_per_second=5).run()

        assert len(bridge.sent(MarketDataRequest)) == 3

    def test_cancellations_of_orders_that_pacing_holds_back_are_given_more_time(self, bridge):
        class Tidy(Noting):
            def stop(self):
                for order_id in range(1, 12):
                    self.cancel_order(order_id)
                super().stop()

        Tidy(bridge, until=lambda app: True, messages_per_second=8).run()

        assert [request.order_id for request in bridge.sent(CancelOrderRequest)] == list(range(1, 12))

    def test_orders_that_pacing_holds_back_all_leave_and_are_heard_of_up_to_the_end(self, bridge):
        submitted = [status(1, "Submitted", client_id=7)]
        bridge.answers[PlaceOrderRequest] = lambda asked: submitted if asked.order_id == 1 else []

        class Hasty(Noting):
            def initialize(self):
                place(self, 20)
                self.stop()

        app = Hasty(bridge, messages_per_second=8).done()

        assert bridge.requests.wait_for(PlaceOrderRequest, 20).order_id == 20
        assert app.orders[1].status == "Submitted"
        assert app.noted == []

    def test_what_the_bridge_answers_to_the_last_requests_is_known(self, bridge):
        """To close at once would lose requests that the bridge has not read when it answers to the first of them."""
        bridge.answers[CancelOrderRequest] = lambda asked: [status(asked.order_id, "Cancelled", client_id=7)]

        class Tidy(Noting):
            def stop(self):
                for order_id in self.orders:
                    self.cancel_order(order_id)
                super().stop()

        app = Tidy(bridge, at_start=lambda app: place(app, 20), until=lambda app: True).done()

        assert {order.status for order in app.orders.values()} == {"Cancelled"}

    def test_a_bridge_that_does_not_end_the_connection_has_little_time_for_it(self, bridge, monkeypatch):
        monkeypatch.setattr("ibkr_actors.base.client_link.PARTING", 0.05)
        goes_on = threading.Event()
        bridge.answers[CurrentTimeRequest] = lambda _asked: goes_on.wait(PATIENCE) and []

        Noting(bridge, at_start=lambda app: app.request_current_time(), until=lambda app: True).run()

        assert not goes_on.is_set()
        goes_on.set()

    def test_a_stream_that_was_cancelled_is_not_cancelled_again(self, bridge):
        def start(app):
            app.request_market_data(5, ibm())
            app.cancel_market_data(5)
            app.request_current_time()

        Noting(bridge, at_start=start, until=lambda app: True).run()

        bridge.requests.wait_for(CurrentTimeRequest)
        assert len(bridge.sent(CancelMarketData)) == 1


def place(app, count):
    for _ in range(count):
        app.place_order(app.next_order_id(), limit_order(), ibm())


class TestWhatCanNotLeaveAnyMore:
    """Pacing lets five of twelve orders leave."""

    @pytest.fixture(autouse=True)
    def _bridge_that_hangs_up(self, bridge):
        bridge.answers[PlaceOrderRequest] = lambda asked: (asked.order_id == 5 and bridge.hang_up()) or []

    @staticmethod
    def check(app):
        assert {app.orders[order_id].status for order_id in range(6, 13)} == {"Refused"}
        assert [failure.request_id for failure in app.of(RequestFailed)] == list(range(6, 13))
        assert {change.status for change in app.of(OrderChanged)} == {"Refused"}

    def test_is_told_when_the_connection_is_lost(self, bridge):
        app = Noting(bridge, at_start=lambda app: place(app, 12), messages_per_second=5)
        with pytest.raises(ConnectionLost):
            app.run()
        self.check(app)

    def test_is_told_when_a_handler_fails(self, bridge):
        class Failing(Noting):
            def connection_changed(self, change):
                if change.state is ConnectionState.LOST:
                    raise ZeroDivisionError

        app = Failing(bridge, at_start=lambda app: place(app, 12), messages_per_second=5)
        with pytest.raises(ZeroDivisionError):
            app.run()
        self.check(app)

    def test_is_told_when_the_end_is_interrupted_and_logged_where_that_fails(self, bridge, log, monkeypatch):  # noqa: F811
        bridge.answers.clear()
        interrupt = _raise(KeyboardInterrupt())
        monkeypatch.setattr("ibkr_actors.base.client_link.ClientLink._drain", interrupt)

        class Failing(Noting):
            def request_failed(self, failure):
                self.place_order(self.next_order_id(), limit_order(), ibm())

        app = Failing(
            bridge, at_start=lambda app: place(app, 12), until=lambda app: True, messages_per_second=5
        )
        with pytest.raises(KeyboardInterrupt):
            app.run()
        self.check(app)
        assert sum("Failing failed in request_failed" in line for line in log.items) == 7

    def test_is_never_an_order_that_another_thread_is_left_to_believe_sent(self, bridge):
        bridge.answers.clear()
        ends = []

        def keep_placing():
            try:
                while not pause.wait(0.001):
                    place(app, 1)
            except BridgeError as error:
                ends.append(error)

        def start(app):
            place(app, 60)
            thread.start()

        pause, thread = threading.Event(), threading.Thread(target=keep_placing)
        app = Noting(bridge, at_start=start, until=lambda app: True)
        app.run()
        thread.join()

        assert ends
        assert {order.status for order in app.orders.values()} == {"Sent", "Refused"}
        sent = [order_id for order_id, order in app.orders.items() if order.status == "Sent"]
        bridge.requests.wait_for(PlaceOrderRequest, len(sent))
        assert [request.order_id for request in bridge.sent(PlaceOrderRequest)] == sent


def _raise(error):
    def fail(*_arguments):
        raise error

    return fail


def test_what_the_bridge_said_before_the_end_is_known_though_a_handler_failed(bridge):
    class Failing(ClientApplication):
        def initialize(self):
            self.place_order(1, limit_order(), ibm())
            bridge.requests.wait_for(PlaceOrderRequest)
            bridge.say(status(1, "Submitted"), status(1, "Filled", 100, 0))

        def order_status(self, message):
            raise ZeroDivisionError

    app = Failing("127.0.0.1", bridge.port)
    with pytest.raises(ZeroDivisionError):
        app.run()
    assert app.orders[1].status == "Filled"


class TestWhatTheBridgeLoses:
    def test_1101_has_market_data_asked_again_and_1102_not(self, bridge):
        def start(app):
            app.request_market_data(5, ibm())
            bridge.requests.wait_for(MarketDataRequest)
            bridge.say(Notice(-1, code=1102, text="nothing lost"), Notice(-1, code=1101, text="data lost"))

        app = Noting(bridge, at_start=start, until=lambda app: len(bridge.sent(MarketDataRequest)) == 2)
        app.run()

        assert [notice.code for notice in app.of(Notice)] == [1102, 1101]
        assert len(bridge.sent(MarketDataRequest)) == 2

    def test_a_user_can_have_a_code_treated_otherwise(self, bridge):
        def start(app):
            app.request_market_data(5, ibm())
            bridge.requests.wait_for(MarketDataRequest)
            bridge.say(Notice(5, code=10089, text="needs another subscription"))

        def taken(app):
            if app.of(Notice):
                with pytest.raises(InvalidRequest, match="5 is in use"):
                    app.request_market_data(5, ibm())
                app.stop()

        treatments = [CodeTreatment(10089, ends=Ends.NOTHING)]
        Noting(bridge, at_start=start, each_time=taken, codes=treatments).run()

    def test_what_can_t_be_read_is_logged_and_the_rest_goes_on(self, bridge, log):  # noqa: F811
        def start(app):
            bridge.say(b"\0\0\0\x091\0x\0", status(4, "Submitted"))

        app = Noting(bridge, at_start=start, until=lambda app: app.of(OrderStatus))
        app.run()

        assert any("can't be read" in line for line in log.items)
        assert app.statistics.undecodable == 1


class TestBeingTooSlow:
    def test_ticks_are_conflated_and_the_application_is_told(self, bridge, monkeypatch):
        monkeypatch.setattr("ibkr_actors.base.client_link.MESSAGES_WAITING", 10)

        def start(app):
            put = app._link._mail.put  # as the reader does, while the application is busy with something else
            put([TickPrice(5, 4, price=float(number)) for number in range(20)])
            for number in range(20, 500):
                put([TickPrice(5, 4, price=float(number)), status(number, "Submitted")])

        app = Noting(bridge, at_start=start, until=lambda app: app.of(TicksConflated))
        app.run()

        assert [tick.price for tick in app.of(TickPrice)] == [*range(20), 499.0]
        assert app.of(TicksConflated) == [TicksConflated(479)]
        assert [message.order_id for message in app.of(OrderStatus)] == list(range(20, 500))


class TestExercising:
    def test_leaves_with_its_own_order_id(self, each_bridge):
        option = Option("AAPL", "20270115", 200.0, "C")

        def exercise(app):
            app.exercise_options(app.next_order_id(), option, 1, 2, "DU1", True)
            with pytest.raises(InvalidRequest, match="quantity 0 is not positive"):
                app.exercise_options(app.next_order_id(), option, 1, 0)

        Noting(each_bridge, at_start=exercise, until=lambda app: True).run()

        request = each_bridge.requests.wait_for(ExerciseOptionsRequest)
        assert (request.order_id, request.exercise_quantity, request.override) == (1, 2, True)

    def test_is_followed_like_an_order_and_can_neither_be_changed_nor_be_a_change(self, bridge):
        bridge.answers[ExerciseOptionsRequest] = lambda asked: [
            Notice(asked.order_id, None, 322, "not in the money")
        ]

        def exercise(app):
            app.place_order(1, limit_order(), ibm())
            app.exercise_options(2, ibm(), 1, 5)
            with pytest.raises(InvalidRequest, match="order 1 works, and exercising"):
                app.exercise_options(1, ibm(), 1, 5)
            with pytest.raises(InvalidRequest, match="order 2 works, and exercising"):
                app.place_order(2, limit_order(), ibm())
            assert app.orders[2].remaining == 5

        app = Noting(bridge, at_start=exercise, until=lambda app: app.of(OrderChanged))
        app.run()

        (change,) = app.of(OrderChanged)
        assert (change.order_id, change.status, change.reason) == (2, "Refused", "322 not in the money")
