"""Algorithms that trade without being seen, or without moving the market."""

from __future__ import annotations

from typing import Annotated, ClassVar

from ibkr_actors.classes.enum.algo_choices import AdaptivePriority
from ibkr_actors.classes.enum.algo_strategy import AlgoStrategy
from ibkr_actors.classes.orders.algo import (
    CLOCK_IN_UTC,
    FLAG,
    WHOLE,
    WHOLE_OR_ZERO,
    Algo,
    AlgoTime,
    Parameter,
    choice,
)
from ibkr_actors.classes.orders.algo_parameters import (
    Completion,
    End,
    MaximumShare,
    MonetaryValue,
    PastEnd,
    Risk,
    Start,
)
from ibkr_actors.wire.codes import Word


class Adaptive(Algo, frozen=True):
    """Between the bid and the ask, as patiently as the priority says."""

    strategy: ClassVar[AlgoStrategy] = AlgoStrategy.ADAPTIVE

    priority: Annotated[Word[AdaptivePriority], Parameter("adaptivePriority", choice(AdaptivePriority))]


class DarkIce(Algo, frozen=True):
    """Hidden, but for a displayed size that varies; it waits where the market is likely to come."""

    strategy: ClassVar[AlgoStrategy] = AlgoStrategy.DARK_ICE

    display_size: Annotated[int, Parameter("displaySize", WHOLE)]
    """The shown quantity; leave the order's own `display_size` unset."""
    start: Start = None
    end: End = None
    allow_past_end: PastEnd = None
    """Go on after the end until all is filled."""
    monetary_value: MonetaryValue = None
    """Amount of cash to trade."""


class AccumulateDistribute(Algo, frozen=True):
    """In slices, one after the other, at intervals and of sizes that may vary.

    Its times are times of day: an aware `datetime` is sent as the clock of UTC, without its date.
    """

    strategy: ClassVar[AlgoStrategy] = AlgoStrategy.ACCUMULATE_DISTRIBUTE

    component_size: Annotated[int, Parameter("componentSize", WHOLE)]
    """Quantity of one slice."""
    seconds_between_orders: Annotated[int, Parameter("timeBetweenOrders", WHOLE_OR_ZERO)]
    randomize_time: Annotated[bool | None, Parameter("randomizeTime20", FLAG)] = None
    """Vary the interval by 20%."""
    randomize_size: Annotated[bool | None, Parameter("randomizeSize55", FLAG)] = None
    """Vary the size by 55%."""
    give_up: Annotated[int | None, Parameter("giveUp", WHOLE_OR_ZERO)] = None
    """Number by which the bridge tells when to give up a slice."""
    catch_up: Annotated[bool | None, Parameter("catchUp", FLAG)] = None
    """Skip the interval when behind."""
    wait_for_fill: Annotated[bool | None, Parameter("waitForFill", FLAG)] = None
    """Place the next slice only when the one before is filled."""
    start: Annotated[AlgoTime | None, Parameter("activeTimeStart", CLOCK_IN_UTC)] = None
    end: Annotated[AlgoTime | None, Parameter("activeTimeEnd", CLOCK_IN_UTC)] = None


class BalanceImpactRisk(Algo, frozen=True, kw_only=True):
    """For options: between the impact of haste and the risk of waiting."""

    strategy: ClassVar[AlgoStrategy] = AlgoStrategy.BALANCE_IMPACT_RISK

    maximum_share: MaximumShare = None
    """Of the average daily volume, as a fraction."""
    risk_aversion: Risk = None
    force_completion: Completion = None
    """Try to fill all by the end of the day."""


class MinimiseImpact(Algo, frozen=True, kw_only=True):
    """For options: in slices of the average volume, so that the market is not moved."""

    strategy: ClassVar[AlgoStrategy] = AlgoStrategy.MINIMISE_IMPACT

    maximum_share: MaximumShare = None
    """Of the average daily volume, as a fraction."""
