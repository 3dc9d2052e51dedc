"""The two interfaces whose answers reach handlers, seen alike: make a call on their own thread, and listen."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.base.messages.declaration import Cancellation, IdentifiedRequest, Message
from ibkr_actors.client_application import ClientApplication
from ibkr_actors.multiple_client_application import MultiClientApplication
from tests.client_applications import NotingHandlers
from tests.interfaces.arrangements import CALLS
from tests.interfaces.world import World

PATIENCE = 10.0
FAST = 10_000
"""Messages a second: without the pace that real gateways want, for it would make these tests last a minute."""


class Heard:
    """The messages that reached handlers, in order; a test waits for them."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._changed = threading.Condition()

    def append(self, message: Message) -> None:
        with self._changed:
            self._messages.append(message)
            self._changed.notify_all()

    def __len__(self) -> int:
        return len(self._messages)

    def since(self, start: int) -> list[Message]:
        with self._changed:
            return self._messages[start:]

    def wait(self, start: int, wanted: Callable[[Any], bool], what: str) -> Any:
        """The first message from a place on that is wanted, when it has come."""

        def found() -> list[Message]:
            return [message for message in self._messages[start:] if wanted(message)]

        with self._changed:
            if not self._changed.wait_for(found, PATIENCE):
                raise AssertionError(
                    f"{what} did not come within {PATIENCE} s; {self._messages[start:][-20:]}"
                )
            return found()[0]


class Listener(Protocol):
    """An interface whose answers reach handlers."""

    heard: Heard
    raises_unsupported: bool
    """A call raises UnsupportedByServer; otherwise a message says so."""

    def call(self, name: str, *arguments: Any) -> int:
        """Make a call; returns the request id (that of the order), 0 for a request without one."""
        ...


class _Application(ClientApplication):
    def __init__(self, world: World, heard: Heard) -> None:
        super().__init__(world.server.host, world.server.port, client_id=7, messages_per_second=FAST)
        self.noted = heard
        self._handlers = NotingHandlers(self)  # type: ignore[arg-type]  # it notes into `noted`
        self.is_ready = threading.Event()

    def initialize(self) -> None:
        self.is_ready.set()


class ApplicationListener:
    """A `ClientApplication`, whose caller chooses the ids; its calls may be made from any thread."""

    raises_unsupported = True

    def __init__(self, world: World) -> None:
        self.heard = Heard()
        self._application = _Application(world, self.heard)
        self._thread = threading.Thread(target=self._application.run, name="application")

    def start(self) -> None:
        self._thread.start()
        assert self._application.is_ready.wait(PATIENCE)

    def stop(self) -> None:
        self._application.stop()
        self._thread.join(PATIENCE)

    def call(self, name: str, *arguments: Any) -> int:
        application = self._application
        if name in ("place_order", "exercise_options"):
            number = application.next_order_id()
            arguments = (number, *arguments)
        elif issubclass(CALLS[name], IdentifiedRequest):
            number = application.get_local_request_id()
            arguments = (number, *arguments)
        else:
            number = arguments[0] if issubclass(CALLS[name], Cancellation) else 0
        assert getattr(application, name)(*arguments) is None
        return number


@dataclass(frozen=True)
class _Job:
    """A call that a strategy has to make, told to it as a message."""

    name: str
    arguments: tuple[Any, ...]
    done: Future[Any]


class StrategyListener:
    """A strategy at a desk, which chooses the ids; its calls are made on its own thread."""

    raises_unsupported = False

    def __init__(self, world: World) -> None:
        self.heard = heard = Heard()
        self._started: Future[StrategyActor] = Future()
        started = self._started

        class Strategy(StrategyActor):
            def initialize(self) -> None:
                started.set_result(self)

            def handle(self, messages: Any) -> None:
                for message in messages:
                    super().handle([message])
                    heard.append(message)

            def receive(self, message: Any) -> Any:
                assert isinstance(message, _Job)
                message.done.set_result(getattr(self, message.name)(*message.arguments))

        self._desk = MultiClientApplication(
            world.server.host, world.server.port, client_id=7, messages_per_second=FAST
        )
        self._desk.register(Strategy, code="asks")

    def start(self) -> None:
        self._desk.start()
        self._strategy = self._started.result(PATIENCE)

    def stop(self) -> None:
        self._desk.stop()

    def call(self, name: str, *arguments: Any) -> int:
        job = _Job(name, arguments, Future())
        self._strategy.mail.tell(job)
        found = job.done.result(PATIENCE)
        return found if isinstance(found, int) else int(found.order_id) if found is not None else 0


@contextmanager
def listening(kind: Callable[[World], Any], world: World) -> Iterator[Listener]:
    """A listener that is connected meanwhile."""
    listener = kind(world)
    listener.start()
    try:
        yield listener
    finally:
        listener.stop()


def gone_by(listener: Listener, seconds: int) -> None:
    """Wait until so much time has gone by at the gateway."""
    deadline = time.monotonic() + PATIENCE
    begin = _time_of(listener)
    while _time_of(listener) < begin + seconds:
        assert time.monotonic() < deadline


def _time_of(listener: Listener) -> int:
    start = len(listener.heard)
    listener.call("request_current_time")
    told = listener.heard.wait(start, lambda message: type(message).__name__ == "CurrentTime", "the time")
    return int(told.time)
