"""Whether an order, or a leg of a combination, opens or closes a position."""

from __future__ import annotations

from ibkr_actors.wire.codes import Numbers, Words


class OpenClose(Words):
    """`Order.open_close` and `Order.delta_neutral_open_close`, for institutions."""

    OPEN = "O"
    CLOSE = "C"
    UNKNOWN = "?"
    """What the bridge says about a hedge that nobody said anything about."""


class LegOpenClose(Numbers):
    """`ComboLeg.open_close`."""

    SAME = 0
    """As the combination; the only choice of customers who are no institution."""
    OPEN = 1
    CLOSE = 2
    UNKNOWN = 3
