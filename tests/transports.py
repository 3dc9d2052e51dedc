"""A desk and its strategies, in one process or in two: the same tests run on each arrangement.

In two processes means here: two applications that share nothing but a broker. Those that are really processes, and
killed, are in tests/test_killed_processes.py.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ibkr_actors.actors.remote.host import RemoteOptions
from ibkr_actors.desk_status import DeskStatus
from ibkr_actors.errors import DeskError
from ibkr_actors.multiple_client_application import MultiClientApplication
from ibkr_actors.remote_application import RemoteApplication
from tests.actors.helpers import PATIENCE
from tests.brokers.helpers import BROKERS, Arrangement

QUICK = RemoteOptions(heartbeat=0.1, grace=1.0)
"""Signs of life in a tenth of the usual time."""


LIVING = ("starting", "registered", "running", "restarting")


class TwoApplications:
    """A desk without strategies, and an application with them, with the face of a desk that has both."""

    def __init__(self, desk: MultiClientApplication, actors: RemoteApplication) -> None:
        self.desk, self.actors = desk, actors
        self.signals = replace(actors.signals, connection_changed=desk.signals.connection_changed)
        self.register = actors.register

    def start(self) -> None:
        self.desk.start()
        try:
            self.actors.start()
        except BaseException:
            self.desk.stop()
            raise

    def stop(self) -> None:
        self.actors.stop()
        with contextlib.suppress(DeskError):  # it does not run any more
            deadline = time.monotonic() + PATIENCE
            while any(one.state in LIVING for one in self.desk.actors()) and time.monotonic() < deadline:
                time.sleep(0.01)  # until their last letters are dealt with
        self.desk.stop()

    def status(self) -> DeskStatus:
        with contextlib.suppress(DeskError):  # nothing runs there any more
            return replace(self.desk.status(), strategies=self.actors.strategies())
        return self.desk.status()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Transport:
    """Makes desks, in the way of one arrangement."""

    def __init__(self, server: Arrangement | None, folder: Path) -> None:
        self.server, self._folder = server, folder

    @property
    def is_remote(self) -> bool:
        return self.server is not None

    def desk_at(self, place: Any, **options: Any) -> Any:
        """A desk at a bridge, as client 7."""
        if self.server is None:
            return MultiClientApplication("127.0.0.1", place.port, 7, **options)
        options.setdefault("journal", self._folder / "orders.jsonl")
        desk = MultiClientApplication("127.0.0.1", place.port, 7, broker=self.server.make(), **options)
        return TwoApplications(desk, RemoteApplication(self.server.make(), QUICK))


TRANSPORTS = ("one process", *BROKERS)


@contextmanager
def transport(kind: str, folder: Path) -> Iterator[Transport]:
    """An arrangement of one kind."""
    with ExitStack() as stack:
        server = stack.enter_context(BROKERS[kind]()) if kind in BROKERS else None
        yield Transport(server, folder)
