"""A desk with a small strategy, over a gateway on which everything goes wrong that can."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, OrderChanged
from ibkr_actors.base.messages.accounts import (
    AccountDownloadEnd,
    PortfolioValue,
    Position,
    PositionEnd,
)
from ibkr_actors.base.messages.executions import ExecutionDetails
from ibkr_actors.base.messages.market_data import TickPrice
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.market_orders import MarketOrder
from ibkr_actors.multiple_client_application import MultiClientApplication
from ibkr_actors.simulated_gateway import Options, Server
from tests.actors.conftest import _no_thread_left, leaves_threads, log  # noqa: F401
from tests.actors.helpers import Record

CLIENT = 7
IBM = 8314


class Follower(StrategyActor):
    """Follows IBM, holds an order far from the market, and writes down what it hears."""

    record: Record

    def initialize(self):
        self.request_market_data(Stock("IBM"))
        self.place_order(LimitOrder("BUY", Stock("IBM"), 10, 1.0))

    def handle(self, messages):
        messages = list(messages)
        for message in messages:
            self.record.add(message)
        super().handle(messages)


class Trader(Follower):
    """Buys 10 IBM at the start, and once more when it is told to."""

    def initialize(self):
        self.place_order(MarketOrder("BUY", Stock("IBM"), 10))


@pytest.fixture
def gateway():
    with Server(Options(seed=3), tick=0.02) as server:
        yield server


@pytest.fixture
def record():
    return Record()


def desk_at(gateway, record, kind=Follower, **options):
    desk = MultiClientApplication("127.0.0.1", gateway.port, CLIENT, **options)
    desk.register(type(kind.__name__, (kind,), {"record": record}), code="one")
    return desk


def wait(record, kind, fits=lambda _message: True, after=0):
    """The next message of a kind that fits, behind a number of items."""
    record.wait(lambda _: any(isinstance(item, kind) and fits(item) for item in record.items[after:]))
    return next(item for item in record.items[after:] if isinstance(item, kind) and fits(item))


def has_status(status):
    return lambda change: change.status == status


def is_state(state):
    return lambda change: change.state is state


def live(gateway):
    with gateway.hold() as held:
        return [(order.order_id, order.client_id) for order in held.exchange.book.open_orders()]


class TestMarketData:
    def test_ticks_come_again_after_lost_data(self, gateway, record):
        with desk_at(gateway, record):
            wait(record, TickPrice)
            gateway.fault("data-lost", seconds=0.2)
            before = len(record.items)
            gateway.end_faults()
            wait(record, TickPrice, after=before)

    def test_ticks_come_again_after_a_garbage_frame_of_every_kind(self, gateway, record):
        with desk_at(gateway, record) as desk:
            wait(record, TickPrice)
            for kind in ("unknown", "truncated", "noise"):
                gateway.fault("garbage-frame", kind=kind)
            wait(record, TickPrice, after=len(record.items))
            assert desk.status().connection is ConnectionState.CONNECTED

    def test_a_length_that_can_not_be_costs_the_connection_and_no_more(self, gateway, record):
        with desk_at(gateway, record):
            wait(record, OrderChanged, has_status("Submitted"))
            gateway.fault("garbage-frame", kind="length")
            wait(record, ConnectionChanged, is_state(ConnectionState.LOST))
            wait(record, TickPrice, after=len(record.items))
            assert len(live(gateway)) == 1

    def test_frames_in_pieces_are_put_together(self, gateway, record):
        gateway.fault("split-frames", size=5)
        with desk_at(gateway, record) as desk:
            wait(record, TickPrice)
            wait(record, OrderChanged, has_status("Submitted"))
            assert desk.status().connection is ConnectionState.CONNECTED


class TestConnections:
    def test_a_dropped_socket_is_connected_again_and_orders_and_lines_go_on(self, gateway, record):
        with desk_at(gateway, record):
            wait(record, OrderChanged, has_status("Submitted"))
            gateway.fault("socket-drop", down=0.3)
            wait(record, ConnectionChanged, is_state(ConnectionState.LOST))
            lost = len(record.items)
            wait(record, ConnectionChanged, is_state(ConnectionState.CONNECTED), after=lost)
            wait(record, TickPrice, after=lost)

            assert len(live(gateway)) == 1
            assert not any(
                isinstance(item, OrderChanged) and item.status == "Unknown" for item in record.items
            )

    def test_positions_and_account_that_are_asked_for_when_connected_again_end_once(self, gateway, record):
        """Behind all that is held: an end before that would say that nothing is."""

        class Counting(Trader):
            def connection_changed(self, change):
                if change.state is ConnectionState.CONNECTED and change.epoch > 1:
                    self.request_positions()
                    self.request_account_updates(True, "")

        with desk_at(gateway, record, Counting):
            wait(record, OrderChanged, has_status("Filled"))
            gateway.fault("socket-drop")
            wait(record, PositionEnd)
            wait(record, AccountDownloadEnd)

        told = [type(item) for item in record.items]
        assert told.index(Position) < told.index(PositionEnd)
        assert told.index(PortfolioValue) < told.index(AccountDownloadEnd)
        assert told.count(PositionEnd) == told.count(AccountDownloadEnd) == 1

    def test_a_client_id_that_is_still_busy_is_tried_again(self, gateway, record):
        with desk_at(gateway, record):
            wait(record, OrderChanged, has_status("Submitted"))
            gateway.fault("client-id-busy", client=CLIENT, times=2)
            gateway.fault("socket-drop")
            refused = wait(record, ConnectionChanged, lambda change: "326" in change.reason)
            wait(record, TickPrice, after=record.items.index(refused))

    def test_a_connection_on_which_nothing_travels_is_given_up_and_made_anew(self, gateway, record):
        with desk_at(gateway, record, silence=0.3):
            wait(record, OrderChanged, has_status("Submitted"))
            gateway.fault("half-open")
            lost = wait(record, ConnectionChanged, is_state(ConnectionState.LOST))
            wait(record, TickPrice, after=record.items.index(lost))

            assert "has not answered" in lost.reason
            assert len(live(gateway)) == 1


class TestOrders:
    def test_an_order_whose_reply_was_lost_is_found(self, gateway, record):
        gateway.fault("lost-ack")
        with desk_at(gateway, record):
            change = wait(record, OrderChanged, has_status("Submitted"))

            assert live(gateway) == [(change.order_id, CLIENT)]

    @pytest.mark.parametrize("fault", ["duplicate-callbacks", "reordered-callbacks"])
    def test_a_fill_counts_once_in_whatever_order_it_is_told(self, gateway, record, fault):
        gateway.fault(fault)
        with desk_at(gateway, record, Trader) as desk:
            change = wait(record, OrderChanged, has_status("Filled"))
            wait(record, ExecutionDetails)
            (held,) = desk.status().performance["one"].holdings.values()

            assert change.filled == 10
            assert held.quantity == Decimal(10)
        statuses = Counter(
            (item.status, item.filled) for item in record.items if isinstance(item, OrderChanged)
        )
        assert max(statuses.values()) == 1

    def test_with_its_journal_a_desk_knows_better_than_the_gateway(self, gateway, record, tmp_path):
        journal = tmp_path / "orders.journal"
        with desk_at(gateway, record, journal=journal):
            first = wait(record, OrderChanged, has_status("Submitted"))
        gateway.fault("order-id-rollback")
        again = Record()
        with desk_at(gateway, again, journal=journal):
            second = wait(
                again,
                OrderChanged,
                lambda change: change.order_id != first.order_id and change.status == "Submitted",
            )

        assert second.order_id > first.order_id

    def test_an_order_id_rolled_back_by_a_reconnection_is_not_believed(self, gateway, record):
        class Twice(Follower):
            def connection_changed(self, change):
                if change.state is ConnectionState.CONNECTED and change.epoch > 1:
                    self.place_order(LimitOrder("BUY", Stock("IBM"), 10, 2.0))

        with desk_at(gateway, record, Twice):
            first = wait(record, OrderChanged, has_status("Submitted"))
            gateway.fault("order-id-rollback")
            gateway.fault("socket-drop")
            second = wait(
                record,
                OrderChanged,
                lambda change: change.order_id != first.order_id and change.status == "Submitted",
            )

            assert second.order_id > first.order_id
