"""One consumer of a queue, as every broker remembers it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ibkr_actors.brokers.broker import Receive, Refused, Started
from ibkr_actors.brokers.commands import guard
from ibkr_actors.brokers.topology import Queue


@dataclass(slots=True, eq=False)
class Consumer:
    """Who takes from a queue, and how much at a time."""

    queue: Queue
    receive: Receive
    prefetch: int
    started: Started | None = None
    refused: Refused | None = None
    channel: Any = None
    """The broker's own: what it takes through, None while there is none."""

    def begin(self, _answer: Any = None) -> None:
        """The broker has agreed."""
        if self.started is not None:
            guard(self.started)
