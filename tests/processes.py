"""A desk, or a strategy, as a process of its own that a test can kill.

    python -m tests.processes desk URL PREFIX PORT JOURNAL
    python -m tests.processes actor URL PREFIX CODE POLICY

It writes a line of JSON for everything that happens, and obeys the lines that it reads: a price buys at it, `stop` ends
it.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ibkr_actors.actors.remote.host import RemoteOptions
from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.actors.supervisor import RestartPolicy
from ibkr_actors.base.local_messages import OrderChanged, RequestFailed
from ibkr_actors.base.messages.executions import ExecutionDetails
from ibkr_actors.brokers.rabbitmq import RabbitMQ
from ibkr_actors.multiple_client_application import MultiClientApplication
from ibkr_actors.remote_application import RemoteApplication
from tests.actors.helpers import Record, ibm, limit_order

OPTIONS = RemoteOptions(heartbeat=0.1, grace=1.0, time_to_live=2.0)
SAYING = threading.Lock()
COMMANDS: queue.SimpleQueue[str] = queue.SimpleQueue()


def say(**facts: Any) -> None:
    """A line for the test."""
    line = json.dumps(facts, default=str)
    with SAYING:  # strategies and the main thread
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


class Commanded(StrategyActor):
    """Buys at the prices that it is told."""

    act_interval = 0.01

    def initialize(self) -> None:
        say(event="ready")

    def act(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                price = float(COMMANDS.get_nowait())
                placed = self.place_order(limit_order(price=price), ibm())
                say(event="placed", price=price, number=placed.order_id)

    def order_changed(self, change: OrderChanged) -> None:
        say(event="changed", number=change.order_id, status=change.status, reason=change.reason)

    def execution_details(self, message: ExecutionDetails) -> None:
        execution = message.execution
        say(event="execution", number=execution.order_id, id=execution.execution_id)

    def request_failed(self, failure: RequestFailed) -> None:
        say(event="failed", number=failure.request_id, reason=failure.reason)


def desk(broker: RabbitMQ, port: str, journal: str) -> MultiClientApplication:
    """A desk at the bridge of that port."""
    return MultiClientApplication(
        "127.0.0.1", int(port), 7, broker=broker, journal=Path(journal), messages_per_second=1000
    )


def actor(broker: RabbitMQ, code: str, policy: str) -> RemoteApplication:
    """One strategy."""
    actors = RemoteApplication(broker, OPTIONS)
    actors.register(Commanded, code=code, policy=RestartPolicy(orders_at_death=policy))
    return actors


def main(kind: str, url: str, prefix: str, *rest: str) -> None:
    """Run until `stop`, or the end of the input."""
    broker = RabbitMQ(url, prefix=prefix)
    application = desk(broker, *rest) if kind == "desk" else actor(broker, *rest)
    with application:
        say(event="up")
        for line in sys.stdin:
            if line.strip() == "stop":
                break
            COMMANDS.put(line)


class Process:
    """Such a process, from the test's side: `events` has what it wrote."""

    def __init__(self, *arguments: str) -> None:
        self.events = Record()
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-m", "tests.processes", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=Path(__file__).parent.parent,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.events.add(json.loads(line))

    def tell(self, line: object) -> None:
        """A command."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def of(self, event: str) -> list[dict[str, Any]]:
        """The events of a kind so far."""
        return [one for one in list(self.events.items) if one["event"] == event]

    def wait(self, event: str, **facts: Any) -> dict[str, Any]:
        """The first event of a kind with these facts."""
        found: dict[str, Any] = self.events.wait(
            lambda one: one["event"] == event and all(one[name] == value for name, value in facts.items()),
            f"{event} {facts}",
        )
        return found

    def send(self, number: signal.Signals) -> None:
        """A signal."""
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        """Without a farewell."""
        self._process.kill()
        self._end()

    def stop(self) -> None:
        """In order."""
        if self._process.poll() is None:
            with contextlib.suppress(OSError):
                self.tell("stop")
        try:
            self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._end()

    def _end(self) -> None:
        self._process.wait(5.0)
        self._reader.join(5.0)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
