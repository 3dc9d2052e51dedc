"""Replies find whoever asked, and an answer knows its end: no socket, no thread."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.base.messages.accounts import (
    AccountDataRequest,
    AccountDownloadEnd,
    AccountValue,
    CancelPositions,
    Position,
    PositionEnd,
    PositionsRequest,
)
from ibkr_actors.base.messages.connection import Notice, SetServerLogLevelRequest
from ibkr_actors.base.messages.contracts import (
    CancelContractData,
    ContractData,
    ContractDataEnd,
    ContractDataRequest,
)
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.executions import (
    CommissionAndFeesReport,
    ExecutionDetails,
    ExecutionDetailsEnd,
    ExecutionRequest,
)
from ibkr_actors.base.messages.history import (
    HistoricalData,
    HistoricalDataEnd,
    HistoricalDataRequest,
    RealTimeBarsRequest,
)
from ibkr_actors.base.messages.orders import (
    AllOpenOrdersRequest,
    CancelOrderRequest,
    GlobalCancelRequest,
    OpenOrder,
    OpenOrderEnd,
    OpenOrdersRequest,
    PlaceOrderRequest,
)
from ibkr_actors.base.messages.reference_data import (
    FamilyCodes,
    FamilyCodesRequest,
    MarketRule,
    MarketRuleRequest,
)
from ibkr_actors.base.replies import Answer, OpenRequests, has_answer
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.errors import ConnectionLost, RequestRejected


@pytest.fixture
def open_requests():
    return OpenRequests()


def ask(open_requests: OpenRequests, request: Request, *, follows: bool = False) -> Answer:
    answer = Answer(request)
    open_requests.add(answer, follows=follows)
    return answer


class TestAnAnswer:
    def test_is_over_with_its_declared_end(self):
        answer = Answer(ContractDataRequest(request_id=7))

        assert not answer.hear(ContractData(7))
        assert answer.hear(ContractDataEnd(7))
        assert (answer.parts, answer.end) == ([ContractData(7)], ContractDataEnd(7))

    def test_of_bars_that_are_kept_up_to_date_is_not_over_with_the_bars(self):
        answer = Answer(HistoricalDataRequest(keep_up_to_date=True, request_id=7))

        assert not answer.hear(HistoricalData(7))
        assert not answer.hear(HistoricalDataEnd(7))

    def test_of_a_subscription_is_over_with_its_first_round(self):
        assert Answer(PositionsRequest()).hear(PositionEnd())

    def test_keeps_a_warning_and_goes_on(self, open_requests):
        answer = ask(open_requests, ContractDataRequest(request_id=7))
        warning = Notice(7, None, 2174, "no time zone")

        assert open_requests.hear(warning)
        assert (answer.notices, answer.is_over) == ([warning], False)

    def test_ends_with_an_error_that_names_the_request_code_and_text(self, open_requests):
        answer = ask(open_requests, ContractDataRequest(request_id=7))

        open_requests.hear(Notice(7, None, 200, "No security definition has been found"))

        assert isinstance(answer.error, RequestRejected)
        assert (answer.error.request, answer.error.code) == (answer.request, 200)
        assert "of an empty contract was refused by the bridge: 200 No security" in str(answer.error)
        assert open_requests.find(7) is None

    def test_says_which_contract_it_was_about(self, open_requests):
        """Whoever asks for many wants to know which one it was."""
        answer = ask(open_requests, ContractDataRequest(request_id=7, contract=Stock("NOSUCH")))

        open_requests.hear(Notice(7, None, 200, "No security definition has been found"))

        assert "ContractDataRequest of NOSUCH STK SMART USD was refused" in str(answer.error)


class TestRepliesWithAnId:
    def test_reach_their_asker_and_nobody_else(self, open_requests):
        one, other = (ask(open_requests, ContractDataRequest(request_id=number)) for number in (1, 2))

        assert open_requests.hear(ContractData(2))
        assert (one.parts, other.parts) == ([], [ContractData(2)])

    def test_that_nobody_asked_for_are_nobody_s(self, open_requests):
        assert not open_requests.hear(ContractData(9))

    def test_come_with_commissions_that_have_no_id(self, open_requests):
        answer = ask(open_requests, ExecutionRequest(request_id=7))
        report = CommissionAndFeesReport("e.01", 1.0, "USD")

        for message in (ExecutionDetails(7), report, ExecutionDetailsEnd(7)):
            open_requests.hear(message)

        assert report in answer.parts
        assert answer.is_over


class TestRepliesWithoutAnId:
    def test_reach_who_asked_first(self, open_requests):
        first, second = (ask(open_requests, FamilyCodesRequest()) for _ in range(2))

        open_requests.hear(FamilyCodes())

        assert (first.is_over, second.is_over) == (True, False)

    def test_reach_who_asked_for_what_they_repeat(self, open_requests):
        first, second = (ask(open_requests, MarketRuleRequest(number)) for number in (26, 32))

        open_requests.hear(MarketRule(32))

        assert (first.is_over, second.is_over) == (False, True)

    def test_are_shared_by_nobody_after_the_asker_has_given_up(self, open_requests):
        gone = ask(open_requests, FamilyCodesRequest())
        open_requests.give_up(gone)
        next_one = ask(open_requests, FamilyCodesRequest())

        open_requests.hear(FamilyCodes())

        assert (gone.is_over, next_one.is_over) == (False, True)

    def test_of_a_list_that_was_given_up_are_not_the_beginning_of_another_list(self, open_requests):
        """A list of half of the orders would look like all of them."""
        gone = ask(open_requests, AllOpenOrdersRequest())
        open_requests.hear(OpenOrder(1))
        open_requests.give_up(gone)
        mine = ask(open_requests, AllOpenOrdersRequest())

        for message in (OpenOrder(2), OpenOrderEnd(), OpenOrder(1), OpenOrder(2), OpenOrderEnd()):
            open_requests.hear(message)

        assert mine.parts == [OpenOrder(1), OpenOrder(2)]

    def test_of_another_list_with_the_same_end_are_not_taken_for_it(self, open_requests):
        open_requests.give_up(ask(open_requests, OpenOrdersRequest()))
        mine = ask(open_requests, AllOpenOrdersRequest())

        for message in (OpenOrder(1), OpenOrderEnd(), OpenOrder(1), OpenOrder(5), OpenOrderEnd()):
            open_requests.hear(message)

        assert mine.parts == [OpenOrder(1), OpenOrder(5)]

    def test_of_a_list_of_which_nothing_came_serve_who_asks_the_same_again(self, open_requests):
        """The bridge may never have answered the first time: nobody has to wait behind it."""
        open_requests.give_up(ask(open_requests, OpenOrdersRequest()))
        mine = ask(open_requests, OpenOrdersRequest())

        open_requests.hear(OpenOrderEnd())

        assert mine.is_over

    def test_of_a_subscription_reach_all_who_follow_it_and_who_asks(self, open_requests):
        follower = ask(open_requests, PositionsRequest(), follows=True)
        asker = ask(open_requests, PositionsRequest())
        position = Position("DU1", position=Decimal(5))

        open_requests.hear(position)

        assert follower.parts == asker.parts == [position]
        assert open_requests.following(CancelPositions) == [follower]


class TestAccountsWithoutAnId:
    def test_one_account_s_values_do_not_answer_who_asked_for_another_s(self, open_requests):
        """What was asked for first may have been refused by a code that could mean anything."""
        open_requests.give_up(ask(open_requests, AccountDataRequest(True, "DU7")))
        answer = ask(open_requests, AccountDataRequest(True, "DU1"))
        told = [AccountValue("Cash", "1", "USD", "DU1"), AccountDownloadEnd("DU1")]

        for message in told:
            open_requests.hear(message)

        assert (answer.parts, answer.end, answer.is_over) == (told[:1], told[1], True)

    def test_an_account_that_is_told_by_another_name_answers_who_waits(self, open_requests):
        answer = ask(open_requests, AccountDataRequest(True, "DF1A"))

        open_requests.hear(AccountDownloadEnd("All"))

        assert answer.is_over


class TestCodes:
    def test_a_refusal_without_an_id_is_of_the_only_one_who_asked_without_one(self, open_requests):
        other = ask(open_requests, HistoricalDataRequest(request_id=7))
        answer = ask(open_requests, FamilyCodesRequest())

        assert open_requests.hear(Notice(-1, None, 321, "not valid"))

        assert (answer.error.code, answer.error.text) == (321, "not valid")
        assert not other.is_over
        assert list(open_requests) == [other]

    def test_it_is_of_nobody_when_several_can_be_meant(self, open_requests):
        answers = [ask(open_requests, request) for request in (FamilyCodesRequest(), PositionsRequest())]

        assert not open_requests.hear(Notice(-1, None, 321, "not valid"))
        assert not any(answer.is_over for answer in answers)

    def test_it_is_of_nobody_while_a_silent_request_can_be_meant(self, open_requests):
        """One that nothing answers may have been refused, until an answer says that the bridge has passed it."""
        open_requests.note_silent(GlobalCancelRequest())
        first = ask(open_requests, FamilyCodesRequest())

        assert not open_requests.hear(Notice(-1, None, 321, "not valid"))
        open_requests.hear(FamilyCodes())
        second = ask(open_requests, FamilyCodesRequest())
        assert open_requests.hear(Notice(-1, None, 321, "not valid"))

        assert (first.error, second.error.code) == (None, 321)

    @pytest.mark.parametrize(
        "request_", [PlaceOrderRequest(5), CancelOrderRequest(5), CancelContractData(5)], ids=type
    )
    def test_it_is_not_of_what_is_silent_but_named_by_its_refusal(self, open_requests, request_):
        answer = ask(open_requests, FamilyCodesRequest())
        open_requests.note_silent(request_)

        assert open_requests.hear(Notice(-1, None, 321, "not valid"))
        assert answer.is_over

    def test_it_is_of_one_who_has_given_up_if_nobody_else_waits(self, open_requests):
        """Then the way is free for the next one."""
        open_requests.give_up(ask(open_requests, AccountDataRequest(True, "DU7")))

        assert open_requests.hear(Notice(-1, None, 321, "Invalid account code"))
        answer = ask(open_requests, AccountDataRequest(True, "DU1"))
        open_requests.hear(AccountDownloadEnd("DU1"))

        assert answer.is_over

    def test_it_is_of_nobody_while_the_answer_to_another_may_still_come(self, open_requests):
        open_requests.give_up(ask(open_requests, PositionsRequest()))
        answer = ask(open_requests, FamilyCodesRequest())

        assert not open_requests.hear(Notice(-1, None, 321, "not valid"))
        assert not answer.is_over

    @pytest.mark.parametrize("code", [320, 327, 2104])
    def test_an_error_that_may_be_about_anything_refuses_no_request(self, open_requests, code):
        answer = ask(open_requests, FamilyCodesRequest())

        assert not open_requests.hear(Notice(-1, None, code, "about something"))
        assert not answer.is_over

    def test_a_refused_account_is_that_of_the_newest_request(self, open_requests):
        older = ask(open_requests, AccountDataRequest(True, "DU1"), follows=True)
        newest = ask(open_requests, AccountDataRequest(True, "DU2"))

        open_requests.hear(Notice(-1, None, 2101, "another client"))

        assert (older.error is None, newest.error is None) == (True, False)

    def test_a_replaced_account_subscription_is_the_older_one(self, open_requests):
        older = ask(open_requests, AccountDataRequest(True, "DU1"), follows=True)
        newest = ask(open_requests, AccountDataRequest(True, "DU2"))

        open_requests.hear(Notice(-1, None, 2100, "replaced"))
        open_requests.hear(AccountValue("Cash", "1", "USD", "DU2"))

        assert (older.error is None, newest.error is None) == (False, True)
        assert newest.parts

    def test_lost_market_data_end_what_the_bridge_has_forgotten_and_nothing_else(self, open_requests):
        bars = ask(open_requests, RealTimeBarsRequest(request_id=1))
        contracts = ask(open_requests, ContractDataRequest(request_id=2))

        open_requests.hear(Notice(-1, None, 1101, "data lost"))

        assert (bars.error is None, contracts.error is None) == (False, True)


def test_a_lost_connection_fails_everybody_once(open_requests):
    answers = [
        ask(open_requests, ContractDataRequest(request_id=1)),
        ask(open_requests, OpenOrdersRequest()),
        ask(open_requests, PositionsRequest(), follows=True),
    ]
    lost = ConnectionLost("gone")

    open_requests.fail_all(lost)

    assert [answer.error for answer in answers] == [lost] * 3
    assert list(open_requests) == []


@pytest.mark.parametrize(
    ("request_", "answered"),
    [
        (SetServerLogLevelRequest(), False),
        (AccountDataRequest(False, "DU1"), False),
        (AccountDataRequest(True, "DU1"), True),
        (FamilyCodesRequest(), True),
        (ContractDataRequest(), True),
    ],
)
def test_some_requests_are_answered_by_silence(request_, answered):
    assert has_answer(request_) is answered
