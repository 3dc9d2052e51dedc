"""The command `record`: a recorder in front of a bridge."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Final

import typer

from ibkr_actors.cli.reporting import (
    Redact,
    RedactName,
    listening_on,
    log_to_standard_error,
    one_line_errors,
    recording_to,
)
from ibkr_actors.errors import ConfigurationError
from ibkr_actors.recording.proxy import Proxy

SWITCH_EVERY: Final = 0.0002
"""Seconds after which the thread that records makes way for the one that moves bytes; Python's own 5 milliseconds
would be the delay of a frame that comes while others are written."""


def record(
    file: Annotated[Path, typer.Argument(help="The recording, made anew.")],
    bridge: Annotated[str, typer.Option(help="Where TWS or IB Gateway listens: HOST:PORT.")],
    listen: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    redact: Redact = False,
    redact_name: RedactName = None,
) -> None:
    """Record what clients and a bridge say to each other: clients connect here instead of there."""
    with one_line_errors():
        bridge_host, bridge_port = parse_address(bridge)
        with recording_to(file, bridge, redact, redact_name) as recorder:
            assert recorder is not None
            log_to_standard_error()
            proxy = Proxy(bridge_host, bridge_port, recorder, host=host, port=listen)
            sys.setswitchinterval(SWITCH_EVERY)
            with listening_on("the recorder", host, listen):
                asyncio.run(_serve(proxy))


async def _serve(proxy: Proxy) -> None:
    """Until SIGINT or SIGTERM; the first line of the output says where clients connect."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop(_number: int, _frame: FrameType | None) -> None:
        if not loop.is_closed():  # a later signal comes while the disk takes the last of the recording
            loop.call_soon_threadsafe(stopped.set)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with _woken_by_signals(loop):
        await proxy.run(stopped, lambda: print(f"listening on {proxy.host}:{proxy.port}", flush=True))


@contextmanager
def _woken_by_signals(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """A signal wakes the loop, so that its handler runs: one that comes on another thread, or just before the loop
    waits, interrupts no wait. Windows' loop sees to that by itself.
    """
    if sys.platform == "win32":
        yield
        return
    bell, ringer = os.pipe()
    os.set_blocking(ringer, False)
    loop.add_reader(bell, os.read, bell, 4096)
    former = signal.set_wakeup_fd(ringer, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(former)
        loop.remove_reader(bell)
        os.close(bell)
        os.close(ringer)


def parse_address(text: str) -> tuple[str, int]:
    """Host and port; an IPv6 address stands in brackets. Raises ConfigurationError."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise ConfigurationError(f"--bridge {text!r}: expected HOST:PORT, such as 127.0.0.1:7497")
    return host.removeprefix("[").removesuffix("]"), int(port)
