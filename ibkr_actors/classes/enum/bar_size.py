"""Sizes of historical bars."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class BarSize(Words):
    """The bar size of a request for historical data."""

    ONE_SECOND = "1 secs"
    FIVE_SECONDS = "5 secs"
    TEN_SECONDS = "10 secs"
    FIFTEEN_SECONDS = "15 secs"
    THIRTY_SECONDS = "30 secs"
    ONE_MINUTE = "1 min"
    TWO_MINUTES = "2 mins"
    THREE_MINUTES = "3 mins"
    FIVE_MINUTES = "5 mins"
    TEN_MINUTES = "10 mins"
    FIFTEEN_MINUTES = "15 mins"
    TWENTY_MINUTES = "20 mins"
    THIRTY_MINUTES = "30 mins"
    ONE_HOUR = "1 hour"
    TWO_HOURS = "2 hours"
    THREE_HOURS = "3 hours"
    FOUR_HOURS = "4 hours"
    EIGHT_HOURS = "8 hours"
    ONE_DAY = "1 day"
    ONE_WEEK = "1 week"
    ONE_MONTH = "1 month"
