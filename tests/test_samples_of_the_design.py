"""The samples of the design, word for word, with a bridge that answers what the simulated gateway does not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.api import IBKR_API
from ibkr_actors.base.messages.contracts import ContractData, ContractDataEnd, ContractDataRequest
from ibkr_actors.base.messages.options import OptionChain, OptionChainsEnd, OptionChainsRequest
from ibkr_actors.base.messages.reference_data import (
    FamilyCodes,
    FamilyCodesRequest,
    MatchingSymbolsRequest,
    SymbolSamples,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.contract_description import ContractDescription
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.enum.historical_data_type import HistoricalDataType as HDT  # noqa: N817  # the sample's name
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.family_code import FamilyCode
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.market_orders import MarketOrder
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.stocks.dow30 import Dow30
from ibkr_actors.simulated_gateway.gateway import Options
from ibkr_actors.simulated_gateway.server import Server
from tests.actors.conftest import _no_thread_left, leaves_threads  # noqa: F401
from tests.actors.scripted_bridge import ScriptedBridge

VERSIONS = (157, 178, 200, 226)
EACH_VERSION = pytest.mark.parametrize("version", VERSIONS)
PATIENCE = 10.0


def details(asked):
    """The bridge's answer to a question for a contract's details."""
    completed = Contract(
        contract_id=8314, symbol=asked.contract.symbol, security_type="STK", exchange="SMART"
    )
    return [ContractData(asked.request_id, completed), ContractDataEnd(asked.request_id)]


@pytest.fixture
def bridge(version):
    with ScriptedBridge(version=version) as bridge:
        yield bridge


@pytest.fixture
def scripted(bridge):
    with IBKR_API(port=bridge.port, timeout=PATIENCE) as ibkr:
        yield ibkr


@pytest.fixture
def simulated(version):
    with (
        Server(Options(seed=3), tick=0.02, server_version=version) as server,
        IBKR_API(server.host, server.port, timeout=PATIENCE) as ibkr,
    ):
        yield ibkr


@EACH_VERSION
class TestTheSamples:
    def test_host_and_port_are_enough(self, version):
        with Server(server_version=version) as server:
            host, port = server.host, server.port

            ibkr = IBKR_API(host, port)

            assert ibkr.is_connected
            ibkr.disconnect()

    def test_an_order_that_brings_its_contract_is_placed(self, simulated):
        ibkr, contract, total_quantity, limit_price = simulated, Stock("BAC"), 100, 1.0
        order_id = ibkr.next_order_id()

        order = LimitOrder(OrderAction.BUY.value, contract, total_quantity, limit_price)
        ibkr.place_order(order_id, order)

        (handle,) = ibkr.orders
        handle.wait_for("Submitted", PATIENCE)
        assert (handle.order_id, handle.contract.symbol) == (order_id, "BAC")

    def test_all_open_orders_are_a_list_of_orders(self, simulated, capsys):
        ibkr = simulated
        ibkr.place_order(LimitOrder("BUY", Stock("BAC"), 100, 1.0)).wait_for("Submitted", PATIENCE)
        found = []

        for open_order in ibkr.request_all_open_orders():
            print(open_order)
            found.append(open_order)

        assert [(type(each), each.order_id, each.contract.symbol) for each in found] == [(Order, 1, "BAC")]
        assert capsys.readouterr().out

    def test_contracts_are_completed_and_their_option_chains_found(self, scripted, bridge):
        ibkr = scripted
        bridge.answers[ContractDataRequest] = details
        bridge.answers[OptionChainsRequest] = lambda asked: [
            OptionChain(
                asked.request_id, "CBOE", 8314, asked.underlying_symbol, "100", ("20261218",), (100.0,)
            ),
            OptionChainsEnd(asked.request_id),
        ]
        for stk in Dow30().stocks()[:5]:
            stk = ibkr.request_contract_data(stk)
            option_chains = ibkr.request_option_chains(stk)

            assert stk.contract_id == 8314
            assert [chain.trading_class for chain in option_chains] == [stk.symbol]
        asked = bridge.sent(OptionChainsRequest)[0]
        assert (asked.underlying_security_type, asked.underlying_contract_id) == ("STK", 8314)

    def test_the_chains_of_a_contract_without_an_id_are_found_too(self, scripted, bridge):
        bridge.answers[ContractDataRequest] = details
        bridge.answers[OptionChainsRequest] = lambda asked: [OptionChainsEnd(asked.request_id)]

        assert scripted.request_option_chains(Stock("IBM")) == []
        assert scripted.request_option_chains("IBM", "", "STK", 8314) == []
        bridge.requests.wait_for(OptionChainsRequest, 2)  # noted once it is answered
        assert [asked.underlying_contract_id for asked in bridge.sent(OptionChainsRequest)] == [8314, 8314]

    def test_family_codes_are_read_by_name(self, scripted, bridge):
        ibkr = scripted
        bridge.answers[FamilyCodesRequest] = lambda _asked: [FamilyCodes((FamilyCode("DU1", "F1"),))]
        found = []

        for code in ibkr.request_family_codes():
            found.append((code["account_id"], code["family_code"]))  # noqa: PERF401  # the sample's loop

        assert found == [("DU1", "F1")]

    def test_matching_symbols_come_with_the_id_of_the_request(self, scripted, bridge):
        ibkr = scripted
        bridge.answers[MatchingSymbolsRequest] = lambda asked: [
            SymbolSamples(asked.request_id, (ContractDescription(Contract(symbol=asked.pattern)),))
        ]

        request_id, contracts = ibkr.request_matching_symbols("TSLA")

        assert request_id == bridge.requests.wait_for(MatchingSymbolsRequest).request_id
        assert [each["contract"].symbol for each in contracts] == ["TSLA"]

    def test_positions_are_read_by_name(self, simulated):
        ibkr = simulated
        ibkr.place_order(MarketOrder("BUY", Stock("IBM"), 10)).wait_for("Filled", PATIENCE)
        found = []

        for data in ibkr.request_positions():
            facts = data["contract"].local_symbol, data["account"], data["position"], data["average_cost"] > 0
            found.append(facts)

        assert found == [("IBM", "DU1000001", Decimal(10), True)]

    def test_bars_of_a_year_are_read_one_by_one(self, simulated):
        ibkr = simulated

        (message_id, request_id, bar_data) = ibkr.request_historical_data(
            Dow30().XOM(), '', "1 Y", "1 day", HDT.TRADES.value, 1, 1, False, [])  # fmt: skip
        found = [(bar.date, bar.close) for bar in bar_data]

        assert (message_id, request_id > 0) == (17, True)
        assert len(found) > 200
        assert all(close > 0 for _date, close in found)
