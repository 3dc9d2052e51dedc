"""Threads that make the first snapshots of a type at the same time."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.value import snapshot

sys.setswitchinterval(1e-6)
together = threading.Barrier(16)

def copy(number):
    together.wait()
    # A whole number for a price has to be converted, which is what msgspec learns the type for.
    return snapshot(Order(contract=Contract(symbol="IBM"), limit_price=number), Order).limit_price

with ThreadPoolExecutor(16) as pool:
    assert list(pool.map(copy, range(16))) == [float(number) for number in range(16)]
"""


def test_do_not_crash_the_interpreter():
    """msgspec learns a type at its first use. A process of its own, for a crash would take the tests along."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)  # noqa: S603

    assert (done.returncode, done.stderr) == (0, "")
