"""What the volatility of an order, and the price it is compared with, mean."""

from __future__ import annotations

from ibkr_actors.wire.codes import Numbers


class VolatilityType(Numbers):
    """`Order.volatility_type`."""

    NONE = 0
    """What the bridge says about an order that is no volatility order."""
    DAILY = 1
    ANNUAL = 2


class ReferencePriceType(Numbers):
    """`Order.reference_price_type`: the price of the underlying that a volatility order follows."""

    NONE = 0
    """What the bridge says about an order that is no volatility order."""
    AVERAGE = 1
    """The average of the best bid and ask."""
    BID_OR_ASK = 2
    """The bid for calls that are bought and puts that are sold, the ask for the others."""
