"""Strategies without a bridge, and the command `actors`: which there are at a desk."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path
from typing import Annotated, Final

import typer
from loguru import logger
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ibkr_actors.actors.remote.inquiry import inquire
from ibkr_actors.actors.remote.letters import ActorFacts
from ibkr_actors.base.stop_flag import StopFlag
from ibkr_actors.cli.logs import start_log
from ibkr_actors.cli.looks import Looks
from ibkr_actors.cli.signals import stop_on_signals
from ibkr_actors.cli.statuses import EXIT_FAILED, EXIT_UNUSABLE
from ibkr_actors.configuration import Loaded, load
from ibkr_actors.display import TradeLog
from ibkr_actors.errors import ConfigurationError, IbkrError
from ibkr_actors.remote_application import RemoteApplication

LOOK_EVERY: Final = 0.5
"""Seconds between two looks at the strategies, and at whether it is time to end."""
PLAIN_WIDTH: Final = 120
_ENDED: Final = ("stopped", "failed")


def run_actors(loaded: Loaded, seconds: float | None) -> None:
    """Run the strategies of a file at a desk elsewhere until they are stopped, or for so many seconds.

    Raises BrokerError and DeskError when nothing can run; ends the command with a status when a strategy failed.
    """
    settings = loaded.configuration.rabbitmq
    assert settings is not None, "a file without [bridge] has [rabbitmq], or it would be a desk"
    start_log(loaded, None)
    stopped = stop_on_signals()
    actors = RemoteApplication(settings.connection(), settings.options())
    for one in loaded.strategies:
        actors.enlist(one.strategy, one.code, one.parameters, one.policy)
    trades = TradeLog(actors)
    with stopped.interrupts_start():
        actors.start(settings.timeout)
    try:
        _watch(actors, stopped, seconds)
    finally:
        actors.stop()
        del trades
    ends = actors.strategies()
    for end in ends:
        print(f"{end.code}: {end.state}" + (f" ({end.last_error})" if end.last_error else ""))
    if any(end.state == "failed" for end in ends):
        raise typer.Exit(EXIT_FAILED)


def _watch(actors: RemoteApplication, stopped: StopFlag, seconds: float | None) -> None:
    """Until it is stopped, its time is over, or no strategy is left to run."""
    looks = Looks(actors.strategies)
    deadline = time.monotonic() + (seconds if seconds is not None else math.inf)
    while (left := deadline - time.monotonic()) > 0 and not stopped.wait(min(left, LOOK_EVERY)):
        states = looks.look()
        if states is not None and all(one.state in _ENDED for one in states):
            logger.info("every strategy has ended")
            return


def actors(
    config: Annotated[Path, typer.Option(help="The TOML file of the desk, or of its actors.")],
    stop: Annotated[str, typer.Option(help="Have the actor with this code stop.")] = "",
) -> None:
    """List the actors of a running desk, with their states and their last signs of life."""
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # strategies are found beside the configuration's project
    try:
        found = _ask(load(config), stop)
    except IbkrError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(EXIT_UNUSABLE) from None
    Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH).print(_table(found) if found else "no actors")


def _ask(loaded: Loaded, stop: str) -> list[ActorFacts]:
    settings = loaded.configuration.rabbitmq
    if settings is None:
        raise ConfigurationError(
            f"{loaded.path}: key rabbitmq: is missing; a desk without it has no actors elsewhere"
        )
    logger.remove()
    broker = settings.connection()
    broker.start()
    try:
        return inquire(broker, stop=stop).actors
    finally:
        broker.stop()


def _table(found: list[ActorFacts]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in (
        "code",
        "strategy",
        "state",
        "starts",
        "last sign of life",
        "where",
        "orders when it dies",
    ):
        table.add_column(column, overflow="fold")
    for one in found:
        silent = "" if one.seconds_silent is None else f"{one.seconds_silent:.1f} s ago"
        state = f"{one.state}: {one.last_error}" if one.last_error else one.state
        cells = (one.code, one.strategy, state, one.starts, silent, one.place, one.orders_at_death)
        table.add_row(*(Text(str(cell)) for cell in cells))
    return table
