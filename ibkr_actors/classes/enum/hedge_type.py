"""What a child order hedges its parent with."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class HedgeType(Words):
    """`Order.hedge_type`."""

    DELTA = "D"
    """An option with its underlying."""
    BETA = "B"
    """A stock with another of a different beta; `Order.hedge_parameter` says which."""
    CURRENCY = "F"
    """What is bought in a foreign currency with that currency."""
    PAIR = "P"
    """A stock with another, in the ratio of `Order.hedge_parameter`."""
