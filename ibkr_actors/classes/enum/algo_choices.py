"""The words that parameters of algorithms choose from."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class AdaptivePriority(Words):
    """How long the Adaptive algo looks for a better price."""

    URGENT = "Urgent"
    NORMAL = "Normal"
    PATIENT = "Patient"


class RiskAversion(Words):
    """How much haste outweighs the price that haste costs."""

    GET_DONE = "Get Done"
    AGGRESSIVE = "Aggressive"
    NEUTRAL = "Neutral"
    PASSIVE = "Passive"


class TwapStyle(Words):
    """When a slice of a TWAP order trades, against the quote and the last price."""

    MARKETABLE = "Marketable"
    MATCHING = "Matching"
    MIDPOINT = "Midpoint"
    MATCHING_SAME_SIDE = "Matching Same Side"
    MATCHING_LAST = "Matching Last"


class ExecutionStyle(Words):
    """The urgency of the Inline algo."""

    PATIENT = "Patient"
    NORMAL = "Normal"
    AGGRESSIVE = "Aggressive"


class AuctionParticipation(Words):
    """The auctions that the Inline algo takes part in."""

    DEFAULT = "Default"
    INCLUDE_ALL = "Include_All"
    INCLUDE_OPEN_ONLY = "Include_Open_Only"
    INCLUDE_CLOSE_ONLY = "Include_Close_Only"
    EXCLUDE_ALL = "Exclude_All"
    IMBALANCE_ONLY = "Imbalance_Only"
