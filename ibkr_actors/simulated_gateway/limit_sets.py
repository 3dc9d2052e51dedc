"""Which limits a simulated gateway enforces."""

from __future__ import annotations

from enum import StrEnum


class Limits(StrEnum):
    """A set of limits, by the name that users give."""

    NONE = "none"
    """Only those that belong to a service: 3 books, 10 scans, 2 account summaries and 5 streams of ticks by ticks a
    client, 32 clients."""
    REAL = "real"
    """Those of a real gateway besides."""
