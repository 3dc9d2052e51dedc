"""Searches, market rules, exchanges, option chains, the login and display groups: what is told, and what refused."""

from __future__ import annotations

import pytest

from ibkr_actors.base.messages.connection import (
    CurrentTimeInMilliseconds,
    CurrentTimeInMillisecondsRequest,
    Notice,
    SetServerLogLevelRequest,
    UserInfo,
    UserInfoRequest,
)
from ibkr_actors.base.messages.declaration import Message, Request
from ibkr_actors.base.messages.depth import MarketDepthExchanges, MarketDepthExchangesRequest
from ibkr_actors.base.messages.display_groups import (
    DisplayGroupList,
    DisplayGroupUpdated,
    QueryDisplayGroupsRequest,
    SubscribeToGroupEventsRequest,
    UnsubscribeFromGroupEvents,
    UpdateDisplayGroupRequest,
)
from ibkr_actors.base.messages.financial_advisors import (
    FinancialAdvisorRequest,
    ReplaceFinancialAdvisorRequest,
)
from ibkr_actors.base.messages.market_data import MarketDataRequest, TickRequestParameters
from ibkr_actors.base.messages.options import OptionChain, OptionChainsEnd, OptionChainsRequest
from ibkr_actors.base.messages.reference_data import (
    FamilyCodes,
    FamilyCodesRequest,
    MarketRule,
    MarketRuleRequest,
    MatchingSymbolsRequest,
    SmartComponents,
    SmartComponentsRequest,
    SoftDollarTiers,
    SoftDollarTiersRequest,
    SymbolSamples,
)
from ibkr_actors.classes.contracts.contract_description import ContractDescription
from ibkr_actors.classes.family_code import FamilyCode
from ibkr_actors.classes.market_depth import DepthExchange
from ibkr_actors.classes.price_increment import PriceIncrement
from tests.simulated_gateway.helpers import AAPL, NOW, Desk, Wire, apple, names, only

IBM, BOEING = 8314, 4762


@pytest.fixture(params=[157, 200, 226])
def wire(request: pytest.FixtureRequest) -> Wire:
    """A client of an old version, of the last one in text, of the newest."""
    return Wire(Desk(), request.param)


def answer(wire: Wire, request: Request) -> Message:
    """The one message that answers."""
    (message,) = wire.ask(request)
    return message


def refusal(wire: Wire, request: Request) -> tuple[int, int]:
    """Request id and code of the error that answers."""
    notice = answer(wire, request)
    assert isinstance(notice, Notice)
    return notice.request_id, notice.code


def search(wire: Wire, pattern: str) -> tuple[ContractDescription, ...]:
    """What a search finds."""
    samples = answer(wire, MatchingSymbolsRequest(pattern=pattern, request_id=5))
    assert isinstance(samples, SymbolSamples)
    assert samples.request_id == 5
    return samples.contract_descriptions


def symbols(wire: Wire, pattern: str) -> list[str]:
    """The symbols that a search finds."""
    return [found.contract.symbol for found in search(wire, pattern)]


class TestSearch:
    def test_a_symbol_is_found_with_its_listing_and_the_derivatives_on_it(self, wire: Wire) -> None:
        found = search(wire, "aapl")[0]

        assert (found.contract.contract_id, found.contract.symbol) == (AAPL, "AAPL")
        assert (found.contract.security_type, found.contract.currency) == ("STK", "USD")
        assert found.contract.primary_exchange == "NASDAQ"
        assert found.derivative_security_types == ("CFD", "OPT")

    def test_the_symbol_itself_comes_before_symbols_that_begin_so_and_those_before_names(
        self, wire: Wire
    ) -> None:
        assert symbols(wire, "V") == ["V", "VZ", "VOD", "VIX", "VTSAX"]
        assert symbols(wire, "B")[:4] == ["BA", "BAC", "BTC", "IBM"]
        assert symbols(wire, "visa") == ["V"]
        assert symbols(wire, "business mach") == ["IBM"]

    def test_no_more_than_sixteen_are_told(self, wire: Wire) -> None:
        assert len(search(wire, "C")) == 16

    @pytest.mark.parametrize("pattern", ["", "ZZZZ", "PPLE"])
    def test_nothing_found_is_an_empty_answer(self, wire: Wire, pattern: str) -> None:
        assert search(wire, pattern) == ()


class TestMarketRules:
    def test_a_rule_has_the_tick_of_its_instruments(self, wire: Wire) -> None:
        assert answer(wire, MarketRuleRequest(26)) == MarketRule(26, (PriceIncrement(0.0, 0.01),))
        assert answer(wire, MarketRuleRequest(67)) == MarketRule(67, (PriceIncrement(0.0, 0.25),))

    def test_the_yen_has_a_step_of_its_own_in_the_rule_of_currencies(self, wire: Wire) -> None:
        increments = (PriceIncrement(0.0, 0.00005), PriceIncrement(100.0, 0.005))

        assert answer(wire, MarketRuleRequest(59)) == MarketRule(59, increments)

    def test_at_its_price_every_instrument_has_its_own_tick(self, wire: Wire) -> None:
        for instrument in wire.desk.gateway.catalogue:
            if not instrument.right:
                rule = answer(wire, MarketRuleRequest(instrument.venue.market_rule))
                assert isinstance(rule, MarketRule)
                assert rule.increment_at(instrument.price) == instrument.minimum_tick

    def test_an_unknown_rule_is_refused(self, wire: Wire) -> None:
        assert refusal(wire, MarketRuleRequest(4711)) == (-1, 321)


class TestExchanges:
    def test_the_code_of_a_stream_leads_to_the_exchanges_behind_its_quote(self, wire: Wire) -> None:
        told = wire.ask(MarketDataRequest(apple(), request_id=1))
        code = only(TickRequestParameters, told)[0].bbo_exchange

        components = answer(wire, SmartComponentsRequest(bbo_exchange=code, request_id=2))

        assert isinstance(components, SmartComponents)
        assert components.request_id == 2
        exchanges = [component.exchange for component in components.smart_components]
        assert "NASDAQ" in exchanges
        assert "SMART" not in exchanges
        for field in ("bit_number", "exchange", "exchange_letter"):
            values = {getattr(component, field) for component in components.smart_components}
            assert len(values) == len(exchanges)

    def test_another_code_is_refused(self, wire: Wire) -> None:
        assert refusal(wire, SmartComponentsRequest(bbo_exchange="abc", request_id=2)) == (2, 321)

    def test_books_are_shown_by_the_exchanges_of_what_is_traded_each_once(self, wire: Wire) -> None:
        told = answer(wire, MarketDepthExchangesRequest())

        assert isinstance(told, MarketDepthExchanges)
        assert DepthExchange("NASDAQ", "STK", "", "Deep2", 1) in told.exchanges
        assert DepthExchange("CME", "FUT", "", "Deep", None) in told.exchanges
        assert len(set(told.exchanges)) == len(told.exchanges)
        assert {row.security_type for row in told.exchanges} == {
            *("STK", "OPT", "FUT", "FOP", "CASH", "CRYPTO"),
        }


def chains_of(contract_id: int, symbol: str = "AAPL", exchange: str = "") -> OptionChainsRequest:
    """A request for the chains of a stock."""
    return OptionChainsRequest(
        underlying_symbol=symbol,
        futures_option_exchange=exchange,
        underlying_security_type="STK",
        underlying_contract_id=contract_id,
        request_id=9,
    )


class TestOptionChains:
    def test_each_exchange_has_a_chain_and_then_the_end_comes(self, wire: Wire) -> None:
        *chains, end = wire.ask(chains_of(AAPL))

        options = wire.desk.gateway.catalogue.options_on(AAPL)
        assert end == OptionChainsEnd(9)
        assert len(only(OptionChain, chains)) == len(chains)
        assert (
            tuple(chain.exchange for chain in only(OptionChain, chains)) == options[0].venue.valid_exchanges
        )
        for chain in only(OptionChain, chains):
            assert (chain.request_id, chain.underlying_contract_id) == (9, AAPL)
            assert (chain.trading_class, chain.multiplier) == ("AAPL", "100")
            assert chain.expirations == tuple(sorted({option.expiry for option in options}))
            assert chain.strikes == tuple(sorted({option.strike for option in options}))

    def test_one_exchange_can_be_asked_for(self, wire: Wire) -> None:
        assert names(wire.ask(chains_of(AAPL, exchange="CBOE"))) == ["OptionChain", "OptionChainsEnd"]

    def test_an_underlying_without_options_has_only_the_end(self, wire: Wire) -> None:
        assert wire.ask(chains_of(BOEING, "BA")) == [OptionChainsEnd(9)]

    def test_what_is_unknown_or_contradicts_itself_has_no_definition(self, wire: Wire) -> None:
        assert refusal(wire, chains_of(123)) == (9, 200)
        assert refusal(wire, chains_of(IBM, "AAPL")) == (9, 200)

    def test_a_contract_id_is_needed(self, wire: Wire) -> None:
        assert refusal(wire, chains_of(0)) == (9, 321)


class TestLogin:
    def test_a_plain_login_has_no_tiers(self, wire: Wire) -> None:
        assert answer(wire, SoftDollarTiersRequest(request_id=4)) == SoftDollarTiers(4)

    def test_a_plain_login_has_no_family(self, wire: Wire) -> None:
        assert answer(wire, FamilyCodesRequest()) == FamilyCodes((FamilyCode("*", ""),))

    @pytest.mark.parametrize("version", [167, 200, 226])
    def test_a_plain_login_is_no_other_brokers_customer(self, version: int) -> None:
        assert answer(Wire(Desk(), version), UserInfoRequest(request_id=4)) == UserInfo(4, "")

    def test_a_plain_login_may_not_read_an_advisors_configuration(self, wire: Wire) -> None:
        assert refusal(wire, FinancialAdvisorRequest()) == (-1, 321)

    def test_a_plain_login_may_not_replace_an_advisors_configuration(self, wire: Wire) -> None:
        replacement = ReplaceFinancialAdvisorRequest(xml="<ListOfGroups/>", request_id=4)

        assert refusal(wire, replacement) == (4, 321)

    @pytest.mark.parametrize("version", [197, 200, 226])
    def test_the_clock_is_told_in_milliseconds(self, version: int) -> None:
        desk = Desk()
        wire = Wire(desk, version)
        desk.now += 0.25

        told = answer(wire, CurrentTimeInMillisecondsRequest())

        assert told == CurrentTimeInMilliseconds(int(NOW * 1000) + 250)

    def test_a_log_level_from_one_to_five_is_taken_in_silence(self, wire: Wire) -> None:
        assert [wire.ask(SetServerLogLevelRequest(level)) for level in range(1, 6)] == [[]] * 5

    @pytest.mark.parametrize("level", [-1, 0, 6])
    def test_another_log_level_is_refused(self, wire: Wire, level: int) -> None:
        assert refusal(wire, SetServerLogLevelRequest(level)) == (-1, 319)


class TestDisplayGroups:
    def test_there_are_seven(self, wire: Wire) -> None:
        assert answer(wire, QueryDisplayGroupsRequest(request_id=3)) == DisplayGroupList(3, "1|2|3|4|5|6|7")

    def test_a_subscription_is_told_what_the_group_shows_at_once_and_at_each_change(self, wire: Wire) -> None:
        first = wire.ask(SubscribeToGroupEventsRequest(group_id=2, request_id=3))
        second = wire.ask(UpdateDisplayGroupRequest(3, "8314@SMART"))
        other = wire.ask(SubscribeToGroupEventsRequest(group_id=2, request_id=4))

        assert first == [DisplayGroupUpdated(3, "none")]
        assert second == [DisplayGroupUpdated(3, "8314@SMART")]
        assert other == [DisplayGroupUpdated(4, "8314@SMART")]

    def test_a_change_reaches_the_followers_of_its_group_alone_whoever_made_it(self, wire: Wire) -> None:
        other = Wire(wire.desk, 200, client_id=2)
        wire.ask(SubscribeToGroupEventsRequest(group_id=2, request_id=3))
        wire.ask(SubscribeToGroupEventsRequest(group_id=5, request_id=4))
        other.ask(SubscribeToGroupEventsRequest(group_id=2, request_id=8))

        other.ask(UpdateDisplayGroupRequest(8, "combo"))

        assert wire.step() == [DisplayGroupUpdated(3, "combo")]

    def test_who_has_unsubscribed_hears_no_more(self, wire: Wire) -> None:
        wire.ask(SubscribeToGroupEventsRequest(group_id=2, request_id=3))
        wire.ask(SubscribeToGroupEventsRequest(group_id=2, request_id=4))

        assert wire.ask(UnsubscribeFromGroupEvents(3)) == []
        assert wire.ask(UpdateDisplayGroupRequest(4, "8314@SMART")) == [DisplayGroupUpdated(4, "8314@SMART")]

    def test_who_has_left_is_forgotten(self, wire: Wire) -> None:
        wire.ask(SubscribeToGroupEventsRequest(group_id=2, request_id=3))
        wire.desk.gateway.disconnect(wire.client)
        other = Wire(wire.desk, 200, client_id=2)
        other.ask(SubscribeToGroupEventsRequest(group_id=2, request_id=8))

        assert other.ask(UpdateDisplayGroupRequest(8, "combo")) == [DisplayGroupUpdated(8, "combo")]
        assert wire.client.take_outbox() == []

    @pytest.mark.parametrize("group", [0, 8])
    def test_another_group_is_refused(self, wire: Wire, group: int) -> None:
        assert refusal(wire, SubscribeToGroupEventsRequest(group_id=group, request_id=3)) == (3, 321)

    def test_an_id_in_use_is_refused(self, wire: Wire) -> None:
        request = SubscribeToGroupEventsRequest(group_id=1, request_id=3)
        wire.ask(request)

        assert refusal(wire, request) == (3, 102)

    def test_only_who_follows_a_group_changes_it(self, wire: Wire) -> None:
        assert refusal(wire, UpdateDisplayGroupRequest(3, "combo")) == (3, 300)

    def test_what_is_no_contract_is_not_shown(self, wire: Wire) -> None:
        wire.ask(SubscribeToGroupEventsRequest(group_id=1, request_id=3))

        assert refusal(wire, UpdateDisplayGroupRequest(3, "IBM")) == (3, 321)
