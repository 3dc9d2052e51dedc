"""Random paths that can be looked at anywhere, in any order, and are always the same.

A path is a tree. A day is a stretch with an open, high, low and close; it is divided into hours, these into pieces of
five minutes, and so on down to quarters of a second. How a stretch is divided depends on the seed, the path's name
and the stretch alone, and the pieces keep to it: they begin and end where it does, and the highest and lowest of them
are its high and low. So bars of all sizes agree with each other and with the quotes, and nothing has to be simulated
from the beginning to be known.
"""

from __future__ import annotations

from hashlib import blake2b
from itertools import pairwise
from math import log, sqrt
from random import Random
from typing import Final, NamedTuple

STEPS_PER_SECOND: Final = 4
DAY: Final = 86_400 * STEPS_PER_SECOND

SIZES: Final = (DAY, *(seconds * STEPS_PER_SECOND for seconds in (3_600, 300, 60, 5, 1)), 1)
"""Lengths of the stretches on each level of the tree, in steps."""
_PIECES: Final = tuple(longer // shorter for longer, shorter in pairwise(SIZES))
_LEVELS: Final = tuple(enumerate(SIZES))
_STEPS_PER_YEAR: Final = 365 * DAY

ACTIVITY: Final = 1_000_000_000
"""The activity of a usual day; an instrument's volume is its share of that."""

_BOUND: Final = 1.0
"""A path turns back here, so that prices stay within a factor of e of where they began."""

_REMEMBERED: Final = 64
"""Divided stretches that are kept for each level; the newest are asked for again and again."""


class Stretch(NamedTuple):
    """A piece of a path. Prices are logarithms of the ratio to the price at the beginning of the market."""

    open: float
    high: float
    low: float
    close: float
    before: int
    """Activity from the beginning of the market until this stretch."""
    after: int
    """The same until its end."""


def joined(first: Stretch, second: Stretch) -> Stretch:
    """Two neighbours as one."""
    return Stretch(
        first.open,
        max(first.high, second.high),
        min(first.low, second.low),
        second.close,
        first.before,
        second.after,
    )


class Path:
    """One random path, and how much happens along it. Times are steps: quarters of a second since 1970.

    `profile` weighs the 24 hours (UTC) of a day by how much happens in them.
    """

    def __init__(
        self, seed: int, name: str, *, first_day: int, volatility: float, profile: tuple[float, ...]
    ) -> None:
        digest = blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
        self._key = int.from_bytes(digest, "big") << 72
        self._random = Random()  # noqa: S311 - a market, not a secret
        self._first_day = first_day
        self._scales = tuple(volatility * sqrt(size / _STEPS_PER_YEAR) for size in SIZES)
        self._profile = profile
        self._evenly = {count: (1.0,) * count for count in _PIECES}
        # Where each day begins, as (position, activity): forward from the first day, and backward before it.
        self._forward: list[tuple[float, int]] = [(0.0, 0)]
        self._backward: list[tuple[float, int]] = [(0.0, 0)]
        self._divided: tuple[dict[int, list[Stretch]], ...] = tuple({} for _ in SIZES)
        self._days: dict[int, Stretch] = {}
        self._running: dict[int, tuple[int, Stretch]] = {}

    def stretch(self, first: int, last: int) -> Stretch:
        """The path from step `first` until before step `last`."""
        found: Stretch | None = None
        while first < last:
            for level, size in _LEVELS:
                if first % size == 0 and first + size <= last:
                    piece = self.piece(level, first // size)
                    break
            found = piece if found is None else joined(found, piece)
            first += size
        if found is None:
            raise ValueError("an empty stretch has no prices")
        return found

    def running_stretch(self, first: int, last: int) -> Stretch:
        """As `stretch`, quick when it is asked for again with a later `last`: remembers how far it got."""
        upto, known = self._running.get(first, (0, None))
        if known is None or last < upto:
            found = self.stretch(first, last)
        else:
            found = joined(known, self.stretch(upto, last)) if upto < last else known
        if len(self._running) > _REMEMBERED:
            self._running.clear()
        self._running[first] = (last, found)
        return found

    def piece(self, level: int, index: int) -> Stretch:
        """The stretch number `index`, counted from 1970, on a level of the tree."""
        if level == 0:
            return self._day(index)
        count = _PIECES[level - 1]
        parent, place = divmod(index, count)
        divided = self._divided[level - 1]
        pieces = divided.get(parent)
        if pieces is None:
            if len(divided) >= _REMEMBERED:
                divided.clear()
            pieces = divided[parent] = self._divide(level, parent)
        return pieces[place]

    def _divide(self, level: int, parent: int) -> list[Stretch]:
        whole = self.piece(level - 1, parent)
        count = _PIECES[level - 1]
        self._random.seed(self._key | level << 64 | parent)
        weights = self._profile if level == 1 else self._evenly[count]
        return _divide(whole, weights, self._scales[level], self._random)

    def _day(self, day: int) -> Stretch:
        found = self._days.get(day)
        if found is None:
            if len(self._days) >= _REMEMBERED:
                self._days.clear()
            found = self._days[day] = self._make_day(day)
        return found

    def _make_day(self, day: int) -> Stretch:
        opening, before = self._beginning(day)
        closing, after = self._beginning(day + 1)
        scale = self._scales[0]
        self._random.seed(self._key | 1 << 71 | day)
        high = _crest(opening, closing, scale, self._random)
        low = -_crest(-opening, -closing, scale, self._random)
        return Stretch(opening, high, low, closing, before, after)

    def _beginning(self, day: int) -> tuple[float, int]:
        ahead = day - self._first_day
        while ahead >= len(self._forward):
            move, activity = self._day_changes(self._first_day + len(self._forward) - 1)
            position, total = self._forward[-1]
            self._forward.append((position + move, total + activity))
        while -ahead >= len(self._backward):
            move, activity = self._day_changes(self._first_day - len(self._backward))
            position, total = self._backward[-1]
            self._backward.append((position - move, total - activity))
        position, total = self._forward[ahead] if ahead >= 0 else self._backward[-ahead]
        return _reflected(position), total

    def _day_changes(self, day: int) -> tuple[float, int]:
        self._random.seed(self._key | day)
        move = _normal(self._random) * self._scales[0]
        return move, int(ACTIVITY * (0.6 + 0.8 * self._random.random()))


def _normal(random: Random) -> float:
    """About a standard normal deviate, of which the generator's stable part is enough."""
    draw = random.random
    return (draw() + draw() + draw() + draw() - 2.0) * sqrt(3.0)


def _reflected(position: float) -> float:
    """A position that has been turned back at the bounds as often as it met them."""
    around = (position + _BOUND) % (4 * _BOUND)
    return (around if around <= 2 * _BOUND else 4 * _BOUND - around) - _BOUND


def _crest(first: float, last: float, scale: float, random: Random) -> float:
    """The highest point of a Brownian path between two points, drawn from its exact distribution."""
    return (first + last + sqrt((last - first) ** 2 - 2 * scale * scale * log(1 - random.random()))) / 2


def _divide(whole: Stretch, weights: tuple[float, ...], scale: float, random: Random) -> list[Stretch]:
    """Pieces that join to `whole` again."""
    points = _points(whole, len(weights), scale, random)
    marks = _marks(whole, weights, random)
    highs, lows = _extremes(whole, points, scale, random)
    return list(map(Stretch, points, highs, lows, points[1:], marks, marks[1:]))


def _points(whole: Stretch, count: int, scale: float, random: Random) -> list[float]:
    """Where the pieces meet: a random walk bent to end at the close, within the range and out to its two ends."""
    draw, high, low = random.random, whole.high, whole.low
    # Three uniform numbers vary by a quarter; what pulls the walk to the ends of the range varies it, too.
    width = scale * (2.0 - 1.5 / count)
    walk = [0.0]
    for _ in range(count):
        walk.append(walk[-1] + (draw() + draw() + draw() - 1.5) * width)
    bend = (whole.close - whole.open - walk[-1]) / count
    points = [whole.open]
    for number in range(1, count):
        point = whole.open + walk[number] + bend * number
        if point > high:
            point = max(low, high + high - point)
        elif point < low:
            point = min(high, low + low - point)
        points.append(point)
    points.append(whole.close)
    top, bottom = high - scale * (0.25 + draw()), low + scale * (0.25 + draw())
    if max(points) < top or min(points) > bottom:
        _pull(points, top, bottom)
    return points


def _pull(points: list[float], top: float, bottom: float) -> None:
    """Let the highest point come up to the top and the lowest down to the bottom, and take those between along.

    The extremes of a walk lie about so near to those of the path that it is seen of. Where no point is near, one piece
    would have to reach out to an extreme alone, then one of its pieces, down to a moment that nobody sees.
    """
    inner = points[1:-1]
    if not inner:
        return
    highest, lowest = max(inner), min(inner)
    anchors = [
        (inner.index(highest) + 1, top - highest if max(points) < top else 0.0),
        (inner.index(lowest) + 1, bottom - lowest if min(points) > bottom else 0.0),
        (len(points) - 1, 0.0),
    ]
    first, held = 0, 0.0
    for place, pull in sorted(anchors):
        if pull != held:
            slope = (pull - held) / (place - first or 1)
            for number in range(first + 1, place):
                held += slope
                points[number] += held
        points[place] += pull
        first, held = place, pull


def _extremes(
    whole: Stretch, points: list[float], scale: float, random: Random
) -> tuple[list[float], list[float]]:
    """Highs and lows of the pieces; one of them reaches the whole's high, and one its low."""
    highs, lows, first = [], [], points[0]
    variance = 2 * scale * scale
    for last in points[1:]:
        middle, square = first + last, (last - first) ** 2
        high = (middle + sqrt(square - variance * log(1 - random.random()))) / 2
        low = (middle - sqrt(square - variance * log(1 - random.random()))) / 2
        # Rounding may leave a crest a hair below its ends.
        highs.append(min(whole.high, max(high, first, last)))
        lows.append(max(whole.low, min(low, first, last)))
        first = last
    highs[highs.index(max(highs))] = whole.high
    lows[lows.index(min(lows))] = whole.low
    return highs, lows


def _marks(whole: Stretch, weights: tuple[float, ...], random: Random) -> list[int]:
    """How much has happened where the pieces meet."""
    draw = random.random
    shares = [weight * (0.3 + draw()) for weight in weights]
    rate = (whole.after - whole.before) / sum(shares)
    total, marks = 0.0, [whole.before]
    for share in shares[:-1]:
        total += share * rate
        marks.append(whole.before + int(total))
    marks.append(whole.after)
    return marks
