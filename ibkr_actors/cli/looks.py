"""Looks at what runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from loguru import logger

from ibkr_actors.base.trouble_log import is_logged
from ibkr_actors.errors import DeskError

Seen = TypeVar("Seen")


class Looks(Generic[Seen]):
    """Asks how something does, again and again. An answer that is late ends nothing: it is logged, and asked again."""

    def __init__(self, ask: Callable[[], Seen]) -> None:
        self._ask = ask
        self._failures = 0
        self.newest: Seen | None = None
        """What was seen last."""

    def look(self) -> Seen | None:
        """The answer; None without one."""
        try:
            self.newest = self._ask()
        except DeskError as error:
            self._failures += 1
            if is_logged(self._failures):
                logger.warning("{}; it will be asked again", error)
            return None
        return self.newest
