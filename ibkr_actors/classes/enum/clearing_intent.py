"""Who clears a trade."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class ClearingIntent(Words):
    """`Order.clearing_intent` and `Order.delta_neutral_clearing_intent`; a bridge that was told nothing says `IB`."""

    INTERACTIVE_BROKERS = "IB"
    AWAY = "Away"
    """Another clearing house."""
    POST_TRADE_ALLOCATION = "PTA"
    """Said after the trade."""
