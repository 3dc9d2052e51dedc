"""Each fault as a client sees it, in messages. No sockets, no waiting."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from ibkr_actors.base.messages.connection import (
    CurrentTime,
    CurrentTimeRequest,
    NextValidId,
    Notice,
    StartApiRequest,
)
from ibkr_actors.base.messages.contracts import ContractData, ContractDataRequest
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.base.messages.history import (
    HistoricalData,
    HistoricalDataRequest,
    RealTimeBar,
    RealTimeBarsRequest,
)
from ibkr_actors.base.messages.market_data import (
    CancelMarketData,
    MarketDataRequest,
    Tick,
    TickPrice,
    TickRequestParameters,
)
from ibkr_actors.base.messages.orders import (
    OpenOrder,
    OpenOrdersRequest,
    OrderStatus,
    PlaceOrderRequest,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.execution import Execution
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.faults import FAULTS, FaultLayer, fault_named, parse_fault
from ibkr_actors.simulated_gateway.faults.disturbances import AnotherOrder
from ibkr_actors.simulated_gateway.replies.farms import FARMS
from tests.simulated_gateway.helpers import NOW, Desk, apple, codes, limit, names, only, order

TICKER = 7


class Through:
    """A gateway behind a layer of faults, which takes the calls that a server makes."""

    def __init__(self, layer: FaultLayer) -> None:
        self._layer = layer
        self.connect, self.handle, self.advance = layer.connect, layer.handle, layer.advance

    def __getattr__(self, name: str) -> object:
        return getattr(self._layer.gateway, name)


class FaultyDesk(Desk):
    """A desk of clients, with faults between it and the gateway."""

    def __init__(self, *planned: str, **options: object) -> None:
        super().__init__(**options)
        self.layer = FaultLayer(self.gateway, NOW, [*map(parse_fault, planned)])
        self.gateway = Through(self.layer)  # type: ignore[assignment]

    def fault(self, name: str, **parameters: object) -> None:
        self._collect(self.layer.begin(fault_named(name, **parameters), self.now))

    def end_faults(self) -> None:
        self._collect(self.layer.end_all(self.now))

    def move(self, price: float) -> None:
        """AAPL trades at another price, and everybody hears."""
        self.quote(price, price + 0.02)
        self.step()


@pytest.fixture
def desk() -> FaultyDesk:
    return FaultyDesk()


@pytest.fixture
def client(desk: FaultyDesk) -> Client:
    return desk.connect()


def follow(desk: FaultyDesk, client: Client, contract: Contract | None = None, ticker: int = TICKER) -> None:
    heard = desk.ask(client, MarketDataRequest(contract or apple(), request_id=ticker))
    assert only(TickRequestParameters, heard)


def prices(messages: list[Message]) -> list[float]:
    """The bids that a client was told."""
    return [tick.price for tick in only(TickPrice, messages) if tick.tick_type == 1]


class TestLostServers:
    def test_after_lost_data_streams_are_dead_until_asked_for_again(
        self, desk: FaultyDesk, client: Client
    ) -> None:
        follow(desk, client)

        desk.fault("data-lost", seconds=5)
        begun = desk.heard(client)
        desk.move(101.0)
        silent = desk.heard(client)
        desk.step(5)
        ended = desk.heard(client)
        desk.move(102.0)
        still_dead = desk.heard(client)
        follow(desk, client)
        desk.move(103.0)

        assert codes(begun) == [1100, 2103, 2103, 2105, 2157]
        assert silent == []
        assert codes(ended) == [2104, 2104, 2106, 2158, 1101]
        assert only(Tick, ended) == still_dead == []
        assert prices(desk.heard(client)) == [103.0]

    def test_after_maintained_data_streams_go_on_with_the_newest_values(
        self, desk: FaultyDesk, client: Client
    ) -> None:
        follow(desk, client)

        desk.fault("data-maintained", seconds=5)
        desk.move(101.0)
        desk.move(102.0)
        silent = only(Tick, desk.heard(client))
        desk.step(5)
        ended = desk.heard(client)
        desk.move(103.0)

        assert silent == []
        assert codes(ended)[-1] == 1102
        assert prices(ended) == [102.0]  # not the one before
        assert prices(desk.heard(client)) == [103.0]

    def test_the_texts_are_those_that_gateways_send(self, desk: FaultyDesk, client: Client) -> None:
        desk.fault("data-maintained", seconds=1)
        desk.step(1)

        texts = {notice.code: notice.text for notice in only(Notice, desk.heard(client))}
        assert texts[1100] == "Connectivity between IB and Trader Workstation has been lost."
        assert texts[1102] == (
            "Connectivity between IB and Trader Workstation has been restored - data maintained. "
            f"All data farms are connected: {'; '.join(FARMS)}."
        )
        assert texts[2105] == "HMDS data farm connection is broken:ushmds"
        assert texts[2157] == "Sec-def data farm connection is broken:secdefnj"

    def test_who_cancels_a_dead_stream_is_not_told_that_it_is_gone(
        self, desk: FaultyDesk, client: Client
    ) -> None:
        follow(desk, client)
        desk.fault("data-lost", seconds=0)
        desk.step()
        desk.heard(client)

        first, second = (desk.ask(client, CancelMarketData(TICKER)) for _ in range(2))

        assert first == []
        assert codes(second) == [300]

    def test_a_fill_is_told_when_the_servers_are_back(self, desk: FaultyDesk, client: Client) -> None:
        desk.place(client, 1, limit("BUY", 10, 90.0))
        desk.fault("nightly-reset", seconds=60)
        desk.heard(client)

        desk.move(89.0)
        silent = desk.heard(client)
        desk.step(60)

        assert silent == []
        heard = desk.heard(client)
        assert names(heard).index("ExecutionDetails") > codes(heard).index(1102)
        assert only(OrderStatus, heard)[-1].status == "Filled"

    def test_requests_wait_but_for_those_that_a_gateway_answers_by_itself(
        self, desk: FaultyDesk, client: Client
    ) -> None:
        desk.fault("data-maintained", seconds=5)
        desk.heard(client)

        details = desk.ask(client, ContractDataRequest(apple(), request_id=1))
        clock = desk.ask(client, CurrentTimeRequest())
        desk.step(5)

        assert details == []
        assert only(CurrentTime, clock)
        assert only(ContractData, desk.heard(client))

    def test_who_connects_meanwhile_is_told_of_broken_farms(self, desk: FaultyDesk) -> None:
        desk.fault("data-maintained", seconds=5)
        late = desk.gateway.connect(203)

        welcome = desk.ask(late, StartApiRequest(9))

        assert codes(welcome) == [2103, 2103, 2105, 2157, 2110]
        assert only(NextValidId, welcome)

    def test_bars_kept_up_to_date_are_told_that_they_ended(self, desk: FaultyDesk, client: Client) -> None:
        request = HistoricalDataRequest(
            apple(), duration="1 D", bar_size="1 min", keep_up_to_date=True, request_id=3
        )
        assert only(HistoricalData, desk.ask(client, request))

        desk.fault("data-lost", seconds=0)
        desk.step()

        assert (3, 10182) in [(notice.request_id, notice.code) for notice in only(Notice, desk.heard(client))]

    def test_the_reset_comes_each_night_when_it_is_planned(self) -> None:
        desk = FaultyDesk("nightly-reset:seconds=60@10:01")  # it is ten o'clock in New York
        client = desk.connect()
        nights = []

        for _ in range(2):
            desk.step(59)
            before = codes(desk.heard(client))
            desk.step(1)
            nights.append((before, codes(desk.heard(client))[:1]))
            desk.step(86_400 - 60)
            desk.heard(client)

        assert nights == [([], [1100])] * 2


class TestFarms:
    def test_who_connects_meanwhile_is_told_which_one_is_broken(self, desk: FaultyDesk) -> None:
        desk.fault("farm-flap", farm="ushmds", seconds=5)

        welcome = desk.ask(desk.gateway.connect(203), StartApiRequest(9))

        assert codes(welcome) == [2104, 2104, 2105, 2158]

    def test_ticks_of_one_farm_stop_and_go_on(self, desk: FaultyDesk, client: Client) -> None:
        follow(desk, client)
        follow(
            desk,
            client,
            Contract(symbol="EUR", security_type="CASH", exchange="IDEALPRO", currency="USD"),
            ticker=8,
        )
        future = next(
            instrument.contract()
            for instrument in desk.gateway.catalogue
            if instrument.security_type == "FUT"
        )
        follow(desk, client, future, ticker=9)

        desk.fault("farm-flap", farm="usfarm", seconds=5)
        begun = desk.heard(client)
        desk.quote(101.0, 101.02)
        for _ in range(8):
            desk.step()
        meanwhile = {tick.request_id for tick in only(Tick, desk.heard(client))}
        desk.step(5)
        ended = desk.heard(client)

        assert codes(begun) == [2103]
        assert meanwhile == {9}
        assert codes(ended) == [2119, 2104]
        assert prices([tick for tick in only(TickPrice, ended) if tick.request_id == TICKER]) == [101.0]

    def test_a_snapshot_of_a_broken_farm_is_empty(self, desk: FaultyDesk, client: Client) -> None:
        desk.fault("farm-flap", farm="usfarm", seconds=5)
        desk.heard(client)

        heard = desk.ask(client, MarketDataRequest(apple(), snapshot=True, request_id=8))

        assert names(heard) == ["TickRequestParameters", "TickSnapshotEnd"]

    def test_the_type_of_data_comes_with_the_first_of_them(self, desk: FaultyDesk, client: Client) -> None:
        desk.fault("farm-flap", farm="usfarm", seconds=5)
        desk.heard(client)
        begun = desk.ask(client, MarketDataRequest(apple(), request_id=8))
        desk.step(5)
        ended = desk.heard(client)

        assert names(begun) == ["TickRequestParameters"]
        assert names(ended)[:4] == ["Notice", "Notice", "MarketDataType", "TickPrice"]

    def test_requests_for_history_are_refused(self, desk: FaultyDesk, client: Client) -> None:
        request = HistoricalDataRequest(apple(), duration="1 D", bar_size="1 min", request_id=3)
        desk.fault("farm-flap", farm="ushmds", seconds=5)
        begun = desk.heard(client)

        (refused,) = only(Notice, desk.ask(client, request))
        desk.step(5)
        ended = desk.heard(client)

        assert codes(begun) == [2105]
        assert (refused.request_id, refused.code) == (3, 162)
        assert "HMDS server disconnect" in refused.text
        assert codes(ended) == [2106]
        assert only(HistoricalData, desk.ask(client, request))

    def test_requests_for_definitions_wait(self, desk: FaultyDesk, client: Client) -> None:
        desk.fault("farm-flap", farm="secdefnj", seconds=5)
        waiting = desk.ask(client, ContractDataRequest(apple(), request_id=1))
        desk.step(5)

        assert codes(waiting) == [2157]
        assert only(ContractData, desk.heard(client))


class TestFarmsOnDemand:
    def test_an_idle_one_wakes_for_the_first_request_that_needs_it(
        self, desk: FaultyDesk, client: Client
    ) -> None:
        desk.fault("farm-idle", farm="usfarm")
        (begun,) = only(Notice, desk.heard(client))
        other = desk.ask(client, HistoricalDataRequest(apple(), bar_size="1 day", request_id=3))
        other += desk.ask(client, ContractDataRequest(apple(), request_id=4))
        other += desk.place(client, 1, limit("BUY", 1, 90.0))
        first = desk.ask(client, MarketDataRequest(apple(), request_id=TICKER))
        desk.step()
        second = desk.ask(client, MarketDataRequest(apple(), request_id=8))

        assert begun == Notice(
            -1,
            int(NOW * 1000),
            2108,
            "Market data farm connection is inactive but should be available upon demand.usfarm",
        )
        assert codes(other) == []
        assert codes(first) == [2119, 2104]
        assert names(first)[:4] == ["Notice", "Notice", "MarketDataType", "TickRequestParameters"]
        assert only(TickPrice, first)
        assert codes(second) == []

    def test_one_of_history_has_a_code_and_a_text_of_its_own(self, desk: FaultyDesk, client: Client) -> None:
        desk.fault("farm-idle", farm="ushmds")
        (begun,) = only(Notice, desk.heard(client))
        other = desk.ask(client, MarketDataRequest(apple(), request_id=TICKER))
        first = desk.ask(client, HistoricalDataRequest(apple(), bar_size="1 day", request_id=3))

        assert (begun.code, begun.text) == (
            2107,
            "HMDS data farm connection is inactive but should be available upon demand.ushmds",
        )
        assert codes(other) == []
        assert codes(first) == [2106]
        assert only(HistoricalData, first)

    def test_who_connects_meanwhile_is_told_so_in_place_of_its_connection(self) -> None:
        desk = FaultyDesk("farm-idle:farm=ushmds", "farm-idle:farm=usfarm")

        asleep = desk.ask(desk.gateway.connect(203), StartApiRequest(1))
        desk.ask(desk.connect(2), MarketDataRequest(apple(), request_id=TICKER))
        awake = desk.ask(desk.gateway.connect(203), StartApiRequest(3))

        assert codes(asleep) == [2104, 2108, 2107, 2158]
        assert codes(awake) == [2104, 2104, 2107, 2158]

    def test_one_that_somebody_follows_wakes_at_once(self, desk: FaultyDesk, client: Client) -> None:
        follow(desk, client)

        desk.fault("farm-idle", farm="usfarm")

        assert codes(desk.heard(client)) == [2108, 2119, 2104]

    def test_the_end_of_faults_wakes_it(self, desk: FaultyDesk, client: Client) -> None:
        desk.fault("farm-idle", farm="ushmds")
        desk.heard(client)
        desk.end_faults()

        assert codes(desk.heard(client)) == [2106]


class TestCompetingSession:
    def test_each_stream_is_told_and_is_silent_until_the_other_session_ends(
        self, desk: FaultyDesk, client: Client
    ) -> None:
        follow(desk, client)
        desk.fault("competing-session", seconds=5)
        begun = only(Notice, desk.heard(client))
        desk.move(101.0)
        silent = desk.heard(client)
        refused = desk.ask(client, MarketDataRequest(apple(), request_id=8))
        desk.step(5)

        assert [(notice.request_id, notice.code, notice.text) for notice in begun] == [
            (TICKER, 10197, "No market data during competing live session")
        ]
        assert silent == []
        assert names(refused) == ["TickRequestParameters", "Notice"]
        assert {tick.request_id for tick in only(Tick, desk.heard(client))} == {TICKER, 8}

    def test_a_snapshot_is_refused(self, desk: FaultyDesk, client: Client) -> None:
        desk.fault("competing-session", seconds=5)

        refused = desk.ask(client, MarketDataRequest(apple(), snapshot=True, request_id=8))

        assert names(refused)[-1] == "Notice"
        assert codes(refused) == [10197]
        assert "TickSnapshotEnd" not in names(refused)
        assert only(Tick, refused) == []


class TestConnections:
    def test_dropped_ones_are_closed_and_orders_go_on(self, desk: FaultyDesk, client: Client) -> None:
        other = desk.connect(2)
        desk.place(client, 1, limit("BUY", 10, 90.0))

        desk.fault("socket-drop", client=1, down=5)

        assert client.closing == "the fault socket-drop"
        assert not other.is_closing
        assert desk.layer.refuses_connections(desk.now + 4.9)
        assert not desk.layer.refuses_connections(desk.now + 5)
        assert len(desk.gateway.exchange.book.open_orders()) == 1

    def test_on_half_open_ones_nothing_travels(self, desk: FaultyDesk, client: Client) -> None:
        other = desk.connect(2)
        follow(desk, client)
        follow(desk, other)
        desk.fault("half-open", client=1)

        unanswered = desk.ask(client, CurrentTimeRequest())
        desk.ask(client, PlaceOrderRequest(1, apple(), limit("BUY", 10, 90.0)))
        desk.move(101.0)
        desk.fault("data-lost", seconds=0)
        desk.step()

        assert unanswered == desk.heard(client) == []
        assert not client.is_closing
        assert desk.gateway.exchange.book.open_orders() == []
        assert prices(desk.heard(other)) == [101.0]
        assert names(desk.ask(desk.connect(3), CurrentTimeRequest())) == ["CurrentTime"]

    def test_a_half_open_one_may_come_to_life_again(self, desk: FaultyDesk, client: Client) -> None:
        desk.fault("half-open", seconds=10)
        desk.step(10)

        assert names(desk.ask(client, CurrentTimeRequest())) == ["CurrentTime"]

    def test_a_busy_client_id_is_refused_so_often(self, desk: FaultyDesk) -> None:
        desk.fault("client-id-busy", client=1, times=2)
        told = []
        for number in (2, 1, 1, 1):
            client = desk.gateway.connect(203)
            told.append((codes(desk.ask(client, StartApiRequest(number)))[:1], client.is_closing))
            desk.layer.disconnect(client)

        assert told == [([2104], False), ([326], True), ([326], True), ([2104], False)]

    def test_a_busy_client_id_is_no_matter_of_who_has_started(self, desk: FaultyDesk, client: Client) -> None:
        desk.fault("client-id-busy")

        assert desk.ask(client, StartApiRequest(1)) == []

        assert not client.is_closing
        assert codes(desk.ask(desk.gateway.connect(203), StartApiRequest(2))) == [326]

    def test_everything_comes_late_and_in_its_order(self, desk: FaultyDesk, client: Client) -> None:
        desk.fault("slow", delay=2, client=1)
        at_once = [*desk.ask(client, CurrentTimeRequest()), *desk.ask(client, ContractDataRequest(apple()))]
        desk.step(1.75)
        early = desk.heard(client)
        desk.step(0.25)

        assert at_once == early == []
        assert names(desk.heard(client)) == ["CurrentTime", "ContractData", "ContractDataEnd"]

    def test_the_end_of_faults_delivers_what_was_late(self, desk: FaultyDesk, client: Client) -> None:
        desk.fault("slow", delay=100)
        desk.ask(client, CurrentTimeRequest())

        desk.end_faults()

        assert names(desk.heard(client)) == ["CurrentTime"]
        assert names(desk.ask(client, CurrentTimeRequest())) == ["CurrentTime"]


class TestOrders:
    def test_an_order_whose_reply_is_lost_works_and_is_among_the_open_orders(
        self, desk: FaultyDesk, client: Client
    ) -> None:
        desk.fault("lost-ack")

        lost = desk.place(client, 1, limit("BUY", 10, 90.0))
        told = desk.place(client, 2, limit("BUY", 10, 90.0))
        desk.move(89.0)

        assert lost == []
        assert only(OpenOrder, told)
        assert {status.order_id for status in only(OrderStatus, desk.heard(client))} == {1, 2}

    def test_a_refusal_is_not_lost(self, desk: FaultyDesk, client: Client) -> None:
        desk.fault("lost-ack")

        assert codes(desk.place(client, 1, limit("BUY", 10, 90.003))) == [110]
        assert desk.place(client, 2, limit("BUY", 10, 90.0)) == []
        assert [one.order_id for one in only(OpenOrder, desk.ask(client, OpenOrdersRequest()))] == [2]

    def test_callbacks_come_several_times(self, desk: FaultyDesk, client: Client) -> None:
        plain = desk.place(client, 1, order("BUY", 10))
        desk.step()
        plain += desk.heard(client)
        desk.fault("duplicate-callbacks", times=3)

        told = desk.place(client, 2, order("BUY", 10))
        desk.step()
        told += desk.heard(client)

        for kind in (ExecutionDetails, OrderStatus, OpenOrder, CommissionAndFeesReport):
            assert len(only(kind, told)) == 3 * len(only(kind, plain)) > 0

    def test_callbacks_change_places_but_a_commission_stays_behind_its_execution(self) -> None:
        orders = []
        for seed in range(6):
            desk = FaultyDesk("reordered-callbacks", seed=seed)
            desk.quote(100.0, 100.02)
            client = desk.connect()
            told = desk.place(client, 1, order("BUY", 10))
            desk.step()
            told += desk.heard(client)
            orders.append(names(told))
            place = orders[-1].index
            assert place("CommissionAndFeesReport") > place("ExecutionDetails")

        assert len({tuple(sorted(each)) for each in orders}) == 1
        assert len({tuple(each) for each in orders}) > 1

    @pytest.mark.parametrize("seed", range(8))
    def test_a_commission_told_at_once_stays_behind_its_execution_too(self, seed: int) -> None:
        told: list[Message] = [
            *(ExecutionDetails(execution=Execution(execution_id=name)) for name in "ab"),
            *(CommissionAndFeesReport(execution_id=name) for name in "ab"),
            NextValidId(1),
            OrderStatus(1, "Filled"),
        ]
        client = Client(226)

        mixed = AnotherOrder(Random(seed)).outgoing(client, told, None)  # type: ignore[arg-type]  # noqa: S311

        places = {
            name: [
                place
                for place, message in enumerate(mixed)
                if getattr(message, "execution_id", None) == name
                or (isinstance(message, ExecutionDetails) and message.execution.execution_id == name)
            ]
            for name in "ab"
        }
        assert mixed.index(NextValidId(1)) == 4
        for first, second in places.values():
            assert isinstance(mixed[first], ExecutionDetails)
            assert isinstance(mixed[second], CommissionAndFeesReport)

    def test_an_older_order_id_is_told_and_refused(self, desk: FaultyDesk, client: Client) -> None:
        desk.place(client, 5, limit("BUY", 10, 90.0))
        desk.layer.disconnect(client)
        desk.fault("order-id-rollback", to=3)
        returned = desk.gateway.connect(203)

        (told,) = only(NextValidId, desk.ask(returned, StartApiRequest(1)))

        assert told.order_id == 3
        assert codes(desk.place(returned, told.order_id, limit("BUY", 10, 90.0))) == [103]


class TestPacing:
    @pytest.mark.parametrize(
        ("code", "request_", "text"),
        [
            (
                162,
                HistoricalDataRequest(apple(), duration="1 D", bar_size="1 min", request_id=3),
                "Historical Market Data Service error message:Historical data request pacing violation",
            ),
            (
                420,
                RealTimeBarsRequest(apple(), 5, "TRADES", False, request_id=3),
                "Invalid Real-time Query:Historical data request pacing violation",
            ),
        ],
    )
    def test_the_next_request_of_the_kind_is_refused(
        self, desk: FaultyDesk, client: Client, code: int, request_: object, text: str
    ) -> None:
        desk.fault("pacing", code=code)

        other = desk.ask(client, CurrentTimeRequest())
        (refused,) = only(Notice, desk.ask(client, request_))  # type: ignore[arg-type]
        served = desk.ask(client, request_)  # type: ignore[arg-type]
        desk.step(10)

        assert names(other) == ["CurrentTime"]
        assert (refused.request_id, refused.code, refused.text) == (3, code, text)
        assert codes(served) == []
        assert only(HistoricalData, served) or only(RealTimeBar, desk.heard(client))

    def test_too_many_messages_end_the_connection(self, desk: FaultyDesk, client: Client) -> None:
        desk.fault("pacing", code=100)

        (notice,) = only(Notice, desk.ask(client, CurrentTimeRequest()))

        assert notice.text == "Max rate of messages per second has been exceeded:max=50 rec=51 (1)"
        assert client.is_closing


class TestThePlan:
    def test_a_fault_comes_after_its_time_and_again_and_again(self) -> None:
        desk = FaultyDesk("farm-flap:seconds=1@2s", "competing-session:seconds=0@every:3s")
        client = desk.connect()
        follow(desk, client)
        heard = []

        for _ in range(7):
            desk.step(1)
            heard.append(codes(desk.heard(client)))

        assert heard == [[], [2103], [2119, 2104, 10197], [], [], [10197], []]

    def test_without_faults_nothing_is_changed_on_the_way(self) -> None:
        plain, layered = Desk(seed=5), FaultyDesk(seed=5)
        told = []
        for each in (plain, layered):
            each.quote(100.0, 100.02)
            client = each.connect()
            heard = each.ask(client, MarketDataRequest(apple(), request_id=7))
            heard += each.place(client, 1, order("BUY", 10))
            each.step()
            told.append([*heard, *each.heard(client)])

        assert told[0] == told[1]

    def test_every_fault_is_tested_here_or_on_sockets(self) -> None:
        on_sockets = {"garbage-frame", "split-frames"}
        source = Path(__file__).read_text(encoding="utf-8")

        assert [name for name in FAULTS if f'"{name}' not in source and name not in on_sockets] == []
