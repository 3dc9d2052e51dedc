"""The blocking interface and a bridge that does what a test says: answers that come late, never, or wrong."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from ibkr_actors.api import IBKR_API
from ibkr_actors.base import order_doubts
from ibkr_actors.base.api_calls import ApiCalls, Call
from ibkr_actors.base.messages.accounts import CancelAccountSummary, CancelPositions, Position, PositionEnd
from ibkr_actors.base.messages.connection import CurrentTime, CurrentTimeRequest, ManagedAccounts, Notice
from ibkr_actors.base.messages.contracts import CancelContractData, ContractDataRequest
from ibkr_actors.base.messages.declaration import Cancellation, IdentifiedRequest
from ibkr_actors.base.messages.depth import (
    CancelMarketDepth,
    MarketDepth,
    MarketDepthRequest,
    RerouteMarketDepth,
)
from ibkr_actors.base.messages.executions import ExecutionDetailsEnd, ExecutionRequest
from ibkr_actors.base.messages.financial_advisors import (
    FinancialAdvisorConfiguration,
    FinancialAdvisorRequest,
)
from ibkr_actors.base.messages.history import HistoricalDataRequest
from ibkr_actors.base.messages.history_queries import (
    CancelHeadTimestamp,
    HeadTimestamp,
    HeadTimestampRequest,
    HistoricalSchedule,
)
from ibkr_actors.base.messages.market_data import (
    CancelMarketData,
    MarketDataRequest,
    MarketDataType,
    MarketDataTypeRequest,
    RerouteMarketData,
    TickPrice,
    TickRequestParameters,
    TickSize,
    TickSnapshotEnd,
    TickString,
)
from ibkr_actors.base.messages.news import (
    CancelNewsBulletins,
    HistoricalNewsEnd,
    HistoricalNewsRequest,
    NewsBulletin,
)
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import (
    CancelOrderRequest,
    OpenOrder,
    OpenOrderEnd,
    OpenOrdersRequest,
    OrderBound,
    PlaceOrderRequest,
)
from ibkr_actors.blocking.stream import Stream
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.enum.auction_strategy import AuctionStrategy
from ibkr_actors.classes.enum.market_data_type import MarketDataType as MarketDataKind
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.orders.order_state import OrderState
from ibkr_actors.classes.scanner import Scanner
from ibkr_actors.errors import (
    ConnectionLost,
    HandshakeRefused,
    InvalidRequest,
    OrderEnded,
    RequestRejected,
    RequestRerouted,
    RequestTimeout,
    StreamOverflow,
    UnsupportedByServer,
)
from tests.actors.conftest import _no_thread_left, leaves_threads  # noqa: F401
from tests.actors.helpers import commission, fill, ibm, limit_order, open_order, status
from tests.actors.scripted_bridge import ScriptedBridge

PATIENCE = 10.0
SOON = 0.05
"""Seconds until an answer that a test keeps back counts as too late."""


@pytest.fixture
def bridge():
    with ScriptedBridge(version=226) as bridge:
        yield bridge


@pytest.fixture
def ibkr(bridge):
    with IBKR_API(port=bridge.port, timeout=PATIENCE, stream_limit=3) as ibkr:
        yield ibkr


def settle(ibkr: IBKR_API, bridge: ScriptedBridge) -> None:
    """Everything that the bridge has said so far has been heard: its answers come in their order."""
    bridge.answers[CurrentTimeRequest] = lambda _asked: [CurrentTime(1795408311)]
    ibkr.request_current_time()


# ------------------------------------------------------------------------------------------------------ every request

CALLS = {
    name: call._request
    for name, call in vars(ApiCalls).items()
    if isinstance(call, Call) and not issubclass(call._request, Cancellation)
}


NEEDED = {
    "request_option_chains": (Stock("IBM", contract_id=8314),),
    "request_scanner_subscription": (Scanner(),),
}
"""Parameters of calls that have no default."""

REPEATED = ("request_id", "market_rule_id", "data_type")
"""Fields of requests that their replies repeat."""


def made_by(asked: Any) -> list[Any]:
    """What a bridge answers: the first kind of part, and the end where there is one."""
    replies = asked.facts.replies
    kinds = replies.parts[:1] if replies.end is None else (replies.parts[0], replies.end)
    return [kind(**_fields_of(kind, asked)) for kind in kinds]


def _fields_of(kind: Any, asked: Any) -> dict[str, Any]:
    fields = {name: getattr(asked, name) for name in REPEATED if name in asked.__struct_fields__}
    return {
        name: value for name, value in (fields | {"done": True}).items() if name in kind.__struct_fields__
    }


class TestEveryRequest:
    @pytest.mark.parametrize("name", CALLS)
    def test_returns_what_its_declaration_promises(self, ibkr, bridge, name):
        request = CALLS[name]
        replies = request.facts.replies
        bridge.answers[request] = made_by

        found = getattr(ibkr, name)(*NEEDED.get(name, ()))

        sent = bridge.requests.wait_for(request)
        if issubclass(request, IdentifiedRequest):
            assert sent.request_id >= 1_000_000_000
        if not issubclass(request, IdentifiedRequest) and not replies.unidentified:
            assert found is None
        elif isinstance(found, Stream):
            assert replies.stream
            found.cancel()
            if replies.cancel is not None:
                bridge.requests.wait_for(replies.cancel)
        elif isinstance(found, Contract) or (replies.end is None and not replies.stream):
            assert found is not None
        else:
            assert len(found) >= 1

    def test_gets_its_id_from_the_interface(self, ibkr):
        with pytest.raises(InvalidRequest, match="chooses the ids"):
            ibkr.request_contract_data(ibm(), request_id=7)

    def test_is_refused_by_its_own_code_and_text(self, ibkr, bridge):
        bridge.answers[HistoricalNewsRequest] = lambda asked: [
            Notice(asked.request_id, None, 321, "not valid")
        ]

        with pytest.raises(RequestRejected, match=r"HistoricalNewsRequest .* 321 not valid"):
            ibkr.request_historical_news()

    def test_a_list_brings_its_end_and_the_warnings_about_it(self, ibkr, bridge):
        warning = "a warning"
        bridge.answers[HistoricalNewsRequest] = lambda asked: [
            Notice(asked.request_id, None, 2174, warning),
            HistoricalNewsEnd(asked.request_id, True),
        ]

        found = ibkr.request_historical_news()

        assert (list(found), found.end.has_more, found.notices[0].text) == ([], True, warning)

    def test_a_schedule_is_the_message_with_its_sessions(self, ibkr, bridge):
        bridge.answers[HistoricalDataRequest] = lambda asked: [
            HistoricalSchedule(asked.request_id, time_zone="US/Eastern")
        ]

        assert ibkr.request_historical_data(ibm(), what_to_show="SCHEDULE").time_zone == "US/Eastern"

    def test_an_id_that_the_bridge_keeps_reserved_is_given_free(self, ibkr, bridge):
        bridge.answers[HeadTimestampRequest] = lambda asked: [
            HeadTimestamp(asked.request_id, "20200102-14:30:00")
        ]

        head = ibkr.request_head_timestamp(ibm())

        assert head.at.year == 2020
        assert bridge.requests.wait_for(CancelHeadTimestamp).request_id == head.request_id


class TestAnAnswerThatDoesNotCome:
    def test_names_request_seconds_and_the_farms_behind_it(self, ibkr, bridge):
        bridge.say(Notice(-1, None, 2105, "HMDS data farm connection is broken:ushmds"))
        settle(ibkr, bridge)

        with pytest.raises(RequestTimeout) as caught:
            ibkr.within(SOON).request_historical_data(ibm())

        assert isinstance(caught.value.request, HistoricalDataRequest)
        assert caught.value.seconds == SOON
        assert caught.value.state == "historical data farms: ushmds broken"
        assert "HistoricalDataRequest of IBM STK SMART USD was not answered within 0.05 seconds" in str(
            caught.value
        )

    def test_is_taken_back_from_the_bridge(self, ibkr, bridge):
        with pytest.raises(RequestTimeout, match="security definitions farms: the bridge has told of none"):
            ibkr.within(SOON).request_contract_data(ibm())

        asked = bridge.requests.wait_for(ContractDataRequest)
        assert bridge.requests.wait_for(CancelContractData).request_id == asked.request_id

    def test_names_what_the_bridge_said_to_nobody_meanwhile(self, ibkr, bridge):
        bridge.answers[FinancialAdvisorRequest] = lambda _asked: [Notice(-1, None, 320, "not readable")]

        with pytest.raises(RequestTimeout, match="the bridge said meanwhile: 320 not readable"):
            ibkr.within(SOON).request_financial_advisor(1)

    def test_is_refused_without_an_id_when_nothing_else_can_be_meant(self, ibkr, bridge):
        """A login that is no advisor's gets an error without an id."""
        bridge.answers[FinancialAdvisorRequest] = lambda _asked: [Notice(-1, None, 321, "not an advisor")]

        with pytest.raises(RequestRejected, match="321 not an advisor"):
            ibkr.request_financial_advisor(1)

    def test_is_not_taken_for_the_refusal_of_a_setting(self, ibkr, bridge):
        bridge.answers[MarketDataTypeRequest] = lambda _asked: [Notice(-1, None, 321, "no such type")]
        bridge.answers[FinancialAdvisorRequest] = lambda _asked: [FinancialAdvisorConfiguration(1, "mine")]

        ibkr.request_market_data_type(9)

        assert ibkr.request_financial_advisor(1).xml == "mine"

    def test_leaves_the_queue_free_for_the_next_who_asks(self, ibkr, bridge):
        with pytest.raises(RequestTimeout):
            ibkr.within(SOON).request_financial_advisor(1)
        bridge.answers[FinancialAdvisorRequest] = lambda asked: [
            FinancialAdvisorConfiguration(1, "late"),
            FinancialAdvisorConfiguration(asked.data_type, "mine"),
        ]

        assert ibkr.request_financial_advisor(3).xml == "mine"

    def test_is_none_of_those_who_wait_when_the_bridge_hangs_up(self, ibkr, bridge):
        bridge.answers[CurrentTimeRequest] = lambda _asked: bridge.hang_up() or []

        with ThreadPoolExecutor() as pool:
            waiting = [
                pool.submit(ibkr.request_contract_data, ibm()),
                pool.submit(ibkr.request_current_time),
            ]
            errors = [type(each.exception(PATIENCE)) for each in waiting]

        assert errors == [ConnectionLost] * 2


class TestTheConnection:
    def test_without_a_welcome_is_refused(self, bridge):
        bridge.welcome = [ManagedAccounts("DU1")]

        with pytest.raises(HandshakeRefused, match="is it logged in"):
            IBKR_API(port=bridge.port, timeout=0.2)

    def test_that_ends_instead_of_a_welcome_is_told(self, bridge):
        bridge.welcome = []
        bridge.hangs_up_after_welcome = True

        with pytest.raises(ConnectionLost):
            IBKR_API(port=bridge.port, timeout=PATIENCE)

    def test_can_be_made_again_and_subscriptions_have_to_be(self, ibkr, bridge):
        stream = ibkr.request_market_data(ibm())
        bridge.requests.wait_for(MarketDataRequest)
        bridge.hang_up()
        with pytest.raises(ConnectionLost):
            next(stream)
        ibkr.connect()

        with ibkr.request_market_data(ibm()) as again:
            line = bridge.requests.wait_for(MarketDataRequest, 2).request_id
            bridge.say(TickPrice(line, 1, price=5.0))

            assert next(again).price == 5.0
        assert stream.is_over


class TestAStream:
    def test_brings_ticks_and_keeps_what_is_told_beside_them(self, ibkr, bridge):
        bridge.answers[MarketDataRequest] = lambda asked: [
            MarketDataType(asked.request_id, MarketDataKind.DELAYED),
            TickRequestParameters(asked.request_id, 0.01, "9c0001"),
            TickPrice(asked.request_id, 66, price=5.0, size=100),
            TickPrice(asked.request_id, 2, price=-1.0, size=0),
        ]
        with ibkr.request_market_data(ibm()) as ticks:
            assert next(ticks).tick_type == 66
            assert next(ticks).tick_type == 2
            quote = ticks.quote

        assert (quote.bid, quote.bid_size, quote.ask, quote.last) == (5.0, 100, None, None)
        assert (quote.is_delayed, quote.market_data_type) == (True, MarketDataKind.DELAYED)
        assert quote.parameters.bbo_exchange == "9c0001"
        assert bridge.requests.wait_for(CancelMarketData).request_id == ticks.request_id

    def test_drops_the_oldest_ticks_of_a_slow_reader_and_counts_them(self, ibkr, bridge):
        with ibkr.request_market_data(ibm()) as ticks:
            line = bridge.requests.wait_for(MarketDataRequest).request_id
            bridge.say(*(TickPrice(line, 1, price=float(number)) for number in range(5)))
            settle(ibkr, bridge)

            assert [tick.price for tick in ticks.take()] == [2.0, 3.0, 4.0]
            assert ticks.dropped == 2
            assert ticks.take() == []

    def test_of_a_book_loses_no_change_in_silence(self, ibkr, bridge):
        with ibkr.request_market_depth(ibm()) as rows:
            line = bridge.requests.wait_for(MarketDepthRequest).request_id
            bridge.say(*(MarketDepth(line) for _ in range(5)))

            with pytest.raises(StreamOverflow, match="more than 3 messages"):
                rows.next(PATIENCE)
            settle(ibkr, bridge)

    def test_that_was_overrun_is_cancelled_at_the_bridge(self, ibkr, bridge):
        with ibkr.request_market_depth(ibm()) as rows:
            line = bridge.requests.wait_for(MarketDepthRequest).request_id
            bridge.say(*(MarketDepth(line) for _ in range(5)))
            settle(ibkr, bridge)

        assert bridge.requests.wait_for(CancelMarketDepth).request_id == rows.request_id

    def test_tells_where_a_contract_without_data_has_them(self, ibkr, bridge):
        bridge.answers[MarketDataRequest] = lambda asked: [RerouteMarketData(asked.request_id, 8314, "SMART")]
        bridge.answers[MarketDepthRequest] = lambda asked: [
            RerouteMarketDepth(asked.request_id, 8314, "NYSE")
        ]

        ticks = ibkr.request_market_data(ibm())
        with pytest.raises(RequestRerouted, match="contract_id=8314") as caught:
            next(ticks)
        assert bridge.requests.wait_for(CancelMarketData).request_id == ticks.request_id
        with ibkr.request_market_depth(ibm()) as rows, pytest.raises(RequestRerouted):
            next(rows)

        assert (caught.value.contract_id, caught.value.exchange) == (8314, "SMART")

    def test_waits_no_longer_than_it_may(self, ibkr):
        with ibkr.request_market_data(ibm()) as ticks, pytest.raises(RequestTimeout, match="nothing new"):
            ticks.next(SOON)

    def test_waits_no_longer_than_it_may_where_others_read_as_well(self, ibkr, bridge):
        ticks = ibkr.request_market_data(ibm())

        class OtherReader(threading.Condition):
            """Takes whatever is left as soon as it gets the lock."""

            def __exit__(self, *error: object) -> None:
                super().__exit__(*error)
                ticks._messages.clear()

        ticks._changed = OtherReader(ibkr._client.lock)
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(ticks.next, PATIENCE)
            line = bridge.requests.wait_for(MarketDataRequest).request_id
            bridge.say(TickPrice(line, 1, price=5.0))
            try:
                assert reading.result(PATIENCE / 2).price == 5.0
            finally:
                ticks.cancel()

    def test_keeps_a_warning_and_goes_on(self, ibkr, bridge):
        bridge.answers[MarketDataRequest] = lambda asked: [
            Notice(asked.request_id, None, 10167, "delayed"),
            TickSize(asked.request_id, 0, 5.0),
        ]
        with ibkr.request_market_data(ibm()) as ticks:
            assert next(ticks).size == 5.0
            assert [notice.code for notice in ticks.notices] == [10167]

    def test_reads_what_came_before_the_error_that_ended_it(self, ibkr, bridge):
        bridge.answers[MarketDataRequest] = lambda asked: [
            TickSize(asked.request_id, 0, 5.0),
            Notice(asked.request_id, None, 354, "not subscribed"),
        ]
        ticks = ibkr.request_market_data(ibm())

        assert ticks.next(PATIENCE).size == 5.0
        with pytest.raises(RequestRejected, match="354"):
            next(ticks)
        with pytest.raises(RequestRejected, match="354"):
            ticks.take()

    def test_ends_when_the_bridge_has_lost_the_market_data(self, ibkr, bridge):
        with ibkr.request_market_data(ibm()) as ticks:
            bridge.requests.wait_for(MarketDataRequest)
            bridge.say(Notice(-1, None, 1101, "data lost"))

            with pytest.raises(RequestRejected, match="1101"):
                next(ticks)

    def test_without_an_id_reaches_all_who_follow_and_ends_with_the_last(self, ibkr, bridge):
        with ibkr.request_news_bulletins(True) as one:
            with ibkr.request_news_bulletins(True) as other:
                bridge.requests.wait_for(type(one.request), 2)
                bridge.say(NewsBulletin(1, 1, "halted"))
                assert next(one).text == next(other).text
            assert bridge.sent(CancelNewsBulletins) == []
        bridge.requests.wait_for(CancelNewsBulletins)
        assert [each.bulletin_id for each in ibkr.bulletins] == [1]

    def test_of_positions_does_not_end_what_keeps_them_current(self, ibkr, bridge):
        position = Position("DU1", ibm(), Decimal(5), 10.0)
        bridge.answers[CALLS["request_positions"]] = lambda _asked: [position, PositionEnd()]
        assert ibkr.positions == [position]

        with ibkr.streams.request_positions() as positions:
            next(positions)

        assert bridge.sent(CancelPositions) == []
        bridge.say(Position("DU1", ibm(), Decimal(0), 0.0))
        settle(ibkr, bridge)
        assert ibkr.positions == []


class TestASnapshot:
    def test_is_a_quote_of_what_came(self, ibkr, bridge):
        bridge.answers[MarketDataRequest] = lambda asked: [
            TickPrice(asked.request_id, 1, price=5.0, size=2.0),
            TickPrice(asked.request_id, 4, price=5.5),
            TickString(asked.request_id, 45, "1795408311"),
            TickSnapshotEnd(asked.request_id),
        ]

        quote = ibkr.request_market_data(ibm(), snapshot=True)

        assert (quote.bid, quote.last, quote.ask, quote.midpoint) == (5.0, 5.5, None, None)
        assert quote.last_trade_at.timestamp() == 1795408311

    def test_of_a_contract_without_data_says_where_they_are(self, ibkr, bridge):
        bridge.answers[MarketDataRequest] = lambda asked: [RerouteMarketData(asked.request_id, 8314, "SMART")]

        with pytest.raises(RequestRerouted):
            ibkr.request_market_data(ibm(), snapshot=True)


class TestOrders:
    def test_callbacks_in_any_order_come_to_the_same(self, ibkr, bridge):
        handle = ibkr.place_order(limit_order(), ibm())
        bridge.requests.wait_for(PlaceOrderRequest)
        bridge.say(
            status(1, "Filled", 100, 0),
            status(1, "Filled", 100, 0),
            fill(1),
            fill(1),
            commission(),
            commission(),
        )

        assert handle.wait_for_commission(PATIENCE) == 1.0
        assert (handle.filled, len(handle.executions), len(ibkr.executions)) == (100, 1, 1)

    def test_a_corrected_execution_replaces_the_one_it_corrects(self, ibkr, bridge):
        ibkr.place_order(limit_order(), ibm())
        bridge.requests.wait_for(PlaceOrderRequest)
        bridge.say(fill(1, execution_id="a.01.01"), fill(1, execution_id="a.01.02", price=187.0))
        settle(ibkr, bridge)

        assert [each.execution.execution_id for each in ibkr.executions] == ["a.01.02"]

    def test_an_older_form_of_a_corrected_execution_does_not_come_back(self, ibkr, bridge):
        handle = ibkr.place_order(limit_order(), ibm())
        bridge.requests.wait_for(PlaceOrderRequest)
        bridge.say(fill(1, execution_id="a.01.02", price=187.0), fill(1, execution_id="a.01.01"))
        settle(ibkr, bridge)

        assert [each.execution.execution_id for each in ibkr.executions] == ["a.01.02"]
        assert [each.execution_id for each in handle.executions] == ["a.01.02"]

    def test_a_correction_to_a_smaller_quantity_lowers_what_is_filled(self, ibkr, bridge):
        handle = ibkr.place_order(limit_order(), ibm())
        bridge.requests.wait_for(PlaceOrderRequest)
        bridge.say(
            status(1, "Submitted", 40, 60),
            fill(1, 30, execution_id="a.01.10"),
            fill(1, 40, execution_id="a.01.9"),
        )
        settle(ibkr, bridge)

        assert (handle.filled, handle.remaining) == (30, 70)
        assert [each.shares for each in handle.executions] == [30]
        assert [each.execution.shares for each in ibkr.executions] == [30]

    def test_a_change_that_was_refused_does_not_decide_when_it_is_filled(self, ibkr, bridge):
        handle = ibkr.place_order(limit_order(100), ibm())
        bridge.requests.wait_for(PlaceOrderRequest)
        bridge.say(status(1, "Submitted"))
        handle.wait_for("Submitted", PATIENCE)
        handle.modify(limit_order(50))
        bridge.requests.wait_for(PlaceOrderRequest, 2)
        bridge.say(Notice(1, None, 2102, "still being processed"), fill(1, 50))
        settle(ibkr, bridge)

        assert (handle.status, handle.filled, handle.remaining) == ("Submitted", 50, 50)
        assert [notice.code for notice in handle.notices] == [2102]
        assert handle.order.total_quantity == 100
        assert "BUY 100 IBM" in str(handle)

    @pytest.mark.parametrize(("open_orders", "end"), [([], "Refused"), ([open_order(1)], "Submitted")])
    def test_one_that_is_refused_behind_an_early_change_is_found_out(
        self, bridge, open_orders, end, monkeypatch
    ):
        """The code names the id of both, so that it may be the change that was refused."""
        monkeypatch.setattr(order_doubts, "ANSWER_WITHIN", 0.0)
        bridge.answers[CurrentTimeRequest] = lambda _asked: [CurrentTime(1795408311)]
        bridge.answers[OpenOrdersRequest] = lambda _asked: [*open_orders, OpenOrderEnd()]
        with IBKR_API(port=bridge.port, timeout=PATIENCE, silence=0.5) as ibkr:
            handle = ibkr.place_order(limit_order(), ibm())
            handle.modify(limit_order(price=190.0))
            bridge.requests.wait_for(PlaceOrderRequest, 2)
            bridge.say(Notice(1, None, 201, "margin"))

            assert handle.wait_for(("Refused", "Submitted"), PATIENCE).status == end
            assert handle.reason == "201 margin"
            assert handle.order.limit_price == 187.25

    def test_one_that_is_refused_with_its_change_is_refused_at_once(self, ibkr, bridge):
        handle = ibkr.place_order(limit_order(), ibm())
        handle.modify(limit_order(price=190.0))
        bridge.requests.wait_for(PlaceOrderRequest, 2)
        bridge.say(Notice(1, None, 200, "no contract"), Notice(1, None, 200, "no contract"))

        with pytest.raises(OrderEnded, match="Refused"):
            handle.wait_for("Submitted", PATIENCE)

    def test_nothing_is_built_on_a_change_that_was_not_sent(self, ibkr, bridge):
        handle = ibkr.place_order(limit_order(), ibm())
        bridge.requests.wait_for(PlaceOrderRequest)
        bridge.say(open_order(1))
        handle.wait_for("Submitted", PATIENCE)
        for fields, error in (
            ({"account": "U1"}, InvalidRequest),
            ({"auction_strategy": AuctionStrategy.MATCH}, UnsupportedByServer),
            ({}, ConnectionLost),
        ):
            order = handle.order
            for name, value in {"limit_price": 190.0, **fields}.items():
                setattr(order, name, value)
            if error is ConnectionLost:
                ibkr.disconnect()
            with pytest.raises(error):
                handle.modify(order)
            assert handle.order.limit_price == 187.25

    def test_nothing_is_built_on_a_change_that_a_lost_connection_left_in_doubt(self, ibkr, bridge):
        handle = ibkr.place_order(limit_order(), ibm())
        bridge.requests.wait_for(PlaceOrderRequest)
        bridge.say(open_order(1))
        handle.wait_for("Submitted", PATIENCE)
        handle.modify(limit_order(price=190.0))
        assert handle.order.limit_price == 190.0
        bridge.requests.wait_for(PlaceOrderRequest, 2)
        ibkr.disconnect()
        assert handle.order.limit_price == 187.25
        bridge.answers[OpenOrdersRequest] = lambda _asked: [open_order(1, price=190.0), OpenOrderEnd()]
        bridge.answers[ExecutionRequest] = lambda asked: [ExecutionDetailsEnd(asked.request_id)]
        ibkr.connect()

        assert handle.order.limit_price == 190.0

    def test_a_change_by_hand_is_what_the_next_one_is_built_on(self, ibkr, bridge):
        handle = ibkr.place_order(limit_order(), ibm())
        bridge.requests.wait_for(PlaceOrderRequest)
        bridge.say(open_order(1, price=180.0, quantity=60))
        handle.wait_for("Submitted", PATIENCE)

        assert (handle.order.limit_price, handle.order.total_quantity) == (180.0, 60)

    def test_one_placed_by_hand_is_told_by_its_permanent_id_until_it_is_bound(self, ibkr, bridge):
        by_hand = Order(client_id=0, permanent_id=77, total_quantity=Decimal(5))
        bridge.say(OpenOrder(0, ibm(), by_hand, OrderState("Submitted")))
        settle(ibkr, bridge)
        (handle,) = ibkr.orders
        with pytest.raises(InvalidRequest, match="by hand"):
            handle.cancel()
        bridge.say(OrderBound(77, 0, -5), status(-5, "Cancelled"))

        assert handle.wait_for("Cancelled", PATIENCE)
        assert ibkr.orders == [handle]

    def test_a_status_of_another_client_is_not_ours(self, ibkr, bridge):
        handle = ibkr.place_order(limit_order(), ibm())
        bridge.requests.wait_for(PlaceOrderRequest)
        bridge.say(status(1, "Filled", 100, 0, client_id=9))
        settle(ibkr, bridge)

        assert handle.status == "Sent"

    def test_one_that_the_bridge_may_have_got_is_not_known_before_it_is_asked(self, ibkr, bridge):
        """It is never sent again by itself."""
        handle = ibkr.place_order(limit_order(), ibm())
        bridge.requests.wait_for(PlaceOrderRequest)
        bridge.hang_up()
        with pytest.raises(ConnectionLost):
            handle.wait_until_ended(PATIENCE)
        bridge.answers[OpenOrdersRequest] = lambda _asked: [OpenOrderEnd()]
        bridge.answers[ExecutionRequest] = lambda asked: [
            fill(1, request_id=asked.request_id),
            ExecutionDetailsEnd(asked.request_id),
        ]
        ibkr.connect()

        assert (handle.status, handle.filled) == ("Filled", 100)
        assert len(bridge.sent(PlaceOrderRequest)) == 1

    def test_one_that_only_its_executions_say_is_filled_is_asked_about(self, ibkr, bridge):
        """A correction may have left some of it: then nobody knows whether it works."""
        handle = ibkr.place_order(limit_order(), ibm())
        bridge.requests.wait_for(PlaceOrderRequest)
        bridge.say(fill(1, execution_id="a.b.01"))
        handle.wait_for("Filled", PATIENCE)
        ibkr.disconnect()
        bridge.answers[OpenOrdersRequest] = lambda _asked: [OpenOrderEnd()]
        bridge.answers[ExecutionRequest] = lambda asked: [
            fill(1, 90, execution_id="a.b.02", request_id=asked.request_id),
            ExecutionDetailsEnd(asked.request_id),
        ]
        ibkr.connect()

        assert (handle.status, handle.filled) == ("Unknown", 90)

    def test_what_became_of_them_may_stay_unknown_without_keeping_anybody_from_connecting(self, bridge):
        with IBKR_API(port=bridge.port, timeout=0.3) as ibkr:
            handle = ibkr.place_order(limit_order(), ibm())
            bridge.say(open_order(1))
            handle.wait_for("Submitted", PATIENCE)
            ibkr.disconnect()
            ibkr.connect()

            assert (ibkr.is_connected, handle.status) == (True, "Submitted")

    def test_one_is_not_placed_without_a_connection(self, ibkr, bridge):
        ibkr.disconnect()

        with pytest.raises(ConnectionLost):
            ibkr.place_order(limit_order(), ibm())
        assert ibkr.orders == []

    def test_a_cancellation_of_an_unknown_one_is_sent(self, ibkr, bridge):
        bridge.answers[CancelOrderRequest] = lambda asked: [Notice(asked.order_id, None, 10147, "not found")]

        ibkr.cancel_order(99)

        bridge.requests.wait_for(CancelOrderRequest)
        settle(ibkr, bridge)
        assert 10147 in {notice.code for notice in ibkr.notices}

    def test_a_preview_that_does_not_come_is_told(self, bridge):
        with (
            IBKR_API(port=bridge.port, timeout=0.2) as ibkr,
            pytest.raises(RequestTimeout, match="no preview"),
        ):
            ibkr.preview_order(limit_order(), ibm())

    def test_a_preview_is_refused_in_the_words_that_refuse_it(self, ibkr, bridge):
        bridge.answers[PlaceOrderRequest] = lambda asked: [
            Notice(asked.order_id, None, 399, "a warning before"),
            Notice(asked.order_id, None, 201, "no margin"),
            Notice(asked.order_id, None, 2109, "a warning behind"),
        ]

        with pytest.raises(RequestRejected, match="was refused by the bridge: 201 no margin") as refusal:
            ibkr.preview_order(limit_order(), ibm())
        assert (refusal.value.code, refusal.value.text) == (201, "no margin")

    def test_exercising_options_is_followed_like_an_order(self, ibkr, bridge):
        bridge.answers[ExerciseOptionsRequest] = lambda asked: [
            Notice(asked.order_id, None, 322, "not in the money")
        ]
        handle = ibkr.exercise_options(ibm(), 1, 5, "DU1", override=True)

        with pytest.raises(OrderEnded, match="not in the money"):
            handle.wait_for("PreSubmitted", PATIENCE)
        request = bridge.requests.wait_for(ExerciseOptionsRequest)
        assert (request.order_id, request.exercise_quantity, request.override) == (1, 5, True)
        assert str(handle).startswith("order 1: 5 IBM, Refused, filled 0 ")
        with pytest.raises(InvalidRequest, match="exercises options"):
            handle.modify(limit_order())


def test_a_summary_leaves_no_subscription_behind(ibkr, bridge):
    request = CALLS["request_account_summary"]
    bridge.answers[request] = made_by

    ibkr.request_account_summary("All", "NetLiquidation")

    assert (
        bridge.requests.wait_for(CancelAccountSummary).request_id
        == bridge.requests.wait_for(request).request_id
    )
