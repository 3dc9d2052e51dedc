"""How long an order works."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class TimeInForce(Words):
    """`Order.time_in_force`."""

    DAY = "DAY"
    GOOD_TILL_CANCELLED = "GTC"
    IMMEDIATE_OR_CANCEL = "IOC"
    """What is not filled at once is cancelled."""
    FILL_OR_KILL = "FOK"
    """All at once or nothing."""
    GOOD_TILL_DATE = "GTD"
    """Until `Order.good_till_date`."""
    AT_THE_OPENING = "OPG"
    """In the opening auction only."""
    DAY_TILL_CANCELLED = "DTC"
    """The day; then it is held, not cancelled."""
    AUCTION = "AUC"
    """In the auction only."""
