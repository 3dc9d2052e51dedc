"""`python -m tests.fuzz [--frames 1000000] [--seed 0]`: hostile frames, read as both ends of a connection.

Each frame is read between two good messages; `properties.py` says what has to hold. Then the frames that take the most
memory for their size, each in a process of its own. Ends with 1 and the offending frame when something did not hold.
"""

from __future__ import annotations

import argparse
import faulthandler
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.fuzz.mutations import Mutator
from tests.fuzz.properties import Outcome, Reader, Violation
from tests.fuzz.worst_cases import WORST_CASES, expected_of, measured, resident_peak

BLOCK = 5_000
"""Frames between two signs of life."""
PATIENCE = 120.0
"""Seconds for a block; then the process shows where it hangs and ends with 1, and the last sign of life says which."""
MIB = 1 << 20


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    reader = Reader()
    started, peak = time.perf_counter(), resident_peak()
    try:
        read_mutated(reader, options.seed, options.frames)
        faulthandler.cancel_dump_traceback_later()
        report(reader.outcome, time.perf_counter() - started, (resident_peak() - peak) / MIB)
        return read_worst_cases()
    except Violation as violation:
        print(f"VIOLATION: {violation}")
        return 1


def read_mutated(reader: Reader, seed: int, frames: int) -> None:
    """Raises Violation, with the frame, for the first frame that did what no frame may do."""
    mutator = Mutator(seed)
    for number in range(frames):
        if number % BLOCK == 0:
            faulthandler.dump_traceback_later(PATIENCE, exit=True)
            print(f"\rframes from {number}", end="", file=sys.stderr, flush=True)
        hostile = mutator.frame(number)
        try:
            reader.read(hostile)
        except Violation as violation:
            raise Violation(
                f"{violation}\nframe {number} of seed {seed}: {hostile.role.value} at {hostile.version}, damage: "
                f"{hostile.damage}\n{hostile.payload.hex()}"
            ) from violation
    print(file=sys.stderr)


def report(outcome: Outcome, seconds: float, growth: float) -> None:
    """Print what was done."""
    print(f"{outcome.frames} frames in {seconds:.0f} s, memory grew by {growth:.0f} MiB at its peak")
    print(f"good {outcome.good}, bad {outcome.bad.total()}, unknown ids {outcome.unknown}")
    print(f"slowest {outcome.slowest * 1000:.1f} ms: frame {outcome.slowest_number} (compiling included)")
    for kind, number in outcome.bad.most_common():
        print(f"  bad {number:8d}  {kind}")
    for kind, number in outcome.damage.most_common():
        print(f"  damage {number:8d}  {kind}")


def read_worst_cases() -> int:
    """Print what each one takes; 1 when one takes more than it may, or is read otherwise than it should be."""
    code = 0
    processes = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=1)
    with processes:
        results = processes.map(partial(measured, whole_process=True), WORST_CASES)
        for case, result in zip(WORST_CASES, results, strict=True):
            # The frame itself is there three times: collected, cut out, and as it was given.
            good = result.multiple <= case.multiple + 3 and result.outcome == expected_of(case)
            code = code if good else 1
            print(
                f"{'ok ' if good else 'BAD'} {result.multiple:6.1f} times its size, {result.seconds:5.2f} s, "
                f"{result.outcome}: {case.name}"
            )
    return code


if __name__ == "__main__":
    sys.exit(main())
