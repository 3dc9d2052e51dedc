"""The codes of the bridge: every documented one, and what may end by them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ibkr_actors.base.message_codes import (
    CODES,
    ENDS_OF_CHOICE,
    FACTS,
    CodeFacts,
    CodeTable,
    CodeTreatment,
    Ends,
    FarmCondition,
    FarmKind,
    FarmState,
    Scope,
    Severity,
    farm_state,
)
from ibkr_actors.errors import DeskError

LISTED = Path(__file__).parent / "data" / "codes.txt"


def listed_codes() -> Iterator[tuple[int, str, str, str]]:
    """Each documented code, with its severity, what it ends and what it is about."""
    for line in LISTED.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            codes, severity, ends, scope = line.split()
            first, _dots, last = codes.partition("..")
            for code in range(int(first), int(last or first) + 1):
                yield code, severity, ends, scope


# The words of the list, and what they are here.
ENDS = {
    "no": {Ends.NOTHING},
    "yes": {Ends.REQUEST, Ends.REQUEST_OR_NEW_ORDER},
    "change": {Ends.CHANGE},
    "newcomer": {Ends.NEWCOMER},
    "connection": {Ends.CONNECTION},
    "data-flow": {Ends.DATA_FLOW},
    "market-data": {Ends.MARKET_DATA},
    "account-subscription": {Ends.ACCOUNT_SUBSCRIPTION},
}


class TestTheTable:
    @pytest.mark.parametrize(("code", "severity", "ends", "scope"), list(listed_codes()))
    def test_each_code_of_the_reference_has_its_severity_its_end_and_its_scope(
        self, code: int, severity: str, ends: str, scope: str
    ) -> None:
        facts = CODES.facts(code)

        assert facts.known
        assert facts.ends in ENDS[ends]
        assert facts.severity == severity or severity == "never-sent"
        assert facts.scope == (Scope.REQUEST if scope == "either" else scope)
        assert scope not in ("either", "order") or not facts.ends_request or facts.refuses_new_order
        assert scope != "request" or not facts.refuses_new_order

    def test_it_has_no_code_that_the_reference_has_not(self) -> None:
        """492 is documented nowhere: other clients take it for a warning. The others are of the vendor's own list."""
        of_the_vendor = {*range(312, 316), *range(361, 365)}
        assert set(FACTS) - {code for code, *_facts in listed_codes()} == of_the_vendor | {492}

    def test_each_row_says_what_it_means(self) -> None:
        assert all(facts.meaning for facts in FACTS.values())

    def test_each_code_of_a_range_has_its_own_facts(self) -> None:
        assert CODES.facts(10245).code == 10245
        assert CODES.facts(429).refuses_new_order
        assert CODES.facts(431).refuses_new_order

    def test_a_code_that_other_clients_raise_themselves_is_marked_so(self) -> None:
        assert {CODES.facts(code).scope for code in range(501, 600)} == {Scope.CLIENT}


class TestWhatEnds:
    def test_no_warning_ends_what_it_names(self) -> None:
        mild = [facts for facts in FACTS.values() if facts.severity is not Severity.ERROR]

        assert len(mild) == 49
        assert not any(facts.ends_request or facts.refuses_new_order for facts in mild)

    @pytest.mark.parametrize("code", [200, 201, 103, 321, 110, 10006, 10052, 434, 10243])
    def test_a_refusal_of_a_new_order_says_so(self, code: int) -> None:
        assert CODES.facts(code).refuses_new_order

    @pytest.mark.parametrize("code", [104, 105, 135, 136, 161, 329, 462, 2102, 10147, 10148, 10341])
    def test_a_refused_change_or_cancellation_leaves_the_order(self, code: int) -> None:
        assert not CODES.facts(code).refuses_new_order
        assert not CODES.facts(code).ends_request

    def test_the_notice_of_a_cancellation_leaves_the_end_to_the_status(self) -> None:
        facts = CODES.facts(202)

        assert facts.severity is Severity.INFORMATION
        assert facts.ends is Ends.NOTHING

    @pytest.mark.parametrize("code", [162, 200, 321, 354, 10089, 10186, 10358])
    def test_a_refused_request_ends(self, code: int) -> None:
        assert CODES.facts(code).ends_request

    @pytest.mark.parametrize("code", [102, 385, 386])
    def test_an_id_that_is_taken_does_not_end_the_request_that_has_it(self, code: int) -> None:
        assert CODES.facts(code).severity is Severity.ERROR
        assert not CODES.facts(code).ends_request

    @pytest.mark.parametrize("code", [354, 162, 10197, 1100, 326])
    def test_a_code_about_data_or_the_connection_refuses_no_order(self, code: int) -> None:
        assert not CODES.facts(code).refuses_new_order


class TestCodesWithoutARow:
    @pytest.mark.parametrize("code", [0, -1, 99, 600, 2099, 2200, 10053, 99999])
    def test_they_are_errors_that_end_their_request_and_never_an_order(self, code: int) -> None:
        facts = CODES.facts(code)

        assert (facts.code, facts.known) == (code, False)
        assert facts.severity is Severity.ERROR
        assert facts.ends_request
        assert not facts.refuses_new_order

    @pytest.mark.parametrize("code", [2111, 2120, 2199])
    def test_from_2100_to_2199_they_are_warnings(self, code: int) -> None:
        facts = CODES.facts(code)

        assert facts.severity is Severity.WARNING
        assert facts.ends is Ends.NOTHING
        assert not facts.known


def treated(code: int, severity: Severity | None = None, ends: Ends | None = None) -> CodeFacts:
    """What a user makes of a code."""
    return CodeTable([CodeTreatment(code, severity, ends)]).facts(code)


class TestTreatments:
    def test_change_what_a_code_ends_and_nothing_else(self) -> None:
        facts = treated(10089, ends=Ends.NOTHING)

        assert facts == replace(CODES.facts(10089), ends=Ends.NOTHING)

    def test_leave_every_other_code_and_every_other_table(self) -> None:
        table = CodeTable([CodeTreatment(10089, ends=Ends.NOTHING)])

        assert table.facts(354) == CODES.facts(354)
        assert CODES.facts(10089).ends_request

    @pytest.mark.parametrize("mild", [Severity.WARNING, Severity.INFORMATION])
    @pytest.mark.parametrize("code", [162, 201, 321, 99999])
    def test_that_make_an_error_mild_let_it_end_no_request(self, code: int, mild: Severity) -> None:
        facts = treated(code, mild)

        assert facts.severity is mild
        assert not facts.ends_request
        assert not facts.refuses_new_order

    @pytest.mark.parametrize("code", [10167, 165, 2103, 2199])
    def test_that_let_a_warning_end_requests_make_it_an_error(self, code: int) -> None:
        facts = treated(code, ends=Ends.REQUEST)

        assert facts.severity is Severity.ERROR
        assert facts.ends_request

    def test_that_change_the_severity_keep_what_ends_no_request(self) -> None:
        """1101 is no error, and all market data has to be asked for again nevertheless."""
        assert treated(1101, Severity.INFORMATION).ends is Ends.MARKET_DATA

    @pytest.mark.parametrize("code", [0, 99999, 2199])
    def test_reach_codes_without_a_row(self, code: int) -> None:
        facts = treated(code, Severity.INFORMATION)

        assert (facts.code, facts.known, facts.severity) == (code, False, Severity.INFORMATION)

    def test_of_a_code_never_speak_of_an_order_that_exists(self) -> None:
        """No choice ends one: an order that has a status is none of their words."""
        assert set(ENDS_OF_CHOICE) == {
            Ends.NOTHING,
            Ends.REQUEST,
            Ends.REQUEST_OR_NEW_ORDER,
            Ends.MARKET_DATA,
        }

    @pytest.mark.parametrize(
        ("treatment", "said"),
        [
            (CodeTreatment(200), "code 200: expected a severity, or what the code ends"),
            (
                CodeTreatment(200, ends=Ends.CHANGE),
                "code 200: can't be made to end change; expected one of nothing, request, ",
            ),
            (
                CodeTreatment(200, Severity.WARNING, Ends.REQUEST),
                "code 200: a code that ends a request is an error; expected severity error, got warning",
            ),
        ],
    )
    def test_that_make_no_sense_are_refused(self, treatment: CodeTreatment, said: str) -> None:
        with pytest.raises(DeskError) as caught:
            CodeTable([treatment])

        assert str(caught.value).startswith(said)

    def test_are_one_for_a_code(self) -> None:
        one = CodeTreatment(200, ends=Ends.NOTHING)

        with pytest.raises(DeskError, match=r"^code 200: has two treatments$"):
            CodeTable([one, one])


class TestTheConnection:
    @pytest.mark.parametrize("code", [100, 326, 1100, 1101, 1102, 1300, 2110])
    def test_its_codes_are_told_from_others(self, code: int) -> None:
        assert CODES.facts(code).scope is Scope.CONNECTION

    @pytest.mark.parametrize("code", [200, 202, 2104, 2103, 502, 504, 12345])
    def test_codes_of_requests_orders_and_farms_are_not_its(self, code: int) -> None:
        assert CODES.facts(code).scope is not Scope.CONNECTION

    def test_only_a_return_with_loss_asks_for_new_subscriptions(self) -> None:
        assert [code for code, facts in FACTS.items() if facts.ends is Ends.MARKET_DATA] == [1101]


class TestFarms:
    """The texts are recorded ones, except those of 2103, 2105, 2119 and 2157."""

    @pytest.mark.parametrize(
        ("code", "text", "expected"),
        [
            (2103, "Market data farm connection is broken:usfarm", ("usfarm", "MARKET_DATA", "BROKEN")),
            (2104, "Market data farm connection is OK:usfarm", ("usfarm", "MARKET_DATA", "CONNECTED")),
            (2105, "HMDS data farm connection is broken:ushmds", ("ushmds", "HISTORICAL_DATA", "BROKEN")),
            (2106, "HMDS data farm connection is OK:ushmds", ("ushmds", "HISTORICAL_DATA", "CONNECTED")),
            (
                2107,
                "HMDS data farm connection is inactive but should be available upon demand.ushmds",
                ("ushmds", "HISTORICAL_DATA", "INACTIVE"),
            ),
            (
                2108,
                "Market data farm connection is inactive but should be available upon demand.eufarm",
                ("eufarm", "MARKET_DATA", "INACTIVE"),
            ),
            (2119, "Market data farm is connecting:usfarm.nj", ("usfarm.nj", "MARKET_DATA", "CONNECTING")),
            (
                2157,
                "Sec-def data farm connection is broken:secdefnj",
                ("secdefnj", "SECURITY_DEFINITIONS", "BROKEN"),
            ),
            (
                2158,
                "Sec-def data farm connection is OK:secdefnj",
                ("secdefnj", "SECURITY_DEFINITIONS", "CONNECTED"),
            ),
        ],
    )
    def test_a_notice_tells_which_farm_is_how(
        self, code: int, text: str, expected: tuple[str, str, str]
    ) -> None:
        name, kind, condition = expected

        assert farm_state(code, text) == FarmState(name, FarmKind[kind], FarmCondition[condition])

    def test_every_farm_code_of_the_table_is_understood(self) -> None:
        farm_codes = {code for code, facts in FACTS.items() if facts.scope is Scope.FARM}

        assert len(farm_codes) == 9
        assert all(farm_state(code, ":name") for code in farm_codes)

    @pytest.mark.parametrize("code", [200, 1100, 2100, 2110, 2152])
    def test_a_code_about_something_else_tells_of_no_farm(self, code: int) -> None:
        assert farm_state(code, "Market data farm connection is OK:usfarm") is None

    def test_a_text_without_a_name_names_no_farm(self) -> None:
        state = farm_state(2104, "Market data farm connection is OK")

        assert state is not None
        assert state.name == ""

    def test_a_farm_that_connects_on_demand_can_be_asked(self) -> None:
        usable = {
            condition
            for condition in FarmCondition
            if FarmState("", FarmKind.MARKET_DATA, condition).is_usable
        }

        assert usable == {FarmCondition.CONNECTED, FarmCondition.INACTIVE}
