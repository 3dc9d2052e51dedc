"""Books that balance, whatever is traded: a machine that trades at random finds no disagreement.

Short in the suite; IBKR_ACTORS_LONG_MACHINES=1 lets it run for some minutes.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from tests.simulated_gateway.exchange.books_machine import BooksMachine

IS_LONG = bool(os.environ.get("IBKR_ACTORS_LONG_MACHINES"))

TestBooks = BooksMachine.TestCase
TestBooks.settings = settings(
    max_examples=400 if IS_LONG else 8,
    stateful_step_count=60 if IS_LONG else 35,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
