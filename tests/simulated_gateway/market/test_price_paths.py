"""Paths: always the same, and coherent at all lengths."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from math import sqrt
from statistics import stdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibkr_actors.simulated_gateway.market.price_paths import ACTIVITY, DAY, SIZES, Path, Stretch, joined

FIRST_DAY = 20_780
NOON = FIRST_DAY * DAY + DAY // 2


def path(seed: int = 1, name: str = "AAPL", volatility: float = 0.3) -> Path:
    return Path(seed, name, first_day=FIRST_DAY, volatility=volatility, profile=(1.0,) * 24)


PATH = path()


@settings(deadline=None)
@given(offset=st.integers(-30 * DAY, 30 * DAY), length=st.integers(1, 2000), cut=st.integers(1, 1999))
def test_a_stretch_is_exactly_its_two_parts_joined(offset, length, cut):
    first = NOON + offset
    middle, last = first + min(cut, length), first + length + 1
    assert PATH.stretch(first, last) == joined(PATH.stretch(first, middle), PATH.stretch(middle, last))


@settings(deadline=None)
@given(level=st.integers(0, len(SIZES) - 2), offset=st.integers(-5_000, 5_000))
def test_a_piece_of_the_tree_is_exactly_its_smaller_pieces(level, offset):
    """So a day's bar says what its hours say, these what their minutes say, and so on to the quotes."""
    size, smaller = SIZES[level], SIZES[level + 1]
    index = FIRST_DAY * DAY // size + offset
    pieces = [
        PATH.piece(level + 1, number)
        for number in range(index * size // smaller, (index + 1) * size // smaller)
    ]
    assert reduce(joined, pieces) == PATH.piece(level, index)


@settings(deadline=None)
@given(offset=st.integers(-30 * DAY, 30 * DAY), length=st.integers(1, 20_000))
def test_high_and_low_hold_open_and_close(offset, length):
    stretch = PATH.stretch(NOON + offset, NOON + offset + length)
    assert stretch.low <= min(stretch.open, stretch.close)
    assert stretch.high >= max(stretch.open, stretch.close)
    assert stretch.before <= stretch.after


def test_a_path_has_no_jumps():
    stretches = [PATH.stretch(step, step + 1) for step in range(NOON - 500, NOON + 500)]
    assert all(first.close == second.open for first, second in pairwise(stretches))


def test_looking_elsewhere_before_changes_nothing():
    fresh, wandering = path(), path()
    for distance in (400, -900, 3, 0, -5):
        wandering.stretch(NOON + distance * DAY + 7, NOON + distance * DAY + 900)
    assert wandering.stretch(NOON, NOON + 50) == fresh.stretch(NOON, NOON + 50)


def test_a_running_stretch_is_the_same_however_it_is_reached():
    running = path()
    for last in (NOON + 1, NOON + 7, NOON + 5_000, NOON + 60, NOON + 9_999):
        assert running.running_stretch(NOON - 777, last) == PATH.stretch(NOON - 777, last)


@pytest.mark.parametrize("other", [path(seed=2), path(name="MSFT")])
def test_another_seed_or_name_gives_another_path(other):
    assert other.stretch(NOON, NOON + 50) != PATH.stretch(NOON, NOON + 50)


def test_the_market_begins_at_the_price_of_its_beginning():
    assert PATH.stretch(FIRST_DAY * DAY, FIRST_DAY * DAY + 1).open == 0.0


@pytest.mark.parametrize("size", SIZES[:-1])
def test_volatility_is_what_was_asked_for_at_every_length(size):
    first = FIRST_DAY * DAY // size
    level = SIZES.index(size)
    moves = [
        piece.close - piece.open for piece in (PATH.piece(level, first - number) for number in range(1, 2500))
    ]
    assert stdev(moves) * sqrt(365 * DAY / size) == pytest.approx(0.3, rel=0.1)


@pytest.mark.parametrize("size", SIZES[:-1])
def test_whoever_looks_at_each_step_sees_the_highs_and_lows(size):
    """Else bars would have needles that no quote shows and that fill no order."""
    unseen = 1.25 * 0.3 / sqrt(365 * DAY)  # what a path goes beyond its steps
    for first in range(NOON, NOON + min(10 * size, DAY // 12), size):
        steps = [PATH.stretch(step, step + 1) for step in range(first, first + min(size, DAY // 24))]
        whole = reduce(joined, steps)
        seen = [whole.open, *(step.close for step in steps)]
        assert max(seen) >= whole.high - unseen
        assert min(seen) <= whole.low + unseen


def test_no_second_has_a_range_that_is_unlike_the_others():
    level = len(SIZES) - 2
    first = NOON // SIZES[level]
    ranges = sorted(
        piece.high - piece.low for piece in (PATH.piece(level, first + number) for number in range(20_000))
    )
    assert ranges[-1] < 6 * ranges[len(ranges) // 2]


def test_prices_stay_within_a_factor_of_e_for_decades():
    wild = path(volatility=2.0)
    days = [wild.piece(0, FIRST_DAY + number) for number in range(-7000, 7000)]
    assert all(-1.0 <= day.close <= 1.0 for day in days)


def test_a_usual_day_has_about_the_usual_activity():
    days = [PATH.piece(0, FIRST_DAY + number) for number in range(-200, 200)]
    assert sum(day.after - day.before for day in days) / 400 == pytest.approx(ACTIVITY, rel=0.1)


def test_quiet_hours_see_less_activity():
    quiet = Path(1, "AAPL", first_day=FIRST_DAY, volatility=0.3, profile=(0.05,) * 12 + (1.0,) * 12)
    morning = quiet.stretch(FIRST_DAY * DAY, NOON)
    afternoon = quiet.stretch(NOON, FIRST_DAY * DAY + DAY)
    assert afternoon.after - afternoon.before > 5 * (morning.after - morning.before)


def test_an_empty_stretch_is_refused():
    with pytest.raises(ValueError, match="empty"):
        PATH.stretch(NOON, NOON)


def test_joining_keeps_the_extremes_of_both():
    first, second = Stretch(1, 4, 0, 2, 10, 20), Stretch(2, 3, -1, 3, 20, 25)
    assert joined(first, second) == Stretch(1, 4, -1, 3, 10, 25)
