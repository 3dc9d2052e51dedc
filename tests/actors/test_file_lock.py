"""A lock on an open file, as POSIX systems have it and as Windows does."""

from __future__ import annotations

import os
import subprocess
import sys
from io import FileIO

import pytest

from ibkr_actors.actors import file_lock
from ibkr_actors.actors.file_lock import LOCKED_BYTE, lock, unlock


class LocksOfWindows:
    """What `msvcrt.locking` does: it locks bytes from where the file stands."""

    LK_UNLCK, LK_NBLCK = 0, 2

    def __init__(self):
        self.held = set()

    def locking(self, descriptor, mode, count):
        assert count == 1
        byte = os.fstat(descriptor).st_ino, os.lseek(descriptor, 0, os.SEEK_CUR)
        if mode == self.LK_UNLCK:
            self.held.remove(byte)
        elif byte in self.held:
            raise PermissionError(13, "Permission denied")
        else:
            self.held.add(byte)


@pytest.fixture
def windows(monkeypatch):
    locks = LocksOfWindows()
    monkeypatch.setattr(file_lock, "msvcrt", locks, raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    return locks


@pytest.fixture(params=["here", "windows"])
def system(request):
    """Each system; what others do than this one is imagined."""
    return request.getfixturevalue("windows") if request.param == "windows" else None


@pytest.fixture
def files(tmp_path):
    """The same file, opened twice."""
    with FileIO(tmp_path / "file", "a+") as one, FileIO(tmp_path / "file", "a+") as other:
        yield one, other


def test_a_file_has_one_holder(system, files):
    one, other = files
    lock(one)

    with pytest.raises(BlockingIOError):
        lock(other)


def test_another_may_have_it_afterwards(system, files):
    one, other = files
    lock(one)
    unlock(one)

    lock(other)
    unlock(other)


def test_the_holder_writes_behind_what_is_there_and_others_read_it(system, files):
    one, other = files
    one.write(b"first ")
    lock(one)
    one.write(b"second")
    unlock(one)

    assert other.read() == b"first second"


def test_what_windows_locks_is_no_part_of_the_file(windows, files):
    one, _ = files
    lock(one)

    assert windows.held == {(os.fstat(one.fileno()).st_ino, LOCKED_BYTE)}


@pytest.mark.skipif(sys.platform == "win32", reason="processes inherit no open files there")
def test_a_process_that_has_inherited_the_file_does_not_keep_it(files):
    one, other = files
    lock(one)
    heir = [sys.executable, "-c", "print('here', flush=True); input()"]
    with subprocess.Popen(  # noqa: S603  # our own interpreter
        heir, pass_fds=[one.fileno()], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"here\n"
        unlock(one)
        lock(other)
        process.communicate(b"\n")


@pytest.mark.skipif(sys.platform == "win32", reason="locks are a handle's there, whoever reads the file")
def test_a_reader_that_closes_the_file_does_not_end_the_lock(files, tmp_path):
    one, other = files
    lock(one)
    (tmp_path / "file").read_bytes()

    with pytest.raises(BlockingIOError):
        lock(other)
