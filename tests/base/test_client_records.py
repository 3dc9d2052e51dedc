"""What a client is told of a message, and what has to be asked because of it."""

from __future__ import annotations

import itertools

import pytest

from ibkr_actors.base.client_records import ClientRecords
from ibkr_actors.base.liveness import QUESTION
from ibkr_actors.base.local_messages import OrderChanged, RequestFailed
from ibkr_actors.base.messages.accounts import AccountDataRequest
from ibkr_actors.base.messages.connection import CurrentTime, CurrentTimeRequest, Notice
from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.messages.executions import ExecutionDetailsEnd, ExecutionRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest, MarketDataTypeRequest
from ibkr_actors.base.messages.orders import (
    AllOpenOrdersRequest,
    AutoOpenOrdersRequest,
    CancelOrderRequest,
    GlobalCancelRequest,
    OpenOrderEnd,
    OpenOrdersRequest,
)
from ibkr_actors.base.order_checks import placement
from tests.actors.helpers import Clock, fill, ibm, limit_order, open_order, status


@pytest.fixture
def records():
    """Those of client 7, whose order 3 works."""
    records = ClientRecords(7, itertools.count(1_000_000_007).__next__, clock=Clock())
    records.orders.place(placement(limit_order(), ibm(), 3))
    records.hear(status(3, "Submitted", client_id=7))
    return records


def told(records, *messages):
    return [each for message in messages for each in records.hear(message).told]


def leave(records, *requests):
    for request in requests:
        records.leave(request)
    return requests


class TestWhatNoUserAsked:
    def test_and_its_answer_are_told_to_nobody(self, records):
        leave(records, QUESTION)
        records.requests.add(CurrentTimeRequest())
        assert told(records, CurrentTime(1), CurrentTime(2)) == [CurrentTime(2)]

    def test_fails_without_a_word(self, records):
        open_orders, executions = leave(records, *records.questions())
        leave(records, QUESTION)
        assert told(records, RequestFailed(-1, "no connection", open_orders)) == []
        assert told(records, RequestFailed(executions.request_id, "no connection", executions)) == []
        assert told(records, RequestFailed(-1, "no connection", QUESTION)) == []

    def test_is_lost_without_a_word(self, records):
        leave(records, QUESTION, *records.questions())
        asked = ContractDataRequest(request_id=5)
        records.requests.add(asked)
        assert records.lose_connection("lost") == [RequestFailed(5, "lost", asked)]
        assert records.requests.everything() == []

    @pytest.mark.parametrize("own", ["questions", "sign of life"])
    def test_is_refused_without_a_word(self, records, own):
        refusal = Notice(-1, code=321, text="read-only")
        leave(records, *([QUESTION] if own == "sign of life" else records.questions()))
        assert told(records, refusal) == [refusal]
        told(records, OpenOrderEnd(), ExecutionDetailsEnd(1_000_000_007))
        assert records.orders.by_id[3].status == "Submitted"


class TestHowOrdersStand:
    def test_say_the_answers_to_our_own_questions(self, records):
        _, executions = leave(records, *records.questions())
        end = ExecutionDetailsEnd(executions.request_id)
        shown, change = told(records, OpenOrderEnd(), end)
        assert shown == OpenOrderEnd()
        assert (type(change), change.status) == (OrderChanged, "Unknown")

    def test_say_no_answers_to_a_user_s_questions_before_them(self, records):
        """The order was in what they have brought already, and the fill is in what is still to come."""
        for asked in (AllOpenOrdersRequest(), OpenOrdersRequest(), ExecutionRequest(request_id=9)):
            records.requests.add(asked)
        told(records, open_order(3, client_id=7))
        _, executions = leave(records, *records.questions())

        ends = (OpenOrderEnd(), OpenOrderEnd(), ExecutionDetailsEnd(9))
        assert told(records, *ends) == [*ends]
        answer = (
            fill(3, client_id=7, request_id=executions.request_id),
            OpenOrderEnd(),
            ExecutionDetailsEnd(executions.request_id),
        )
        assert [each.status for each in told(records, *answer) if isinstance(each, OrderChanged)] == [
            "Filled"
        ]


class TestARequestThatWaitsForItsAnswer:
    @pytest.mark.parametrize("asked", [ContractDataRequest(request_id=5), CurrentTimeRequest()], ids=type)
    def test_fails_once_though_it_could_not_be_sent_and_the_connection_is_lost(self, records, asked):
        failure = RequestFailed(getattr(asked, "request_id", -1), "no connection", asked)
        records.requests.add(asked)
        assert [each.request for each in records.lose_connection("lost")] == [asked]
        assert told(records, failure) == []

        records.requests.add(asked)
        assert told(records, failure) == [failure]
        assert records.lose_connection("lost") == []

    def test_fails_when_the_one_before_of_its_id_has_failed(self, records):
        first, second = ContractDataRequest(request_id=5), ContractDataRequest(request_id=5)
        records.requests.add(first)
        records.lose_connection("lost")
        records.requests.add(second)
        assert told(records, RequestFailed(5, "no connection", first)) == []
        assert told(records, failure := RequestFailed(5, "no connection", second)) == [failure]


@pytest.mark.parametrize(
    "asked",
    [
        MarketDataTypeRequest(3),
        GlobalCancelRequest(),
        AutoOpenOrdersRequest(True),
        AccountDataRequest(False, "DU1"),
        CancelOrderRequest(3),
    ],
    ids=type,
)
def test_what_nothing_answers_fails_each_time_that_it_is_told(records, asked):
    records.requests.add(asked)
    failure = RequestFailed(-1, "no connection", asked)
    assert told(records, failure, failure) == [failure, failure]


def test_a_stream_is_asked_for_again_and_told_to_nobody(records):
    line = MarketDataRequest(request_id=5)
    records.requests.add(line)
    lost = Notice(-1, code=1101, text="data lost")
    assert records.hear(lost) == ([lost], [line])
