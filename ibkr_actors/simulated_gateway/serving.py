"""A simulated gateway as a program: it serves until somebody ends it."""

from __future__ import annotations

import signal

from ibkr_actors.base.server_versions import NEWEST
from ibkr_actors.base.stop_flag import StopFlag
from ibkr_actors.simulated_gateway.gateway import Options
from ibkr_actors.simulated_gateway.hours.clock import Clock
from ibkr_actors.simulated_gateway.server import LOCALHOST, Server
from ibkr_actors.simulated_gateway.wiretap import Wiretap


def serve(
    port: int,
    *,
    seed: int = 0,
    server_version: int = NEWEST,
    host: str = LOCALHOST,
    options: Options | None = None,
    clock: Clock | None = None,
    wiretap: Wiretap | None = None,
) -> None:
    """Run a simulated gateway until SIGINT or SIGTERM, as `run_until_signal` does."""
    run_until_signal(
        Server(
            options or Options(seed=seed),
            host=host,
            port=port,
            server_version=server_version,
            clock=clock,
            wiretap=wiretap,
        )
    )


def run_until_signal(server: Server) -> None:
    """Serve until SIGINT or SIGTERM; the first line of the output says where. Call it from the main thread."""
    asked_to_stop = StopFlag()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked_to_stop.set())
    with server:
        print(f"listening on {server.host}:{server.port}", flush=True)
        while not asked_to_stop.wait(0.5):  # in steps, for a bare wait can't be interrupted on Windows
            pass
