"""The strategy of the leaders of a scan: entries, the stops that protect them, and what is left at the end."""

from __future__ import annotations

import pytest

from ibkr_actors.base.messages.market_data import CancelMarketData, MarketDataRequest
from ibkr_actors.base.messages.scanners import (
    CancelScannerSubscription,
    ScannerData,
    ScannerSubscriptionRequest,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.scanner import ScannerRow
from ibkr_actors.multiple_client_application import MultiClientApplication
from ibkr_actors.simulated_gateway.gateway import Gateway
from strategies.scanner_momentum import ScannerMomentum
from tests.trading import ASK, BID, PaperDesk, changed, price, still_market, wait_for


@pytest.fixture
def desk() -> PaperDesk:
    return PaperDesk()


@pytest.fixture
def strategy(desk) -> ScannerMomentum:
    """Two positions of a hundred, protected two percent below."""
    return desk.seat(ScannerMomentum, positions=2, quantity=100, stop_percent=2.0)


def found(strategy: ScannerMomentum, *contract_ids: int) -> list[int]:
    """Let the scan find contracts, best first; returns the ids of the lines that there are now."""
    rows = tuple(
        ScannerRow(
            rank, Contract(contract_id=number, symbol=f"S{number}", security_type="STK", exchange="SMART")
        )
        for rank, number in enumerate(contract_ids)
    )
    strategy.scanner_data(ScannerData(strategy.scan, rows))
    return list(strategy.chosen)


class TestTheScan:
    def test_is_what_the_parameters_say(self, desk):
        desk.seat(ScannerMomentum, scan_code="HOT_BY_VOLUME", positions=5, above_price=7)

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

        (placed,) = desk.orders
        assert placed.contract.contract_id == 12
        assert (placed.order.action, placed.order.order_type) == ("BUY", "LMT")
        assert (placed.order.total_quantity, placed.order.limit_price) == (100, 50.0)

    def test_is_made_once_for_each_leader(self, desk, strategy):
        first, second = found(strategy, 11, 12)
        for line in (first, first, second, first):
            strategy.tick_price(price(line, ASK, 50.0))

        assert [placed.contract.contract_id for placed in desk.orders] == [11, 12]

    @pytest.mark.parametrize(("tick_type", "amount"), [(BID, 50.0), (ASK, -1.0), (ASK, 0.0)])
    def test_waits_for_an_ask(self, desk, strategy, tick_type, amount):
        line, _ = found(strategy, 11, 12)
        strategy.tick_price(price(line, tick_type, amount))

        assert desk.orders == []


class TestAStop:
    @pytest.fixture
    def entry(self, strategy) -> int:
        """The order id of an entry that works."""
        line = found(strategy, 11)[0]
        strategy.tick_price(price(line, ASK, 50.0))
        return 1

    def test_follows_the_fill_below_its_price_and_lives_until_it_is_cancelled(self, desk, strategy, entry):
        strategy.handle([changed(entry, "Filled", 100, average=49.99)])

        stop = desk.orders[-1]
        assert (stop.order.action, stop.order.order_type, stop.order.time_in_force) == ("SELL", "STP", "GTC")
        assert (stop.order.total_quantity, stop.order.auxiliary_price) == (100, 48.99)
        assert stop.contract.contract_id == 11

    def test_protects_each_part_of_a_fill_once(self, desk, strategy, entry):
        for filled in (30, 30, 100, 100):
            strategy.handle([changed(entry, "Submitted", filled, 100 - filled, average=50.0)])

        assert [stop.order.total_quantity for stop in desk.orders[1:]] == [30, 70]

    def test_waits_for_a_fill(self, desk, strategy, entry):
        strategy.handle([changed(entry, "Submitted", 0, 100)])

        assert len(desk.orders) == 1

    def test_that_fills_is_not_protected_in_turn(self, desk, strategy, entry):
        strategy.handle([changed(entry, "Filled", 100, average=50.0)])
        strategy.handle([changed(2, "Filled", 100, average=49.0)])

        assert len(desk.orders) == 2


class TestTheEnd:
    def test_cancels_entries_that_have_not_filled_and_leaves_the_stops(self, desk, strategy):
        first, second = found(strategy, 11, 12)
        for line in (first, second):
            strategy.tick_price(price(line, ASK, 50.0))
        strategy.handle([changed(1, "Filled", 100, average=50.0)])

        strategy.stop()

        assert desk.cancelled == [2]

    def test_ends_the_scan_and_the_lines(self, desk, strategy):
        lines = found(strategy, 11, 12)

        strategy.stop()

        assert [cancel.request_id for cancel in desk.asked(CancelScannerSubscription)] == [strategy.scan]
        assert [cancel.request_id for cancel in desk.asked(CancelMarketData)] == lines
        assert not strategy.still_running


def test_on_a_desk_it_enters_the_leader_and_protects_it():
    """Against the simulated gateway, over a socket, where one stock has risen by half."""
    leader: list[int] = []

    def raise_one(gateway: Gateway) -> None:
        stock = next(one for one in gateway.catalogue if one.symbol == "IBM" and one.security_type == "STK")
        last = round(gateway.market.quote(stock.contract_id).close * 1.5)
        gateway.market.set_quote(
            stock.contract_id, bid=last - 0.01, ask=last + 0.01, last=last, ask_size=1000
        )
        leader.append(stock.contract_id)

    with still_market(raise_one) as server:
        desk = MultiClientApplication(server.host, server.port)
        desk.register(ScannerMomentum, code="momentum", positions=1, quantity=10, stop_percent=10.0)
        with desk:
            status = wait_for(
                desk, lambda status: [order.status for order in status.orders] == ["Filled", "PreSubmitted"]
            )

    entry, stop = status.orders
    assert {order.request.contract.contract_id for order in status.orders} == set(leader)
    assert entry.filled == stop.request.order.total_quantity == 10
    assert stop.request.order.auxiliary_price == pytest.approx(entry.average_price * 0.9, abs=0.01)
