"""Which method handles which message: the one with the message's name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any, Final

from loguru import logger

from ibkr_actors.base.messages.declaration import Reply

Handler = Callable[[Any], None]

_NEARLY_EQUAL: Final = 0.9
"""Likeness, as difflib counts it, from which on a method's name is taken for a misspelt handler's."""


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


def warn_of_misspelt_handlers(owner: type, base: type) -> None:
    """Log each method of the owner that no message reaches, though its name nearly is that of a handler.

    `base` is the class that calls handlers: its own methods are none of that kind. A method counts that takes one
    argument, as handlers do, whatever case and underscores its name has: whoever has used the vendor's client may well
    write `tickPrice`.
    """
    handlers = {_letters(name): name for name in _names_of_handlers(Reply)}
    for name, method in inspect.getmembers(owner, inspect.isfunction):
        if name.startswith("_") or hasattr(base, name) or name in handlers.values() or not _takes_one(method):
            continue
        for meant in get_close_matches(_letters(name), handlers, n=1, cutoff=_NEARLY_EQUAL):
            logger.warning(
                "no message reaches {}.{}; is the handler {} meant?", owner.__name__, name, handlers[meant]
            )


def _letters(name: str) -> str:
    return name.replace("_", "").lower()


def _names_of_handlers(reply: type[Reply]) -> Iterator[str]:
    facts = getattr(reply, "facts", None)
    if facts is not None:
        yield facts.handler
    kinds: list[type[Reply]] = reply.__subclasses__()
    for kind in kinds:
        yield from _names_of_handlers(kind)


def _takes_one(method: Callable[..., Any]) -> bool:
    try:
        inspect.signature(method).bind("self", "message")
    except TypeError:
        return False
    return True
