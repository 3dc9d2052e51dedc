"""The levels of books: they agree with the quote, and with themselves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from ibkr_actors.simulated_gateway.instruments.catalogue import Instrument
from ibkr_actors.simulated_gateway.market.book_levels import MOST_LEVELS, BookLevels, Level
from ibkr_actors.simulated_gateway.market.market import Quote
from tests.simulated_gateway.helpers import AAPL, Desk

MAKERS = ("ARCA", "BATS", "NASDAQ", "NYSE")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def apple_of(desk: Desk) -> Instrument:
    return desk.gateway.catalogue[AAPL]


def quote_of(desk: Desk, bid: float, ask: float, size: float = 700.0) -> Quote:
    desk.quote(bid, ask, size=size)
    return desk.gateway.market.quote(AAPL)


def side(desk: Desk, quote: Quote, *, is_bid: bool, seed: int = 0) -> list[Level]:
    return list(BookLevels(seed).levels(apple_of(desk), quote, is_bid=is_bid))


def test_the_best_level_is_the_quote(desk: Desk) -> None:
    quote = quote_of(desk, 100.0, 100.02)

    assert side(desk, quote, is_bid=True)[0] == Level(100.0, 700.0)
    assert side(desk, quote, is_bid=False)[0] == Level(100.02, 700.0)


def test_prices_go_away_from_the_best_one_on_the_grid(desk: Desk) -> None:
    quote = quote_of(desk, 100.0, 100.02)
    bids, asks = side(desk, quote, is_bid=True), side(desk, quote, is_bid=False)

    assert len(bids) == len(asks) == MOST_LEVELS
    assert all(better.price > worse.price for better, worse in pairwise(bids))
    assert all(better.price < worse.price for better, worse in pairwise(asks))
    grid = desk.gateway.market.grid(AAPL)
    assert all(grid.holds(level.price) for level in bids + asks)
    assert all(level.size > 0 and level.size % 100 == 0 for level in bids + asks)


def test_at_some_prices_nobody_waits(desk: Desk) -> None:
    bids = side(desk, quote_of(desk, 100.0, 100.02), is_bid=True)

    steps = {round((better.price - worse.price) / 0.01) for better, worse in pairwise(bids)}

    assert {1, 2} <= steps


def test_a_level_is_found_again_when_the_best_price_comes_back(desk: Desk) -> None:
    before = side(desk, quote_of(desk, 100.0, 100.02), is_bid=True)
    higher = side(desk, quote_of(desk, 100.05, 100.07), is_bid=True)
    after = side(desk, quote_of(desk, 100.0, 100.02), is_bid=True)

    assert after == before
    assert set(before[1:20]) <= set(higher)


def test_another_seed_has_another_book(desk: Desk) -> None:
    quote = quote_of(desk, 100.0, 100.02)

    assert side(desk, quote, is_bid=True, seed=1)[1:] != side(desk, quote, is_bid=True, seed=2)[1:]


def test_bids_end_at_the_first_tick(desk: Desk) -> None:
    assert [level.price for level in side(desk, quote_of(desk, 0.03, 0.04), is_bid=True)] in (
        [0.03, 0.02, 0.01],
        [0.03, 0.02],
        [0.03, 0.01],
        [0.03],
    )


def test_what_has_no_quote_has_no_book(desk: Desk) -> None:
    catalogue = desk.gateway.catalogue
    index = next(instrument for instrument in catalogue if not instrument.is_tradable)
    quote = desk.gateway.market.quote(index.contract_id)

    assert list(BookLevels(0).levels(index, quote, is_bid=True)) == []


@pytest.mark.parametrize("size", [100.0, 200.0, 250.0, 900.0, 7.0])
def test_makers_share_the_size_of_a_level_and_each_has_one_row(desk: Desk, size: float) -> None:
    quote = quote_of(desk, 100.0, 100.02, size)

    rows = BookLevels(0).rows(apple_of(desk), quote, MAKERS, 40, is_bid=True)

    by_price = dict.fromkeys(row.price for row in rows)
    for price in list(by_price)[:-1]:  # the last level may have been cut
        sharing = [row for row in rows if row.price == price]
        assert len({row.maker for row in sharing}) == len(sharing)
        level = next(level for level in levels(desk, quote) if level.price == price)
        assert sum(row.size for row in sharing) == level.size
        assert all(row.size > 0 for row in sharing)


def levels(desk: Desk, quote: Quote) -> Iterator[Level]:
    return BookLevels(0).levels(apple_of(desk), quote, is_bid=True)


def test_some_levels_are_shared_by_several_makers(desk: Desk) -> None:
    rows = BookLevels(0).rows(apple_of(desk), quote_of(desk, 100.0, 100.02), MAKERS, 40, is_bid=True)

    assert len({row.price for row in rows}) < len(rows)
