"""Ticks come page by page: none lost, none twice, also where a second is cut by a page."""

from __future__ import annotations

import pytest
from loguru import logger

from ibkr_actors.base.tick_pages import TICKS_AT_ONCE, TickPages
from ibkr_actors.classes.tick import HistoricalTickLast
from ibkr_actors.errors import InvalidRequest


def trades(*seconds: int) -> list[HistoricalTickLast]:
    """Trades in those seconds, each with a price of its own."""
    return [HistoricalTickLast(second, price=float(number)) for number, second in enumerate(seconds)]


def run(pages: TickPages, market: list[HistoricalTickLast], *, whole_seconds: bool, now: float = 1e9) -> int:
    """Serve all pages from a market; how many there were."""
    asked = 0
    while (page := pages.page(now)) is not None:
        asked += 1
        assert asked < 500, "the pages do not come to an end"
        rest = [tick for tick in market if tick.time >= page]
        cut = rest[:TICKS_AT_ONCE]
        if whole_seconds and cut:
            cut = [tick for tick in rest if tick.time <= cut[-1].time]
        pages.take(page, cut)
    return asked


@pytest.mark.parametrize("whole_seconds", [True, False])
class TestASpan:
    def test_comes_whole_where_pages_end_within_a_second(self, whole_seconds):
        market = trades(*(second for second in range(1_000, 1_800) for _ in range(7)))
        pages = TickPages(1_000, 1_700)

        run(pages, market, whole_seconds=whole_seconds)

        assert pages.ticks() == [tick for tick in market if tick.time < 1_700]
        assert pages.done == 1.0

    def test_comes_whole_where_a_page_ends_with_its_second(self, whole_seconds):
        market = trades(*(second for second in range(1_000, 1_400) for _ in range(10)))
        pages = TickPages(1_000, 1_400)

        run(pages, market, whole_seconds=whole_seconds)

        assert pages.ticks() == market

    def test_keeps_ticks_of_one_second_that_look_the_same(self, whole_seconds):
        market = [HistoricalTickLast(1_000 + number // 4, price=1.0) for number in range(3_000)]
        pages = TickPages(1_000, 2_000)

        run(pages, market, whole_seconds=whole_seconds)

        assert pages.ticks() == market

    def test_begins_and_ends_where_it_was_asked_to(self, whole_seconds):
        pages = TickPages(1_002, 1_004)

        run(pages, trades(*range(1_000, 1_010)), whole_seconds=whole_seconds)

        assert [tick.time for tick in pages.ticks()] == [1_002, 1_003]


def test_a_second_with_more_than_a_page_comes_as_the_bridge_has_it():
    """The bridge completes the last second of a page, so such a second is one page."""
    market = trades(*([1_000] * 2_500), 1_001)
    pages = TickPages(1_000, 1_100)

    run(pages, market, whole_seconds=True)

    assert pages.ticks() == market


def test_behind_an_empty_page_later_hours_are_looked_at():
    pages = TickPages(0, 20_000)

    pages.take(pages.page(1e9), [])

    assert pages.page(1e9) == 900


@pytest.mark.parametrize("sessions", [[], [(0, 20_000), (20_900, 30_000)]])
def test_a_short_pause_between_two_trading_days_costs_no_tick(sessions):
    """Currencies pause for a quarter of an hour, and a page tells only of the trading day that it begins in."""
    days = trades(*range(19_000, 20_000)), trades(*range(20_900, 21_400))
    pages = TickPages(18_000, 30_000, sessions=sessions)

    while (page := pages.page(1e9)) is not None:
        pages.take(page, [tick for tick in days[page >= 20_900] if tick.time >= page])

    assert len(pages.ticks()) == 1_500


def test_hours_between_sessions_take_no_page():
    pages = TickPages(60_500, 100_000, sessions=[(50_000, 60_000), (90_000, 93_000), (99_500, 101_000)])

    first = pages.page(1e9)
    pages.take(first, [])
    second = pages.page(1e9)
    pages.take(second, trades(90_100, 92_999))

    assert (first, second, pages.page(1e9)) == (90_000, 90_900, 99_500)


def test_hours_that_the_sessions_do_not_reach_to_are_looked_at():
    pages = TickPages(0, 100_000, sessions=[(50_000, 60_000), (70_000, 75_000)])

    first = pages.page(1e9)
    pages.take(first, trades(74_999))

    assert (first, pages.page(1e9)) == (0, 75_000)


def test_a_second_with_all_the_ticks_of_a_page_and_perhaps_more_is_told():
    told: list[str] = []
    handler = logger.add(told.append, format="{message}")
    pages = TickPages(1_000, 1_100)

    pages.take(1_000, trades(*([1_000] * TICKS_AT_ONCE)))

    logger.remove(handler)
    assert told == ["the bridge tells 1000 ticks of 1970-01-01 00:16:40+00:00: there may be more\n"]


def test_what_has_not_come_yet_is_not_asked_for():
    assert TickPages(2_000, 3_000).page(1_999) is None


def test_a_span_that_ends_before_it_begins_is_refused():
    with pytest.raises(InvalidRequest, match="start is not before the end"):
        TickPages(2_000, 2_000)
