"""How people end a command that would go on."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Final

import typer
from loguru import logger

from ibkr_actors.base.stop_flag import StopFlag

_SOON: Final = 0.02
"""Seconds after which a signal that came at a bad moment comes again."""


class _StartInterrupted(KeyboardInterrupt):
    """The first signal came while something started."""


class StopRequest(StopFlag):
    """Set by the first SIGINT or SIGTERM; the second interrupts whatever is still waiting."""

    def __init__(self) -> None:
        super().__init__()
        self._is_starting = False
        self._comes_again = False

    def hear(self, number: int, frame: FrameType | None) -> None:
        """A signal has come, on the main thread."""
        if self.is_set() and not self._comes_again:
            raise KeyboardInterrupt
        self.set()
        self._comes_again = self._is_starting and _is_logging(frame)
        if self._comes_again:
            threading.Timer(_SOON, _send_again, (number,)).start()
        elif self._is_starting:
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


def _is_logging(frame: FrameType | None) -> bool:
    """Whether a line is being logged: an exception in the midst of that would leave the log locked."""
    while frame is not None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] == logger.__module__.partition(".")[0]:
            return True
        frame = frame.f_back
    return False


def _send_again(number: int) -> None:
    if sys.platform == "win32":
        signal.raise_signal(number)
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, number)


def stop_on_signals() -> StopRequest:
    """From now on signals end the command by what is returned. Call it from the main thread."""
    stopped = StopRequest()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stopped.hear)
    return stopped
