"""Signals at bad moments."""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
from pathlib import Path

import pytest
import typer
from loguru import logger

from ibkr_actors.cli.signals import StopRequest
from ibkr_actors.simulated_gateway.server import Server
from tests.actors.helpers import PATIENCE
from tests.test_cli import EXIT_OK, MODULE, running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


def test_one_that_comes_while_a_line_is_logged_interrupts_a_start_behind_it():
    """In the midst of it the log would stay locked."""
    stopped, written = StopRequest(), []
    former = signal.signal(signal.SIGINT, stopped.hear)
    sink = logger.add(lambda _line: signal.raise_signal(signal.SIGINT), filter=lambda _: not stopped.is_set())

    def begin():
        with stopped.interrupts_start():
            logger.info("something starts")
            written.append("the line")
            threading.Event().wait(PATIENCE)
            written.append("what comes behind the start")

    try:
        with pytest.raises(typer.Exit):
            begin()
    finally:
        logger.remove(sink)
        signal.signal(signal.SIGINT, former)

    assert written == ["the line"]


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only there a thread's number is known to others"
)
def test_one_that_comes_on_another_thread_ends_a_recorder(tmp_path):
    """It interrupts nothing that the recorder's main thread waits for."""
    with (
        Server() as bridge,
        running(
            *MODULE, "record", "--listen", "0", "--bridge", f"127.0.0.1:{bridge.port}", tmp_path / "a"
        ) as process,
    ):
        process.stdout.readline()
        threads = [int(entry.name) for entry in Path(f"/proc/{process.pid}/task").iterdir()]
        other = next(number for number in threads if number != process.pid)
        assert ctypes.CDLL(None).tgkill(process.pid, other, signal.SIGINT) == 0
        process.communicate()

    assert process.returncode == EXIT_OK
