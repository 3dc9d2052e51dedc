"""Algorithms that try to match a price: the average of a stretch of time, the price at its start, the close."""

from __future__ import annotations

from typing import Annotated, ClassVar

from ibkr_actors.classes.enum.algo_choices import TwapStyle
from ibkr_actors.classes.enum.algo_strategy import AlgoStrategy
from ibkr_actors.classes.orders.algo import FLAG, Algo, Parameter, choice
from ibkr_actors.classes.orders.algo_parameters import (
    Completion,
    End,
    MaximumShare,
    MonetaryValue,
    Passive,
    PastEnd,
    Risk,
    Start,
)
from ibkr_actors.wire.codes import Word


class Vwap(Algo, frozen=True, kw_only=True):
    """The average price of the time between start and end, weighted by volume."""

    strategy: ClassVar[AlgoStrategy] = AlgoStrategy.VOLUME_WEIGHTED_AVERAGE_PRICE

    maximum_share: MaximumShare = None
    """Of the average daily volume, as a fraction."""
    start: Start = None
    end: End = None
    allow_past_end: PastEnd = None
    """Go on after the end until all is filled."""
    never_take_liquidity: Passive = None
    speed_up: Annotated[bool | None, Parameter("speedUp", FLAG)] = None
    """Compensate for a slower start of a limit order that the market moved away from."""
    monetary_value: MonetaryValue = None
    """Amount of cash to trade."""


class Twap(Algo, frozen=True, kw_only=True):
    """The average price of the time between start and end.

    `style` is among the published parameters, but recorded bridges of 2026 refuse it (443, unknown algo attribute).
    """

    strategy: ClassVar[AlgoStrategy] = AlgoStrategy.TIME_WEIGHTED_AVERAGE_PRICE

    style: Annotated[Word[TwapStyle] | None, Parameter("strategyType", choice(TwapStyle))] = None
    start: Start = None
    end: End = None
    allow_past_end: PastEnd = None
    """Go on after the end until all is filled."""
    monetary_value: MonetaryValue = None
    """Amount of cash to trade."""


class ArrivalPrice(Algo, frozen=True, kw_only=True):
    """The midpoint of bid and ask at the moment when the order arrives."""

    strategy: ClassVar[AlgoStrategy] = AlgoStrategy.ARRIVAL_PRICE

    maximum_share: MaximumShare = None
    """Of the average daily volume, as a fraction."""
    risk_aversion: Risk = None
    start: Start = None
    end: End = None
    force_completion: Completion = None
    """Try to fill all by the end."""
    allow_past_end: PastEnd = None
    """Go on after the end until all is filled."""
    monetary_value: MonetaryValue = None
    """Amount of cash to trade."""


class ClosePrice(Algo, frozen=True, kw_only=True):
    """The closing price, without the impact of one large order in the auction."""

    strategy: ClassVar[AlgoStrategy] = AlgoStrategy.CLOSE_PRICE

    maximum_share: MaximumShare = None
    """Of the average daily volume, as a fraction."""
    risk_aversion: Risk = None
    start: Start = None
    force_completion: Completion = None
    """Try to fill all by the close."""
    monetary_value: MonetaryValue = None
    """Amount of cash to trade."""
