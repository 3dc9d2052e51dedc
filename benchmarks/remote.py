"""Measure strategies in a process of their own, over RabbitMQ, beside strategies in the desk's process, in one run.

    python -m benchmarks.remote [--url amqp://guest:guest@127.0.0.1/] [--actors 1 8 32] [--rate 10000] [--seconds 5]

A gateway sends ticks of one contract at a steady rate, and every strategy gets all of them. Printed for each number of
strategies: ticks handled a second; processor time for each tick that a strategy handled (of the desk, of the process
of the strategies, and of the server, which is read from /proc and so has to run on this machine); how long ticks were
under way from the gateway's packet to the strategy; and the median round trip of an order from the strategy to the
gateway and back. The server's time is without what it uses while the same strategies run in one process, without it:
what it does for nobody, and for others. Ends with 1 when the ticks did not arrive.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, replace
from pathlib import Path

import pika
from rich.console import Console
from rich.table import Table

from benchmarks.neighbours import Neighbours
from ibkr_actors.brokers.rabbitmq import RabbitMQ
from ibkr_actors.brokers.topology import (
    ALWAYS,
    TOPIC_EXCHANGES,
    actor_events,
    actor_market_data,
    sorting_exchange,
)

WARM_UP = 2.0
"""Seconds before the measurement."""
ORDERS = 300
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Outcome:
    """One run; times are seconds of processor for each tick that a strategy handled."""

    actors: int
    remote: bool
    handled: float
    """Ticks a second, of all strategies."""
    desk: float
    strategies: float
    server: float
    """For each tick; beyond what the server does without the measurement."""
    server_load: float
    """Seconds of processor in a second, all in all."""
    delays: list[float]
    """Seconds that ticks were under way."""
    round_trip: float
    disturbance: float

    @property
    def ours(self) -> float:
        """What our processes need for a tick."""
        return self.desk + self.strategies

    @property
    def whole(self) -> float:
        """With the server's part."""
        return self.ours + self.server

    def delay(self, share: float) -> float:
        """As long as that share of the ticks was under way, or less."""
        return self.delays[int(share * (len(self.delays) - 1))]

    def without(self, load: float) -> "Outcome":
        """The same, when the server needs so many seconds of processor in a second for something else."""
        return replace(self, server=(self.server_load - load) / self.handled)


class Process:
    """One role."""

    def __init__(self, *arguments: object) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-m", "benchmarks.remote_roles", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def read(self) -> dict[str, object]:
        """The next line."""
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("a process of the measurement has ended; is the server running?")
        return json.loads(line)

    def ask(self, line: str) -> dict[str, object]:
        """The answer to a command."""
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self.read()

    def seconds(self) -> float:
        """Processor time so far."""
        return seconds_of(self._process.pid)

    def stop(self) -> None:
        """The end."""
        with contextlib.suppress(OSError):
            self._process.stdin.write("stop\n")
            self._process.stdin.flush()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def seconds_of(process: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def server_process() -> int | None:
    """The server's virtual machine, if it runs here."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if b"rabbit" in (folder / "cmdline").read_bytes() and "beam" in (folder / "comm").read_text():
                return int(folder.name)
    return None


def measure(count: int, rate: int, seconds: float, broker: str, journal: Path) -> Outcome:
    """One run; without a broker the strategies are in the desk's process."""
    gateway = Process("gateway", rate)
    port = gateway.read()["port"]
    remote = broker != "-"
    desk = Process("desk", port, 0 if remote else count, broker, journal)
    desk.read()
    strategies = desk
    try:
        if remote:
            strategies = Process("actors", count, broker)
            strategies.read()
        time.sleep(WARM_UP)
        return _measure(count, desk, strategies, seconds)
    finally:
        for process in dict.fromkeys((strategies, desk)):
            process.stop()
        gateway._process.wait(5)  # noqa: SLF001  # it ends with its client


def _measure(count: int, desk: Process, strategies: Process, seconds: float) -> Outcome:
    server = server_process()
    neighbours = Neighbours()
    first = strategies.ask("count")
    before = desk.seconds(), strategies.seconds(), seconds_of(server) if server else 0.0
    time.sleep(seconds)
    last = strategies.ask("count")
    after = desk.seconds(), strategies.seconds(), seconds_of(server) if server else 0.0
    ticks, took = last["count"] - first["count"], last["at"] - first["at"]
    if not ticks:
        raise SystemExit("no ticks arrived")
    desk_cost, strategy_cost, server_cost = ((b - a) / ticks for a, b in zip(before, after, strict=True))
    delays = sorted(last["delays"])
    trips = strategies.ask(f"orders {ORDERS}")["trips"]
    remote = strategies is not desk
    return Outcome(
        count,
        remote,
        ticks / took,
        desk_cost,
        strategy_cost if remote else 0.0,
        server_cost if remote else 0.0,
        server_cost * ticks / took,
        delays,
        statistics.median(trips),
        neighbours.share(),
    )


def table(outcomes: list[Outcome], rate: int) -> Table:
    """All runs, and what the broker's way costs as a multiple of the other."""
    shown = Table(
        title=f"{rate} ticks a second from the gateway; microseconds of processor for each tick handled"
    )
    columns = (
        "strategies",
        "where",
        "handled/s",
        "desk",
        "strategies' process",
        "ours",
        "server",
        "tick, ms",
        "late tick, ms",
        "order, ms",
        "ours / one process",
        "all / one process",
    )
    for column in columns:
        shown.add_column(column, justify="right")
    base = {one.actors: one for one in outcomes if not one.remote}
    for one in outcomes:
        costs = (one.desk, one.strategies, one.ours, one.server)
        plain = base[one.actors]
        ratios = [f"{cost / plain.ours:.2f}" for cost in (one.ours, one.whole)] if one.remote else ["", ""]
        shown.add_row(
            str(one.actors),
            "another process" if one.remote else "one process",
            f"{one.handled:,.0f}",
            *(f"{cost * 1e6:.2f}" for cost in costs),
            *(f"{delay * 1e3:.1f}" for delay in (one.delay(0.5), one.delay(0.99))),
            f"{one.round_trip * 1e3:.2f}",
            *ratios,
        )
    return shown


def clean(url: str, prefix: str, most: int) -> None:
    """Take away what the runs left on the server."""
    with contextlib.closing(pika.BlockingConnection(pika.URLParameters(url))) as connection:
        channel = connection.channel()
        codes = [f"a{number}" for number in range(most)]
        for queue in (*ALWAYS, *map(actor_events, codes), *map(actor_market_data, codes)):
            channel.queue_delete(prefix + queue.name)
        exchanges = {*TOPIC_EXCHANGES, *(queue.exchange for queue in ALWAYS), *map(sorting_exchange, codes)}
        for exchange in exchanges:
            channel.exchange_delete(prefix + exchange)


def main() -> int:
    """Measure, and show."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--url", default="amqp://guest:guest@127.0.0.1/")
    parser.add_argument("--actors", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32])
    parser.add_argument("--rate", type=int, default=10_000, help="ticks a second from the gateway")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    arguments = parser.parse_args()
    RabbitMQ(arguments.url)  # says what is missing, before anything runs
    prefix, outcomes = f"bench-{uuid.uuid4().hex[:6]}.", list[Outcome]()
    progress = Console(stderr=True)
    with tempfile.TemporaryDirectory() as folder:
        for count in arguments.actors:
            for broker in ("-", f"{arguments.url} {prefix}"):
                progress.print(f"{count} strategies, {'one process' if broker == '-' else 'over the broker'}")
                journal = Path(folder) / f"{len(outcomes)}.jsonl"
                outcome = measure(count, arguments.rate, arguments.seconds, broker, journal)
                outcomes.append(outcome.without(outcomes[-1].server_load) if outcome.remote else outcome)
    clean(arguments.url, prefix, max(arguments.actors))
    Console(width=None if sys.stdout.isatty() else 160).print(table(outcomes, arguments.rate))
    worst = max(one.disturbance for one in outcomes)
    print(f"other programs (the server among them) took up to {worst:.2f} of a core meanwhile")
    return 0


if __name__ == "__main__":
    sys.exit(main())
