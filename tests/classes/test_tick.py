"""Ticks one by one, as users meet them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ibkr_actors.classes.enum.tick_by_tick_type import TickByTickType
from ibkr_actors.classes.tick import (
    BidAskAttributes,
    HistoricalTick,
    HistoricalTickBidAsk,
    HistoricalTickLast,
    LastAttributes,
)


@pytest.mark.parametrize("tick", [HistoricalTick, HistoricalTickBidAsk, HistoricalTickLast])
def test_the_time_is_aware(tick):
    assert tick(time=1681133400).at == datetime(2023, 4, 10, 13, 30, tzinfo=UTC)


def test_a_trade_tells_what_is_remarkable_about_it():
    trade = HistoricalTickLast(attributes=LastAttributes(unreported=True))

    assert (trade.past_limit, trade.unreported) == (False, True)


def test_a_quote_tells_what_is_remarkable_about_it():
    quote = HistoricalTickBidAsk(attributes=BidAskAttributes(bid_past_low=True))

    assert (quote.bid_past_low, quote.ask_past_high) == (True, False)


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (TickByTickType.LAST, 1),
        (TickByTickType.ALL_LAST, 2),
        (TickByTickType.BID_ASK, 3),
        (TickByTickType.MID_POINT, 4),
    ],
)
def test_a_type_has_the_number_that_answers_carry(kind, number):
    assert kind.number == number
    assert TickByTickType.of_number(number) is kind


def test_a_number_without_a_type_has_none():
    assert TickByTickType.of_number(0) is None
