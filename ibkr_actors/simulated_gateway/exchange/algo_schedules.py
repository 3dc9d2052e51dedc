"""How much of an order each algorithm wants to have filled by when, as a part of the whole.

The published descriptions (D) say what an algorithm tries; the numbers here are the gateway's own (K).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from ibkr_actors.classes.enum.algo_choices import AdaptivePriority, RiskAversion
from ibkr_actors.classes.enum.algo_strategy import AlgoStrategy
from ibkr_actors.simulated_gateway.exchange.algo_checks import Values

HASTE: Final[dict[str, float]] = {
    RiskAversion.GET_DONE: 0.05,
    RiskAversion.AGGRESSIVE: 0.25,
    RiskAversion.NEUTRAL: 0.5,
    RiskAversion.PASSIVE: 1.0,
}
"""The part of the window that an order takes, by its aversion to the risk of waiting."""
PATIENCE: Final[dict[str, float]] = {
    AdaptivePriority.URGENT: 10.0,
    AdaptivePriority.NORMAL: 30.0,
    AdaptivePriority.PATIENT: 60.0,
}
"""Seconds in which an adaptive order goes from its own side of the quote to the other."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an order stands in its window and in the market's volume."""

    values: Values
    seed: int
    """What the variations of this order are drawn with."""
    total: float
    """What was left of the order when its present terms began, in shares or contracts."""
    filled: float
    """Since then."""
    elapsed: float
    """Of the window: 0 at its start, 1 at its end."""
    seconds: float
    """Since its start."""
    volume: float
    """That the market has traded since then."""
    volume_share: float
    """The same as a part of what it trades in the whole window."""
    gain: float
    """By how much the price is better than at the start, as a fraction of it."""

    def number(self, tag: str, otherwise: float = 0.0) -> float:
        """A parameter that is a number."""
        return float(self.values.get(tag, otherwise))

    @property
    def haste(self) -> float:
        """The part of the window that the order takes."""
        return HASTE[str(self.values.get("riskAversion", RiskAversion.NEUTRAL))]


Schedule: TypeAlias = Callable[[Progress], float]
"""The quantity that should be filled by now."""


def _evenly(progress: Progress) -> float:
    return progress.total * progress.elapsed


def _with_volume(progress: Progress) -> float:
    return progress.total * progress.volume_share


def _soon(progress: Progress) -> float:
    return progress.total * min(1.0, progress.elapsed / progress.haste)


def _late(progress: Progress) -> float:
    """Near the close: the more averse to missing its price, the later it begins."""
    return progress.total * max(0.0, 1 - (1 - progress.elapsed) / progress.haste)


def _at_once(progress: Progress) -> float:
    return progress.total


def _share(progress: Progress) -> float:
    return progress.number("pctVol") * progress.volume


def _share_by_price(progress: Progress) -> float:
    """The share grows by the change for each percent that the price gets better."""
    share = progress.number("pctVol") + progress.number("deltaPctVol") * progress.gain * 100
    least, most = progress.number("minPctVol4Px"), progress.number("maxPctVol4Px", 1.0)
    return min(max(share, least), most) * progress.volume


def _share_by_size(progress: Progress) -> float:
    return _between(progress, progress.filled / progress.total) * progress.volume


def _share_by_time(progress: Progress) -> float:
    """On average half way between where the share began and where it is now."""
    return _between(progress, progress.elapsed / 2) * progress.volume


def _between(progress: Progress, place: float) -> float:
    start, end = progress.number("startPctVol"), progress.number("endPctVol")
    return start + (end - start) * min(max(place, 0.0), 1.0)


def _in_components(progress: Progress) -> float:
    """One component at the start and after each interval; the next one only behind a fill, where it is asked for."""
    size, pause = progress.number("componentSize"), progress.number("timeBetweenOrders")
    due, moment, number = 0.0, 0.0, 0
    while moment <= progress.seconds and due < progress.total:
        due += size * _varied(progress, "randomizeSize55", 0.55, number)
        moment += pause * _varied(progress, "randomizeTime20", 0.20, number)
        number += 1
        if progress.values.get("waitForFill") and int(due) > progress.filled:
            break
    return due


def _varied(progress: Progress, tag: str, share: float, number: int) -> float:
    """A factor around one, by the share at most, where the parameter asks for it; the same whenever it is computed."""
    if not progress.values.get(tag):
        return 1.0
    drawn = ((progress.seed * 31 + number) * 2_654_435_761 >> 7) % 201 / 100 - 1
    return 1.0 + share * drawn


SCHEDULES: Final[dict[str, Schedule]] = {
    AlgoStrategy.ADAPTIVE: _at_once,
    AlgoStrategy.ARRIVAL_PRICE: _soon,
    AlgoStrategy.CLOSE_PRICE: _late,
    AlgoStrategy.DARK_ICE: _at_once,
    AlgoStrategy.PERCENTAGE_OF_VOLUME: _share,
    AlgoStrategy.PERCENTAGE_OF_VOLUME_BY_PRICE: _share_by_price,
    AlgoStrategy.PERCENTAGE_OF_VOLUME_BY_SIZE: _share_by_size,
    AlgoStrategy.PERCENTAGE_OF_VOLUME_BY_TIME: _share_by_time,
    AlgoStrategy.TIME_WEIGHTED_AVERAGE_PRICE: _evenly,
    AlgoStrategy.VOLUME_WEIGHTED_AVERAGE_PRICE: _with_volume,
    AlgoStrategy.ACCUMULATE_DISTRIBUTE: _in_components,
    AlgoStrategy.BALANCE_IMPACT_RISK: _soon,
    AlgoStrategy.MINIMISE_IMPACT: _evenly,
}


def due(strategy: str, progress: Progress) -> float:
    """The quantity that should be filled by now, within the caps that the client set."""
    if progress.elapsed >= 1 and (
        progress.values.get("forceCompletion") or progress.values.get("allowPastEndTime")
    ):
        return progress.total
    wanted = SCHEDULES[strategy](progress)
    if "maxPctVol" in progress.values:
        wanted = min(wanted, progress.number("maxPctVol") * progress.volume)
    return min(wanted, progress.total)
