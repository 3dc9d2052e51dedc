"""A gateway within another program: steered, stepped and looked at, with a client of ours on a real socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ibkr_actors.api import IBKR_API
from ibkr_actors.base.codec import Role
from ibkr_actors.base.session import Session
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.market_orders import MarketOrder
from ibkr_actors.errors import ConfigurationError, IbkrError, InvalidRequest
from ibkr_actors.simulated_gateway import Options, RunningClock, SimulatedGateway
from ibkr_actors.simulated_gateway.accounts.holdings import ConnectedClient
from tests.simulated_gateway.helpers import AAPL

DEADLINE = 10.0
APPLE = Stock("AAPL")


@pytest.fixture
def gateway() -> Iterator[SimulatedGateway]:
    with SimulatedGateway(seed=1) as started:
        yield started


def client_of(gateway: SimulatedGateway, client_id: int = 7) -> IBKR_API:
    return IBKR_API(gateway.host, gateway.port, client_id, timeout=DEADLINE)


@pytest.fixture
def client(gateway) -> Iterator[IBKR_API]:
    with client_of(gateway) as connected:
        yield connected


class TestTheMarket:
    @pytest.mark.parametrize(
        "instrument", ["AAPL", AAPL, Stock("AAPL"), Contract(symbol="AAPL", security_type="STK")]
    )
    def test_trades_at_a_price_that_was_set_however_it_is_named(self, gateway, instrument):
        gateway.market.set_price(instrument, 150)

        quote = gateway.market.quote("AAPL")

        assert (quote.bid, quote.last, quote.ask) == (149.99, 150.0, 150.01)

    def test_forgets_what_was_set_before_when_it_gets_a_price(self, gateway):
        gateway.market.set_price("AAPL", bid=149, ask=151)
        gateway.market.set_price("AAPL", 170)

        assert gateway.market.quote("AAPL").bid == 169.99

    def test_keeps_what_was_set_before_when_it_gets_a_part(self, gateway):
        gateway.market.set_price("AAPL", bid=149, ask=151)
        gateway.market.set_price("AAPL", last=150, bid_size=300, ask_size=400)

        quote = gateway.market.quote("AAPL")

        assert (quote.bid, quote.last, quote.ask, quote.bid_size, quote.ask_size) == (149, 150, 151, 300, 400)

    def test_knows_indices_by_their_symbol_too(self, gateway):
        gateway.market.set_price("SPX", 5000.0)

        assert gateway.market.quote("SPX").last == 5000

    def test_stands_while_an_instrument_is_halted(self, gateway):
        gateway.market.halt("AAPL")
        halted = gateway.market.quote("AAPL").halted
        gateway.market.resume("AAPL")

        assert (halted, gateway.market.quote("AAPL").halted) == (1, 0)

    def test_moves_by_itself_again_once_it_is_released(self, gateway):
        before = gateway.market.quote("AAPL")
        gateway.market.set_price("AAPL", 1.5)
        gateway.market.release("AAPL")

        assert gateway.market.quote("AAPL").last == before.last

    @pytest.mark.parametrize(
        ("instrument", "reason"),
        [
            ("NOSUCH", "NOSUCH: No security definition has been found"),
            (5, "no instrument with the contract id 5"),
            (Contract(symbol="SPY"), "ambiguous"),
        ],
    )
    def test_refuses_instruments_that_nobody_knows_or_that_are_many(self, gateway, instrument, reason):
        for act in (gateway.market.release, gateway.market.quote, gateway.market.halt, gateway.position):
            with pytest.raises(InvalidRequest, match=reason):
                act(instrument)

    @pytest.mark.parametrize(
        ("prices", "reason"),
        [
            (
                {"price": 150.001},
                "set_price of AAPL: last 150.001 is not above zero or not a multiple of the tick",
            ),
            ({"bid": 151, "ask": 150}, "bid 151.0 is not below ask 150.0"),
            ({"price": 150, "last": 150}, "price and last both say"),
            ({}, "nothing to set"),
        ],
    )
    def test_refuses_prices_that_no_market_shows(self, gateway, prices, reason):
        with pytest.raises(InvalidRequest, match=reason):
            gateway.market.set_price("AAPL", **prices)


class TestOrders:
    def test_fill_when_a_step_brings_the_price_and_are_in_the_books(self, gateway, client):
        gateway.market.set_price("AAPL", 155)
        order = client.place_order(LimitOrder("BUY", client.request_contract_data(APPLE), 10, 150.0))
        gateway.step()
        resting = gateway.orders.only
        gateway.market.set_price("AAPL", 149.5)
        gateway.step()
        order.wait_for(["Filled"], timeout=DEADLINE)

        held = gateway.orders[order.order_id]
        (fill,) = gateway.executions
        (position,) = gateway.positions
        assert (resting.status, resting.is_open, resting.remaining) == ("Submitted", True, 10)
        assert (held.status, held.is_open, held.filled, held.commission) == ("Filled", False, 10, 1)
        assert (held.client_id, held.symbol, held.action, held.quantity) == (7, "AAPL", "BUY", 10)
        assert (held.order_type, held.limit_price, held.account) == ("LMT", 150.0, "DU1000001")
        assert fill.execution.price == held.average_fill_price == 149.51
        assert fill.commission.commission_and_fees == 1
        assert (position.account, position.position) == ("DU1000001", 10)
        assert gateway.position("AAPL") == gateway.position(APPLE, "DU1000001") == Decimal(10)
        assert gateway.position("AAPL", "DU9") == gateway.position("IBM") == 0

    def test_are_seen_as_soon_as_they_were_sent(self, gateway, client):
        """Without a step: whoever looks has the gateway serve first what it was sent."""
        for number in range(20):
            client.place_order(LimitOrder("BUY", APPLE, 1, 1.0))
            assert len(gateway.orders) == number + 1

    def test_that_are_looked_at_do_not_change_any_more(self, gateway, client):
        order = client.place_order(LimitOrder("BUY", APPLE, 10, 1.0))
        before = gateway.orders.only
        order.cancel()
        order.wait_for(["Cancelled"], timeout=DEADLINE)
        before.order.limit_price = 99.0

        assert before.status == "Submitted"
        assert gateway.orders.only.limit_price == 1.0

    def test_are_found_by_what_one_knows_of_them(self, gateway, client):
        apple = client.place_order(LimitOrder("BUY", APPLE, 1, 1.0))
        ibm = client.place_order(LimitOrder("BUY", Stock("IBM"), 1, 1.0))
        with client_of(gateway, 8) as other:
            other.place_order(LimitOrder("SELL", APPLE, 1, 9000.0))
            ibm.cancel()
            ibm.wait_for(["Cancelled"], timeout=DEADLINE)
            orders = gateway.orders

        assert [order.symbol for order in orders] == ["AAPL", "IBM", "AAPL"]
        assert [order.action for order in orders.of("AAPL")] == ["BUY", "SELL"]
        assert [order.symbol for order in orders.open] == ["AAPL", "AAPL"]
        assert orders.of_client(8).only.action == "SELL"
        assert orders.of_client(7)[apple.order_id].symbol == "AAPL"
        assert ibm.order_id in orders
        with pytest.raises(
            LookupError, match=r"clients 7, 8 all have an order 1: ask of_client\(client_id\)\[1\]"
        ):
            orders[1]

    def test_that_are_not_there_are_a_clear_error(self, gateway):
        with pytest.raises(LookupError, match="the gateway holds no order 5; its orders: none"):
            gateway.orders[5]
        with pytest.raises(LookupError, match="expected one order, the gateway holds 0"):
            _ = gateway.orders.only

    def test_that_are_refused_say_why(self, client, gateway):
        gateway.market.set_price("AAPL", 150)
        client.place_order(MarketOrder("BUY", APPLE, 10_000_000))

        refused = gateway.orders.only

        assert not refused.is_open
        assert refused.rejection


class TestClients:
    def test_are_known_by_id_and_version_while_they_are_connected(self, gateway):
        assert gateway.clients == ()
        with client_of(gateway, 7):
            assert gateway.clients == (ConnectedClient(7, 226),)
        assert gateway.clients == ()

    def test_are_counted_once_they_have_said_who_they_are(self, gateway):
        with socket.create_connection((gateway.host, gateway.port)) as silent:
            silent.sendall(Session(Role.CLIENT).output())
            assert silent.recv(100)

            assert gateway.clients == ()

    def test_speak_no_newer_version_than_the_gateway(self):
        with SimulatedGateway(server_version=178) as gateway, client_of(gateway, 3):
            assert gateway.clients == (ConnectedClient(3, 178),)


class TestTime:
    def test_stands_still_between_steps(self):
        with SimulatedGateway(start=datetime(2026, 11, 27, 14, 25, tzinfo=UTC)) as gateway:
            gateway.step(90)
            gateway.step()

            assert gateway.now() == datetime(2026, 11, 27, 14, 26, 31, tzinfo=UTC)

    def test_runs_by_itself_with_a_clock_that_runs(self):
        with SimulatedGateway(clock=RunningClock()) as gateway, client_of(gateway) as client:
            client.place_order(LimitOrder("BUY", APPLE, 1, 1.0))

            assert gateway.orders.only.symbol == "AAPL"
            with pytest.raises(ValueError, match="this gateway's clock runs by itself"):
                gateway.step()

    def test_has_one_beginning(self):
        with pytest.raises(ValueError, match="start is when a stepped clock begins"):
            SimulatedGateway(start=datetime(2026, 11, 27), clock=RunningClock())  # noqa: DTZ001  # New York's


class TestFaults:
    def test_come_when_they_are_asked_for_and_end(self, gateway):
        gateway.fault("client-id-busy", client=7, times=2)
        with pytest.raises(IbkrError, match="326"):
            client_of(gateway, 7)
        gateway.end_faults()

        with client_of(gateway, 7):
            assert gateway.clients == (ConnectedClient(7, 226),)

    def test_befall_who_is_connected(self, gateway):
        with client_of(gateway):
            assert len(gateway.clients) == 1
            gateway.fault("socket-drop")
            assert gateway.clients == ()

    def test_that_nobody_knows_are_a_clear_error(self, gateway):
        with pytest.raises(ConfigurationError, match="no-such-fault"):
            gateway.fault("no-such-fault")


class TestSettings:
    def test_go_before_the_options_and_leave_the_others(self):
        options = Options(seed=5, cash=Decimal(10), announces_open_orders=True)

        gateway = SimulatedGateway(options, cash=25_000.5, accounts=["DU1", "DU2"])

        assert gateway.options.seed == 5
        assert gateway.options.announces_open_orders
        assert gateway.options.cash == Decimal("25000.5")
        assert gateway.options.accounts == ("DU1", "DU2")

    def test_need_an_account(self):
        with pytest.raises(ValueError, match="at least one account"):
            SimulatedGateway(accounts=[])

    def test_reach_the_clients(self):
        with SimulatedGateway(accounts=["DU5", "DU6"]) as gateway, client_of(gateway) as client:
            assert client.request_managed_accounts().accounts == ("DU5", "DU6")

    def test_of_a_port_are_kept(self, gateway):
        with pytest.raises(OSError, match="in use"):
            SimulatedGateway(port=gateway.port).start()


def test_a_gateway_that_has_stopped_says_so(gateway):
    gateway.stop()

    with pytest.raises(RuntimeError, match="does not run"):
        _ = gateway.orders
