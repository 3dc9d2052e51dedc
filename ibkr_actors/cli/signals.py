"""How people end a command that would go on."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

import typer
from loguru import logger

from ibkr_actors.base.stop_flag import StopFlag


class _StartInterrupted(KeyboardInterrupt):
    """The first signal came while something started."""


class StopRequest(StopFlag):
    """Set by the first SIGINT or SIGTERM; the second interrupts whatever is still waiting."""

    def __init__(self) -> None:
        super().__init__()
        self._is_starting = False

    def hear(self, _number: int, _frame: FrameType | None) -> None:
        """A signal has come, on the main thread."""
        if self.is_set():
            raise KeyboardInterrupt
        self.set()
        if self._is_starting:
            raise _StartInterrupted

    @contextlib.contextmanager
    def interrupts_start(self) -> Iterator[None]:
        """What is done within may wait for others, and cleans up after itself: the first signal interrupts it too.

        Ends the command in order then, with status 0.
        """
        self._is_starting = True
        try:
            if self.is_set():
                raise _StartInterrupted
            yield
        except _StartInterrupted:
            logger.info("stopped before everything had started")
            raise typer.Exit from None
        finally:
            self._is_starting = False


def stop_on_signals() -> StopRequest:
    """From now on signals end the command by what is returned. Call it from the main thread."""
    stopped = StopRequest()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stopped.hear)
    return stopped
