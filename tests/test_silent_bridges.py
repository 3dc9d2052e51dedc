"""A bridge that is there no more though its connection stands: both interfaces with one connection find out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from ibkr_actors.api import IBKR_API
from ibkr_actors.base.bridge_connection import BridgeAddress
from ibkr_actors.base.client_link import ClientLink
from ibkr_actors.base.handlers import ignore
from ibkr_actors.base.ids import OrderIds
from ibkr_actors.base.liveness import Liveness
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, RequestFailed
from ibkr_actors.base.messages.connection import CurrentTime, CurrentTimeRequest, NextValidId, Notice
from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest
from ibkr_actors.base.session_statistics import Statistics
from ibkr_actors.blocking.link import Link
from ibkr_actors.client_application import ClientApplication
from ibkr_actors.errors import ConnectionLost, InvalidRequest
from ibkr_actors.multiple_client_application import MultiClientApplication
from tests.actors.conftest import _no_thread_left, leaves_threads  # noqa: F401
from tests.actors.helpers import PATIENCE, Clock, Record, ibm
from tests.actors.scripted_bridge import ScriptedBridge
from tests.client_applications import Noting

NOT_ANSWERED = r"the bridge has not answered for 0\.4 seconds"
SHORT = 0.3
"""The silence in tests of a bridge that does not answer."""
LONG = 1.5
"""The silence in tests of one that answers: it has a third of this, whatever else the machine does."""


@pytest.fixture
def bridge():
    """Takes every request, and answers none."""
    with ScriptedBridge(version=226) as bridge:
        yield bridge


class HurryingClock(Clock):
    """Whoever looks at it finds it a moment later than the last one, until it is stopped."""

    step = 0.01

    def __call__(self) -> float:
        self.now += self.step
        return self.now


class TestTheBlockingInterface:
    def test_tells_whoever_waits_why_no_answer_comes(self, bridge):
        with (
            IBKR_API(port=bridge.port, timeout=PATIENCE, silence=SHORT) as ibkr,
            ThreadPoolExecutor() as pool,
        ):
            waiting = [
                pool.submit(ibkr.request_contract_data, ibm()),
                pool.submit(lambda: next(ibkr.request_market_data(ibm()))),
            ]
            for each in waiting:
                with pytest.raises(ConnectionLost, match=NOT_ANSWERED):
                    each.result(PATIENCE)

            assert not ibkr.is_connected
            assert len(bridge.sent(CurrentTimeRequest)) == 1
            with pytest.raises(ConnectionLost, match=rf"{NOT_ANSWERED}\); call connect\(\)"):
                ibkr.request_contract_data(ibm())

    def test_connects_again_when_it_is_told_to(self, bridge):
        with IBKR_API(port=bridge.port, timeout=PATIENCE, silence=SHORT) as ibkr:
            with pytest.raises(ConnectionLost):
                ibkr.request_contract_data(ibm())
            bridge.answers[CurrentTimeRequest] = lambda _asked: [CurrentTime(7)]
            ibkr.connect()

            assert ibkr.request_current_time().time == 7

    def test_takes_the_answer_to_its_own_question_for_nobody_else_s(self, bridge):
        calls = []

        def answer(_asked):
            calls.append(pool.submit(ibkr.request_current_time) if not calls else None)
            return [CurrentTime(1), CurrentTime(2)] if len(calls) == 2 else []

        bridge.answers[CurrentTimeRequest] = answer
        with ThreadPoolExecutor() as pool, IBKR_API(port=bridge.port, silence=LONG) as ibkr:
            bridge.requests.wait_for(CurrentTimeRequest, 2)

            assert calls[0].result(PATIENCE).time == 2

    def test_does_not_wait_for_an_answer_that_was_lost_when_the_bridge_talks_on(self, bridge):
        asked = []

        def answer(_asked):
            asked.append("asked")
            if len(asked) == 1:
                return [Notice(-1, code=2104, text="Market data farm connection is OK:usfarm")]
            return [CurrentTime(len(asked))]

        bridge.answers[CurrentTimeRequest] = answer
        with IBKR_API(port=bridge.port, timeout=PATIENCE, silence=LONG) as ibkr:
            bridge.requests.wait_for(CurrentTimeRequest, 2)

            assert ibkr.request_current_time().time == 3


class TestTheConnectionOfTheBlockingInterface:
    """With a clock that does not wait."""

    @pytest.fixture
    def heard(self):
        return Record()

    @pytest.fixture
    def lost(self):
        return Record()

    @pytest.fixture
    def clock(self):
        return HurryingClock()

    @pytest.fixture
    def link_with(self, bridge, heard, lost, clock):
        links = []

        def start(on_silence):
            link = Link(
                BridgeAddress(port=bridge.port),
                Statistics(),
                on_messages=lambda messages: [heard.add(message) for message in messages],
                on_lost=lost.add,
                on_failed=lambda _request, _reason: None,
                on_silence=on_silence,
                liveness=Liveness(SHORT),
                clock=clock,
            )
            links.append(link)
            link.open(PATIENCE)
            heard.wait_for(NextValidId)
            link.start_sending()
            return link

        yield start
        for link in links:
            link.close()

    def test_gives_up_a_bridge_that_was_asked_and_does_not_answer(self, link_with, lost):
        asked = []
        link_with(lambda: asked.append("asked"))

        assert "the bridge has not answered for 0.4 seconds" in str(lost.wait_for(ConnectionLost))
        assert asked == ["asked"]

    def test_keeps_a_bridge_that_answers_and_asks_after_each_silence(
        self, link_with, bridge, heard, lost, clock
    ):
        answered = Record()

        def answer():
            number = len(answered.items) + 1
            bridge.say(CurrentTime(number))
            heard.wait_for(CurrentTime, number)
            clock.step = 0.0 if number == 3 else clock.step
            answered.add(number)

        link_with(answer)
        answered.wait(lambda number: number == 3)

        assert lost.items == []


class TestTheClientApplication:
    def test_ends_with_the_reason_and_tells_of_what_was_asked_but_not_of_its_own_question(self, bridge):
        app = Noting(bridge, at_start=lambda app: app.request_contract_data(5, ibm()), silence=SHORT)

        with pytest.raises(ConnectionLost, match=NOT_ANSWERED):
            app.run()

        assert len(bridge.sent(CurrentTimeRequest)) == 1
        assert app.last(ConnectionChanged).state is ConnectionState.LOST
        assert app.last(ConnectionChanged).reason == "the bridge has not answered for 0.4 seconds"
        (failed,) = app.of(RequestFailed)
        assert (failed.request_id, type(failed.request)) == (5, ContractDataRequest)

    def test_connects_again_and_asks_for_its_streams(self, bridge):
        app = Noting(
            bridge,
            at_start=lambda app: app.request_market_data(5, ibm()),
            until=lambda _app: len(bridge.sent(MarketDataRequest)) == 2,
            silence=SHORT,
            reconnect=True,
        )
        app.run()

        assert [request.request_id for request in bridge.sent(MarketDataRequest)] == [5, 5]
        assert app.of(RequestFailed) == []

    def test_goes_on_with_a_bridge_that_answers_and_hears_nothing_of_it(self, bridge):
        bridge.answers[CurrentTimeRequest] = lambda _asked: [
            CurrentTime(len(bridge.sent(CurrentTimeRequest)))
        ]
        app = Noting(bridge, until=lambda _app: len(bridge.sent(CurrentTimeRequest)) == 2, silence=LONG)
        app.run()

        assert app.of(CurrentTime) == []
        assert [change.state for change in app.of(ConnectionChanged)] == [ConnectionState.CONNECTED]

    def test_hears_the_time_that_it_asked_for_itself(self, bridge):
        bridge.answers[CurrentTimeRequest] = lambda _asked: [CurrentTime(7)]
        app = Noting(
            bridge,
            at_start=lambda app: app.request_current_time(),
            until=lambda app: app.of(CurrentTime),
            silence=LONG,
        )
        app.run()

        assert app.of(CurrentTime) == [CurrentTime(7)]


class TestTheConnectionOfTheClientApplication:
    """With a clock that the test moves."""

    @pytest.fixture
    def clock(self):
        return Clock()

    @pytest.fixture
    def asked(self):
        return []

    @pytest.fixture
    def link(self, bridge, clock, asked):
        link = ClientLink(
            BridgeAddress(port=bridge.port),
            order_ids=OrderIds(),
            statistics=Statistics(),
            messages_per_second=50,
            connect_timeout=PATIENCE,
            reconnect=False,
            liveness=Liveness(30),
            on_silence=lambda: asked.append(clock.now),
            clock=clock,
        )
        link.open()
        link.tend(0.5)
        yield link
        link.close([], ignore)

    def look_at(self, link, clock, *moments):
        for moment in moments:
            clock.now = moment
            link.tend(0.5)

    def test_asks_once_and_gives_up_a_bridge_that_does_not_answer(self, link, clock, asked):
        self.look_at(link, clock, 1029, 1030, 1031, 1039)
        assert (asked, link.empty()) == ([1030], True)

        self.look_at(link, clock, 1040)

        (change,) = link.take(PATIENCE)
        assert (change.state, change.reason) == (
            ConnectionState.LOST,
            "the bridge has not answered for 40 seconds",
        )

    def test_gives_that_reason_though_something_could_not_be_sent_behind_it(self, link, clock):
        self.look_at(link, clock, 1030, 1040)
        link.send(MarketDataRequest(ibm(), request_id=5))
        link.send(MarketDataRequest(ibm(), request_id=6))

        (change,) = link.take(PATIENCE)
        assert change.reason == "the bridge has not answered for 40 seconds"

    def test_keeps_a_bridge_that_answers(self, link, clock, asked, bridge):
        self.look_at(link, clock, 1030)
        bridge.say(CurrentTime(1))
        assert link.take(PATIENCE) == [CurrentTime(1)]

        self.look_at(link, clock, 1039, 1068, 1069)

        assert (asked, link.empty()) == ([1030, 1069], True)

    def test_looks_often_however_long_the_application_would_wait(self, link):
        assert link.tend(3600.0) == 3.0

    def test_is_not_watched_after_its_end(self, link, clock, asked, bridge):
        bridge.hang_up()
        link.take(PATIENCE)
        self.look_at(link, clock, 2000, 3000)

        assert asked == []


@pytest.mark.parametrize("interface", [ClientApplication, MultiClientApplication, IBKR_API])
def test_a_silence_that_can_t_be_is_refused_at_once(interface):
    with pytest.raises(InvalidRequest, match=r"silence is a positive number of seconds, got -1"):
        interface("127.0.0.1", 1, silence=-1)
