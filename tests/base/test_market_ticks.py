"""Market depth, ticks one by one and ticks of the past: how they are answered, and what frames say."""

from __future__ import annotations

import pytest

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.depth import (
    CancelMarketDepth,
    MarketDepth,
    MarketDepthExchanges,
    MarketDepthExchangesRequest,
    MarketDepthRequest,
)
from ibkr_actors.base.messages.historical_ticks import (
    CancelHistoricalTicks,
    HistoricalTicks,
    HistoricalTicksBidAsk,
    HistoricalTicksLast,
    HistoricalTicksRequest,
)
from ibkr_actors.base.messages.market_data import CancelMarketData, MarketDataRequest
from ibkr_actors.base.messages.tick_by_tick import CancelTickByTick, TickByTick, TickByTickRequest
from ibkr_actors.classes.enum.market_depth import BookSide, MarketDepthOperation
from ibkr_actors.classes.market_depth import DepthExchange
from ibkr_actors.errors import UnsupportedByServer

CLIENT = codec_for(Role.CLIENT, 200)
EACH_ANSWER = pytest.mark.parametrize("answer", [HistoricalTicks, HistoricalTicksBidAsk, HistoricalTicksLast])


def read(text: str) -> object:
    """The message of a text frame, with bars for NUL."""
    return CLIENT.decode(text.replace("|", "\0").encode())


class TestTicksOfThePast:
    @EACH_ANSWER
    def test_are_complete_with_the_answer_that_says_so(self, answer):
        request = HistoricalTicksRequest(1)
        replies = request.facts.replies

        assert not replies.closes(request, answer(1, done=False))
        assert replies.closes(request, answer(1, done=True))
        assert not replies.keeps_on(request)

    @EACH_ANSWER
    def test_before_live_ticks_leave_the_request_open(self, answer):
        request = TickByTickRequest(1, number_of_ticks=10)
        replies = request.facts.replies

        assert not replies.closes(request, answer(1, done=True))
        assert replies.keeps_on(request)

    def test_can_not_be_cancelled_before_215(self):
        with pytest.raises(UnsupportedByServer, match="215 or newer"):
            codec_for(Role.CLIENT, 214).encode(CancelHistoricalTicks(1))

    def test_count_the_bits_of_a_quote_the_other_way_round_than_live_ones(self):
        past = read("97|1|1|1681133400|1|11.63|11.83|2800|100|1|").ticks[0]
        live = read("99|1|3|1681133400|11.63|11.83|2800|100|1|").bid_ask

        assert (past.bid_past_low, past.ask_past_high) == (False, True)
        assert (live.bid_past_low, live.ask_past_high) == (True, False)


class TestLiveTicks:
    def test_of_a_type_without_a_layout_are_read_as_far_as_it_is_known(self):
        assert read("99|7|5|1681133400|1|2|3|") == TickByTick(7, 5)


class TestTheBook:
    def test_changes_in_words(self):
        row = read("12|1|7|0|2|1|10.5|300|").row

        assert (row.operation, row.side) == (MarketDepthOperation.DELETE, BookSide.BID)
        assert isinstance(row.operation, MarketDepthOperation)

    def test_goes_on_until_it_is_cancelled(self):
        request = MarketDepthRequest(7)

        assert request.facts.replies.keeps_on(request)
        assert not request.facts.replies.closes(request, MarketDepth(7))

    def test_is_shown_by_exchanges_some_of_which_belong_together(self):
        exchanges = read("80|2|ISLAND|STK|NYSE|Deep|2147483647|BATS|STK||Deep2|1|").exchanges

        assert exchanges == (
            DepthExchange("ISLAND", "STK", "NYSE", "Deep"),
            DepthExchange("BATS", "STK", "", "Deep2", 1),
        )

    def test_is_shown_by_exchanges_that_all_who_ask_are_told_of(self):
        request = MarketDepthExchangesRequest()

        assert request.facts.replies.unidentified
        assert request.facts.replies.closes(request, MarketDepthExchanges())


class TestCancellations:
    @pytest.mark.parametrize(
        ("request_", "cancellation"),
        [
            (MarketDepthRequest(1, is_smart_depth=True), CancelMarketDepth(1, is_smart_depth=True)),
            (MarketDepthRequest(1), CancelMarketDepth(1)),
            (TickByTickRequest(1, tick_type="BidAsk"), CancelTickByTick(1)),
            (HistoricalTicksRequest(1), CancelHistoricalTicks(1)),
            (MarketDataRequest(1), CancelMarketData(1)),
            (MarketDepthExchangesRequest(), None),
        ],
        ids=repr,
    )
    def test_repeat_what_they_share_with_the_request(self, request_, cancellation):
        assert request_.facts.replies.cancellation(request_, 1) == cancellation

    def test_carry_the_id_under_which_the_request_was_sent(self):
        request = TickByTickRequest(1)

        assert request.facts.replies.cancellation(request, 9) == CancelTickByTick(9)
