"""What other people's clients see on an ordinary day with the simulated gateway, and that it fits together.

Every client is unmodified, at the version that it was published, in a process and an environment of its own; so is the
gateway. Its program (folder `programs`) prints what it saw; each claim here is made of each of them. They trade in one
account, one after the other, so claims speak of what changes.
"""

from __future__ import annotations

import itertools
from datetime import date

import pytest

from tests.clients.claims_about_orders import (
    TestAnOrderAtTheMarket,
    TestAnOrderThatRests,
    TestPositionsAndCash,
    TestRefusals,
    TestTheAccount,
)
from tests.clients.claims_about_questions import (
    TestOtherOrders,
    TestReferenceData,
    TestStreams,
    TestThePast,
)
from tests.clients.client_program import Day
from tests.clients.conftest import Kind
from tests.clients.judging import (
    ACCOUNT,
    EXPECTED_CODES,
    FARMS,
    UNKNOWN_CONTRACT,
    in_this_order,
    repeats_a_notice,
    strikes,
)
from tests.clients.replica import Replica
from tests.clients.sightings import (
    Bars,
    Chains,
    Connected,
    Details,
    Log,
    Notice,
    Prices,
    Quote,
    Refused,
    Scan,
    Transcript,
)

__all__ = [
    "TestAnOrderAtTheMarket",
    "TestAnOrderThatRests",
    "TestOtherOrders",
    "TestPositionsAndCash",
    "TestReferenceData",
    "TestRefusals",
    "TestStreams",
    "TestTheAccount",
    "TestThePast",
]  # claims of other modules, made here: a module of tests is what one processor runs, and a day is lived through once


class TestConnecting:
    def test_the_newest_common_version_is_settled(self, seen: Transcript, kind: Kind) -> None:
        assert seen.the(Connected).server_version == kind.version

    def test_the_accounts_are_told(self, seen: Transcript) -> None:
        assert seen.the(Connected).accounts == [ACCOUNT]

    def test_the_data_farms_are_said_to_be_well(self, seen: Transcript) -> None:
        client = seen.the(Connected).client

        told = seen.all(Notice, client=client, number=-1)
        assert [(notice.code, notice.text) for notice in told] == FARMS


class TestNothingIsAmiss:
    def test_no_code_comes_that_nobody_gave_reason_for(self, seen: Transcript) -> None:
        """A client tells by codes of its own (5xx) what it can't read."""
        told = [notice for notice in seen.all(Notice) if notice.code not in EXPECTED_CODES]

        assert not told

    def test_the_client_logs_nothing_but_the_codes_that_it_was_told(self, seen: Transcript) -> None:
        assert [log.text for log in seen.all(Log) if not repeats_a_notice(log, seen)] == []


class TestContracts:
    def test_a_stock_is_completed(self, seen: Transcript) -> None:
        (found,) = seen.the(Details, asked="AAPL").found

        assert (found.contract_id, found.primary_exchange) == (265598, "NASDAQ")
        assert (found.long_name, found.minimum_tick) == ("APPLE INC", 0.01)
        assert (found.local_symbol, found.trading_class, found.stock_type) == ("AAPL", "NMS", "COMMON")

    def test_a_future_is_found_by_its_month(self, seen: Transcript) -> None:
        listed = seen.the(Details, asked="ES").found
        (found,) = seen.the(Details, asked="ES, one month").found

        months = [one.contract_month for one in listed]
        assert months == sorted(set(months))
        assert (found.contract_id, float(found.multiplier)) == (listed[0].contract_id, 50)

    def test_an_unknown_contract_is_error_200(self, seen: Transcript) -> None:
        for asked in ("details", "quote", "bars"):
            refused = seen.the(Refused, asked=asked)
            assert (refused.code, refused.text) == (200, UNKNOWN_CONTRACT)


class TestOptionChain:
    def test_every_exchange_of_the_stock_lists_the_same_strikes(self, seen: Transcript) -> None:
        told = seen.all(Chains)[0].chains

        assert len(told) > 1
        assert {chain.underlying for chain in told} == {265598}
        assert {float(chain.multiplier) for chain in told} == {100}
        assert len({tuple(chain.strikes) for chain in told}) == 1

    def test_the_options_of_an_expiry_are_a_call_and_a_put_at_its_strikes(self, seen: Transcript) -> None:
        chain = next(one for one in seen.all(Chains)[0].chains if one.exchange == "SMART")

        found = seen.all(Details, asked="AAPL options")[0].found

        calls, puts = strikes(found, "C"), strikes(found, "P")
        assert calls == puts
        assert len(calls) > 10
        assert set(calls) <= set(chain.strikes)
        # Details spell it with time and zone (recorded), which some clients take apart and others don't.
        assert {one.expiry.split(" ")[0] for one in found} == {chain.expirations[1]}
        assert {float(one.multiplier) for one in found} == {100}


class TestQuotes:
    def test_every_snapshot_was_a_quote_of_the_market(
        self, seen: Transcript, day: Day, replica: Replica
    ) -> None:
        for told in seen.all(Quote):
            shown = replica.quotes(told.contract_id, day.began, day.ended)
            quotes = {(quote.bid, quote.ask, quote.last, quote.close) for quote in shown}
            assert (told.bid, told.ask, told.last, told.close) in quotes, told.asked

    def test_a_snapshot_is_one_quote(self, seen: Transcript) -> None:
        quote = seen.the(Quote, asked="MSFT")

        assert 0 < quote.bid <= quote.last <= quote.ask
        assert quote.bid < quote.ask
        assert quote.close == pytest.approx(quote.last, rel=0.2)

    def test_a_stream_shows_the_prices_of_the_market_as_they_move(
        self, seen: Transcript, day: Day, replica: Replica
    ) -> None:
        told = seen.the(Prices, asked="MSFT")

        shown = replica.quotes(seen.the(Quote, asked="MSFT").contract_id, day.began, day.ended)
        assert len(set(told.bids)) >= 3
        assert in_this_order(told.bids, [quote.bid for quote in shown])
        assert in_this_order(told.asks, [quote.ask for quote in shown])

    def test_an_option_costs_at_least_what_exercising_it_yields(self, seen: Transcript) -> None:
        underlying, quote = seen.the(Quote, asked="AAPL"), seen.the(Quote, asked="AAPL, deepest call")
        (option,) = {
            one.contract_id: one
            for details in seen.all(Details, asked="AAPL options")
            for one in details.found
            if one.contract_id == quote.contract_id
        }.values()

        assert quote.bid < quote.ask
        assert quote.ask == pytest.approx(underlying.last - option.strike, rel=0.05)


class TestBars:
    @pytest.mark.parametrize(("size", "duration"), [("1 day", "1 Y"), ("5 mins", "2 D")])
    def test_they_are_those_of_the_market(
        self, seen: Transcript, day: Day, replica: Replica, size: str, duration: str
    ) -> None:
        told = seen.the(Bars, asked=size)

        made = replica.bars(told.contract_id, duration, size, day.ended)
        assert [bar[1:5] for bar in told.bars[:-1]] == [
            (bar.open, bar.high, bar.low, bar.close) for bar in made[: len(told.bars) - 1]
        ]
        assert [bar[6] for bar in told.bars[:-1]] == [bar.count for bar in made[: len(told.bars) - 1]]

    def test_a_year_has_one_for_every_trading_day(self, seen: Transcript) -> None:
        days = [date.fromisoformat(bar[0]) for bar in seen.the(Bars, asked="1 day").bars]

        assert 245 <= len(days) <= 255
        assert days == sorted(set(days))
        assert all(day.weekday() < 5 for day in days)
        assert max((later - day).days for day, later in itertools.pairwise(days)) <= 4

    @pytest.mark.parametrize("size", ["1 day", "5 mins"])
    def test_each_holds_its_prices_between_low_and_high(self, seen: Transcript, size: str) -> None:
        for _, opened, high, low, closed, volume, count in seen.the(Bars, asked=size).bars:
            assert low <= min(opened, closed) <= max(opened, closed) <= high
            assert volume > 0
            assert count > 0

    def test_the_last_leads_to_the_present_price(self, seen: Transcript) -> None:
        last = seen.the(Bars, asked="1 day").bars[-1]

        assert last[4] == pytest.approx(seen.the(Quote, asked="IBM").last, rel=0.1)


def test_a_scan_ranks_by_what_was_gained(seen: Transcript) -> None:
    found = seen.the(Scan).symbols

    quotes = [quote for quote in seen.all(Quote) if quote.asked.startswith("gainer")]
    gains = [quote.last / quote.close for quote in quotes]
    assert len(found) == len(set(found)) > 20
    assert len(gains) == 3
    assert gains[0] > gains[1] > gains[2]
