"""The desk's own actors while they run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ibkr_actors.actors.actor import Actor, Mail, Running, ask, start
from ibkr_actors.errors import DeskError

ANSWER_WITHIN: Final = 2.0
"""Seconds that an actor has to say how it stands."""


ENDING_ORDER: Final = (
    "supervisor",
    "remote",
    "market_data",
    "scanners",
    "accounts",
    "bridge",
    "orders",
    "errands",
    "router",
)
"""The desk's own actors, each behind those that need it to their end: what the bridge's could not send any more, and
what came until then, is recorded."""


class Crew:
    """Actors by their codes: starting them, asking them, finding them again to end them."""

    def __init__(self) -> None:
        self._running: dict[str, Running] = {}

    def __bool__(self) -> bool:
        return bool(self._running)

    def __contains__(self, code: str) -> bool:
        return code in self._running

    def __iter__(self) -> Iterator[Running]:
        return iter(list(self._running.values()))

    def run(self, actor: Actor) -> Mail:
        """Give an actor a thread."""
        return self.keep(start(actor))

    def keep(self, running: Running) -> Mail:
        """Know an actor that runs already."""
        self._running[running.code] = running
        return running.mail

    def find(self, code: str) -> Running | None:
        """The actor, if there is one of that code."""
        return self._running.get(code)

    def clear(self) -> None:
        """All of them have ended."""
        self._running.clear()

    def ask(self, code: str, question: Any, timeout: float = ANSWER_WITHIN) -> Any:
        """An actor's answer. Raises DeskError when it does not run or gives none, or on its own thread."""
        running = self._running.get(code)
        if running is None:
            raise DeskError("the desk does not run")
        if running.runs_here():
            raise DeskError(f"the {code} actor can't answer a question that is asked on its own thread")
        return ask(running.mail, code, question, timeout)
