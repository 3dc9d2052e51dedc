"""What an execution did to the liquidity of its exchange."""

from __future__ import annotations

from ibkr_actors.wire.codes import Numbers


class Liquidity(Numbers):
    """`Execution.last_liquidity`; fees depend on it."""

    UNKNOWN = 0
    ADDED = 1
    REMOVED = 2
    ROUTED_OUT = 3
    """Sent on to another exchange."""
