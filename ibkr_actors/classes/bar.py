"""A bar of history or of the running market."""

from __future__ import annotations

from datetime import date as calendar_day  # `date` is a field here
from datetime import datetime
from typing import Annotated

from msgspec import Struct

from ibkr_actors.classes.moment import day, moment_or_epoch
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.kinds import SIZE


class Bar(Struct, frozen=True, gc=False):
    """Open, high, low, close and volume of a stretch of time.

    `date` is as the bridge spells it: "YYYYMMDD" for days and longer, "YYYYMMDD HH:MM:SS zone" within a day, or epoch
    seconds when the request asked for them. Prices in the contract's currency, volume in units of the contract.
    """

    date: Annotated[str, Wire(1)] = ""
    open: Annotated[float, Wire(2)] = 0.0
    high: Annotated[float, Wire(3)] = 0.0
    low: Annotated[float, Wire(4)] = 0.0
    close: Annotated[float, Wire(5)] = 0.0
    volume: Annotated[float, Wire(6, SIZE)] = 0.0
    """-1 for bars that are not made of trades."""
    average: Annotated[float, Wire(7, SIZE)] = 0.0
    """Volume-weighted average price; -1 for bars that are not made of trades."""
    count: Annotated[int, Wire(8)] = 0
    """Number of trades; -1 for bars that are not made of trades."""

    @property
    def at(self) -> datetime | None:
        """The bar's start, aware; None for bars of a day and longer, and where an old bridge names no zone."""
        return moment_or_epoch(self.date)

    @property
    def day(self) -> calendar_day | None:
        """The day of the bar: of trading for bars of a day and longer, else that of its start, where it is told."""
        start = self.at
        return day(self.date) if start is None else start.date()
