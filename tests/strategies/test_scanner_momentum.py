"""The strategy of the leaders of a scan: entries, the stops that protect them, and what is left at the end."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from ibkr_actors.actors.supervisor import RestartPolicy
from ibkr_actors.base.local_messages import OrderChanged
from ibkr_actors.base.messages.accounts import Position, PositionEnd, PositionsRequest
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.market_data import CancelMarketData, MarketDataRequest
from ibkr_actors.base.messages.orders import OpenOrder, OpenOrderEnd, OpenOrdersRequest, PlaceOrderRequest
from ibkr_actors.base.messages.scanners import (
    CancelScannerSubscription,
    ScannerData,
    ScannerSubscriptionRequest,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.scanner import ScannerRow
from ibkr_actors.desk_status import DeskStatus
from ibkr_actors.multiple_client_application import MultiClientApplication
from ibkr_actors.simulated_gateway.gateway import Gateway
from ibkr_actors.simulated_gateway.server import Server
from strategies.scanner_momentum import ScannerMomentum
from tests.trading import ASK, BID, PaperDesk, changed, price, still_market, wait_for


@pytest.fixture
def desk() -> PaperDesk:
    return PaperDesk()


@pytest.fixture
def strategy(desk) -> ScannerMomentum:
    """Two positions of a hundred, protected two percent below; it has nothing yet."""
    seated = seat(desk)
    begin(seated)
    return seated


def seat(desk: PaperDesk, **parameters: object) -> ScannerMomentum:
    wanted = {"positions": 2, "quantity": 100, "stop_percent": 2.0}
    return desk.seat(ScannerMomentum, **wanted | parameters)


def begin(strategy: ScannerMomentum, *told: Message) -> None:
    """The bridge has told of positions, then of open orders."""
    strategy.handle([*(one for one in told if isinstance(one, Position)), PositionEnd()])
    strategy.handle([*(one for one in told if isinstance(one, OpenOrder)), OpenOrderEnd()])


def stock(number: int) -> Contract:
    return Contract(contract_id=number, symbol=f"S{number}", security_type="STK", exchange="SMART")


def found(strategy: ScannerMomentum, *contract_ids: int) -> list[int]:
    """Let the scan find contracts, best first; returns the ids of the lines that there are now."""
    rows = tuple(ScannerRow(rank, stock(number)) for rank, number in enumerate(contract_ids))
    strategy.scanner_data(ScannerData(strategy.scan, rows))
    return list(strategy.chosen)


class TestTheScan:
    def test_is_what_the_parameters_say(self, desk):
        begin(seat(desk, scan_code="HOT_BY_VOLUME", positions=5, above_price=7))

        (request,) = desk.asked(ScannerSubscriptionRequest)
        assert (request.scanner.scan_code, request.scanner.number_of_rows) == ("HOT_BY_VOLUME", 5)
        assert (request.scanner.instrument, request.scanner.location_code) == ("STK", "STK.US.MAJOR")
        assert request.scanner.above_price == 7

    def test_of_its_leaders_as_many_are_watched_as_positions_are_wanted(self, desk, strategy):
        found(strategy, 11, 12, 13)

        assert [line.contract.contract_id for line in desk.asked(MarketDataRequest)] == [11, 12]

    def test_new_leaders_do_not_replace_those_that_were_chosen(self, desk, strategy):
        found(strategy, 11)
        found(strategy, 13, 11, 12)

        assert [line.contract.contract_id for line in desk.asked(MarketDataRequest)] == [11, 13]


class TestAnEntry:
    def test_is_a_limit_order_at_the_ask(self, desk, strategy):
        _, second = found(strategy, 11, 12)
        strategy.tick_price(price(second, ASK, 50.0))

        placed, _ = desk.orders
        assert placed.contract.contract_id == 12
        assert (placed.order.action, placed.order.order_type) == ("BUY", "LMT")
        assert (placed.order.total_quantity, placed.order.limit_price) == (100, 50.0)

    def test_is_made_once_for_each_leader(self, desk, strategy):
        first, second = found(strategy, 11, 12)
        for line in (first, first, second, first):
            strategy.tick_price(price(line, ASK, 50.0))

        assert [placed.contract.contract_id for placed in entries(desk)] == [11, 12]

    @pytest.mark.parametrize(("tick_type", "amount"), [(BID, 50.0), (ASK, -1.0), (ASK, 0.0)])
    def test_waits_for_an_ask(self, desk, strategy, tick_type, amount):
        line, _ = found(strategy, 11, 12)
        strategy.tick_price(price(line, tick_type, amount))

        assert desk.orders == []


def entries(desk: PaperDesk) -> list[PlaceOrderRequest]:
    return [placed for placed in desk.orders if placed.order.action == "BUY"]


def stops(desk: PaperDesk) -> list[PlaceOrderRequest]:
    return [placed for placed in desk.orders if placed.order.action == "SELL"]


class TestAStop:
    @pytest.fixture
    def entry(self, strategy) -> int:
        """The order id of an entry that works."""
        line = found(strategy, 11)[0]
        strategy.tick_price(price(line, ASK, 50.0))
        return 1

    @pytest.mark.usefixtures("entry")
    def test_is_at_the_bridge_with_the_entry_and_lives_until_it_is_cancelled(self, desk):
        entry, stop = desk.orders

        assert (stop.order.action, stop.order.order_type, stop.order.time_in_force) == ("SELL", "STP", "GTC")
        assert (stop.order.total_quantity, stop.order.auxiliary_price) == (100, 49.0)
        assert (stop.order.parent_id, entry.order.transmit) == (entry.order_id, False)
        assert stop.contract.contract_id == 11

    def test_is_placed_for_what_an_entry_that_ends_early_has_filled(self, desk, strategy, entry):
        """The attached one ends with its entry. However often the end is told."""
        for status, filled in (("Submitted", 30), ("Cancelled", 30), ("Cancelled", 30)):
            strategy.handle([changed(entry, status, filled, 100 - filled, average=49.9)])

        _, late = stops(desk)
        assert (late.order.parent_id, late.order.total_quantity, late.order.auxiliary_price) == (0, 30, 49.0)

    @pytest.mark.parametrize(("status", "filled"), [("Submitted", 30), ("Filled", 100), ("Cancelled", 0)])
    def test_is_placed_once_otherwise(self, desk, strategy, entry, status, filled):
        strategy.handle([changed(entry, status, filled, 100 - filled, average=50.0)])

        assert len(stops(desk)) == 1


class TestTheBeginning:
    def test_waits_for_positions_then_for_open_orders(self, desk):
        seated = seat(desk)
        asked = [
            len(desk.asked(kind))
            for kind in (PositionsRequest, OpenOrdersRequest, ScannerSubscriptionRequest)
        ]
        seated.handle([PositionEnd()])
        then = [len(desk.asked(kind)) for kind in (OpenOrdersRequest, ScannerSubscriptionRequest)]
        seated.handle([OpenOrderEnd()])

        assert (asked, then, len(desk.asked(ScannerSubscriptionRequest))) == ([1, 0, 0], [1, 0], 1)

    def test_asks_again_when_the_connection_broke_before_the_answer(self, desk):
        seated = seat(desk)
        seated.handle([PositionEnd()])
        seated.handle([PositionEnd(), OpenOrderEnd()])  # positions are told again behind it
        seated.handle([PositionEnd(), OpenOrderEnd()])  # and behind another one, later

        assert (len(desk.asked(OpenOrdersRequest)), len(desk.asked(ScannerSubscriptionRequest))) == (2, 1)

    def test_buys_nothing_that_the_account_holds(self, desk):
        seated = seat(desk)
        begin(seated, Position("DU1", stock(11), Decimal(5)))
        found(seated, 11, 12, 13)

        assert [line.contract.contract_id for line in desk.asked(MarketDataRequest)] == [12, 13]

    def test_counts_what_an_earlier_life_left_a_stop_for(self, desk):
        seated = seat(desk)
        seated.handle([changed(7, "PreSubmitted", 0, 100)])
        begin(seated, working(7, 11, "SELL"), working(8, 12, "SELL"))  # the other one is another strategy's
        found(seated, 11, 13, 14)

        assert [line.contract.contract_id for line in desk.asked(MarketDataRequest)] == [13]

    def test_has_room_again_when_such_a_stop_has_ended(self, desk):
        seated = seat(desk, positions=1)
        seated.handle([changed(7, "PreSubmitted", 0, 100)])
        begin(seated, working(7, 11, "SELL"))
        seated.handle([changed(7, "Filled", 100)])
        found(seated, 13)

        assert [line.contract.contract_id for line in desk.asked(MarketDataRequest)] == [13]

    def test_ends_entries_of_an_earlier_life_and_protects_what_they_filled(self, desk):
        seated = seat(desk)
        seated.handle([changed(7, "Submitted", 40, 60)])
        begin(seated, working(7, 11, "BUY"))
        seated.handle([changed(7, "Cancelled", 40, 60)])

        (stop,) = desk.orders
        assert desk.cancelled == [7]
        assert (stop.contract.contract_id, stop.order.total_quantity, stop.order.auxiliary_price) == (
            11,
            40,
            49.0,
        )


def working(order_id: int, contract_id: int, action: str) -> OpenOrder:
    """An order as the bridge tells it when it is asked."""
    order = LimitOrder(action, None, 100, 50.0)
    return OpenOrder(order_id, stock(contract_id), order)


class TestTheEnd:
    def test_cancels_entries_that_have_not_begun_to_fill_and_leaves_the_stops(self, desk, strategy):
        for line in found(strategy, 11, 12):
            strategy.tick_price(price(line, ASK, 50.0))
        strategy.handle([changed(1, "Submitted", 10, 90, average=50.0)])

        strategy.stop()

        assert desk.cancelled == [3]

    def test_is_possible_before_the_bridge_has_said_anything(self, desk):
        seated = seat(desk)
        seated.stop()

        assert desk.asked(CancelScannerSubscription) == []
        assert not seated.still_running

    def test_ends_the_scan_and_the_lines(self, desk, strategy):
        lines = found(strategy, 11, 12)

        strategy.stop()

        assert [cancel.request_id for cancel in desk.asked(CancelScannerSubscription)] == [strategy.scan]
        assert [cancel.request_id for cancel in desk.asked(CancelMarketData)] == lines
        assert not strategy.still_running


@pytest.fixture
def leader() -> Iterator[tuple[Server, int]]:
    """The simulated gateway, over a socket, where one stock has risen by half; and that stock's contract id."""
    risen: list[int] = []

    def raise_one(gateway: Gateway) -> None:
        stock = next(one for one in gateway.catalogue if one.symbol == "IBM" and one.security_type == "STK")
        last = round(gateway.market.quote(stock.contract_id).close * 1.5)
        gateway.market.set_quote(
            stock.contract_id, bid=last - 0.01, ask=last + 0.01, last=last, ask_size=1000
        )
        risen.append(stock.contract_id)

    with still_market(raise_one) as server:
        yield server, risen[0]


def desk_with(strategy: type[ScannerMomentum], server: Server) -> MultiClientApplication:
    desk = MultiClientApplication(server.host, server.port)
    policy = RestartPolicy(first_delay=0.01)
    desk.register(strategy, code="momentum", policy=policy, positions=1, quantity=10, stop_percent=10.0)
    return desk


def is_protected(status: DeskStatus) -> bool:
    return [order.status for order in status.orders] == ["Filled", "PreSubmitted"]


def test_on_a_desk_it_enters_the_leader_and_protects_it(leader):
    server, contract_id = leader
    desk = desk_with(ScannerMomentum, server)
    with desk:
        status = wait_for(desk, is_protected)

    entry, stop = status.orders
    assert {order.request.contract.contract_id for order in status.orders} == {contract_id}
    assert entry.filled == stop.request.order.total_quantity == 10
    assert stop.request.order.auxiliary_price == pytest.approx(entry.average_price * 0.9, abs=0.01)


def test_on_a_desk_it_knows_its_position_when_it_is_started_again(leader):
    """It fails when it hears of its fill; what its next life chooses of the same scan is nothing."""
    server, _ = leader
    lives: list[ScannerMomentum] = []
    chosen_again: list[dict[int, Contract]] = []

    class FailsOnce(ScannerMomentum):
        def initialize(self) -> None:
            lives.append(self)
            super().initialize()

        def order_changed(self, change: OrderChanged) -> None:
            if change.filled and len(lives) == 1:
                raise OSError("something happened")
            super().order_changed(change)

        def scanner_data(self, data: ScannerData) -> None:
            super().scanner_data(data)
            if len(lives) == 2:
                chosen_again.append(self.chosen)

    desk = desk_with(FailsOnce, server)
    with desk:
        wait_for(desk, lambda _: chosen_again)
        wait_for(desk, is_protected)

    assert chosen_again[0] == {}
