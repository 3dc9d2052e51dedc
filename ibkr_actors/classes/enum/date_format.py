"""How historical data spells times."""

from __future__ import annotations

from ibkr_actors.wire.codes import Numbers


class DateFormat(Numbers):
    """`HistoricalDataRequest.format_date`. Days and longer are "YYYYMMDD" in both."""

    TEXT = 1
    """"YYYYMMDD HH:MM:SS zone"."""
    EPOCH_SECONDS = 2
