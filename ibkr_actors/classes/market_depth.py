"""The book of orders: its rows, and the exchanges that show it."""

from __future__ import annotations

from typing import Annotated

from ibkr_actors.classes.enum.market_depth import BookSide, MarketDepthOperation
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.value import FrozenValue
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Number, Word
from ibkr_actors.wire.kinds import SIZE


class MarketDepthRow(FrozenValue, frozen=True, gc=False):
    """One change of one row of one side of the book."""

    position: Annotated[int, Wire(1)] = 0
    """Which row: 0 is the best price."""
    operation: Annotated[Number[MarketDepthOperation], Wire(2)] = MarketDepthOperation.INSERT
    """Whether the row is put in, changed or taken out; then price and size say nothing."""
    side: Annotated[Number[BookSide], Wire(3)] = BookSide.ASK
    price: Annotated[float, Wire(4)] = 0.0
    size: Annotated[float, Wire(5, SIZE)] = 0.0
    market_maker: Annotated[str, Wire(6)] = ""
    """Who quotes the row: a market maker, or in a smart book the exchange."""
    is_smart_depth: Annotated[bool, Wire(7)] = False
    """The row is of the book that is put together from several exchanges."""


class DepthExchange(FrozenValue, frozen=True):
    """An exchange that shows its book for a kind of security."""

    exchange: Annotated[str, Wire(1)] = ""
    security_type: Annotated[Word[SecurityType], Wire(2)] = ""
    listing_exchange: Annotated[str, Wire(3)] = ""
    """Where the security has to be listed; empty when that doesn't matter."""
    service_data_type: Annotated[str, Wire(4)] = ""
    """Deep for one order at each price, Deep2 with market makers."""
    aggregation_group: Annotated[int | None, Wire(5)] = None
    """Exchanges of one group make up one smart book."""
