"""Claims about what a client asks beyond the everyday. `test_every_client.py` makes them."""

from __future__ import annotations

from typing import Any

from ibkr_actors.base.messages.historical_ticks import (
    HistoricalTicksBidAsk,
    HistoricalTicksLast,
    HistoricalTicksRequest,
)
from ibkr_actors.base.messages.history_queries import HeadTimestamp, HeadTimestampRequest
from ibkr_actors.base.messages.news import HistoricalNews, HistoricalNewsRequest
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.simulated_gateway.market.quotes import Quote
from tests.clients.client_program import Day
from tests.clients.judging import MICROSOFT, TESLA
from tests.clients.replica import Replica
from tests.clients.sightings import Answer, Transcript

STOCK = Contract(contract_id=TESLA, exchange="SMART")


def rows(seen: Transcript, asked: str) -> list[Any]:
    """The answer to a question, as tuples whose parts depend on what was asked."""
    return list(seen.the(Answer, asked=asked).rows)


class TestReferenceData:
    def test_a_pattern_finds_symbols(self, seen: Transcript) -> None:
        assert ("AAPL", "STK", "USD") in rows(seen, "symbols")

    def test_a_market_rule_says_on_which_grid_prices_lie(self, seen: Transcript) -> None:
        assert rows(seen, "rule") == [(0, 0.01)]

    def test_the_providers_of_news_are_named(self, seen: Transcript) -> None:
        assert ("DJNL", "Dow Jones Newsletters") in rows(seen, "providers")

    def test_headlines_are_those_of_the_gateway(self, seen: Transcript, day: Day, replica: Replica) -> None:
        told = rows(seen, "headlines")

        request = HistoricalNewsRequest(TESLA, "BRFG+DJNL", total_results=50, request_id=1)
        made = [one for one in replica.ask(request, day.ended) if isinstance(one, HistoricalNews)]
        assert len(told) == 5
        assert set(told) <= {(one.provider_code, one.article_id, one.headline) for one in made}


class TestThePast:
    def test_it_begins_where_the_gateway_says(self, seen: Transcript, day: Day, replica: Replica) -> None:
        request = HeadTimestampRequest(STOCK, format_date=2, request_id=1)

        assert rows(seen, "head") == [
            (int(replica.answer(HeadTimestamp, request, day.ended).head_timestamp),)
        ]

    def test_its_trades_are_those_of_the_market(
        self, seen: Transcript, day: Day, replica: Replica, since: str
    ) -> None:
        request = HistoricalTicksRequest(STOCK, since, number_of_ticks=20, request_id=1)

        made = replica.answer(HistoricalTicksLast, request, day.ended).ticks
        assert len(made) >= 20
        assert rows(seen, "past trades") == [(one.time, one.price, one.size) for one in made]

    def test_its_quotes_are_those_of_the_market(
        self, seen: Transcript, day: Day, replica: Replica, since: str
    ) -> None:
        request = HistoricalTicksRequest(
            STOCK, since, number_of_ticks=20, what_to_show="BID_ASK", ignore_size=True, request_id=1
        )

        made = replica.answer(HistoricalTicksBidAsk, request, day.ended).ticks
        assert len(made) >= 20
        assert rows(seen, "past quotes") == [(one.time, one.bid_price, one.ask_price) for one in made]

    def test_a_histogram_counts_what_was_traded_at_each_price(self, seen: Transcript) -> None:
        told = rows(seen, "histogram")

        prices = [price for price, _ in told]
        assert len(told) > 20
        assert prices == sorted(set(prices))
        assert all(size > 0 for _, size in told)


class TestStreams:
    def test_a_quote_by_quote_was_a_quote_of_the_market(self, seen: Transcript, quotes: list[Quote]) -> None:
        ((bid, ask),) = rows(seen, "quote by quote")

        assert (bid, ask) in {(quote.bid, quote.ask) for quote in quotes}

    def test_a_trade_by_trade_lies_within_the_market(self, seen: Transcript, quotes: list[Quote]) -> None:
        ((price, size),) = rows(seen, "trade by trade")

        assert min(quote.bid for quote in quotes) <= price <= max(quote.ask for quote in quotes)
        assert size > 0

    def test_a_book_is_sorted_around_a_quote_of_the_market(
        self, seen: Transcript, quotes: list[Quote]
    ) -> None:
        told = rows(seen, "depth")

        asks, bids = ([price for side, price in told if side == wanted] for wanted in (0, 1))
        assert len(asks) == len(bids) == 5
        assert (asks, bids) == (sorted(asks), sorted(bids, reverse=True))
        assert (bids[0], asks[0]) in {(quote.bid, quote.ask) for quote in quotes}

    def test_bars_of_five_seconds_hold_prices_of_the_market(
        self, seen: Transcript, quotes: list[Quote]
    ) -> None:
        last = [quote.last for quote in quotes]

        for start, opened, high, low, closed in rows(seen, "bars of five seconds"):
            assert start % 5 == 0
            assert low <= min(opened, closed) <= max(opened, closed) <= high
            assert closed in last

    def test_the_greeks_of_a_call_at_the_money_are_those_of_one(self, seen: Transcript) -> None:
        ((volatility, delta),) = rows(seen, "greeks")

        assert 0.05 < volatility < 1
        assert 0.3 < delta < 0.8

    def test_a_combination_is_bought_at_one_leg_s_ask_and_the_other_s_bid(
        self, seen: Transcript, day: Day, replica: Replica, quotes: list[Quote]
    ) -> None:
        others = replica.quotes(MICROSOFT, day.began, day.ended)

        shown = {
            (round(one.bid - other.ask, 2), round(one.ask - other.bid, 2))
            for one, other in zip(quotes, others, strict=True)
        }
        assert set(rows(seen, "combination")) <= shown


class TestOtherOrders:
    def test_a_preview_tells_commission_and_margin(self, seen: Transcript) -> None:
        ((commission, margin),) = rows(seen, "what if")

        assert commission == 1.5
        assert margin > 0

    def test_the_legs_of_a_bracket_wait_for_their_parent(self, seen: Transcript) -> None:
        assert rows(seen, "bracket") == [
            ("Submitted", ""),
            ("PreSubmitted", "child"),
            ("PreSubmitted", "child,trigger"),
        ]

    def test_completed_orders_tell_how_they_ended(self, seen: Transcript) -> None:
        assert {("KO", "Cancelled"), ("VZ", "Filled")} <= set(rows(seen, "completed"))
