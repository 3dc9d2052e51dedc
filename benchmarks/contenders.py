"""Who is compared: a client program, at one server version."""

import os
from dataclasses import dataclass, replace

from benchmarks.scenarios import Scenario


@dataclass(frozen=True)
class Contender:
    """One row of each table."""

    client: str
    """Name of the library, and of the module that drives it: `benchmarks.clients.<client>_client`."""
    version: int
    """Server version: text up to 200, protobuf at 226."""
    processor: int | None = None
    """Number of the one processor that it runs on; None for any."""

    @property
    def label(self) -> str:
        """As tables show it."""
        place = "" if self.processor is None else ", one processor"
        return f"{self.client} {self.version}{place}"

    @property
    def module(self) -> str:
        """What `python -m` runs."""
        return f"benchmarks.clients.{self.client}_client"


IB_ASYNC = Contender("ib_async", 178)
"""178 is the newest server version that it speaks."""
IBAPI_TEXT = Contender("ibapi", 200)
IBAPI = Contender("ibapi", 226)
"""The vendor's client (`ibapi-latest`) as it talks to a current bridge."""

CONTENDERS = (
    IB_ASYNC,
    IBAPI_TEXT,
    IBAPI,
    Contender("ibkr_actors", 178),
    Contender("ibkr_actors", 200),
    Contender("ibkr_actors", 226),
)
ON_ONE_PROCESSOR = tuple(replace(who, processor=max(os.sched_getaffinity(0))) for who in CONTENDERS)
"""The same, each on one processor: whoever has threads saves the wakeups from one processor to another."""
WAKEUPS_COUNT = frozenset({Scenario.ORDERS, Scenario.LATENCY})
"""Scenarios in which a client mostly waits, so that wakeups decide; these are compared on one processor too."""
REFERENCES = (IB_ASYNC, IBAPI)
"""The tables tell every median as a multiple of theirs."""


def contenders_in(scenario: Scenario) -> tuple[Contender, ...]:
    """Whoever is compared in a scenario."""
    return (*CONTENDERS, *ON_ONE_PROCESSOR) if scenario in WAKEUPS_COUNT else CONTENDERS
