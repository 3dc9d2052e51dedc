"""Measure this project, `ib_async` and the vendor's `ibapi-latest` in one run on this machine.

    python benchmarks/compare.py [--quick] [--rounds 5] [--scenarios ticks orders] [--clients ib_async] [--json FILE]

Prints medians over the rounds, and their ratios. README.md says what is measured and how to read it. Ends with 1 and
the reason if any run gave a wrong or no result.

Responsible for: which runs there are, and their order: client after client within a round, and another one first in
each round, so that a machine that slows down or is busy for a while hurts all alike.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script, this finds the package

import msgspec
from rich.console import Console

from benchmarks.contenders import CONTENDERS, Contender
from benchmarks.scenarios import WARM_UP, Scenario
from benchmarks.table import DISTURBED, Results
from benchmarks.trial import Outcome, TrialError, run

SIZES = {
    Scenario.TICKS: 160_000,
    Scenario.FLOOD: 160_000,
    Scenario.BACKLOG: 160_000,
    Scenario.ORDERS: 500,
    Scenario.LATENCY: 10_000,
    Scenario.BARS: 100_000,
    Scenario.BARS_EPOCH: 100_000,
}
QUICK_DIVISOR = 8
OPTIONS = {
    Scenario.TICKS: "ticks",
    Scenario.FLOOD: "ticks",
    Scenario.BACKLOG: "ticks",
    Scenario.ORDERS: "orders",
    Scenario.LATENCY: "latency-ticks",
    Scenario.BARS: "bars",
    Scenario.BARS_EPOCH: "bars",
}
"""Which option sets the size of a scenario."""


def trials(
    rounds: int, scenarios: list[Scenario], clients: list[str]
) -> Iterator[tuple[int, Scenario, Contender]]:
    """Every run of the comparison, in order."""
    contenders = [who for who in CONTENDERS if who.client in clients]
    for number in range(rounds):
        first = number % len(contenders)
        for scenario in scenarios:
            for who in contenders[first:] + contenders[:first]:
                yield number, scenario, who


def compare(arguments: argparse.Namespace, console: Console) -> Results:
    """Run everything; `TrialError` ends it."""
    results = Results()
    for number, scenario, who in trials(arguments.rounds, arguments.scenarios, arguments.clients):
        console.print(f"round {number + 1} of {arguments.rounds}: {scenario}, {who.label}", style="dim")
        results.add(who, scenario, run_in_peace(who, scenario, arguments))
    return results


def run_in_peace(who: Contender, scenario: Scenario, arguments: argparse.Namespace) -> Outcome:
    """A run that no other program disturbed, or else the least disturbed of several.

    The choice looks at what the others did, never at the result.
    """
    count, outcomes = size_of(scenario, arguments), list[Outcome]()
    while len(outcomes) <= arguments.patience:
        outcomes.append(run(who, scenario, count))
        if outcomes[-1].disturbance < DISTURBED:
            return outcomes[-1]
    return min(outcomes, key=lambda outcome: outcome.disturbance)


def size_of(scenario: Scenario, arguments: argparse.Namespace) -> int:
    """How many ticks, orders or bars, with those of the warm-up."""
    chosen = getattr(arguments, OPTIONS[scenario].replace("-", "_"))
    divisor = QUICK_DIVISOR if arguments.quick else 1
    return int(chosen or SIZES[scenario] // divisor) + WARM_UP.get(scenario, 0)


def parsed(command_line: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    clients = sorted({who.client for who in CONTENDERS})
    parser.add_argument("--rounds", type=int, default=5, help="how often each client runs (default 5)")
    parser.add_argument("--quick", action="store_true", help=f"an {QUICK_DIVISOR}th of each size, 1 round")
    parser.add_argument(
        "--scenarios", type=Scenario, nargs="+", choices=list(Scenario), default=list(Scenario)
    )
    parser.add_argument("--clients", nargs="+", choices=clients, default=clients)
    parser.add_argument(
        "--patience",
        type=int,
        default=3,
        metavar="N",
        help="repeat a run up to N times if other programs disturb it (default 3)",
    )
    for option in dict.fromkeys(OPTIONS.values()):
        parser.add_argument(f"--{option}", type=int, metavar="N", help="instead of the usual size")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every value of every round there")
    arguments = parser.parse_args(command_line)
    arguments.rounds = 1 if arguments.quick else arguments.rounds
    return arguments


def main(command_line: list[str] | None = None) -> int:
    """Compare, show, and tell by the exit code whether all went well."""
    arguments = parsed(command_line)
    console = Console(width=None if sys.stdout.isatty() else 110)
    progress = Console(stderr=True)
    try:
        results = compare(arguments, progress)
    except TrialError as error:
        progress.print(str(error), style="bold red", markup=False, highlight=False)
        return 1
    console.print(results.table())
    for remark in results.remarks():
        console.print(remark, markup=False, highlight=False)
    if arguments.json:
        arguments.json.write_bytes(msgspec.json.format(msgspec.json.encode(results.as_json())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
