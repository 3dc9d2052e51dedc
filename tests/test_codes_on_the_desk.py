"""What the bridge's codes end on a desk, as they are and as a user has them treated."""

from __future__ import annotations

import pytest

from ibkr_actors.base.local_messages import OrderChanged
from ibkr_actors.base.message_codes import CodeTreatment, Ends, FarmCondition, Severity
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.depth import MarketDepthRequest
from ibkr_actors.base.messages.history import RealTimeBar, RealTimeBarsRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest, TickPrice
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.messages.scanners import ScannerData, ScannerSubscriptionRequest
from ibkr_actors.base.messages.tick_by_tick import TickByTickRequest
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.scanner import Scanner
from ibkr_actors.cli.desk import _desk
from ibkr_actors.configuration import load
from ibkr_actors.display import picture, status_line
from ibkr_actors.errors import DeskError
from ibkr_actors.multiple_client_application import MultiClientApplication
from ibkr_actors.simulated_gateway.gateway import Options
from ibkr_actors.simulated_gateway.server import Server
from tests.actors.conftest import _no_thread_left, log  # noqa: F401
from tests.actors.helpers import Record, fill, ibm, limit_order, recording, status, told
from tests.actors.scripted_bridge import ScriptedBridge
from tests.test_multiple_client_application import desk_at
from tests.trading import wait_for

GENTLE = [CodeTreatment(code, ends=Ends.NOTHING) for code in (10089, 420, 162)]
STRICT = [CodeTreatment(code, ends=Ends.REQUEST_OR_NEW_ORDER) for code in (10167, 399)]
EVERYBODY = Notice(-1, code=9999, text="a code that nobody knows")


@pytest.fixture
def bridge():
    with ScriptedBridge() as bridge:
        yield bridge


@pytest.fixture
def record():
    return Record()


def hear(bridge, record, *messages):
    """Say messages, and return what of them the strategy has been told."""
    before = len(record.items)
    bridge.say(*messages, EVERYBODY)
    record.wait(lambda item: item[1] == EVERYBODY)
    return [message for _, message in record.items[before:] if message != EVERYBODY]


class TestReplies:
    """One request each that goes to an actor of the desk, and one that goes to the bridge directly."""

    CASES = (
        (lambda one: one.request_market_data(ibm()), MarketDataRequest, TickPrice, 10089),
        (
            lambda one: one.request_scanner_subscription(Scanner()),
            ScannerSubscriptionRequest,
            ScannerData,
            162,
        ),
        (lambda one: one.request_real_time_bars(ibm()), RealTimeBarsRequest, RealTimeBar, 420),
    )

    @pytest.mark.parametrize(("codes", "goes_on"), [((), False), (GENTLE, True)], ids=["usual", "treated"])
    @pytest.mark.parametrize(("ask", "request_", "reply", "code"), CASES)
    def test_end_with_an_error_unless_it_is_treated_as_ending_nothing(
        self, bridge, record, codes, goes_on, ask, request_, reply, code
    ):
        desk = desk_at(bridge, codes=codes)
        desk.register(recording(record, initialize=ask), code="cross")
        with desk:
            request_id = bridge.requests.wait_for(request_).request_id
            error = Notice(request_id, code=code, text="refused")
            heard = hear(bridge, record, error, reply(request_id))

        assert heard == [error, reply(request_id)] if goes_on else heard == [error]

    @pytest.mark.parametrize(("codes", "goes_on"), [((), True), (STRICT, False)], ids=["usual", "treated"])
    def test_go_on_after_a_warning_unless_it_is_treated_as_the_end(self, bridge, record, codes, goes_on):
        desk = desk_at(bridge, codes=codes)
        desk.register(
            recording(record, initialize=lambda strategy: strategy.request_market_data(ibm())), code="cross"
        )
        with desk:
            request_id = bridge.requests.wait_for(MarketDataRequest).request_id
            warning, tick = Notice(request_id, code=10167, text="delayed"), TickPrice(request_id, 4, 10.0)
            heard = hear(bridge, record, warning, tick)
            lines = desk._crew.ask("market_data", "quotes")

        assert heard == ([warning, tick] if goes_on else [warning])
        assert bool(lines) == goes_on

    @pytest.mark.parametrize(
        ("codes", "requests"), [((), 1), ([CodeTreatment(2148, ends=Ends.MARKET_DATA)], 2)]
    )
    def test_are_asked_for_again_when_a_code_is_treated_as_the_loss_of_all(
        self, bridge, record, codes, requests
    ):
        desk = desk_at(bridge, codes=codes)
        desk.register(
            recording(record, initialize=lambda strategy: strategy.request_market_data(ibm())), code="cross"
        )
        with desk:
            bridge.requests.wait_for(MarketDataRequest)
            hear(bridge, record, Notice(-1, code=2148, text="subscribe again"))
            bridge.requests.wait_for(MarketDataRequest, requests)
        assert len(bridge.sent(MarketDataRequest)) == requests

    @pytest.mark.parametrize(
        "ask",
        [
            lambda strategy: strategy.request_real_time_bars(ibm()),
            lambda strategy: strategy.request_tick_by_tick_data(ibm()),
            lambda strategy: strategy.request_market_depth(ibm()),
        ],
    )
    def test_that_the_bridge_lost_are_asked_for_again_once(self, bridge, record, ask):
        desk = desk_at(bridge)
        desk.register(recording(record, initialize=ask), code="cross")
        with desk:
            wanted = (RealTimeBarsRequest, TickByTickRequest, MarketDepthRequest)
            first = bridge.requests.wait(lambda request: isinstance(request, wanted))
            hear(bridge, record, Notice(-1, code=1102, text="maintained"), Notice(-1, code=1101, text="lost"))
            bridge.requests.wait_for(type(first), 2)
        assert bridge.sent(type(first)) == [first, first]


def place(strategy):
    strategy.place_order(limit_order(), ibm())


def order_of(desk):
    (order,) = desk.status().orders
    return order


class TestOrders:
    @pytest.mark.parametrize(("codes", "state"), [((), "Sent"), (STRICT, "Refused")])
    def test_that_have_no_status_are_refused_by_a_warning_that_is_treated_so(
        self, bridge, record, codes, state
    ):
        desk = desk_at(bridge, codes=codes)
        desk.register(recording(record, initialize=place), code="cross")
        with desk:
            order_id = bridge.requests.wait_for(PlaceOrderRequest).order_id
            hear(bridge, record, Notice(order_id, code=399, text="Order Message:"))

            assert order_of(desk).status == state

    @pytest.mark.parametrize("codes", [(), STRICT])
    @pytest.mark.parametrize("code", [399, 201, 321])
    def test_that_have_a_status_end_by_no_code_whatever_its_treatment(self, bridge, record, codes, code):
        desk = desk_at(bridge, codes=codes)
        desk.register(recording(record, initialize=place), code="cross")
        with desk:
            order_id = bridge.requests.wait_for(PlaceOrderRequest).order_id
            bridge.say(status(order_id, "PreSubmitted", client_id=7))
            told(record, OrderChanged, wanted=lambda change: change.status == "PreSubmitted")
            hear(bridge, record, Notice(order_id, code=code, text="Order Message:"))
            assert order_of(desk).status == "PreSubmitted"

            bridge.say(status(order_id, "Submitted", client_id=7))
            told(record, OrderChanged, wanted=lambda change: change.status == "Submitted")

    def test_that_have_a_fill_before_their_first_status_exist(self, bridge, record):
        desk = desk_at(bridge)
        desk.register(recording(record, initialize=place), code="cross")
        with desk:
            order_id = bridge.requests.wait_for(PlaceOrderRequest).order_id
            refusal = Notice(order_id, code=201, text="Order rejected - reason:")
            hear(bridge, record, fill(order_id, 40, client_id=7), refusal)

            assert (order_of(desk).status, order_of(desk).filled) == ("Sent", 40)

    @pytest.mark.parametrize(
        ("codes", "state"), [((), "Refused"), ([CodeTreatment(201, Severity.WARNING)], "Sent")]
    )
    def test_are_not_refused_by_an_error_that_is_treated_as_a_warning(self, bridge, record, codes, state):
        desk = desk_at(bridge, codes=codes)
        desk.register(recording(record, initialize=place), code="cross")
        with desk:
            order_id = bridge.requests.wait_for(PlaceOrderRequest).order_id
            hear(bridge, record, Notice(order_id, code=201, text="Order rejected - reason:"))

            assert order_of(desk).status == state


class TestAConfiguration:
    @pytest.mark.parametrize(("ends", "lines"), [("request", 0), ("nothing", 1)])
    def test_says_how_the_desk_treats_a_code(self, tmp_path, record, ends, lines):
        """The simulated gateway knows no such stock, and says so by error 200."""
        path = tmp_path / "desk.toml"
        path.write_text(f'[[codes]]\ncode = 200\nends = "{ends}"\n')
        with Server(Options(seed=3), port=0, tick=0.02) as server:
            desk = _desk(load(path), server.host, server.port)
            ask = recording(record, initialize=lambda one: one.request_market_data(Stock("NOSUCH")))
            desk.register(ask, code="cross")
            with desk:
                told(record, Notice, wanted=lambda notice: notice.code == 200)

                assert len(desk._crew.ask("market_data", "quotes")) == lines

    def test_in_a_program_makes_the_same_sense(self):
        with pytest.raises(DeskError, match=r"^code 200: expected a severity, or what the code ends$"):
            MultiClientApplication(codes=[CodeTreatment(200)])


class TestTheLog:
    @pytest.mark.parametrize(
        ("code", "treatment", "level"),
        [
            (1100, None, "ERROR"),
            (2103, None, "WARNING"),
            (2104, None, "DEBUG"),
            (9999, None, "ERROR"),
            (2103, Severity.INFORMATION, "DEBUG"),
        ],
    )
    def test_has_what_names_no_request_by_its_severity(
        self,
        bridge,
        log,  # noqa: F811
        code,
        treatment,
        level,
    ):
        codes = [CodeTreatment(code, treatment)] if treatment else []
        with desk_at(bridge, codes=codes):
            bridge.say(Notice(-1, code=code, text="some {words}"))
            line = log.wait(lambda line: f"the bridge says: {code} some {{words}}" in line)

        assert line.startswith(level)

    @pytest.mark.parametrize(
        ("handlers", "lines"),
        [
            (
                {},
                [
                    "ERROR the bridge says: 420 not this one (to cross, about 1000000001, RealTimeBarsRequest of "
                    f"{ibm()})\n"
                ],
            ),
            ({"notice": lambda _strategy, _notice: None}, []),
        ],
    )
    def test_has_what_a_strategy_is_told_about_its_own_request_unless_it_handles_that(
        self,
        bridge,
        record,
        log,  # noqa: F811
        handlers,
        lines,
    ):
        desk = desk_at(bridge)
        handlers = {"initialize": lambda one: one.request_real_time_bars(ibm()), **handlers}
        desk.register(recording(record, **handlers), code="cross")
        with desk:
            request_id = bridge.requests.wait_for(RealTimeBarsRequest).request_id
            hear(bridge, record, Notice(request_id, code=420, text="not this one"))

        assert [line for line in log.items if "not this one" in line] == lines


class TestFarms:
    def test_are_known_as_the_bridge_last_spoke_of_them(self, bridge, record):
        desk = desk_at(bridge)
        desk.register(recording(record), code="cross")
        with desk:
            bridge.say(
                Notice(-1, code=2104, text="Market data farm connection is OK:usfarm"),
                Notice(-1, code=2106, text="HMDS data farm connection is OK:ushmds"),
                Notice(-1, code=2103, text="Market data farm connection is broken:usfarm"),
            )
            state = wait_for(
                desk, lambda state: any(farm.condition is FarmCondition.BROKEN for farm in state.farms)
            )
            assert {farm.name: farm.condition.value for farm in state.farms} == {
                "usfarm": "broken",
                "ushmds": "connected",
            }

            bridge.say(Notice(-1, code=2104, text="Market data farm connection is OK:usfarm"))
            wait_for(desk, lambda state: all(farm.is_usable for farm in state.farms))

    def test_out_of_reach_are_shown_and_others_are_not(self, bridge):
        with desk_at(bridge) as desk:
            bridge.say(
                Notice(-1, code=2106, text="HMDS data farm connection is OK:ushmds"),
                Notice(-1, code=2119, text="Market data farm is connecting:usfarm.nj"),
            )
            state = wait_for(desk, lambda state: len(state.farms) == 2)

        assert "usfarm.nj connecting" in status_line(state, 0.0)
        assert "ushmds" not in status_line(state, 0.0)
        assert "usfarm.nj connecting" in str(picture(state, 0.0, 40).renderables[1])

    def test_are_forgotten_with_the_connection(self, bridge):
        with desk_at(bridge) as desk:
            bridge.say(Notice(-1, code=2106, text="HMDS data farm connection is OK:ushmds"))
            wait_for(desk, lambda state: len(state.farms) == 1)
            bridge.hang_up()
            wait_for(desk, lambda state: state.farms == [])
