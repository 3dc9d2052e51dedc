"""Which method handles which message: the one with the message's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Handler = Callable[[Any], None]


def ignore(_message: Any) -> None:
    """The handler of a message that nobody has a method for."""


def tell_nobody(_struct: type[Any]) -> None:
    """For those who need not know which messages have no handler."""


class Handlers(dict[type, Handler]):
    """The handler of each message type, looked up once: the owner's method with the message's handler name, if any.

    `missing` is told once of each type that has none.
    """

    def __init__(self, owner: object, missing: Callable[[type[Any]], None] = tell_nobody) -> None:
        super().__init__()
        self._owner, self._missing = owner, missing

    def __missing__(self, struct: type[Any]) -> Handler:
        facts = getattr(struct, "facts", None)
        handler: Handler | None = getattr(self._owner, facts.handler, None) if facts is not None else None
        if handler is None:
            self._missing(struct)
        self[struct] = handler or ignore
        return self[struct]
