"""The command `gateway`: the simulated gateway alone."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated

import typer
from loguru import logger

from ibkr_actors.base.server_versions import NEWEST, OLDEST
from ibkr_actors.cli.statuses import EXIT_UNUSABLE
from ibkr_actors.display import LINE_FORMAT
from ibkr_actors.errors import ConfigurationError
from ibkr_actors.simulated_gateway import Hours, Options, RunningClock, serve


def gateway(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any.")] = 7497,
    seed: Annotated[int, typer.Option(help="Seed of the market.")] = 0,
    server_version: Annotated[
        int, typer.Option(min=OLDEST, max=NEWEST, help="Newest version to speak.")
    ] = NEWEST,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    speed: Annotated[float, typer.Option(help="How many times as fast as real its time runs.")] = 1.0,
    start: Annotated[
        str | None, typer.Option(help="When its time begins, such as 2026-11-27T09:25; now if left out.")
    ] = None,
    hours: Annotated[Hours, typer.Option(help="Trade always, or in the exchanges' hours.")] = Hours.ALWAYS,
) -> None:
    """Run the simulated gateway alone; its first line says where it listens."""
    logger.remove()
    logger.add(sys.stderr, level="INFO", format=LINE_FORMAT, backtrace=False, diagnose=False)
    try:
        clock = _running_clock(parse_moment(start), speed)
        options = Options(seed=seed, always_open=hours is Hours.ALWAYS)
        serve(port, options=options, server_version=server_version, host=host, clock=clock)
    except ConfigurationError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(EXIT_UNUSABLE) from None
    except OSError as error:
        print(f"error: the gateway can't listen on {host}:{port}: {error.strerror}", file=sys.stderr)
        raise typer.Exit(EXIT_UNUSABLE) from None


def parse_moment(text: str | None) -> datetime | None:
    """A date, or a date and a time, as ISO 8601 writes them. Raises ConfigurationError."""
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"--start {text!r}: expected a date and a time such as 2026-11-27T09:25 (New York's, unless a zone follows)"
        ) from None


def _running_clock(start: datetime | None, speed: float) -> RunningClock:
    try:
        return RunningClock(start, speed)
    except ValueError as error:
        raise ConfigurationError(f"--speed: {error}") from None
