"""A lock on an open file: one holder at a time, here or in another process; it ends with the holder's process."""

from __future__ import annotations

import sys
from io import FileIO
from typing import Final

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCKED_BYTE: Final = 2**31 - 2
"""What is locked on Windows nobody else can read: a byte far behind the end."""


def lock(file: FileIO) -> None:
    """Have a file for oneself. Raises BlockingIOError when somebody has it, and OSError where there are no locks."""
    if sys.platform == "win32":
        file.seek(LOCKED_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(*error.args) from error
    else:
        # Not `lockf`: the process would hold that lock, so two of its desks could have it, and any reader that closes
        # the same file would end it.
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def unlock(file: FileIO) -> None:
    """Let others have it, though processes that were forked meanwhile may have it open."""
    if sys.platform == "win32":
        file.seek(LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_UN)
