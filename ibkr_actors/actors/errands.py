"""What may take its time: files, and functions of the embedding application. No actor that routes waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from ibkr_actors.actors.actor import DeskActor


class Errand(Struct, frozen=True):
    """To the ErrandsActor: call this."""

    do: Callable[[], None]


class ErrandsActor(DeskActor):
    """Runs errands on a thread of its own, one after the other, in the order in which they come.

    An errand that raises is logged, and the next one runs. Those that were told before `Stop` are run before the end.
    """

    def receive(self, message: Any) -> Any:
        """An errand."""
        if not isinstance(message, Errand):
            return super().receive(message)
        return message.do()


def at_once(do: Callable[[], None]) -> None:
    """Run an errand on the caller's thread."""
    do()
