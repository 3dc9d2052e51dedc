"""Algorithms that work an order."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class AlgoStrategy(Words):
    """`Order.algo_strategy`: the algorithms of Interactive Brokers. Those of others have names of their own."""

    ADAPTIVE = "Adaptive"
    """Between the bid and the ask; parameter adaptivePriority."""
    ARRIVAL_PRICE = "ArrivalPx"
    """At the midpoint of the moment when the order arrives."""
    CLOSE_PRICE = "ClosePx"
    """At the closing price."""
    DARK_ICE = "DarkIce"
    """Hidden, with a displayed size that varies."""
    PERCENTAGE_OF_VOLUME = "PctVol"
    """A part of the day's volume."""
    PERCENTAGE_OF_VOLUME_BY_PRICE = "PctVolPx"
    """A part that grows while the price gets better."""
    PERCENTAGE_OF_VOLUME_BY_SIZE = "PctVolSz"
    """A part that changes with what is left to fill."""
    PERCENTAGE_OF_VOLUME_BY_TIME = "PctVolTm"
    """A part that changes with time."""
    TIME_WEIGHTED_AVERAGE_PRICE = "Twap"
    VOLUME_WEIGHTED_AVERAGE_PRICE = "Vwap"
    ACCUMULATE_DISTRIBUTE = "AD"
    """In slices, at random intervals."""
    BALANCE_IMPACT_RISK = "BalanceImpactRisk"
    """Options: between the impact of haste and the risk of waiting."""
    MINIMISE_IMPACT = "MinImpact"
    """Options: in slices of the average volume."""
    INLINE = "INLINE"
    """Of Credit Suisse, at CSFBALGO: in line with the market's volume."""
