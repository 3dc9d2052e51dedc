"""What happens to a row of the book of orders, and on which side."""

from __future__ import annotations

from ibkr_actors.wire.codes import Numbers


class MarketDepthOperation(Numbers):
    """`MarketDepthRow.operation`."""

    INSERT = 0
    """A new row at the position; those from there on move one down."""
    UPDATE = 1
    """The row at the position has another price or size."""
    DELETE = 2
    """The row at the position is gone; those behind it move one up."""


class BookSide(Numbers):
    """`MarketDepthRow.side`."""

    ASK = 0
    BID = 1
