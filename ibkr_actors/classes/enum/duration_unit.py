"""Units of the span of a request for historical data."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class DurationUnit(Words):
    """The unit of a duration such as "1 Y"."""

    SECOND = "S"
    DAY = "D"
    WEEK = "W"
    MONTH = "M"
    YEAR = "Y"

    def times(self, number: int) -> str:
        """The duration as the bridge reads it: `DurationUnit.YEAR.times(2)` is "2 Y"."""
        return f"{number} {self.value}"
