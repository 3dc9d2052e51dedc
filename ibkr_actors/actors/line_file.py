"""A file of lines that one writer at a time appends to, each whole or not at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ibkr_actors.actors.file_lock import lock, unlock


class LineFile:
    """An open file of lines, locked against other writers until it is closed, or this process ends in whatever way.

    Responsible for: a line that can't be written whole leaves nothing behind; a line begins one, whatever a crash or a
    full disk has left before it; what the disk has to keep.

    Not thread-safe. Raises OSError; BlockingIOError, which is one, to open what another writer has open.
    """

    def __init__(self, path: Path, *, durable: bool = False) -> None:
        """Open it behind the lines that it has. If it is `durable`, the end of the machine can't undo its existence."""
        path.parent.mkdir(parents=True, exist_ok=True)
        # Without a buffer: what could not be written must not be written later, with another line.
        self._file = path.open("a+b", buffering=0)
        try:
            lock(self._file)
            self._is_cut = self._ends_within_a_line()
            if durable:
                _keep_names_in(path.parent)
        except BaseException:
            self._file.close()
            raise

    def _ends_within_a_line(self) -> bool:
        if self._file.seek(0, os.SEEK_END) == 0:
            return False
        self._file.seek(-1, os.SEEK_END)
        return self._file.read(1) != b"\n"

    def append(self, line: bytes, *, durably: bool = False) -> None:
        """Write a line. The end of this process can't undo that then, nor, if `durably`, the end of the machine."""
        size = os.fstat(self._file.fileno()).st_size
        try:
            self._write(b"\n" + line + b"\n" if self._is_cut else line + b"\n")
            if durably:
                os.fsync(self._file.fileno())
        except BaseException:
            self._take_back(size)
            raise
        self._is_cut = False

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:  # a disk that fills up takes a part
            rest = rest[self._file.write(rest) :]

    def _take_back(self, size: int) -> None:
        try:
            self._file.truncate(size)
        except OSError:  # of a file that may only grow
            self._is_cut = True

    def close(self) -> None:
        """Let others write it. What a disk elsewhere could not take after all may be told only here."""
        with self._file:
            unlock(self._file)


def _keep_names_in(folder: Path) -> None:
    if sys.platform != "win32":  # can't be asked to
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
