"""The market: quotes that move, the same for the same seed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.market.option_pricing import INTEREST
from ibkr_actors.simulated_gateway.market.price_series import terms_of

AAPL, SPY, SPX, EURUSD, ES = 265598, 756733, 416904, 12087792, 515416632
CATALOGUE = Catalogue(date(2026, 11, 23))
CALL = CATALOGUE.options_on(AAPL)[28].contract_id
PUT = CATALOGUE.options_on(AAPL)[29].contract_id
KINDS = (AAPL, SPY, EURUSD, ES, CALL, PUT)


def moment(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()


MONDAY = moment(2026, 11, 23, 15)  # 10:00 in New York
SUNDAY = moment(2026, 11, 22, 15)


def market(seed: int = 1, start: float = MONDAY, *, always_open: bool = True) -> Market:
    return Market(CATALOGUE, seed, start, always_open=always_open)


class TestSeed:
    def test_the_same_seed_gives_the_same_quotes(self):
        first, second = market(), market()
        for market_of in (first, second):
            market_of.advance(MONDAY + 60)
        assert [first.quote(each) for each in KINDS] == [second.quote(each) for each in KINDS]

    def test_another_seed_gives_other_quotes(self):
        assert market(seed=1).quote(AAPL).last != market(seed=2).quote(AAPL).last

    def test_who_watches_what_and_how_often_changes_no_path(self):
        watched, unwatched = market(), market()
        for tick in range(400):
            watched.advance(MONDAY + tick / 4, (CALL, AAPL, SPY))
        unwatched.advance(MONDAY + 399 / 4)
        assert [watched.quote(each) for each in KINDS] == [unwatched.quote(each) for each in reversed(KINDS)][
            ::-1
        ]

    def test_a_market_that_starts_later_on_the_same_day_shows_the_same_prices(self):
        early, late = market(start=MONDAY - 3_600), market()
        early.advance(MONDAY)
        assert early.quote(AAPL) == late.quote(AAPL)

    def test_prices_begin_near_those_of_the_catalogue(self):
        for instrument in CATALOGUE:
            if instrument.security_type == "STK":
                assert market().quote(instrument.contract_id).last == pytest.approx(
                    instrument.price, rel=0.12
                )


class TestQuotes:
    @settings(deadline=None)
    @given(seed=st.integers(0, 1000), seconds=st.floats(0, 3 * 86_400))
    def test_a_quote_is_one_that_a_market_can_show(self, seed, seconds):
        moving = market(seed)
        moving.advance(MONDAY + seconds)
        for contract_id in KINDS:
            quote, tick = moving.quote(contract_id), CATALOGUE[contract_id].minimum_tick
            assert 0 < quote.bid < quote.ask
            for price in (quote.bid, quote.ask):
                assert price / tick == pytest.approx(round(price / tick), abs=1e-6)
            assert quote.bid_size > 0 < quote.ask_size
            assert quote.bid <= quote.mark <= quote.ask
            assert 0 < quote.low <= quote.high
            assert quote.volume >= 0
            if contract_id != EURUSD:
                assert quote.low <= quote.last <= quote.high
                assert quote.low <= quote.open <= quote.high
                assert quote.bid <= quote.last <= quote.ask

    def test_prices_are_clean_decimals(self):
        """270.63, not 270.63000000000005: they go into texts."""
        moving = market()
        for seconds in range(200):
            moving.advance(MONDAY + seconds)
            for contract_id in KINDS:
                quote = moving.quote(contract_id)
                assert all(
                    len(repr(price).partition(".")[2]) <= 6 for price in (quote.bid, quote.ask, quote.last)
                )

    def test_over_a_minute_prices_move(self):
        moving = market()
        lasts = set()
        for tick in range(240):
            moving.advance(MONDAY + tick / 4)
            lasts.add(moving.quote(AAPL).last)
        assert len(lasts) > 5

    def test_an_index_has_no_book(self):
        quote = market().quote(SPX)
        assert (quote.bid, quote.ask, quote.bid_size, quote.ask_size) == (-1, -1, 0, 0)
        assert quote.last == quote.mark > 0

    def test_a_currency_pair_has_no_trades(self):
        quote = market().quote(EURUSD)
        assert (quote.last, quote.last_size, quote.volume) == (-1, 0, 0)
        assert quote.mark == pytest.approx((quote.bid + quote.ask) / 2)
        assert quote.low <= quote.mark <= quote.high

    def test_a_quote_stays_the_same_object_until_something_changes(self):
        moving = market()
        before = moving.quote(AAPL)
        moving.advance(MONDAY + 0.2)
        assert moving.quote(AAPL) is before
        moving.advance(MONDAY + 2)
        assert moving.quote(AAPL) is not before

    def test_an_unknown_instrument_has_no_quote(self):
        with pytest.raises(KeyError):
            market().quote(1)

    def test_funds_and_futures_follow_their_index(self):
        moving = market()
        ratios = set()
        for minute in range(60):
            moving.advance(MONDAY + 60 * minute)
            index = moving.quote(SPX).last
            ratios.add((round(moving.quote(SPY).mark / index, 3), round(moving.quote(ES).mark / index, 3)))
        assert len(ratios) == 1


class TestDay:
    def test_the_day_has_its_high_low_and_volume_from_its_beginning(self):
        moving = market(start=moment(2026, 11, 23, 9, 0))  # 04:00 in New York
        high, low, volume = 0.0, 1e9, 0.0
        for _ in range(600):
            moving.advance(moving.now + 60)
            quote = moving.quote(AAPL)
            high, low = max(high, quote.last), min(low, quote.last)
            assert quote.high >= high
            assert quote.low <= low
            assert quote.volume >= volume
            volume = quote.volume
        assert volume > 10_000_000

    def test_the_close_is_yesterdays_last_price_of_regular_hours(self):
        moving = market(start=moment(2026, 11, 23, 20, 59, 59))
        moving.advance(moment(2026, 11, 23, 20, 59, 59) + 0.99)
        last = moving.quote(AAPL).last
        moving.advance(moment(2026, 11, 24, 15))
        assert moving.quote(AAPL).close == last

    def test_a_new_day_begins_anew(self):
        moving = market(start=moment(2026, 11, 24, 0, 30))  # Monday 19:30 in New York
        evening = moving.quote(AAPL)
        moving.advance(moment(2026, 11, 24, 9, 0, 1))
        assert moving.quote(AAPL).volume < evening.volume / 100


class TestWatching:
    def test_advance_tells_the_watched_quotes_that_changed(self):
        moving = market()
        assert {quote.contract_id for quote in moving.advance(MONDAY, (AAPL, SPY))} == {AAPL, SPY}
        assert moving.advance(MONDAY + 0.1, (AAPL, SPY)) == []
        assert [quote.contract_id for quote in moving.advance(MONDAY + 5, (AAPL,))] == [AAPL]

    def test_a_change_is_told_even_when_somebody_looked_at_it_before(self):
        moving = market()
        moving.advance(MONDAY, (AAPL,))
        moving.set_quote(AAPL, bid=100.0, ask=100.01)
        assert moving.quote(AAPL).bid == 100.0
        assert [quote.bid for quote in moving.advance(MONDAY, (AAPL,))] == [100.0]

    def test_time_does_not_go_back(self):
        with pytest.raises(ValueError, match="back"):
            market().advance(MONDAY - 1)


class TestOptions:
    def test_a_call_rises_with_its_underlying_and_a_put_falls(self):
        moving = market()
        before = moving.quote(CALL).mark, moving.quote(PUT).mark
        moving.set_quote(AAPL, last=moving.quote(AAPL).last + 10)
        assert moving.quote(CALL).mark > before[0]
        assert moving.quote(PUT).mark < before[1]

    def test_the_model_explains_the_quote(self):
        moving = market()
        quote, values = moving.quote(CALL), moving.option_values(CALL)
        assert set(values) == {"bid", "ask", "last", "model"}
        assert quote.bid <= values["model"].option_price <= quote.ask
        assert values["bid"].option_price == quote.bid
        assert (
            values["bid"].implied_volatility
            < values["model"].implied_volatility
            < values["ask"].implied_volatility
        )
        assert 0 < values["model"].delta < 1
        assert values["model"].underlying_price == pytest.approx(moving.quote(AAPL).last, abs=0.01)

    def test_price_volatility_and_greeks_of_every_option_agree(self):
        """Whoever puts the volatility that is told into the model gets the price that is told."""
        moving = market()
        moving.advance(MONDAY + 3_600)
        options = [each for each in CATALOGUE if each.right][::37]
        assert {each.security_type for each in options} == {"OPT", "FOP"}
        for option in options:
            for values in moving.option_values(option.contract_id).values():
                terms = structs.replace(terms_of(option), volatility=values.implied_volatility)
                again = terms.values(values.underlying_price, moving.now + 0.25)
                assert again.option_price == pytest.approx(values.option_price, abs=2e-3)
                assert again.delta == pytest.approx(values.delta, abs=1e-6)

    def test_calls_and_puts_of_one_strike_are_in_parity(self):
        moving = market()
        for underlying, grows in ((AAPL, True), (ES, False)):
            chain = CATALOGUE.options_on(underlying)
            price = moving.value(underlying)
            for call, put in zip(chain[::2], chain[1::2], strict=True):
                values = [moving.option_values(each.contract_id)["model"] for each in (call, put)]
                years = (call.expires - MONDAY - 0.25) / (365 * 86_400)
                present = price if grows else price * exp(-INTEREST * years)
                forward = present - call.strike * exp(-INTEREST * years)
                assert values[0].option_price - values[1].option_price == pytest.approx(forward, abs=1e-4)

    def test_the_days_low_never_rises_though_puts_deep_in_the_money_gain_by_time(self):
        moving = market()
        puts = [each.contract_id for each in CATALOGUE.options_on(SPY) if each.right == "P"][-40:]
        lows = {number: moving.quote(number).low for number in puts}
        for minutes in range(1, 60):
            moving.advance(MONDAY + 60 * minutes)
            before, lows = lows, {number: moving.quote(number).low for number in puts}
            assert all(lows[number] <= before[number] for number in puts)

    def test_what_is_no_option_has_no_model_values(self):
        assert market().option_values(AAPL) == {}


class TestPins:
    def test_a_pinned_quote_stays_until_released(self):
        moving = market()
        free = market()
        moving.set_quote(AAPL, bid=100.0, ask=100.05, last=100.02, bid_size=300)
        for seconds in (0, 1, 500):
            moving.advance(MONDAY + seconds)
            quote = moving.quote(AAPL)
            assert (quote.bid, quote.ask, quote.last, quote.bid_size) == (100.0, 100.05, 100.02, 300)
        moving.release(AAPL)
        free.advance(MONDAY + 500)
        assert structs.replace(moving.quote(AAPL), low=free.quote(AAPL).low) == free.quote(AAPL)

    def test_the_days_range_holds_what_was_pinned_in_it(self):
        """It only ever widens, as everybody who follows the market sees it."""
        moving = market()
        free = moving.quote(AAPL)
        for seconds, price in enumerate((150.0, 400.0, 200.0)):
            moving.advance(MONDAY + seconds)
            moving.set_quote(AAPL, last=price)
        moving.advance(MONDAY + 600)
        moving.release(AAPL)
        moving.advance(MONDAY + 1_200)
        quote = moving.quote(AAPL)
        assert (quote.low, quote.high, quote.open) == (150.0, 400.0, free.open)

    def test_a_quote_that_begins_afresh_forgets_what_was_pinned_and_shows_nothing_between(self):
        moving = market()
        moving.set_quote(AAPL, last=150.0, halted=1)
        moving.advance(MONDAY + 60)
        low = moving.quote(AAPL).low
        moving.set_quote(AAPL, last=140.0, afresh=True)
        quote = moving.quote(AAPL)
        assert (low, quote.halted) == (150.0, 0)
        step = moving.present_step(AAPL)
        prices = moving.series(AAPL).between(step, step + 1)
        assert (prices.open, prices.high, prices.low) == (150.0, 150.0, 140.0)

    def test_a_day_opens_and_closes_at_what_was_pinned_then(self):
        moving = market()
        moving.set_quote(AAPL, last=150.0)
        moving.advance(MONDAY + 86_400)
        quote = moving.quote(AAPL)
        assert (quote.open, quote.low, quote.high, quote.close) == (150.0, 150.0, 150.0, 150.0)

    def test_options_have_the_past_of_their_underlying(self):
        moving, free = market(), market()
        for each in (moving, free):
            each.quote(CALL)
        moving.set_quote(AAPL, last=400.0)
        moving.advance(MONDAY + 60)
        high = moving.quote(CALL).last
        moving.release(AAPL)
        for each in (moving, free):
            each.advance(MONDAY + 120)
        assert moving.quote(CALL).last == free.quote(CALL).last
        assert moving.quote(CALL).high >= high > free.quote(CALL).high

    def test_what_is_not_given_follows_what_is(self):
        """A test that moves the last price alone would not want the book to stay behind."""
        moving = market()
        moving.set_quote(AAPL, last=100.0)
        quote = moving.quote(AAPL)
        assert (quote.bid, quote.ask) == pytest.approx((99.99, 100.01), abs=0.011)
        assert quote.low <= 100.0 <= quote.high
        moving.set_quote(SPY, bid=50.0, ask=50.1)
        assert 50.0 <= moving.quote(SPY).last <= 50.1

    def test_the_other_side_makes_way(self):
        moving = market()
        moving.set_quote(AAPL, last=100.0, bid=101.0)
        assert moving.quote(AAPL).ask == 101.01
        moving.release(AAPL)
        moving.set_quote(AAPL, last=100.0, ask=99.0)
        assert moving.quote(AAPL).bid == 98.99

    def test_a_second_pin_adds_to_the_first(self):
        moving = market()
        moving.set_quote(AAPL, bid=100.0)
        moving.set_quote(AAPL, ask=100.3)
        assert (moving.quote(AAPL).bid, moving.quote(AAPL).ask) == (100.0, 100.3)

    def test_a_pin_moves_nobody_but_the_options(self):
        moving, free = market(), market()
        moving.set_quote(SPY, last=100.0)
        assert moving.quote(SPX) == free.quote(SPX)

    def test_a_halt_can_be_pinned_alone(self):
        moving, free = market(), market()
        moving.set_quote(AAPL, halted=1)
        assert moving.quote(AAPL).halted == 1
        assert moving.quote(AAPL).bid == free.quote(AAPL).bid

    def test_whole_numbers_become_floats(self):
        """Else a price would be spelled 100 on the wire where the bridge says 100.0."""
        moving = market()
        moving.set_quote(AAPL, bid=100, ask=101, last=100, bid_size=300, ask_size=300)
        quote = moving.quote(AAPL)
        parts = (quote.bid, quote.ask, quote.last, quote.bid_size, quote.ask_size)
        assert {type(part) for part in parts} == {float}

    @pytest.mark.parametrize(
        "prices",
        [
            {"bid": 0.0},
            {"last": -1.0},
            {"last": 100.005},
            {"bid": 100.0, "ask": 100.0},
            {"bid": 100.1, "ask": 100.0},
            {"ask": 0.01},
        ],
    )
    def test_prices_that_no_market_shows_are_refused(self, prices):
        with pytest.raises(ValueError, match=r"bid|ask|last"):
            market().set_quote(AAPL, **prices)


class TestHours:
    def test_at_a_weekend_the_market_is_open_and_moves(self):
        moving = market(start=SUNDAY)
        assert moving.is_open(AAPL)
        before = moving.quote(AAPL).bid
        moving.advance(SUNDAY + 600)
        assert moving.quote(AAPL).bid != before

    def test_when_asked_to_it_keeps_the_exchanges_hours(self):
        keeping = market(start=SUNDAY, always_open=False)
        assert not keeping.is_open(AAPL)
        assert keeping.next_opening(AAPL) == moment(2026, 11, 23, 9)
        before = keeping.quote(AAPL)
        keeping.advance(SUNDAY + 600)
        assert keeping.quote(AAPL) is before
        keeping.advance(MONDAY)
        assert keeping.is_open(AAPL)
        assert keeping.next_opening(AAPL) == MONDAY

    def test_a_closed_market_shows_the_last_quote_of_its_session(self):
        friday = moment(2026, 11, 21, 0, 59, 59) + 0.99
        keeping, open_market = market(start=friday, always_open=False), market(start=friday)
        last = open_market.quote(AAPL)
        keeping.advance(friday + 30_000)
        assert (keeping.quote(AAPL).bid, keeping.quote(AAPL).last) == (last.bid, last.last)
