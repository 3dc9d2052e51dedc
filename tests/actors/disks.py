"""A file whose disk fills up while it is written to."""

from __future__ import annotations

import errno
import os
from io import FileIO
from typing import Any

from ibkr_actors.actors.journal import Journal
from ibkr_actors.actors.line_file import LineFile


class FileOnAFullDisk(FileIO):
    """The disk takes so many more bytes as there is `room`; of what is too much a part, as disks do."""

    room = 0
    may_shrink = True

    def write(self, data: Any, /) -> int:
        part = bytes(data)[: self.room]
        if not part:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.room -= len(part)
        return super().write(part)

    def truncate(self, size: int | None = None, /) -> int:
        if not self.may_shrink:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        return super().truncate(size)


def fill_disk_of(lines: LineFile | Journal, room: int = 0) -> FileOnAFullDisk:
    """From now on its disk has so much room; the answer can be given more. It stays open, and locked."""
    if isinstance(lines, Journal):
        assert lines._file is not None
        lines = lines._file
    file = FileOnAFullDisk(os.dup(lines._file.fileno()), "ab")
    file.room = room
    lines._file.close()
    lines._file = file
    return file
