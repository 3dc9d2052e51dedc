"""The command `run`: a trading desk from a configuration file, or only a check of the file."""

from __future__ import annotations

import contextlib
import math
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer
from loguru import logger
from rich.console import Console

from ibkr_actors.actors.supervisor import LEFT_BEHIND
from ibkr_actors.base.stop_flag import StopFlag
from ibkr_actors.cli.actors import run_actors
from ibkr_actors.cli.last_orders import LastOrders
from ibkr_actors.cli.logs import start_log
from ibkr_actors.cli.looks import Looks
from ibkr_actors.cli.signals import stop_on_signals
from ibkr_actors.cli.statuses import EXIT_FAILED, EXIT_UNUSABLE
from ibkr_actors.configuration import Loaded, load
from ibkr_actors.desk_status import DeskStatus
from ibkr_actors.display import TradeLog, Viewer, print_summary
from ibkr_actors.errors import ConfigurationError, DeskError, IbkrError
from ibkr_actors.multiple_client_application import MultiClientApplication
from ibkr_actors.simulated_gateway import Hours, Options, RunningClock, Server

LOOK_EVERY: Final = 0.5
"""Seconds between two looks at the desk, and at whether it is time to end."""
PLAIN_WIDTH: Final = 120
"""Columns of a summary that goes to no terminal."""

FIRST_CONNECTION: Final = "ibkr_actors.actors.bridge"
"""Silent until the desk runs: that nobody answers is said once, as the reason why nothing runs."""
_ENDED: Final = ("stopped", "failed")

_UNITS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_duration(text: str) -> float:
    """Seconds in `20`, `20s`, `5m` or `2h`. Raises ConfigurationError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    if match is None:
        raise ConfigurationError(f"--duration {text!r}: expected a number and s, m or h, such as 20s")
    return float(match[1]) * _UNITS[match[2]]


def run(
    config: Annotated[Path, typer.Option(help="The TOML file that says what to run.")],
    duration: Annotated[str | None, typer.Option(help="Stop after so long: 20s, 5m, 2h.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only check the file.")] = False,
) -> None:
    """Run a trading desk until it is stopped (or for --duration), then print a summary."""
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # strategies are found beside the configuration's project
    try:
        seconds = parse_duration(duration) if duration is not None else None
        loaded = load(config)
        if check:
            print(f"{config}: good; strategies: {', '.join(one.code for one in loaded.strategies) or 'none'}")
            return
        if not loaded.is_desk:
            run_actors(loaded, seconds)
            return
        status = _run_desk(loaded, seconds)
    except IbkrError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(EXIT_UNUSABLE) from None
    print_summary(Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH), status)
    if any(strategy.state == "failed" for strategy in status.strategies):
        raise typer.Exit(EXIT_FAILED)


# ------------------------------------------------------------------------------------------------------------- running


@contextlib.contextmanager
def _bridge(loaded: Loaded) -> Iterator[tuple[str, int]]:
    """The address of the bridge; the simulated one lives as long as the context."""
    section = loaded.configuration.bridge
    if not section.simulated:
        yield section.host, section.port
        return
    options = Options(
        seed=section.seed,
        always_open=section.hours is Hours.ALWAYS,
        market_data=section.market_data,
        catalogue=section.catalogue or None,
        data=loaded.data,
        limits=section.limits,
        faults=section.faults,
        nightly_reset=section.nightly_reset,
    )
    clock = RunningClock(section.start or options.begins, section.speed)
    with Server(options, server_version=section.highest_version, clock=clock) as server:
        yield server.host, server.port


def _run_desk(loaded: Loaded, seconds: float | None) -> DeskStatus:
    """Run a desk to its end; returns how it stood before its strategies were stopped, and which of them failed then."""
    console = Console(stderr=True) if sys.stderr.isatty() else None
    settings = loaded.configuration
    start_log(loaded, console)
    stopped = stop_on_signals()
    with _bridge(loaded) as (host, port):
        desk = _desk(loaded, host, port)
        trades = TradeLog(desk)
        with _silence(FIRST_CONNECTION):
            desk.start(settings.bridge.timeout)
        looks = Looks(desk.status)
        try:
            _watch(looks, loaded, console, stopped, seconds)
            status = looks.look() or looks.newest
        finally:
            desk.stop()
            del trades
    if status is None:
        raise DeskError("the desk has ended, and never said how it stood")
    return _with_last_failures(status, desk)


def _with_last_failures(status: DeskStatus, desk: MultiClientApplication) -> DeskStatus:
    """The same, but for strategies that did not stop in order."""
    failed = {one.code: one for one in desk.strategies() if one.state in ("failed", LEFT_BEHIND)}
    return replace(status, strategies=[failed.get(one.code, one) for one in status.strategies])


@contextlib.contextmanager
def _silence(module: str) -> Iterator[None]:
    logger.disable(module)
    try:
        yield
    finally:
        logger.enable(module)


def _desk(loaded: Loaded, host: str, port: int) -> MultiClientApplication:
    settings = loaded.configuration
    desk = MultiClientApplication(
        host,
        port,
        settings.bridge.client_id,
        live_accounts=frozenset(settings.desk.live_accounts),
        journal=Path(settings.desk.journal) if settings.desk.journal else None,
        durable_journal=settings.desk.durable_journal,
        messages_per_second=settings.desk.messages_per_second,
        highest_version=settings.bridge.highest_version,
        codes=[section.treatment() for section in settings.codes],
        broker=settings.rabbitmq.connection() if settings.rabbitmq is not None else None,
    )
    for one in loaded.strategies:
        desk.enlist(one.strategy, one.code, one.parameters, one.policy)
    return desk


def _watch(
    looks: Looks[DeskStatus],
    loaded: Loaded,
    console: Console | None,
    stopped: StopFlag,
    seconds: float | None,
) -> None:
    """Show the desk until it is stopped, its time is over, or nothing is left to do; others may come to one with a
    broker."""
    waits, last_orders = loaded.configuration.rabbitmq is not None, LastOrders(loaded.strategies)
    deadline = time.monotonic() + (seconds if seconds is not None else math.inf)
    with Viewer(console) as viewer:
        while (left := deadline - time.monotonic()) > 0 and not stopped.wait(min(left, LOOK_EVERY)):
            status = looks.look()
            if status is None:
                continue
            viewer.show(status)
            if waits or not _every_strategy_has_ended(status):
                continue
            if not last_orders.need_the_desk(status):
                logger.info("every strategy has ended")
                return


def _every_strategy_has_ended(status: DeskStatus) -> bool:
    return bool(status.strategies) and all(one.state in _ENDED for one in status.strategies)
