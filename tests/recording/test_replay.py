"""Who asks what was asked then hears what was said then: under its own ids, at the recorded times."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.base.codec import Role
from ibkr_actors.base.messages.accounts import (
    AccountDataRequest,
    AccountDownloadEnd,
    AccountValue,
    PositionEnd,
    PositionsRequest,
)
from ibkr_actors.base.messages.connection import (
    CurrentTime,
    CurrentTimeRequest,
    ManagedAccounts,
    NextValidId,
    Notice,
    StartApiRequest,
)
from ibkr_actors.base.messages.contracts import ContractData, ContractDataEnd, ContractDataRequest
from ibkr_actors.base.messages.declaration import Message, Request
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.base.messages.history import (
    CancelHistoricalData,
    HistoricalData,
    HistoricalDataEnd,
    HistoricalDataRequest,
)
from ibkr_actors.base.messages.market_data import CancelMarketData, MarketDataRequest, TickPrice
from ibkr_actors.base.messages.orders import (
    CancelOrderRequest,
    GlobalCancelRequest,
    OpenOrder,
    OpenOrderEnd,
    OpenOrdersRequest,
    OrderStatus,
    PlaceOrderRequest,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.execution import Execution
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.errors import RecordingError
from ibkr_actors.recording.exchanges import exchanges_of, read_exchanges, version_to_serve
from ibkr_actors.recording.records import Event, Frame
from ibkr_actors.recording.replay import Replay
from ibkr_actors.simulated_gateway.connection import Verbatim
from tests.helpers import connected
from tests.recording.helpers import START, conversation, handshake, written

IBM = Contract(symbol="IBM", security_type="STK", exchange="SMART", currency="USD")
VERSIONS = pytest.mark.parametrize("version", [178, 200, 226])
NOW = 5_000.0


class Stage:
    """A client of a replay, at a time that a test sets; everything crosses the wire."""

    def __init__(self, replay: Replay, version: int, client_id: int = 7) -> None:
        self.replay = replay
        self.client_end, self.gateway_end = connected(version)
        self.client = replay.connect(version)
        self.started = self.ask(StartApiRequest(client_id))

    def ask(self, request: Request, at: float = 0.0) -> list[Message]:
        (heard,) = self.gateway_end.receive(self.client_end.encode(request))
        return self._delivered(self.replay.handle(self.client, heard, NOW + at))

    def wait(self, at: float) -> list[Message]:
        return self._delivered(self.replay.advance(NOW + at))

    def _delivered(self, deliveries) -> list[Message]:
        messages = [message for client, said in deliveries if client is self.client for message in said]
        data = [
            each.data if isinstance(each, Verbatim) else self.gateway_end.encode(each) for each in messages
        ]
        return self.client_end.receive(b"".join(data))


def stage(events: list[Event], version: int = 178, client_id: int = 7, *, at_once: bool = True) -> Stage:
    return Stage(Replay(exchanges_of(events), server_version=version, at_once=at_once), version, client_id)


def order(price: float = 9.5, **others) -> Order:
    return Order(action="BUY", order_type="LMT", limit_price=price, total_quantity=Decimal(3), **others)


def data_request(number: int, symbol: str = "IBM") -> ContractDataRequest:
    return ContractDataRequest(request_id=number, contract=Contract(symbol=symbol, security_type="STK"))


def text_of(messages: list[Message]) -> str:
    (notice,) = messages
    assert isinstance(notice, Notice)
    return notice.text


class TestRequests:
    @VERSIONS
    def test_get_the_recorded_replies_under_the_clients_id(self, version):
        said = [data_request(5), ContractData(5, IBM), ContractDataEnd(5)]

        played = stage(conversation(version, *said), version)

        assert [(type(reply), reply.request_id) for reply in played.ask(data_request(900))] == [
            (ContractData, 900),
            (ContractDataEnd, 900),
        ]

    def test_that_mix_are_told_apart(self):
        said = [
            data_request(5, "IBM"),
            data_request(6, "TSLA"),
            ContractDataEnd(6),
            ContractData(5, IBM),
            Notice(6, None, 200, "late"),
            ContractDataEnd(5),
        ]

        played = stage(conversation(178, *said))

        assert played.ask(data_request(1, "TSLA")) == [ContractDataEnd(1), Notice(1, None, 200, "late")]
        assert [reply.request_id for reply in played.ask(data_request(2, "IBM"))] == [2, 2]

    def test_that_come_again_get_the_next_recorded_answer_and_at_last_the_same(self):
        said = [CurrentTimeRequest(), CurrentTime(10), CurrentTimeRequest(), CurrentTime(20)]

        played = stage(conversation(178, *said))

        assert [played.ask(CurrentTimeRequest())[0].time for _ in range(3)] == [10, 20, 20]

    def test_of_another_recorded_client_are_answered_too(self):
        events = [
            *handshake(178, 1),
            *conversation(178, CurrentTimeRequest(), CurrentTime(10), connection=2),
        ]

        assert stage(events, client_id=1).ask(CurrentTimeRequest()) == [CurrentTime(10)]

    def test_without_ids_get_their_stream(self):
        said = [
            AccountDataRequest(True, "DU1"),
            AccountValue("Cash", "1", "USD", "DU1"),
            AccountDownloadEnd("DU1"),
            AccountValue("Cash", "2", "USD", "DU1"),
        ]

        played = stage(conversation(178, *said))

        assert played.ask(AccountDataRequest(True, "DU1")) == said[1:]

    def test_of_open_orders_get_the_list_and_not_the_order(self):
        said = [
            PlaceOrderRequest(1, IBM, order()),
            OrderStatus(order_id=1, status="Submitted"),
            OpenOrdersRequest(),
            OpenOrder(1, IBM, order()),
            OrderStatus(order_id=1, status="Submitted"),
            OpenOrderEnd(),
        ]

        played = stage(conversation(178, *said))

        assert [type(reply) for reply in played.ask(OpenOrdersRequest())] == [
            OpenOrder,
            OrderStatus,
            OpenOrderEnd,
        ]
        assert len(played.ask(PlaceOrderRequest(1, IBM, order()))) == 1


class TestTheStart:
    SAID = (ManagedAccounts("DU1"), NextValidId(3), Notice(-1, None, 2104, "OK"))

    @VERSIONS
    def test_is_answered_with_what_came_unasked(self, version):
        assert stage(conversation(version, *self.SAID), version).started == list(self.SAID)

    def test_gives_a_client_the_recorded_one_with_its_id(self):
        events = [
            *conversation(178, NextValidId(1)),
            *handshake(178, 9, connection=2),
            *conversation(178, NextValidId(2), connection=2)[5:],
        ]

        assert stage(events, client_id=9).started == [NextValidId(2)]
        assert stage(events, client_id=5).started == [NextValidId(1)]

    def test_of_many_clients_gives_each_another_recorded_one(self):
        events = [*conversation(178, NextValidId(1)), *conversation(178, NextValidId(2), connection=2)]
        replay = Replay(exchanges_of(events), server_version=178, at_once=True)

        started = [Stage(replay, 178, client_id).started[0].order_id for client_id in (3, 4, 5)]

        assert started == [1, 2, 1]

    def test_has_frames_that_nobody_can_read_as_they_were(self):
        unknown = Frame(START + 1, 1, Role.GATEWAY, b"999\x001\0")
        replay = Replay(exchanges_of([*handshake(178), unknown]), server_version=178)
        client = replay.connect(178)

        assert replay.handle(client, StartApiRequest(7), NOW) == []
        assert replay.advance(NOW + 1) == [(client, [Verbatim(b"\0\0\0\x06999\x001\0")])]


class TestTime:
    SAID = (CurrentTimeRequest(), CurrentTime(1), MarketDataRequest(request_id=5, contract=IBM))

    def test_of_replies_is_as_recorded_behind_the_request(self):
        ticks = [TickPrice(5, 1, price=float(number)) for number in (1, 2)]
        played = stage(conversation(178, *self.SAID, *ticks), at_once=False)

        assert played.ask(MarketDataRequest(request_id=5, contract=IBM), at=100) == []
        assert played.wait(100.9) == []
        assert [tick.price for tick in played.wait(101)] == [1]
        assert [tick.price for tick in played.wait(150)] == [2]

    def test_of_a_cancelled_stream_is_over(self):
        played = stage(conversation(178, *self.SAID, TickPrice(5, 1, price=1.0)), at_once=False)
        played.ask(MarketDataRequest(request_id=8, contract=IBM), at=100)

        assert played.ask(CancelMarketData(8), at=100.5) == []
        assert played.wait(200) == []

    def test_of_news_about_an_order_never_overtakes(self):
        """Who cancels earlier than was recorded hears first what had happened by then."""
        said = [
            PlaceOrderRequest(1, IBM, order()),
            OrderStatus(order_id=1, status="Submitted"),
            CancelOrderRequest(1),
            OrderStatus(order_id=1, status="Cancelled"),
        ]
        played = stage(conversation(178, *said), at_once=False)
        played.ask(PlaceOrderRequest(1, IBM, order()))

        assert [status.status for status in played.ask(CancelOrderRequest(1), at=0.5)] == ["Submitted"]
        assert [status.status for status in played.wait(1.5)] == ["Cancelled"]


class TestOrders:
    FILL = Execution(execution_id="e1", order_id=1, client_id=7)
    SAID = (
        PlaceOrderRequest(1, IBM, order()),
        OpenOrder(1, IBM, order()),
        OrderStatus(order_id=1, status="Submitted", client_id=7),
        PlaceOrderRequest(2, IBM, order(8.0, parent_id=1)),
        OrderStatus(order_id=2, status="PreSubmitted", parent_id=1, client_id=7),
        PlaceOrderRequest(1, IBM, order(9.75)),
        OrderStatus(order_id=1, status="Filled", client_id=7),
        ExecutionDetails(-1, IBM, FILL),
        CommissionAndFeesReport(execution_id="e1"),
        CancelOrderRequest(2),
        OrderStatus(order_id=2, status="Cancelled", client_id=7),
        Notice(2, None, 202, "Order Canceled - reason:"),
    )

    @VERSIONS
    def test_are_served_under_the_clients_numbers(self, version):
        played = stage(conversation(version, *self.SAID), version, client_id=3)

        opened, submitted = played.ask(PlaceOrderRequest(41, IBM, order()))
        (child,) = played.ask(PlaceOrderRequest(42, IBM, order(8.0, parent_id=41)))
        filled, execution, commission = played.ask(PlaceOrderRequest(41, IBM, order(9.75)))
        cancelled, notice = played.ask(CancelOrderRequest(42))

        assert (opened.order_id, submitted.order_id, submitted.client_id) == (41, 41, 3)
        assert (child.order_id, child.parent_id) == (42, 41)
        assert (filled.order_id, filled.status) == (41, "Filled")
        assert (execution.execution.order_id, execution.execution.client_id) == (41, 3)
        assert commission.execution_id == "e1"
        assert (cancelled.order_id, cancelled.status, notice.request_id) == (42, "Cancelled", 42)

    def test_are_served_once(self):
        played = stage(conversation(178, *self.SAID))
        played.ask(PlaceOrderRequest(41, IBM, order()))

        for number in (41, 43):
            (refusal,) = played.ask(PlaceOrderRequest(number, IBM, order()))

            assert (refusal.request_id, refusal.code) == (number, 201)
            assert "does not hold this PlaceOrderRequest once more" in refusal.text

    def test_cancelled_all_at_once_hear_of_it(self):
        said = [
            PlaceOrderRequest(1, IBM, order()),
            GlobalCancelRequest(),
            OrderStatus(order_id=1, status="Cancelled"),
        ]
        played = stage(conversation(178, *said))
        played.ask(PlaceOrderRequest(41, IBM, order()))

        assert [(status.order_id, status.status) for status in played.ask(GlobalCancelRequest())] == [
            (41, "Cancelled")
        ]


class TestSubscriptions:
    """What a client may still cancel is remembered, and nothing else is."""

    def remembered(self, played: Stage) -> int:
        (part,) = played.replay._parts.values()
        return len(part._subscriptions) + len(part._due)

    @pytest.mark.parametrize("at_once", [True, False])
    def test_that_are_over_are_forgotten(self, at_once):
        said = [
            CurrentTimeRequest(),
            CurrentTime(1),
            HistoricalDataRequest(request_id=1, contract=IBM),
            HistoricalData(1, ()),
            HistoricalDataEnd(1),
            MarketDataRequest(request_id=2, contract=IBM),
            Notice(2, None, 200, "No security definition has been found"),
        ]
        played = stage(conversation(226, *said), 226, at_once=at_once)

        for number in range(10, 60):
            played.ask(CurrentTimeRequest())
            played.ask(HistoricalDataRequest(request_id=number, contract=IBM))
            played.ask(MarketDataRequest(request_id=1_000 + number, contract=IBM))
        played.wait(100)

        assert self.remembered(played) == 0

    def test_that_are_asked_for_again_under_one_id_are_one(self):
        played = stage(conversation(178, PositionsRequest(), PositionEnd()))

        for _ in range(50):
            played.ask(PositionsRequest())

        assert self.remembered(played) == 1

    def test_that_are_cancelled_say_nothing_more_however_often_they_were_asked_for(self):
        said = [MarketDataRequest(request_id=5, contract=IBM), TickPrice(5, 1, price=1.0)]
        played = stage(conversation(178, *said), at_once=False)
        played.ask(MarketDataRequest(request_id=8, contract=IBM))
        played.ask(MarketDataRequest(request_id=8, contract=IBM), at=0.1)

        assert played.ask(CancelMarketData(8), at=0.2) == []
        assert played.wait(100) == []
        assert self.remembered(played) == 0


class TestWhatIsNotHeld:
    @VERSIONS
    def test_is_refused_by_name(self, version):
        played = stage(conversation(version, CurrentTimeRequest()), version)

        (refusal,) = played.ask(data_request(9))

        assert (refusal.request_id, refusal.code) == (9, 322)
        assert refusal.text.endswith("The recording does not hold a ContractDataRequest")

    def test_is_compared_with_the_nearest_that_is(self):
        played = stage(conversation(178, data_request(1, "IBM"), data_request(2, "TSLA")))

        assert text_of(played.ask(data_request(9, "AAPL"))).endswith(
            "The recording does not hold this ContractDataRequest; the nearest that it holds differs in "
            "contract.symbol ('AAPL', recorded 'IBM')"
        )

    def test_as_an_order_is_rejected(self):
        played = stage(conversation(178, PlaceOrderRequest(1, IBM, order())))

        (refusal,) = played.ask(PlaceOrderRequest(1, IBM, order(9.0)))

        assert (refusal.request_id, refusal.code) == (1, 201)
        assert "differs in order.limit_price (9.0, recorded 9.5)" in refusal.text

    def test_as_a_cancellation_of_an_order_is_refused(self):
        played = stage(conversation(178, PlaceOrderRequest(1, IBM, order())))
        played.ask(PlaceOrderRequest(4, IBM, order()))

        (refusal,) = played.ask(CancelOrderRequest(4))

        assert (refusal.request_id, refusal.code) == (4, 10147)
        assert refusal.text.endswith("The recording does not hold a CancelOrderRequest")

    def test_as_a_cancellation_of_nothing_is_refused(self):
        asked = HistoricalDataRequest(request_id=1, contract=IBM)

        assert "a CancelHistoricalData" in text_of(
            stage(conversation(178, asked)).ask(CancelHistoricalData(4))
        )


class TestRecordings:
    def test_of_one_version_are_served_at_it(self, tmp_path):
        clients = read_exchanges(written(tmp_path / "r", handshake(178)))

        assert version_to_serve(clients, None, tmp_path) == version_to_serve(clients, 178, tmp_path) == 178
        with pytest.raises(RecordingError, match="was recorded at server version 178, not 200"):
            version_to_serve(clients, 200, tmp_path)

    def test_of_several_versions_need_a_choice(self, tmp_path):
        events = [*handshake(178), *handshake(226, connection=2)]
        clients = read_exchanges(written(tmp_path / "r", events))

        assert version_to_serve(clients, 226, tmp_path) == 226
        with pytest.raises(RecordingError, match="178 and 226: say which to serve with --server-version"):
            version_to_serve(clients, None, tmp_path)

    def test_without_a_client_are_refused(self, tmp_path):
        path = written(tmp_path / "r", handshake(178)[:4])

        with pytest.raises(RecordingError, match="holds no connection on which a client has started"):
            read_exchanges(path)

    def test_that_are_damaged_are_served_as_far_as_they_go(self, tmp_path):
        path = written(tmp_path / "r", conversation(178, CurrentTimeRequest(), CurrentTime(1)))
        path.write_bytes(path.read_bytes()[:-5])

        (client,) = read_exchanges(path)

        assert [type(exchange.request) for exchange in client.exchanges] == [
            StartApiRequest,
            CurrentTimeRequest,
        ]
