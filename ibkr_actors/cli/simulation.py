"""The command `gateway`: the simulated gateway alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ibkr_actors.base.server_versions import NEWEST, OLDEST
from ibkr_actors.cli.replaying import serve_recording
from ibkr_actors.cli.reporting import (
    Redact,
    RedactName,
    listening_on,
    log_to_standard_error,
    one_line_errors,
    recording_to,
)
from ibkr_actors.errors import ConfigurationError
from ibkr_actors.simulated_gateway import (
    Hours,
    Limits,
    MarketData,
    Options,
    RunningClock,
    Subscription,
    serve,
)
from ibkr_actors.simulated_gateway.faults import FAULT_FORM, FAULTS, planned_faults
from ibkr_actors.simulated_gateway.hours.clock import check_beginning


def gateway(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any.")] = 7497,
    seed: Annotated[int, typer.Option(help="Seed of the market.")] = 0,
    server_version: Annotated[
        int, typer.Option(min=OLDEST, max=NEWEST, help="Newest version to speak.")
    ] = NEWEST,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    speed: Annotated[float, typer.Option(help="How many times as fast as real its time runs.")] = 1.0,
    start: Annotated[
        str | None, typer.Option(help="When its time begins: 2026-11-27T09:25; else with the data, or now.")
    ] = None,
    catalogue: Annotated[
        Path | None, typer.Option(help="TOML or CSV file that extends or replaces the instruments.")
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(help="CSV or Parquet file of real bars or ticks to replay: FILE or NAME=FILE."),
    ] = None,
    hours: Annotated[Hours, typer.Option(help="Trade always, or in the exchanges' hours.")] = Hours.ALWAYS,
    market_data: Annotated[
        Subscription, typer.Option(help="What market data the login has subscribed to.")
    ] = Subscription.LIVE,
    replay: Annotated[
        Path | None,
        typer.Option(help="Serve this recording again, in the place of a market; --speed inf: at once."),
    ] = None,
    record: Annotated[Path | None, typer.Option(help="Write every frame into this file, made anew.")] = None,
    redact: Redact = False,
    redact_name: RedactName = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar=FAULT_FORM, help=f"What goes wrong: {', '.join(FAULTS)}. May be repeated."),
    ] = None,
    limits: Annotated[
        Limits, typer.Option(help="Refuse what goes beyond a real gateway's limits, or not.")
    ] = Limits.NONE,
    nightly_reset: Annotated[
        str | None,
        typer.Option(metavar="HH:MM", help="Reset the servers each night at that time in New York."),
    ] = None,
) -> None:
    """Run the simulated gateway alone; its first line says where it listens."""
    log_to_standard_error()
    source = f"the recording {replay}" if replay is not None else "the simulated gateway"
    with one_line_errors(), recording_to(record, source, redact, redact_name) as wiretap:
        if replay is not None:
            serve_recording(
                context,
                replay,
                host=host,
                port=port,
                speed=speed,
                server_version=server_version,
                wiretap=wiretap,
            )
            return
        with _named("--fault"):
            planned_faults(fault or ())
        with _named("--nightly-reset"):
            planned_faults((), nightly_reset)
        options = Options(
            seed=seed,
            always_open=hours is Hours.ALWAYS,
            market_data=market_data,
            catalogue=catalogue,
            data=tuple(map(MarketData.read, data or ())),
            limits=limits,
            faults=tuple(fault or ()),
            nightly_reset=nightly_reset,
        )
        beginning = parse_moment(start) or options.begins
        with _named("--speed"):
            clock = RunningClock(beginning, speed)
        with listening_on("the gateway", host, port):
            serve(
                port,
                options=options,
                server_version=server_version,
                host=host,
                clock=clock,
                wiretap=wiretap,
            )


def parse_moment(text: str | None) -> datetime | None:
    """A date, or a date and a time, as ISO 8601 writes them. Raises ConfigurationError."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"--start {text!r}: expected a date and a time such as 2026-11-27T09:25 (New York's, unless a zone follows)"
        ) from None
    with _named(f"--start {text!r}"):
        check_beginning(moment)
    return moment


@contextmanager
def _named(option: str) -> Iterator[None]:
    """Errors of a value that an option gave begin with the option."""
    try:
        yield
    except (ValueError, ConfigurationError) as error:
        raise ConfigurationError(f"{option}: {error}") from None
