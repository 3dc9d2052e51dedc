"""What triggers a stop."""

from __future__ import annotations

from ibkr_actors.wire.codes import Numbers


class TriggerMethod(Numbers):
    """`Order.trigger_method` and `PriceCondition.trigger_method`."""

    DEFAULT = 0
    """Last, for stocks; double bid or ask, for options and over-the-counter stocks."""
    DOUBLE_BID_ASK = 1
    """Two bids or asks in a row."""
    LAST = 2
    DOUBLE_LAST = 3
    """Two trades in a row."""
    BID_ASK = 4
    LAST_OR_BID_ASK = 7
    MIDPOINT = 8
