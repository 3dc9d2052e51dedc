"""Searches, market rules, families, display groups, clocks: what the declarations promise beyond their bytes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ibkr_actors.base.api_calls import ApiCalls, Call
from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.catalog import REPLIES
from ibkr_actors.base.messages.connection import (
    CurrentTimeInMilliseconds,
    CurrentTimeInMillisecondsRequest,
    SetServerLogLevelRequest,
    UserInfoRequest,
)
from ibkr_actors.base.messages.contracts import CancelContractData
from ibkr_actors.base.messages.display_groups import DisplayGroupList, UpdateDisplayGroupRequest
from ibkr_actors.base.messages.financial_advisors import (
    FinancialAdvisorRequest,
    ReplaceFinancialAdvisorRequest,
)
from ibkr_actors.base.messages.reference_data import FamilyCodes, MarketRuleRequest, SymbolSamples
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.contract_description import ContractDescription
from ibkr_actors.classes.enum.financial_advisor_data_type import FinancialAdvisorDataType
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.enum.server_log_level import ServerLogLevel
from ibkr_actors.errors import UnsupportedByServer

APPLE = Contract(
    contract_id=265598, symbol="AAPL", security_type="STK", primary_exchange="NASDAQ", currency="USD"
)


def read(text: str, version: int):
    """The reply of a text frame, as captures print it."""
    return codec_for(Role.CLIENT, version).decode(text.replace("|", "\0").encode())


class TestMatchingSymbols:
    @pytest.mark.parametrize(("version", "tail"), [(175, ""), (176, "APPLE INC||")])
    def test_each_description_has_its_derivatives_and_since_176_its_name(self, version, tail):
        samples = read(
            f"79|5|2|265598|AAPL|STK|NASDAQ|USD|3|CFD|OPT|WAR|{tail}493546048|AAPL|STK|LSEETF|GBP|0|{tail}",
            version,
        )

        first, second = samples.contract_descriptions
        assert first.contract.description == second.contract.description == tail.rstrip("|")
        assert first.derivative_security_types == ("CFD", "OPT", "WAR")
        assert SecurityType.OPTION in first.derivative_security_types
        assert (second.contract.contract_id, second.derivative_security_types) == (493546048, ())

    def test_a_search_that_found_nothing_is_an_answer(self):
        assert read("79|5|0|", 200) == SymbolSamples(5)

    def test_a_description_answers_by_name_too(self):
        description = ContractDescription(APPLE, ("OPT",))

        assert description["contract"].symbol == "AAPL"
        assert description["derivative_security_types"] == ("OPT",)


def test_rows_of_family_codes_answer_by_name():
    (code,) = read("78|1|*||", 200).family_codes

    assert (code["account_id"], code["family_code"]) == ("*", "")
    assert isinstance(read("78|0|", 200), FamilyCodes)


def test_display_groups_are_numbers():
    assert DisplayGroupList(1, "4|1|7").group_ids == (4, 1, 7)
    assert DisplayGroupList(1).group_ids == ()


def test_the_finer_clock_is_an_aware_time():
    clock = CurrentTimeInMilliseconds(1783641780497)

    assert clock.at == datetime(2026, 7, 10, 0, 3, 0, 497000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("request_", "since"),
    [
        (CancelContractData(1), 215),
        (CurrentTimeInMillisecondsRequest(), 197),
        (UserInfoRequest(request_id=1), 167),
    ],
)
def test_an_older_bridge_is_told_by_name_and_version(request_, since):
    assert codec_for(Role.CLIENT, since).encode(request_)
    with pytest.raises(UnsupportedByServer, match=f"needs server version {since} or newer"):
        codec_for(Role.CLIENT, since - 1).encode(request_)


class Asks(ApiCalls):
    """An interface that only keeps what it is asked."""

    def perform(self, request):
        """The request itself."""
        return request


class TestCalls:
    def test_take_the_vendors_parameters_in_its_order(self):
        asks = Asks()

        assert asks.request_market_rule(26) == MarketRuleRequest(26)
        assert asks.request_financial_advisor(3) == FinancialAdvisorRequest(FinancialAdvisorDataType.ALIASES)
        assert asks.replace_financial_advisor(1, "<xml/>") == ReplaceFinancialAdvisorRequest(
            FinancialAdvisorDataType.GROUPS, "<xml/>"
        )
        assert asks.update_display_group(7, "8314@SMART") == UpdateDisplayGroupRequest(7, "8314@SMART")
        assert asks.set_server_log_level(5) == SetServerLogLevelRequest(ServerLogLevel.DETAIL)

    def test_none_has_the_name_of_a_handler(self):
        """An actor that asks and handles in one class would answer a reply with a request."""
        calls = {name for name, call in vars(ApiCalls).items() if isinstance(call, Call)}

        assert not calls & {reply.facts.handler for reply in REPLIES.values()}
