"""The command `gateway`: the simulated gateway alone."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from loguru import logger

from ibkr_actors.base.server_versions import NEWEST, OLDEST
from ibkr_actors.cli.statuses import EXIT_UNUSABLE
from ibkr_actors.display import LINE_FORMAT
from ibkr_actors.simulated_gateway.server import serve


def gateway(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any.")] = 7497,
    seed: Annotated[int, typer.Option(help="Seed of the market.")] = 0,
    server_version: Annotated[
        int, typer.Option(min=OLDEST, max=NEWEST, help="Newest version to speak.")
    ] = NEWEST,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Run the simulated gateway alone; its first line says where it listens."""
    logger.remove()
    logger.add(sys.stderr, level="INFO", format=LINE_FORMAT, backtrace=False, diagnose=False)
    try:
        serve(port, seed=seed, server_version=server_version, host=host)
    except OSError as error:
        print(f"error: the gateway can't listen on {host}:{port}: {error.strerror}", file=sys.stderr)
        raise typer.Exit(EXIT_UNUSABLE) from None
