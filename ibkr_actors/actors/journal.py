"""A journal of orders: a file of JSON lines, written before an order leaves and when something happens to it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from loguru import logger

from ibkr_actors.actors.line_file import LineFile
from ibkr_actors.errors import DeskError


class Journal:
    """Appends one line per event to a file that no other desk writes meanwhile.

    The end of this process, in whatever way, loses nothing that was written. The end of the machine may lose the last
    half minute or so; of a `durable` journal it loses nothing that was there when `write_ahead` returned.

    Safe from any thread. Lines have `at`, `event`, `order_id`, and the event's own facts. Raises DeskError when the
    file can't be had: to trade without the journal that was asked for would be silent.
    """

    def __init__(self, path: Path | None, *, durable: bool = False) -> None:
        self.path, self._durable = path, durable
        self._lock = threading.Lock()
        self._file = None if path is None else _open(path, durable=durable)

    def write(self, event: str, order_id: int, **facts: Any) -> None:
        """Record an event. Raises DeskError when it can't be written; nothing of it is left then."""
        self._append(event, order_id, facts, durably=False)

    def write_ahead(self, event: str, order_id: int, **facts: Any) -> None:
        """Record what is about to be done, and must be known whatever happens then. Raises as `write`."""
        self._append(event, order_id, facts, durably=self._durable)

    def _append(self, event: str, order_id: int, facts: dict[str, Any], *, durably: bool) -> None:
        if not self.is_open:
            return
        line = msgspec.json.encode({"at": datetime.now(UTC), "event": event, "order_id": order_id, **facts})
        with self._lock:
            if self._file is None:
                return
            try:
                self._file.append(line, durably=durably)
            except OSError as error:
                raise DeskError(f"the journal {self.path} can't be written: {error}") from error

    @property
    def is_open(self) -> bool:
        """Whether anything is recorded."""
        return self._file is not None

    def close(self) -> None:
        """Close the file, which another desk may have then; writing afterwards records nothing."""
        with self._lock:
            file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError as error:
                logger.error("the journal {} may lack its last lines: {}", self.path, error)


def _open(path: Path, *, durable: bool) -> LineFile:
    try:
        return LineFile(path, durable=durable)
    except BlockingIOError as error:
        raise DeskError(
            f"another desk has the journal {path}, or a process that one has left behind: end that first, or give this "
            "desk a journal of its own"
        ) from error
    except OSError as error:
        raise DeskError(f"the journal {path} can't be written: {error}") from error
