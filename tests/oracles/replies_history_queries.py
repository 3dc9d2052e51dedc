"""The vendor's callbacks for the first moment of history, histograms and schedules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ibkr_actors.base.messages import history_queries
from ibkr_actors.base.messages.declaration import Message

Expected = list[tuple[str, tuple[Any, ...]]]


def _fields(name: str) -> Callable[[Any], Expected]:
    return lambda reply: [(name, tuple(getattr(reply, field) for field in reply.__struct_fields__))]


CALLBACKS: Final[dict[type[Message], Callable[[Any], Expected]]] = {
    history_queries.HeadTimestamp: _fields("headTimestamp"),
    history_queries.HistogramData: _fields("histogramData"),
    history_queries.HistoricalSchedule: _fields("historicalSchedule"),
}
"""The vendor's callbacks for each reply of ours."""
