"""Sides of an order."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class OrderAction(Words):
    """`Order.action`."""

    BUY = "BUY"
    SELL = "SELL"
    SELL_SHORT = "SSHORT"
    """An institution's short sale; everybody else sells short with SELL."""

    @property
    def opposite(self) -> OrderAction:
        """The side that closes what this one opens."""
        return OrderAction.SELL if self is OrderAction.BUY else OrderAction.BUY
