"""The command line; a module for each command."""

from __future__ import annotations

import typer

from ibkr_actors.cli.actors import actors
from ibkr_actors.cli.desk import run
from ibkr_actors.cli.frame_printing import frames
from ibkr_actors.cli.recording import record
from ibkr_actors.cli.simulation import gateway

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
app.command()(run)
app.command()(actors)
app.command()(gateway)
app.command()(record)
app.command()(frames)


def main() -> None:
    """The entry point of `ibkr-actors` and `python -m ibkr_actors`."""
    app()


def run_main() -> None:
    """The entry point of run.py, whose only command is `run`."""
    single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    single.command()(run)
    single()
