"""The command line that every client program has, and the one line of JSON that it prints.

    python -m benchmarks.clients.ib_async_client --scenario ticks --port 4002 --version 178 --count 160000

Responsible for: arguments in, report out, the deadline, the process's memory.
Not responsible for: any client.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import msgspec

from benchmarks.reports import ClientReport
from benchmarks.scenarios import Scenario

HOST = "127.0.0.1"
DEADLINE = 60.0
"""Seconds in which a client must have received everything, or fail."""


class Arguments(msgspec.Struct, frozen=True):
    """What a client is told."""

    scenario: Scenario
    port: int
    version: int
    """The server's. Clients that could speak others must settle for this one."""
    count: int
    """Ticks, orders or bars to receive."""


def report_on(measure: Callable[[Arguments], ClientReport]) -> None:
    """Measure what the command line asks for, and print it."""
    print(msgspec.json.encode(measure(_arguments())).decode(), flush=True)


def _arguments() -> Arguments:
    parser = argparse.ArgumentParser(description="One client of the benchmark, in one scenario.")
    parser.add_argument("--scenario", type=Scenario, choices=list(Scenario), required=True)
    for name in ("port", "version", "count"):
        parser.add_argument(f"--{name}", type=int, required=True)
    return Arguments(**vars(parser.parse_args()))


def memory(key: str) -> int:
    """`VmRSS` (resident now) or `VmHWM` (its peak since this program began), in bytes.

    Not `getrusage`: its `ru_maxrss` starts at what the parent held when it forked.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return int(value.split()[0]) * 1024
    raise KeyError(key)
