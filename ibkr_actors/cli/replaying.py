"""`gateway --replay`: a recording in the place of the simulated gateway."""

from __future__ import annotations

from math import isinf
from pathlib import Path
from typing import Final

import typer

from ibkr_actors.cli.reporting import listening_on
from ibkr_actors.errors import ConfigurationError
from ibkr_actors.recording.exchanges import read_exchanges, version_to_serve
from ibkr_actors.recording.replay import Replay
from ibkr_actors.simulated_gateway.hours.clock import RunningClock
from ibkr_actors.simulated_gateway.server import Server
from ibkr_actors.simulated_gateway.serving import run_until_signal
from ibkr_actors.simulated_gateway.wiretap import Wiretap

TICK: Final = 0.01
"""Seconds by which a reply may be late."""
OF_A_REPLAY: Final = frozenset(
    ("port", "host", "server_version", "speed", "record", "redact", "redact_name", "replay")
)
"""Options that mean something to a recording; the others are about a market."""


def serve_recording(
    context: typer.Context,
    path: Path,
    *,
    host: str,
    port: int,
    speed: float,
    server_version: int,
    wiretap: Wiretap | None,
) -> None:
    """Serve a recording until a signal. Raises ConfigurationError and RecordingError."""
    _refuse_options_of_a_market(context)
    at_once = isinf(speed) and speed > 0
    try:
        clock = RunningClock(speed=1.0 if at_once else speed)
    except ValueError as error:
        raise ConfigurationError(f"--speed: {error}") from None
    recording = read_exchanges(path)
    wanted = server_version if _is_given(context, "server_version") else None
    version = version_to_serve(recording, wanted, path)
    server = Server(
        host=host,
        port=port,
        server_version=version,
        oldest_version=version,
        clock=clock,
        tick=TICK,
        wiretap=wiretap,
        responder=Replay(recording, server_version=version, at_once=at_once),
    )
    with listening_on("the gateway", host, port):
        run_until_signal(server)


def _refuse_options_of_a_market(context: typer.Context) -> None:
    given = [name for name in context.params if name not in OF_A_REPLAY and _is_given(context, name)]
    if given:
        option = "--" + given[0].replace("_", "-")
        raise ConfigurationError(
            f"{option} is about a simulated market, and a recording has none: leave it out"
        )


def _is_given(context: typer.Context, name: str) -> bool:
    """Whether somebody wrote the option; what has a value otherwise is a default."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
