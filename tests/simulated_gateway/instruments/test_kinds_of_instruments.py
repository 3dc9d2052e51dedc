"""Every type of security through the gateway: its details, its data, its orders, in text and in protobuf."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.contracts import (
    BondContractData,
    ContractData,
    ContractDataEnd,
    ContractDataRequest,
)
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.depth import MarketDepthRequest, RerouteMarketDepth
from ibkr_actors.base.messages.executions import ExecutionDetails
from ibkr_actors.base.messages.history import HistoricalData, HistoricalDataRequest, RealTimeBarsRequest
from ibkr_actors.base.messages.market_data import (
    MarketDataRequest,
    RerouteMarketData,
    TickPrice,
)
from ibkr_actors.base.messages.options import OptionChain, OptionChainsRequest
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.messages.tick_by_tick import TickByTickRequest
from ibkr_actors.classes.contracts.bond import Bond
from ibkr_actors.classes.contracts.cfd import CFD
from ibkr_actors.classes.contracts.commodity import Commodity
from ibkr_actors.classes.contracts.contract import ComboLeg, Contract
from ibkr_actors.classes.contracts.contract_details import ContractDetails
from ibkr_actors.classes.contracts.crypto import Crypto
from ibkr_actors.classes.contracts.forex import Forex
from ibkr_actors.classes.contracts.fund import Fund
from ibkr_actors.classes.contracts.future import ContinuousFuture, Future
from ibkr_actors.classes.contracts.option import FuturesOption, Option
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue
from ibkr_actors.simulated_gateway.refusals import Refusal
from ibkr_actors.wire.tags import TagValue
from tests.simulated_gateway.helpers import ACCOUNT, Desk, Wire, codes, limit, only, order

ES_FRONT = 515416632
VERSIONS = (200, 226)
GOLDEN = Path(__file__).parents[2] / "golden" / "text_200.toml"


@pytest.fixture(params=VERSIONS)
def wire(request: pytest.FixtureRequest) -> Wire:
    return Wire(Desk(), request.param)


def ask(wire: Wire, contract: Contract) -> list[Message]:
    return wire.ask(ContractDataRequest(contract=contract, request_id=7))


def details_of(wire: Wire, contract: Contract) -> tuple[Contract, ContractDetails]:
    """What the one contract that fits is, and its details; the end has to follow."""
    told, end = ask(wire, contract)
    assert isinstance(told, ContractData | BondContractData)
    assert isinstance(end, ContractDataEnd)
    return told.contract, told.details


class TestDetails:
    def test_a_stock_in_euros_has_its_exchange_and_zone(self, wire):
        contract, details = details_of(wire, Stock("SAP", "SMART", "EUR"))

        assert (contract.primary_exchange, contract.trading_class) == ("IBIS", "XETRA")
        assert (details.time_zone_id, details.price_magnifier) == ("MET", 1)
        assert details.trading_hours_text.startswith("20261123:0900-20261123:1730;")

    def test_a_stock_in_pence_tells_so_and_its_tick_in_pounds(self, wire):
        _, details = details_of(wire, Stock("VOD", "SMART", "GBP"))

        assert (details.price_magnifier, details.minimum_tick) == (100, pytest.approx(0.0002))
        assert details.in_currency(93.0) == pytest.approx(0.93)
        assert details.time_zone_id == "GB-Eire"

    def test_the_same_symbol_in_two_currencies_is_ambiguous_until_one_is_named(self, wire):
        told = only(ContractData, ask(wire, Contract(symbol="SAP", security_type="STK")))
        assert {each.contract.currency for each in told} == {"EUR", "USD"}

        refused = wire.ask(MarketDataRequest(Contract(symbol="SAP", security_type="STK"), request_id=9))
        assert codes(refused) == [200]
        assert "ambiguous" in only(Notice, refused)[0].text

    def test_a_bond_is_told_by_the_message_of_bonds(self, wire):
        told = ask(wire, Bond("912810SX7"))[0]

        assert isinstance(told, BondContractData)
        assert (told.contract.symbol, told.contract.security_type, told.details.cusip) == (
            *("US-T", "BOND", "912810SX7"),
        )
        assert (told.details.coupon, told.details.issue_date) == (2.375, "20210517")
        assert told.contract.last_trade_date_or_contract_month == "20510515"
        assert told.details.minimum_tick == 0.015625

    def test_a_bond_is_found_by_its_cusip_and_by_its_issuer(self, wire):
        by_id = Contract(security_type="BOND", security_id_type="CUSIP", security_id="912810RB6")
        of_issuer = Contract(security_type="BOND", issuer_id="e1359670")

        assert only(BondContractData, ask(wire, by_id))[0].details.coupon == 2.875
        assert len(only(BondContractData, ask(wire, of_issuer))) == 2
        assert len(only(BondContractData, ask(wire, Contract(symbol="US-T", security_type="BOND")))) == 2

    def test_a_bond_of_a_company_is_told_as_recorded(self, wire):
        """Recorded from a real gateway, server version 225, on 24 August 2026."""
        contract, details = details_of(wire, Bond("037833AL4"))

        assert (contract.contract_id, contract.trading_class) == (127128131, "AAPL")
        assert (details.minimum_tick, details.market_rule_ids_text) == (0.0001, "1386")
        assert (details.aggregation_group, details.valid_exchanges_text) == (7, "SMART")
        assert details.order_types_text.startswith("ACTIVETIM,AD,ADJUST,ALERT,ALLOC,AON,AVGCOST,")
        assert details.order_types_text.endswith(",PAON,RFQ,SCALE,SCALERST,WHATIF")
        assert details.security_ids == (TagValue("CUSIP", "037833AL4"), TagValue("ISIN", "US037833AL42"))
        assert details.description_append == "AAPL 3.85 05/04/43"
        assert details.trading_hours_text.startswith("20261122:2000-20261123:1700;")

    def test_details_of_options_tell_the_time_of_the_last_trade(self, wire):
        """As recorded on 28 August 2026: 20260831 16:00:00 US/Eastern."""
        stock_option, _ = details_of(wire, Option("AAPL", "20261218", 270, "C"))
        futures_option, _ = details_of(wire, FuturesOption("CL", "20261216", 61, "C", "NYMEX"))

        assert stock_option.last_trade_date_or_contract_month == "20261218 16:00:00 US/Eastern"
        assert stock_option.last_trade_date == "20261218"
        assert futures_option.last_trade_date_or_contract_month == "20261216 17:00:00 US/Eastern"

    def test_a_fund_is_told_as_recorded(self, wire):
        """Recorded from a real gateway, server version 200, on 15 April 2026."""
        contract, details = details_of(wire, Fund("VTSAX"))

        assert (contract.contract_id, contract.local_symbol, contract.trading_class) == (
            *(48013650, "922908728", "922908728"),
        )
        assert details.market_name == "VTSAX"
        assert details.long_name == "Vanguard Total Stock Market Index Fund A (Vanguard)"
        assert (details.order_types_text, details.valid_exchanges_text) == (
            *("AD,ALERT,ALLOC,BASKET,DAY,DEACT,DEACTDIS,FUNDSWAP,MKT,NONALGO,WHATIF", "FUNDSERV"),
        )
        assert (details.security_ids, details.market_rule_ids_text) == (
            *((TagValue("ISIN", "US9229087286"),), "2963"),
        )
        assert (details.minimum_size, details.size_increment, details.suggested_size_increment) == (
            *(Decimal("0.001"), Decimal("0.001"), Decimal(1)),
        )
        assert (details.fund_name, details.fund_family, details.fund_management_fee) == (
            *("Vanguard Total Stock Market Index Fund A", "Vanguard", "0.04"),
        )
        assert (details.fund_minimum_initial_purchase, details.fund_blue_sky_states) == ("3000", "All")
        assert details.trading_hours_text.startswith("20261123:1559-20261123:2200;")

    def test_the_frame_of_a_fund_is_the_recorded_one_byte_by_byte(self):
        """On the day of the recording; only the id of the request is another one."""
        catalogue = Catalogue(date(2026, 4, 15))
        now = datetime(2026, 4, 15, 15, 3, tzinfo=UTC).timestamp()
        fund = catalogue.identify(Fund("VTSAX"))
        told = ContractData(11, fund.described_contract("FUNDSERV"), fund.details(now))
        (recorded,) = (
            frame["text"]
            for frame in tomllib.loads(GOLDEN.read_text())["frame"]
            if "VTSAX" in frame.get("text", "")
        )

        written = codec_for(Role.GATEWAY, 200).encode(told)[4:].decode().replace("\0", "|")

        assert written == recorded

    def test_a_cryptocurrency_trades_every_day_in_small_fractions(self, wire):
        contract, details = details_of(wire, Crypto("BTC"))

        assert (contract.contract_id, contract.exchange, contract.local_symbol) == (
            *(479624278, "PAXOS", "BTC.USD"),
        )
        assert (contract.trading_class, details.minimum_tick) == ("BTC", 0.25)
        assert details.order_types_text.startswith("AD,ADJUST,ALERT,ALLOC,BASKET,BENCHPX,CASHQTY,COND,")
        assert details.market_rule_ids_text == "2806"
        assert details.minimum_size == Decimal("0.00000001")
        assert "CLOSED" not in details.trading_hours_text

    def test_a_metal_and_a_currency_pair_are_found_by_their_usual_names(self, wire):
        assert details_of(wire, Commodity("XAUUSD"))[0].contract_id == 69067924
        assert details_of(wire, Commodity("XAUUSD", "IBCMDTY"))[1].valid_exchanges_text == "SMART"
        assert details_of(wire, Forex("EURUSD"))[0].contract_id == 12087792

    def test_a_cfd_names_its_underlying(self, wire):
        contract, details = details_of(wire, CFD("AAPL"))

        assert (contract.contract_id, contract.exchange) == (120549942, "SMART")
        assert (contract.local_symbol, contract.trading_class) == ("AAPLn", "AAPL")
        assert (details.valid_exchanges_text, details.aggregation_group) == ("SMART,OVERNIGHT", 20)
        assert (details.underlying_contract_id, details.underlying_symbol) == (265598, "AAPL")
        assert details.underlying_security_type == "STK"

    def test_a_futures_option_names_its_future(self, wire):
        contract, details = details_of(wire, FuturesOption("ES", "20261218", 6900, "C", "CME"))

        assert (contract.local_symbol, contract.multiplier, contract.strike) == ("ESZ6 C6900", "50", 6900.0)
        assert (details.underlying_contract_id, details.underlying_symbol) == (ES_FRONT, "ESZ6")
        assert (details.underlying_security_type, details.contract_month) == ("FUT", "202612")

    def test_a_continuous_future_is_the_front_one_by_its_id(self, wire):
        contract, _ = details_of(wire, ContinuousFuture("ES", "CME"))

        assert (contract.security_type, contract.contract_id) == ("CONTFUT", ES_FRONT)
        assert contract.local_symbol == "ESZ6"

    def test_futures_can_be_asked_for_together_with_the_continuous_one(self, wire):
        both = Contract(symbol="ES", security_type="FUT+CONTFUT", exchange="CME")

        types = [each.contract.security_type for each in only(ContractData, ask(wire, both))]

        assert types == ["FUT", "FUT", "FUT", "FUT", "CONTFUT"]

    def test_an_expired_future_is_found_when_expired_ones_are_asked_for(self, wire):
        expired = Contract(symbol="ES", security_type="FUT", exchange="CME")
        expired.last_trade_date_or_contract_month = "202609"

        assert codes(ask(wire, expired)) == [200]
        expired.include_expired = True
        assert details_of(wire, expired)[0].contract_id == 649180671

    @pytest.mark.parametrize(
        "unknown",
        [
            Bond("000000000"),
            Fund("NOSUCH"),
            Crypto("BTC", exchange="ZEROHASH"),
            CFD("TSLA"),
            Commodity("XPTUSD"),
            Future("ES", "203012", "CME"),
            ContinuousFuture("NOSUCH", "CME"),
            FuturesOption("ES", "20261218", 1, "C", "CME"),
            Option("AAPL", "20261127", 3, "C"),
            Stock("SAP", "SMART", "GBP"),
            Forex("EURXXX"),
        ],
    )
    def test_what_nothing_fits_is_refused_and_has_no_end(self, wire, unknown):
        told = ask(wire, unknown)

        assert [type(message).__name__ for message in told] == ["Notice"]
        assert codes(told) == [200]

    def test_a_partial_description_of_each_chain_gives_all_that_fit(self, wire):
        puts = Contract(symbol="ES", security_type="FOP", exchange="CME", right="P")
        puts.last_trade_date_or_contract_month = "20261218"

        told = only(ContractData, ask(wire, puts))

        assert len(told) == 25
        assert {each.contract.right for each in told} == {"P"}


class TestChains:
    @pytest.mark.parametrize(
        ("symbol", "contract_id", "security_type", "trading_class"),
        [
            ("AAPL", 265598, "STK", "AAPL"),
            ("SPX", 416904, "IND", "SPX"),
            ("ES", ES_FRONT, "FUT", "ES"),
        ],
    )
    def test_a_chain_names_contracts_that_exist(
        self, wire, symbol, contract_id, security_type, trading_class
    ):
        request = OptionChainsRequest(
            underlying_symbol=symbol,
            underlying_security_type=security_type,
            underlying_contract_id=contract_id,
            request_id=9,
        )

        chain = only(OptionChain, wire.ask(request))[0]

        kind = "FOP" if security_type == "FUT" else "OPT"
        option = Contract(symbol=symbol, security_type=kind, exchange=chain.exchange, right="C")
        option.trading_class, option.strike = chain.trading_class, chain.strikes[len(chain.strikes) // 2]
        option.last_trade_date_or_contract_month = chain.expirations[0]
        assert chain.trading_class == trading_class
        assert details_of(wire, option)[1].underlying_contract_id == contract_id


class TestData:
    @pytest.mark.parametrize(
        ("cfd", "rerouted"),
        [
            (CFD("AAPL"), RerouteMarketData(3, 265598, "SMART")),
            (CFD("EUR", currency="USD"), RerouteMarketData(3, 12087792, "IDEALPRO")),
        ],
    )
    def test_the_data_of_a_cfd_are_elsewhere_and_no_tick_comes(self, wire, cfd, rerouted):
        assert wire.ask(MarketDataRequest(cfd, request_id=3)) == [rerouted]
        assert wire.step(5.0) == []

    def test_so_is_its_book(self, wire):
        asked = MarketDepthRequest(contract=CFD("AAPL"), number_of_rows=5, request_id=4)

        assert wire.ask(asked) == [RerouteMarketDepth(4, 265598, "SMART")]

    def test_the_id_of_a_rerouted_request_is_free_again(self, wire):
        wire.ask(MarketDataRequest(CFD("AAPL"), request_id=3))

        assert only(TickPrice, wire.ask(MarketDataRequest(Stock("AAPL"), request_id=3)))

    def test_a_cfd_on_an_index_has_data_of_its_own(self, wire):
        ticks = only(TickPrice, wire.ask(MarketDataRequest(CFD("IBUS500"), request_id=3)))

        assert {tick.tick_type for tick in ticks} >= {1, 2}

    def test_a_cfd_follows_the_price_of_what_it_is_on(self):
        desk = Desk()
        desk.quote(150.0, 150.02)

        quote = desk.gateway.market.quote(120549942)

        assert (quote.bid, quote.ask) == pytest.approx((150.0, 150.0), abs=0.02)

    def test_a_continuous_future_has_history_up_to_now_and_nothing_else(self, wire):
        def bars(contract: Contract, end: str = "") -> list[Message]:
            return wire.ask(
                HistoricalDataRequest(contract, request_id=8, end=end, duration="2 D", bar_size="1 hour")
            )

        front = Contract(contract_id=ES_FRONT, exchange="CME")
        continuous = ContinuousFuture("ES", "CME")
        assert only(HistoricalData, bars(continuous))[0].bars == only(HistoricalData, bars(front))[0].bars
        assert codes(bars(continuous, "20261120-20:00:00")) == [10339]
        assert codes(wire.ask(MarketDataRequest(continuous, request_id=3))) == [321]
        assert codes(wire.ask(RealTimeBarsRequest(continuous, request_id=4))) == [321]
        assert codes(wire.ask(TickByTickRequest(continuous, tick_type="Last", request_id=5))) == [10189]
        assert codes(wire.ask(PlaceOrderRequest(1, continuous, order("BUY", 1)))) == [412]

    def test_bars_of_a_cryptocurrency_are_asked_for_by_another_name(self, wire):
        def bars(kind: str) -> list[Message]:
            return wire.ask(
                HistoricalDataRequest(Crypto("BTC"), request_id=8, what_to_show=kind, bar_size="1 hour")
            )

        assert codes(bars("TRADES")) == [10299]
        assert only(HistoricalData, bars("AGGTRADES"))[0].bars

    @pytest.mark.parametrize("contract", [Commodity("XAUUSD"), Fund("VTSAX"), CFD("AAPL"), Forex("EURUSD")])
    def test_what_is_only_quoted_has_no_bars_of_trades(self, wire, contract):
        def bars(kind: str) -> list[Message]:
            return wire.ask(
                HistoricalDataRequest(contract, request_id=8, what_to_show=kind, bar_size="1 hour")
            )

        assert codes(bars("TRADES")) == [162]
        assert only(HistoricalData, bars("MIDPOINT"))[0].bars


class TestOrders:
    def test_a_stock_in_pence_is_bought_with_pounds(self):
        desk = Desk()
        client, stock = desk.connect(), Stock("VOD", "SMART", "GBP")
        (vodafone,) = desk.gateway.catalogue.find(stock)
        desk.gateway.market.set_quote(vodafone.contract_id, bid=92.98, ask=93.0, last=92.98, ask_size=1e6)

        desk.place(client, 1, order("BUY", 1_000), stock)

        ledger = desk.gateway.accounts[ACCOUNT]
        holding = ledger.holdings[vodafone.contract_id]
        assert holding.cost - holding.fees == Decimal("930.00")
        assert ledger.cash["GBP"] == -holding.cost
        assert desk.gateway.accounts.value(ACCOUNT).holdings[vodafone.contract_id].value == Decimal("929.80")

    def test_a_bond_costs_its_percent_of_the_face_value(self):
        desk = Desk()
        client = desk.connect()
        (bond,) = desk.gateway.catalogue.find(Bond("912810SX7"))
        desk.gateway.market.set_quote(bond.contract_id, bid=63.0, ask=63.5, bid_size=100, ask_size=100)

        desk.place(client, 1, order("BUY", 2), Contract(contract_id=bond.contract_id, exchange="SMART"))

        holding = desk.gateway.accounts[ACCOUNT].holdings[bond.contract_id]
        assert holding.cost - holding.fees == Decimal("1270.0")

    def test_an_amount_of_money_buys_as_many_coins_as_it_pays_for(self):
        desk = Desk()
        client, btc = desk.connect(), 479624278
        desk.gateway.market.set_quote(btc, bid=79_999.75, ask=80_000.0, bid_size=9, ask_size=9)

        told = desk.place(client, 1, order("BUY", 0, cash_quantity=1_000.0), Crypto("BTC"))

        assert only(ExecutionDetails, told)[0].execution.shares == Decimal("0.0125")

    def test_a_limit_tells_how_many(self):
        desk = Desk()
        client, btc = desk.connect(), 479624278
        desk.gateway.market.set_quote(btc, bid=79_999.75, ask=80_000.0)

        desk.place(client, 1, limit("BUY", 0, 50_000.0, cash_quantity=1_000.0), Crypto("BTC"))

        assert desk.gateway.exchange.book.open_orders()[0].total == Decimal("0.02")

    @pytest.mark.parametrize(
        ("contract", "quantity", "code"),
        [
            (Crypto("BTC"), "0.000000001", 10243),
            (Fund("VTSAX"), "0.0005", 10243),
            (FuturesOption("ES", "20261218", 6900, "C", "CME"), "0.5", 10243),
        ],
    )
    def test_fractions_that_an_instrument_does_not_have_are_refused(self, contract, quantity, code):
        desk = Desk()

        assert codes(desk.place(desk.connect(), 1, order("BUY", Decimal(quantity)), contract)) == [code]

    def test_stocks_take_no_amounts_of_money(self):
        desk = Desk()
        wanted = Order(action="BUY", order_type="MKT", cash_quantity=100.0, time_in_force="DAY")

        assert codes(desk.place(desk.connect(), 1, wanted)) == [10244]


class TestCombinations:
    def test_legs_are_found_by_their_ids(self):
        catalogue = Desk().gateway.catalogue
        spread = Contract(symbol="ES", security_type="BAG", exchange="CME", currency="USD")
        later = catalogue.find(Future("ES", "202703", "CME"))[0]
        spread.combo_legs = (
            ComboLeg(contract_id=ES_FRONT, ratio=1, action="BUY", exchange="CME"),
            ComboLeg(contract_id=later.contract_id, ratio=1, action="SELL", exchange="CME"),
        )

        assert [leg.instrument.local_symbol for leg in catalogue.legs(spread)] == ["ESZ6", "ESH7"]

    @pytest.mark.parametrize("legs", [(), (ComboLeg(contract_id=1, ratio=1, action="BUY"),)])
    def test_a_combination_of_nothing_or_of_the_unknown_is_refused(self, legs):
        spread = Contract(symbol="ES", security_type="BAG", exchange="CME")
        spread.combo_legs = legs

        with pytest.raises(Refusal, match="200"):
            Desk().gateway.catalogue.legs(spread)
