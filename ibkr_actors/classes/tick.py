"""Ticks one by one: every trade, every change of the quote or of the midpoint, of history or live."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from ibkr_actors.classes.value import FrozenValue
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.kinds import LONG, SIZE


class BidAskAttributes(FrozenValue, frozen=True, gc=False):
    """What is remarkable about a quote."""

    bid_past_low: Annotated[bool, Wire(1)] = False
    """The bid is below the day's low."""
    ask_past_high: Annotated[bool, Wire(2)] = False
    """The ask is above the day's high."""


class LastAttributes(FrozenValue, frozen=True, gc=False):
    """What is remarkable about a trade."""

    past_limit: Annotated[bool, Wire(1)] = False
    """Halted by limit up or limit down rules."""
    unreported: Annotated[bool, Wire(2)] = False
    """Not part of the reported trades, nor of volume and average."""


class SingleTick(FrozenValue, frozen=True, gc=False):
    """What all ticks that come one by one have in common."""

    time: Annotated[int, Wire(1, LONG)] = 0
    """Epoch seconds."""

    @property
    def at(self) -> datetime:
        """The time, aware."""
        return datetime.fromtimestamp(self.time, UTC)


class HistoricalTick(SingleTick, frozen=True, gc=False):
    """The midpoint at a moment."""

    price: Annotated[float, Wire(2)] = 0.0
    size: Annotated[float, Wire(3, SIZE)] = 0.0
    """A midpoint has none: 0."""


class HistoricalTickBidAsk(SingleTick, frozen=True, gc=False):
    """The quote at a moment."""

    attributes: Annotated[BidAskAttributes, Wire(2)] = BidAskAttributes()
    bid_price: Annotated[float, Wire(3)] = 0.0
    ask_price: Annotated[float, Wire(4)] = 0.0
    bid_size: Annotated[float, Wire(5, SIZE)] = 0.0
    ask_size: Annotated[float, Wire(6, SIZE)] = 0.0

    @property
    def bid_past_low(self) -> bool:
        """The bid is below the day's low."""
        return self.attributes.bid_past_low

    @property
    def ask_past_high(self) -> bool:
        """The ask is above the day's high."""
        return self.attributes.ask_past_high


class HistoricalTickLast(SingleTick, frozen=True, gc=False):
    """One trade."""

    attributes: Annotated[LastAttributes, Wire(2)] = LastAttributes()
    price: Annotated[float, Wire(3)] = 0.0
    size: Annotated[float, Wire(4, SIZE)] = 0.0
    exchange: Annotated[str, Wire(5)] = ""
    special_conditions: Annotated[str, Wire(6)] = ""
    """Codes of the conditions under which it was made, as the exchange gives them."""

    @property
    def past_limit(self) -> bool:
        """Halted by limit up or limit down rules."""
        return self.attributes.past_limit

    @property
    def unreported(self) -> bool:
        """Not part of the reported trades, nor of volume and average."""
        return self.attributes.unreported
