"""Types of orders."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class OrderType(Words):
    """`Order.order_type`. On the open is a time in force (OPG), so it has no type of its own."""

    MARKET = "MKT"
    LIMIT = "LMT"
    STOP = "STP"
    STOP_LIMIT = "STP LMT"
    TRAILING_STOP = "TRAIL"
    TRAILING_STOP_LIMIT = "TRAIL LIMIT"
    MARKET_IF_TOUCHED = "MIT"
    LIMIT_IF_TOUCHED = "LIT"
    MARKET_ON_CLOSE = "MOC"
    LIMIT_ON_CLOSE = "LOC"
    MARKET_TO_LIMIT = "MTL"
    MARKET_WITH_PROTECTION = "MKT PRT"
    STOP_WITH_PROTECTION = "STP PRT"
    MIDPRICE = "MIDPRICE"
    RELATIVE = "REL"
    """Pegged to the primary exchange's quote of the own side."""
    PASSIVE_RELATIVE = "PASSV REL"
    PEGGED_TO_MARKET = "PEG MKT"
    PEGGED_TO_MIDPOINT = "PEG MID"
    PEGGED_TO_STOCK = "PEG STK"
    PEGGED_TO_BENCHMARK = "PEG BENCH"
    PEGGED_TO_BEST = "PEG BEST"
    SNAP_TO_MARKET = "SNAP MKT"
    SNAP_TO_MIDPOINT = "SNAP MID"
    SNAP_TO_PRIMARY = "SNAP PRIM"
    BOX_TOP = "BOX TOP"
    VOLATILITY = "VOL"
    LIMIT_AND_MARKET = "LMT + MKT"
    """Combinations: the leg that is left is filled at the market."""
    RELATIVE_AND_MARKET = "REL + MKT"
    RELATIVE_AND_LIMIT = "REL + LMT"
