"""Prices that were pinned: shown while they were, in pieces of any size that agree with each other."""

from __future__ import annotations

from functools import reduce

import pytest

from ibkr_actors.simulated_gateway.market import pinned_series
from ibkr_actors.simulated_gateway.market.pinned_series import PinnedPast, PinnedSeries
from ibkr_actors.simulated_gateway.market.price_series import Prices, together


class Rising:
    """A series that rises from its step's number to the next in each step."""

    def between(self, first: int, last: int) -> Prices:
        return Prices(float(first), float(last), float(first), float(last), 10.0 * (last - first))

    running = between

    def opening(self, step: int) -> float:
        return float(step)

    def is_known(self, first: int, last: int) -> bool:
        return first < last and first > 1_000


def pinned(*changes: tuple[int, float | None]) -> PinnedSeries:
    past = PinnedPast()
    for step, price in changes:
        past.add(step, price)
    return PinnedSeries(Rising(), past)


CHANGES = ((103, 50.0), (104, 60.0), (107, None), (109, 70.0), (109, 20.0), (112, None), (112, 90.0))


class TestBetween:
    @pytest.mark.parametrize(
        ("first", "last", "prices"),
        [
            (100, 103, (100.0, 103.0, 100.0, 103.0)),
            (103, 104, (103.0, 104.0, 50.0, 50.0)),
            (104, 105, (50.0, 60.0, 50.0, 60.0)),
            (105, 107, (60.0, 60.0, 60.0, 60.0)),
            (107, 108, (60.0, 108.0, 60.0, 108.0)),
            (108, 109, (108.0, 109.0, 108.0, 109.0)),
            (109, 110, (109.0, 110.0, 20.0, 20.0)),
            (112, 113, (20.0, 113.0, 20.0, 90.0)),
            (113, 900, (90.0, 90.0, 90.0, 90.0)),
            (100, 900, (100.0, 113.0, 20.0, 90.0)),
        ],
    )
    def test_a_price_holds_from_within_the_step_in_which_it_was_pinned(self, first, last, prices):
        found = pinned(*CHANGES).between(first, last)
        assert (found.open, found.high, found.low, found.close) == prices
        assert found.volume == 10.0 * (last - first)

    def test_pieces_of_all_sizes_agree(self):
        series = pinned(*CHANGES)
        for first in range(100, 115):
            for last in range(first + 1, 116):
                steps = [series.between(step, step + 1) for step in range(first, last)]
                assert series.between(first, last) == reduce(together, steps)

    def test_it_opens_at_what_held_before(self):
        series = pinned(*CHANGES)
        assert [series.opening(step) for step in (103, 104, 107, 108, 113)] == [103, 50, 60, 108, 90]

    def test_what_is_pinned_fills_gaps_once_there_is_anything(self):
        class Gap(Rising):
            def is_known(self, first: int, last: int) -> bool:
                return first <= 102 < last

        past = PinnedPast()
        past.add(105, 50.0)
        series = PinnedSeries(Gap(), past)
        assert [series.is_known(step, step + 1) for step in (101, 102, 103, 105, 106)] == [
            *(False, True, False),
            *(True, True),
        ]


class TestRunning:
    def test_it_knows_what_is_pinned_after_it_was_asked(self):
        past = PinnedPast()
        series = PinnedSeries(Rising(), past)
        changes = dict(CHANGES)
        for step in range(100, 120):
            for first in (98, 100):
                assert series.running(first, step + 1) == series.between(first, step + 1)
            if step in changes:
                past.add(step, changes[step])
                assert series.running(98, step + 1) == series.between(98, step + 1)
                assert series.running(98, step) == series.between(98, step)


class TestBounds:
    def test_the_oldest_is_forgotten_in_the_end(self, monkeypatch):
        monkeypatch.setattr(pinned_series, "_MOST_STEPS", 4)
        series = pinned(*((step, float(step % 2 + 1)) for step in range(200, 206)))
        assert [series.between(step, step + 1).open for step in (199, 202, 203, 204)] == [2, 2, 1, 2]
        assert series.between(206, 300).close == 2.0

    def test_what_changes_nothing_is_not_kept(self):
        past = PinnedPast()
        for price in (None, 5.0, 5.0, None, None):
            past.add(100, price)
        assert list(past.changes(0, 1_000)) == [(100, (5.0, None))]
