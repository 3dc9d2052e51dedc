"""Which requests are open: every declared request, from its first moment to what ends it."""

from __future__ import annotations

import pytest

from ibkr_actors.base.liveness import QUESTION
from ibkr_actors.base.local_messages import RequestFailed
from ibkr_actors.base.message_codes import CODES, CodeTable, CodeTreatment, Ends
from ibkr_actors.base.messages.accounts import (
    AccountDataRequest,
    AccountDownloadEnd,
    CancelPositions,
    PositionEnd,
    PositionsRequest,
)
from ibkr_actors.base.messages.catalog import REQUESTS
from ibkr_actors.base.messages.connection import (
    CurrentTime,
    CurrentTimeInMilliseconds,
    CurrentTimeRequest,
    Notice,
)
from ibkr_actors.base.messages.contracts import ContractDataEnd, ContractDataRequest
from ibkr_actors.base.messages.declaration import IdentifiedRequest
from ibkr_actors.base.messages.depth import MarketDepthRequest, RerouteMarketDepth
from ibkr_actors.base.messages.executions import ExecutionDetailsEnd, ExecutionRequest
from ibkr_actors.base.messages.financial_advisors import FinancialAdvisorRequest
from ibkr_actors.base.messages.history import CancelHistoricalData, HistoricalDataEnd, HistoricalDataRequest
from ibkr_actors.base.messages.market_data import (
    MarketDataRequest,
    MarketDataType,
    MarketDataTypeRequest,
    RerouteMarketData,
)
from ibkr_actors.base.messages.news import NewsBulletinsRequest
from ibkr_actors.base.messages.orders import (
    AllOpenOrdersRequest,
    CancelOrderRequest,
    GlobalCancelRequest,
    OpenOrderEnd,
    OpenOrdersRequest,
)
from ibkr_actors.base.outstanding_requests import OutstandingRequests
from ibkr_actors.errors import InvalidRequest

IDENTIFIED = [kind for kind in REQUESTS.values() if issubclass(kind, IdentifiedRequest)]
STREAMS = [
    kind for kind in REQUESTS.values() if kind.facts.replies.stream and kind.facts.replies.keeps_on(kind())
]


def opened(*requests, codes=CODES):
    outstanding = OutstandingRequests(codes)
    for request in requests:
        outstanding.add(request)
    return outstanding


@pytest.mark.parametrize("kind", IDENTIFIED)
def test_an_error_that_names_a_request_ends_it(kind):
    outstanding = opened(kind(request_id=9))
    assert 9 in outstanding
    outstanding.hear(Notice(9, code=321, text="refused"))
    assert outstanding.everything() == []


@pytest.mark.parametrize("kind", IDENTIFIED)
def test_an_id_can_t_be_used_twice_at_a_time(kind):
    outstanding = opened(kind(request_id=9))
    with pytest.raises(InvalidRequest, match="9 is in use"):
        outstanding.add(MarketDataRequest(request_id=9))


@pytest.mark.parametrize("kind", STREAMS)
def test_every_stream_is_asked_again_and_has_a_cancellation_that_ends_it(kind):
    request = kind(request_id=9) if issubclass(kind, IdentifiedRequest) else kind()
    outstanding = opened(request)
    assert outstanding.to_ask_again() == [request]
    assert outstanding.give_up_waiting("lost") == []

    (cancellation,) = outstanding.cancellations()
    outstanding.add(cancellation)

    assert outstanding.everything() == []


@pytest.mark.parametrize("kind", [kind for kind in IDENTIFIED if kind not in STREAMS])
def test_what_waits_for_an_answer_is_given_up_with_its_id(kind):
    request = kind(request_id=9)
    outstanding = opened(request)
    assert outstanding.give_up_waiting("lost") == [RequestFailed(9, "lost", request)]
    assert outstanding.everything() == []


def test_answers_without_an_id_end_the_request_that_was_first():
    outstanding = opened(CurrentTimeRequest(), CurrentTimeRequest())
    outstanding.hear(CurrentTime(1))
    assert len(outstanding.everything()) == 1


def test_a_second_stream_without_an_id_replaces_the_first():
    first, second = AccountDataRequest(True, "DU1"), AccountDataRequest(True, "DU2")
    outstanding = opened(first, second)
    outstanding.hear(AccountDownloadEnd("DU2"))
    assert outstanding.streams() == [second]
    assert outstanding.cancellations() == [AccountDataRequest(False, "DU2")]


def test_an_answer_is_told_before_it_is_over():
    named, first, second = ExecutionRequest(request_id=9), OpenOrdersRequest(), AllOpenOrdersRequest()
    outstanding = opened(named, first, second)
    assert outstanding.answered_by(ExecutionDetailsEnd(9)) is named
    assert outstanding.answered_by(ExecutionDetailsEnd(8)) is None
    for question in (first, second):
        assert outstanding.answered_by(OpenOrderEnd()) is question
        outstanding.hear(OpenOrderEnd())
    assert outstanding.answered_by(OpenOrderEnd()) is None


def test_that_an_account_s_updates_were_replaced_does_not_end_those_that_replaced_them():
    first, second = AccountDataRequest(True, "DU1"), AccountDataRequest(True, "DU2")
    outstanding = opened(first, second)
    outstanding.hear(Notice(-1, code=2100, text="API client has been unsubscribed from account data"))
    assert outstanding.to_ask_again() == [second]


def test_positions_go_on_behind_their_first_round():
    outstanding = opened(PositionsRequest())
    outstanding.hear(PositionEnd())
    assert outstanding.cancellations() == [CancelPositions()]


def test_history_is_a_stream_only_while_it_is_kept_up_to_date():
    past, running = (
        HistoricalDataRequest(request_id=1),
        HistoricalDataRequest(request_id=2, keep_up_to_date=True),
    )
    outstanding = opened(past, running)
    for request_id in (1, 2):
        outstanding.hear(HistoricalDataEnd(request_id, "", ""))
    assert outstanding.everything() == [running]


def test_what_another_contract_has_is_not_asked_for_again():
    line, book = MarketDataRequest(request_id=1), MarketDepthRequest(request_id=2)
    outstanding = opened(line, book)
    outstanding.hear(RerouteMarketData(1, 8314, "SMART"))
    outstanding.hear(RerouteMarketDepth(2, 8314, "SMART"))
    assert outstanding.to_ask_again() == []


def test_settings_come_before_streams_and_the_last_one_counts():
    line = MarketDataRequest(request_id=4)
    outstanding = opened(MarketDataTypeRequest(3), line, MarketDataTypeRequest(4))
    assert outstanding.to_ask_again() == [MarketDataTypeRequest(4), line]


def test_a_warning_ends_nothing():
    outstanding = opened(MarketDataRequest(request_id=4))
    outstanding.hear(Notice(4, code=10167, text="delayed"))
    assert 4 in outstanding


def test_lost_market_data_have_to_be_asked_again():
    line, past = MarketDataRequest(request_id=4), HistoricalDataRequest(request_id=5)
    outstanding = opened(line, past)
    assert outstanding.lost_by(1101) == [line]
    assert outstanding.lost_by(1102) == []


def test_a_request_that_could_not_be_sent_is_not_open():
    line = MarketDataRequest(request_id=4)
    outstanding = opened(line, PositionsRequest())
    outstanding.hear(RequestFailed(4, "the version can't carry it", line))
    assert 4 not in outstanding


def test_a_cancellation_is_remembered_until_its_id_is_used_again():
    outstanding = opened(HistoricalDataRequest(request_id=4), CancelHistoricalData(4))
    assert outstanding.was_cancelled(4)
    outstanding.add(HistoricalDataRequest(request_id=4))
    assert not outstanding.was_cancelled(4)
    assert not outstanding.was_cancelled(5)


REFUSAL = Notice(-1, code=321, text="not an advisor")


def refused(outstanding, notice=REFUSAL):
    """The request that is told to be refused; None when none is."""
    failure = outstanding.refused(notice)
    return None if failure is None else failure.request


class TestARefusalWithoutAnId:
    def test_ends_the_only_request_that_waits_without_one_and_gives_the_reason(self):
        question = FinancialAdvisorRequest(1)
        outstanding = opened(HistoricalDataRequest(request_id=4), question)

        failure = outstanding.refused(REFUSAL)

        assert failure == RequestFailed(-1, "the bridge refused it: 321 not an advisor", question)
        assert question not in outstanding.everything()
        assert 4 in outstanding
        assert outstanding.refused(REFUSAL) is None

    def test_ends_none_of_two_that_may_be_meant(self):
        outstanding = opened(FinancialAdvisorRequest(1), CurrentTimeRequest())
        assert refused(outstanding) is None
        assert len(outstanding.everything()) == 2

    @pytest.mark.parametrize(
        "silent",
        [MarketDataTypeRequest(3), GlobalCancelRequest(), NewsBulletinsRequest(), AccountDataRequest(False)],
        ids=type,
    )
    def test_ends_nothing_while_one_may_be_meant_that_nothing_answers(self, silent):
        question = FinancialAdvisorRequest(1)
        outstanding = opened(silent, question)
        assert refused(outstanding) is None
        assert question in outstanding.everything()

    @pytest.mark.parametrize(
        ("asked", "answer"),
        [
            (ContractDataRequest(request_id=4), ContractDataEnd(4)),
            (MarketDataRequest(request_id=4), MarketDataType(4)),
            (CurrentTimeRequest(), CurrentTime(1)),
            (PositionsRequest(), PositionEnd()),
        ],
        ids=type,
    )
    def test_is_clear_again_when_a_later_request_was_answered(self, asked, answer):
        question = FinancialAdvisorRequest(1)
        outstanding = opened(MarketDataTypeRequest(3), asked)
        outstanding.add(question)
        outstanding.hear(answer)
        assert refused(outstanding) is question

    def test_is_not_clear_because_an_earlier_request_was_answered(self):
        outstanding = opened(CurrentTimeRequest(), MarketDataTypeRequest(3), FinancialAdvisorRequest(1))
        outstanding.hear(CurrentTime(1))
        assert refused(outstanding) is None

    def test_is_not_clear_because_the_first_round_of_a_replaced_subscription_has_come(self):
        outstanding = opened(PositionsRequest(), MarketDataTypeRequest(3), PositionsRequest())
        outstanding.hear(PositionEnd())
        assert refused(outstanding) is None

    @pytest.mark.parametrize("named", [CancelOrderRequest(7), CancelHistoricalData(4)], ids=type)
    def test_does_not_mean_a_cancellation_which_a_refusal_names(self, named):
        question = FinancialAdvisorRequest(1)
        assert refused(opened(question, named)) is question

    def test_may_mean_a_subscription_until_its_first_round_has_come(self):
        question = FinancialAdvisorRequest(1)
        outstanding = opened(PositionsRequest(), question)
        assert refused(outstanding) is None
        outstanding.hear(PositionEnd())
        assert refused(outstanding) is question

    def test_of_a_subscription_ends_it_so_that_it_is_not_asked_again(self):
        outstanding = opened(PositionsRequest())
        assert refused(outstanding) == PositionsRequest()
        assert outstanding.to_ask_again() == []

    def test_may_mean_either_of_two_subscriptions_of_which_one_replaced_the_other(self):
        outstanding = opened(AccountDataRequest(True, "DU1"), AccountDataRequest(True, "DU2"))
        assert refused(outstanding) is None
        outstanding.hear(AccountDownloadEnd("DU1"))
        assert refused(outstanding) == AccountDataRequest(True, "DU2")

    @pytest.mark.parametrize("notice", [Notice(5, code=321, text=""), Notice(-1, code=320, text="")])
    def test_is_one_of_few_codes_and_has_no_id(self, notice):
        assert refused(opened(FinancialAdvisorRequest(1)), notice) is None

    def test_ends_nothing_when_the_user_has_its_code_end_nothing(self):
        codes = CodeTable([CodeTreatment(321, ends=Ends.NOTHING)])
        assert refused(opened(FinancialAdvisorRequest(1), codes=codes)) is None

    def test_is_of_nobody_after_what_is_asked_again_on_a_new_connection(self):
        """A setting may be refused there, too; until an answer has come it is not clear."""
        question = FinancialAdvisorRequest(1)
        outstanding = opened(MarketDataTypeRequest(3), PositionsRequest())
        outstanding.give_up_waiting("lost")
        outstanding.note_leaving(outstanding.to_ask_again())
        outstanding.add(question)

        assert refused(outstanding) is None
        outstanding.hear(PositionEnd())
        assert refused(outstanding) is question

    def test_of_the_connection_before_is_not_waited_for(self):
        outstanding = opened(GlobalCancelRequest())
        outstanding.give_up_waiting("lost")
        outstanding.add(question := FinancialAdvisorRequest(1))
        assert refused(outstanding) is question

    def test_may_mean_what_was_asked_for_no_user(self):
        outstanding = opened(FinancialAdvisorRequest(1))
        outstanding.note_leaving([OpenOrdersRequest()])
        assert refused(outstanding) is None


class TestTheQuestionForASignOfLife:
    def test_is_told_by_its_answer(self):
        outstanding = opened(QUESTION)
        assert outstanding.answered_by(CurrentTime(1)) is QUESTION
        assert outstanding.answered_by(CurrentTimeInMilliseconds(1)) is None

    def test_has_its_place_among_equal_ones_of_the_user(self):
        outstanding = opened(CurrentTimeRequest(), QUESTION, CurrentTimeRequest())
        found = []
        for _ in range(4):
            found.append(outstanding.answered_by(CurrentTime(1)) is QUESTION)
            outstanding.hear(CurrentTime(1))
        assert found == [False, True, False, False]

    def test_that_got_no_answer_takes_none_from_a_later_one(self):
        outstanding = opened(QUESTION, QUESTION, CurrentTimeRequest())
        found = []
        for _ in range(2):
            found.append(outstanding.answered_by(CurrentTime(1)) is QUESTION)
            outstanding.hear(CurrentTime(1))
        assert found == [True, False]
        assert outstanding.everything() == []
