"""What every test of an actor may ask for."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest
from loguru import logger

from tests.actors.helpers import Record


@pytest.fixture
def log() -> Iterator[Record]:
    """Everything logged, as text with its traceback."""
    record = Record()
    sink = logger.add(lambda line: record.add(str(line)), level="DEBUG", format="{level} {message}")
    yield record
    logger.remove(sink)


@pytest.fixture(autouse=True)
def _no_thread_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test leaves a thread behind, unless it says so."""
    before = set(threading.enumerate())
    yield
    if "leaves_threads" not in request.fixturenames:
        left = [thread for thread in threading.enumerate() if thread not in before]
        for thread in left:
            thread.join(2.0)
        assert not [thread.name for thread in left if thread.is_alive()]


@pytest.fixture
def leaves_threads() -> None:
    """For a test whose subject is a thread that can't be ended; the test lets it go in the end."""


@pytest.fixture
def switches_often() -> Iterator[None]:
    """Threads change a thousand times more often than usual: what can go wrong between two lines does."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)
