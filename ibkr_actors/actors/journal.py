"""A journal of orders: a file of JSON lines, written before an order leaves and when something happens to it."""

from __future__ import annotations

import contextlib
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import msgspec

from ibkr_actors.errors import DeskError


class Journal:
    """Appends one line per event, flushed at once, so that a crash loses none that mattered.

    Safe from any thread. Lines have `at`, `event`, `order_id`, and the event's own facts. Raises DeskError when the
    file can't be opened: to trade without the journal that was asked for would be silent.
    """

    def __init__(self, path: Path | None) -> None:
        self._file: IO[bytes] | None = None
        self._lock = threading.Lock()
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab")
            if _is_cut(path):
                # Else the next event would be lost together with the one that a crash cut.
                self._file.write(b"\n")
        except OSError as error:
            raise DeskError(f"the journal {path} can't be written: {error}") from error

    def write(self, event: str, order_id: int, **facts: Any) -> None:
        """Record an event. Raises DeskError when it can't be written."""
        if not self.is_open:
            return
        line = msgspec.json.encode({"at": datetime.now(UTC), "event": event, "order_id": order_id, **facts})
        with self._lock:
            if self._file is None:
                return
            try:
                self._file.write(line + b"\n")
                self._file.flush()
            except OSError as error:
                raise DeskError(f"the journal can't be written: {error}") from error

    @property
    def is_open(self) -> bool:
        """Whether anything is recorded."""
        return self._file is not None

    def close(self) -> None:
        """Close the file; writing afterwards records nothing."""
        with self._lock:
            file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):  # a full disk was reported when it was written to
                file.close()


def _is_cut(path: Path) -> bool:
    return path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
