"""What historical data shows."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class HistoricalDataType(Words):
    """What to show, in requests for history, real-time bars, head timestamps and historical ticks."""

    TRADES = "TRADES"
    """Adjusted for splits."""
    MIDPOINT = "MIDPOINT"
    BID = "BID"
    ASK = "ASK"
    BID_ASK = "BID_ASK"
    """Open and close are averages of bid and ask, high the highest ask, low the lowest bid."""
    ADJUSTED_LAST = "ADJUSTED_LAST"
    """Adjusted for splits and dividends; until now only."""
    AGGREGATED_TRADES = "AGGTRADES"
    """Of cryptocurrencies."""
    HISTORICAL_VOLATILITY = "HISTORICAL_VOLATILITY"
    OPTION_IMPLIED_VOLATILITY = "OPTION_IMPLIED_VOLATILITY"
    FEE_RATE = "FEE_RATE"
    """Of borrowing shares."""
    REBATE_RATE = "REBATE_RATE"
    YIELD_BID = "YIELD_BID"
    """Yields are those of bonds."""
    YIELD_ASK = "YIELD_ASK"
    YIELD_BID_ASK = "YIELD_BID_ASK"
    YIELD_LAST = "YIELD_LAST"
    SCHEDULE = "SCHEDULE"
    """Trading sessions instead of bars; needs bars of one day."""
