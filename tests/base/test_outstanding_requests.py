"""Which requests are open: every declared request, from its first moment to what ends it."""

from __future__ import annotations

import pytest

from ibkr_actors.base.local_messages import RequestFailed
from ibkr_actors.base.messages.accounts import (
    AccountDataRequest,
    AccountDownloadEnd,
    CancelPositions,
    PositionEnd,
    PositionsRequest,
)
from ibkr_actors.base.messages.catalog import REQUESTS
from ibkr_actors.base.messages.connection import CurrentTime, CurrentTimeRequest, Notice
from ibkr_actors.base.messages.declaration import IdentifiedRequest
from ibkr_actors.base.messages.history import CancelHistoricalData, HistoricalDataEnd, HistoricalDataRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest, MarketDataTypeRequest
from ibkr_actors.base.outstanding_requests import OutstandingRequests
from ibkr_actors.errors import InvalidRequest

IDENTIFIED = [kind for kind in REQUESTS.values() if issubclass(kind, IdentifiedRequest)]
STREAMS = [
    kind for kind in REQUESTS.values() if kind.facts.replies.stream and kind.facts.replies.keeps_on(kind())
]


def opened(*requests):
    outstanding = OutstandingRequests()
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
