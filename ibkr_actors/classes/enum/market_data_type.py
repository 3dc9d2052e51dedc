"""Kinds of market data."""

from __future__ import annotations

from ibkr_actors.wire.codes import Numbers


class MarketDataType(Numbers):
    """`MarketDataTypeRequest.market_data_type`, and the field of the same name in what the bridge answers."""

    LIVE = 1
    FROZEN = 2
    """The last values before the close."""
    DELAYED = 3
    """By 15 to 20 minutes; free of charge."""
    DELAYED_FROZEN = 4
