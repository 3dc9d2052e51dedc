"""Which ticks come one by one."""

from __future__ import annotations

from typing import Self

from ibkr_actors.wire.codes import Words


class TickByTickType(Words):
    """`TickByTickRequest.tick_type`. Answers carry a number in its place: `number` and `of_number` tell which."""

    LAST = "Last"
    """Trades that are reported."""
    ALL_LAST = "AllLast"
    """Every trade: also combinations, averages and other trades that are not reported as such."""
    BID_ASK = "BidAsk"
    MID_POINT = "MidPoint"

    @property
    def number(self) -> int:
        """`TickByTick.tick_type` of the ticks of this type."""
        return list(type(self)).index(self) + 1

    @classmethod
    def of_number(cls, number: int) -> Self | None:
        """The type of a `TickByTick.tick_type`; None for a number without one."""
        return next((kind for kind in cls if kind.number == number), None)
