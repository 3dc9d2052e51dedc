"""Applications for the tests of `ClientApplication`: they note what reaches their handlers, and end by themselves."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.client_application import ClientApplication

DEADLINE = 20.0


class Noting(ClientApplication):
    """Notes every message that reaches a handler, and stops when `until` is satisfied with what it has noted.

    `at_start` and `each_time` are what an application would have as `initialize` and `act`.
    """

    act_interval = 0.05

    def __init__(
        self,
        server: Any,
        *,
        at_start: Callable[[Noting], Any] | None = None,
        each_time: Callable[[Noting], Any] | None = None,
        until: Callable[[Noting], Any] = lambda app: False,
        **options: Any,
    ) -> None:
        super().__init__("127.0.0.1", server.port, **{"client_id": 7} | options)
        self.noted: list[Any] = []
        self.acts = 0
        self._at_start, self._each_time, self._until = at_start, each_time, until
        self._handlers = NotingHandlers(self)

    def initialize(self) -> None:
        self._end_by = time.monotonic() + DEADLINE
        if self._at_start is not None:
            self._at_start(self)

    def act(self) -> None:
        self.acts += 1
        if self._each_time is not None:
            self._each_time(self)
        if self._until(self):
            self.stop()
        elif time.monotonic() > self._end_by:
            raise AssertionError(f"not within {DEADLINE} seconds; there is {self.noted[-30:]}")

    def of(self, kind: type) -> list[Any]:
        """Those of a type that were noted."""
        return [message for message in self.noted if isinstance(message, kind)]

    def last(self, kind: type) -> Any:
        """The newest of a type."""
        return self.of(kind)[-1]

    def done(self) -> Noting:
        """Run to the end."""
        self.run()
        return self


class NotingHandlers(dict[type, Callable[[Message], None]]):
    """A handler for whatever comes: notes it, and then calls the method that is there for it."""

    def __init__(self, app: Noting) -> None:
        super().__init__()
        self._app, self._own = app, app._handlers

    def __missing__(self, kind: type) -> Callable[[Message], None]:
        own = self._own[kind]

        def note(message: Message) -> None:
            self._app.noted.append(message)
            own(message)

        self[kind] = note
        return note
