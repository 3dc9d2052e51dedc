"""Limits as a client meets them, in messages. The time is the test's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ibkr_actors.base.messages.connection import CurrentTime, CurrentTimeRequest, Notice
from ibkr_actors.base.messages.declaration import Message, Request
from ibkr_actors.base.messages.history import (
    HistoricalData,
    HistoricalDataRequest,
    RealTimeBarsRequest,
)
from ibkr_actors.base.messages.market_data import CancelMarketData, MarketDataRequest
from ibkr_actors.base.messages.reference_data import MatchingSymbolsRequest, SymbolSamples
from ibkr_actors.base.messages.tick_by_tick import CancelTickByTick, TickByTickRequest
from ibkr_actors.base.pacing import Outbox
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.simulated_gateway import Options, Server, limits
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.limit_sets import Limits
from ibkr_actors.simulated_gateway.limits import MessageRate, RealLimits
from tests.simulated_gateway.faults.test_faults import FaultyDesk
from tests.simulated_gateway.helpers import apple, codes, limit, names, only
from tests.simulated_gateway.test_server import Caller


class LimitedDesk(FaultyDesk):
    """A gateway with all limits. Time goes on by itself so far that no client is too fast, unless it is held."""

    def __init__(self) -> None:
        super().__init__()
        self.layer.add(RealLimits())

    def slowly(self, client: Client, requests: Iterator[Request] | list[Request]) -> list[Message]:
        """Ask for many things, each 0.03 seconds after the one before."""
        heard = []
        for request in requests:
            heard += self.ask(client, request)
            self.now += 0.03
        return heard


@pytest.fixture
def desk() -> LimitedDesk:
    return LimitedDesk()


@pytest.fixture
def client(desk: LimitedDesk) -> Client:
    return desk.connect()


def bars(number: int = 1, **fields: object) -> HistoricalDataRequest:
    values = {"duration": "1800 S", "bar_size": "5 secs", "request_id": number, **fields}
    return HistoricalDataRequest(apple(), **values)  # type: ignore[arg-type]


class TestRate:
    def test_the_51st_message_of_a_second_ends_the_connection(
        self, desk: LimitedDesk, client: Client
    ) -> None:
        desk.now += 2
        allowed = [desk.ask(client, CurrentTimeRequest()) for _ in range(50)]

        (refused,) = only(Notice, desk.ask(client, CurrentTimeRequest()))

        assert all(only(CurrentTime, heard) for heard in allowed)
        assert refused.code == 100
        assert refused.text == "Max rate of messages per second has been exceeded:max=50 rec=51 (1)"
        assert client.is_closing

    def test_a_client_that_asked_to_be_paced_waits_instead(self, desk: LimitedDesk, client: Client) -> None:
        desk.now += 2
        client.is_paced = True
        answered = [len(desk.ask(client, CurrentTimeRequest())) for _ in range(70)]
        desk.step(0.5)
        early = desk.heard(client)
        desk.step(0.5)

        assert answered == [1] * 50 + [0] * 20
        assert early == []
        assert names(desk.heard(client)) == ["CurrentTime"] * 20
        assert not client.is_closing

    def test_what_waits_keeps_its_order(self, desk: LimitedDesk, client: Client) -> None:
        desk.now += 2
        client.is_paced = True
        for _ in range(50):
            desk.ask(client, CurrentTimeRequest())

        desk.place(client, 1, limit("BUY", 1, 90.0))
        desk.now += 1  # there is room again, but nothing has gone on yet
        desk.place(client, 2, limit("BUY", 1, 90.0))
        desk.step(0.25)

        orders = desk.gateway.exchange.book.open_orders()
        assert [order.order_id for order in orders] == [1, 2]

    def test_a_client_with_too_much_that_waits_is_cut_off_at_once_and_no_other(
        self, desk: LimitedDesk, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "LARGEST_QUEUE", 5)
        other = desk.connect(2)
        desk.now += 2
        client.is_paced = other.is_paced = True
        for _ in range(50 + 5):
            desk.ask(client, CurrentTimeRequest())
        for _ in range(50 + 1):
            desk.ask(other, CurrentTimeRequest())

        deliveries = desk.layer.handle(client, CurrentTimeRequest(), desk.now)

        assert deliveries == [(client, [])]
        assert client.closing == "5 of its requests wait for their turn"
        assert not other.is_closing

    def test_what_a_client_left_behind_is_forgotten(self, desk: LimitedDesk, client: Client) -> None:
        desk.now += 2
        client.is_paced = True
        for _ in range(60):
            desk.ask(client, CurrentTimeRequest())
        desk.layer.disconnect(client)

        desk.step(2)

        assert desk.heard(client) == []

    def test_whoever_is_paced_at_its_own_end_is_never_refused(self) -> None:
        """The client's clock and the gateway's see the same requests with up to 50 ms between them."""
        outbox, rate, moment, sent = Outbox(), MessageRate(), 1000.0, 0
        for _ in range(500):
            outbox.put(CurrentTimeRequest())

        while len(outbox):
            for _ in outbox.take(moment):
                sent += 1
                assert rate.admits(moment + (0.05 if sent % 3 == 0 else 0.0))
            moment += 0.01


class TestMarketData:
    def test_lines_count_for_all_clients_and_a_cancelled_one_is_free(
        self, desk: LimitedDesk, client: Client
    ) -> None:
        other = desk.connect(2)
        follow = [MarketDataRequest(apple(), request_id=number) for number in range(101)]
        desk.slowly(client, follow[:60])  # type: ignore[arg-type]
        desk.slowly(other, follow[60:100])  # type: ignore[arg-type]

        (refused,) = only(Notice, desk.ask(client, follow[100]))
        snapshot = desk.ask(client, MarketDataRequest(apple(), snapshot=True, request_id=200))
        desk.ask(client, CancelMarketData(0))
        accepted = desk.ask(client, follow[100])

        assert (refused.request_id, refused.code, refused.text) == (
            100,
            101,
            "Max number of tickers has been reached",
        )
        assert codes(snapshot) == codes(accepted) == []

    def test_ticks_by_ticks_are_three_at_once_and_one_instrument_in_15_seconds(
        self, desk: LimitedDesk, client: Client
    ) -> None:
        symbols = ["AAPL", "IBM", "MSFT", "SPY"]
        asked = [
            TickByTickRequest(
                Contract(symbol=symbol, security_type="STK", exchange="SMART", currency="USD"),
                "Last",
                request_id=number,
            )
            for number, symbol in enumerate(symbols)
        ]
        told = [codes(desk.ask(client, request)) for request in asked]
        desk.ask(client, CancelTickByTick(0))
        too_soon = codes(desk.ask(client, asked[0]))
        desk.step(15)
        later = codes(desk.ask(client, asked[0]))

        assert told == [[], [], [], [10190]]
        assert (too_soon, later) == ([10190], [])

    def test_real_time_bars_are_60_in_ten_minutes(self, desk: LimitedDesk, client: Client) -> None:
        asked = [RealTimeBarsRequest(apple(), 5, "TRADES", False, request_id=number) for number in range(61)]

        heard = desk.slowly(client, asked)  # type: ignore[arg-type]

        assert [(notice.request_id, notice.code) for notice in only(Notice, heard)] == [(60, 420)]


class TestHistory:
    def test_no_identical_request_within_15_seconds(self, desk: LimitedDesk, client: Client) -> None:
        first = desk.ask(client, bars())
        (refused,) = only(Notice, desk.ask(client, bars()))
        desk.step(15)
        later = desk.ask(client, bars())

        assert only(HistoricalData, first)
        assert (refused.code, refused.text) == (
            162,
            "Historical Market Data Service error message:Historical data request pacing violation",
        )
        assert only(HistoricalData, later)

    def test_no_more_than_5_of_a_contract_in_2_seconds(self, desk: LimitedDesk, client: Client) -> None:
        asked = [bars(number, duration=f"{600 + number} S") for number in range(6)]

        heard = desk.slowly(client, asked)  # type: ignore[arg-type]

        assert [(notice.request_id, notice.code) for notice in only(Notice, heard)] == [(5, 162)]

    def test_60_in_ten_minutes_and_bid_and_ask_count_twice(self, desk: LimitedDesk, client: Client) -> None:
        refused = []
        for number in range(31):
            heard = desk.ask(client, bars(number, duration=f"{600 + number} S", what_to_show="BID_ASK"))
            refused += codes(heard)
            desk.now += 3

        assert refused == [162]

    def test_bars_of_a_minute_are_not_held_back(self, desk: LimitedDesk, client: Client) -> None:
        heard = desk.slowly(client, [bars(bar_size="1 min") for _ in range(70)])

        assert codes(heard) == []

    def test_no_more_than_50_are_open(self, desk: LimitedDesk, client: Client) -> None:
        asked = [bars(number, bar_size="1 min", duration="1 D", keep_up_to_date=True) for number in range(51)]

        heard = desk.slowly(client, asked)  # type: ignore[arg-type]

        assert [(notice.request_id, notice.code) for notice in only(Notice, heard)] == [(50, 162)]


class TestOrders:
    def test_20_on_one_side_of_one_contract(self, desk: LimitedDesk, client: Client) -> None:
        desk.now += 2
        for number in range(1, 21):
            desk.place(client, number, limit("BUY", 1, 90.0))

        (refused,) = only(Notice, desk.place(client, 21, limit("BUY", 1, 90.0)))
        other_side = codes(desk.place(client, 22, limit("SELL", 1, 110.0)))
        changed = codes(desk.place(client, 20, limit("BUY", 1, 91.0)))

        assert (refused.request_id, refused.code) == (21, 201)
        assert refused.text.startswith("Order rejected - reason:Your account has a minimum of 20 orders")
        assert other_side == changed == []
        assert len(desk.gateway.exchange.book.open_orders()) == 21


def test_matching_symbols_are_answered_once_a_second(desk: LimitedDesk, client: Client) -> None:
    asked = [MatchingSymbolsRequest("A", request_id=number) for number in range(3)]

    at_once = desk.slowly(client, asked)  # type: ignore[arg-type]
    answered = []
    for _ in range(2):
        desk.step(1)
        answered.append([symbols.request_id for symbols in only(SymbolSamples, desk.heard(client))])

    assert [symbols.request_id for symbols in only(SymbolSamples, at_once)] == [0]
    assert answered == [[1], [2]]


def test_limits_outlast_the_end_of_faults(desk: LimitedDesk, client: Client) -> None:
    desk.fault("slow", delay=5)
    desk.end_faults()
    desk.ask(client, bars())

    assert codes(desk.ask(client, bars())) == [162]


class TestTheServer:
    def ask_often(self, options: Options, connect_options: str = "", number: int = 200) -> None:
        """Ask so often as fast as possible, and wait for all answers."""
        with Server(options) as server:
            caller = Caller(server.port, connect_options=connect_options)
            try:
                for _ in range(number):
                    caller.ask(CurrentTimeRequest())
                for _ in range(number):
                    caller.wait_for(CurrentTime)
            finally:
                caller.socket.close()

    def test_lets_everything_pass_unless_it_is_asked_not_to(self) -> None:
        self.ask_often(Options())

    def test_ends_the_connection_of_who_is_too_fast(self) -> None:
        with pytest.raises((EOFError, ConnectionError)):
            self.ask_often(Options(limits=Limits.REAL))

    def test_slows_down_who_connected_with_the_option(self) -> None:
        self.ask_often(Options(limits=Limits.REAL), "+PACEAPI", 70)
