"""A recording is whole, or says what is missing; and whoever moves the bytes never waits for it."""

from __future__ import annotations

import errno
import io
import os
import threading
from pathlib import Path

import pytest
from loguru import logger

from ibkr_actors.base.codec import Role
from ibkr_actors.errors import RecordingError
from ibkr_actors.recording.reader import Reader
from ibkr_actors.recording.recorder import Recorder
from ibkr_actors.recording.records import Closed, Ended, Frame, Lost, Opened, Unframed
from ibkr_actors.recording.redactor import Redactor
from ibkr_actors.wire.frames import frame
from tests.recording.helpers import START, byte_by_byte

GREETING = b"API\0" + frame(b"v157..226")


class Ticking:
    """A clock of which each look costs a second."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        self.now += 1
        return self.now


def recorder(path: Path, **options) -> Recorder:
    return Recorder(path, bridge="a test", clock=Ticking(), **options)


def records(path: Path) -> list:
    with Reader(path) as reader:
        found = list(reader.events())
        assert reader.tail() is None
    return found


class TestARecording:
    def test_holds_each_frame_with_its_time_its_connection_and_who_sent_it(self, tmp_path):
        with recorder(tmp_path / "r") as recording:
            first, second = recording.opened("a:1"), recording.opened("b:2")
            first.passed(Role.CLIENT, GREETING)
            second.passed(Role.CLIENT, GREETING)
            first.passed(Role.GATEWAY, frame(b"203\0now\0"))
            first.passed(Role.CLIENT, b"")
            first.closed("it left")

        assert records(tmp_path / "r") == [
            Opened(START + 2, 1, "a:1"),
            Opened(START + 3, 2, "b:2"),
            Unframed(START + 4, 1, Role.CLIENT, b"API\0"),
            Frame(START + 4, 1, Role.CLIENT, b"v157..226"),
            Unframed(START + 5, 2, Role.CLIENT, b"API\0"),
            Frame(START + 5, 2, Role.CLIENT, b"v157..226"),
            Frame(START + 6, 1, Role.GATEWAY, b"203\0now\0"),
            Ended(START + 7, 1, Role.CLIENT),
            Closed(START + 8, 1, "it left"),
        ]

    def test_gives_a_frame_the_time_of_its_last_byte(self, tmp_path):
        with recorder(tmp_path / "r") as recording:
            connection = recording.opened("a:1")
            for byte in byte_by_byte(frame(b"203\0")):
                connection.passed(Role.GATEWAY, byte)

        assert records(tmp_path / "r")[1:] == [Frame(START + 2 + 8, 1, Role.GATEWAY, b"203\0")]

    def test_holds_what_was_incomplete_when_a_side_ended_or_the_recording_did(self, tmp_path):
        with recorder(tmp_path / "r") as recording:
            first, second = recording.opened("a:1"), recording.opened("b:2")
            first.passed(Role.GATEWAY, frame(b"broken off")[:9])
            first.passed(Role.GATEWAY, b"")
            second.passed(Role.GATEWAY, b"\0\0")

        cut_off = [record for record in records(tmp_path / "r") if isinstance(record, Unframed)]

        assert [(record.connection, record.content) for record in cut_off] == [
            (1, frame(b"broken off")[:9]),
            (2, b"\0\0"),
        ]

    def test_is_on_the_disk_while_it_is_made(self, tmp_path):
        """A crash of the program costs nothing that was written so far."""
        path, seen = tmp_path / "r", threading.Event()
        with recorder(path) as recording:
            recording.opened("a:1").passed(Role.GATEWAY, frame(b"203\0"))
            while not seen.is_set():
                if any(isinstance(record, Frame) for record in records_so_far(path)):
                    seen.set()

    def test_says_what_it_is_in_its_first_line(self, tmp_path):
        recorder(tmp_path / "r").close()

        assert (tmp_path / "r").read_text() == (
            '{"record":"recording","format":1,"started":1798000001.0,"made_by":"ibkr_actors","bridge":"a test",'
            '"redacted":false}\n'
        )


def records_so_far(path: Path) -> list:
    with Reader(path) as reader:
        return list(reader.events())


class TestAFile:
    def test_that_is_there_is_not_overwritten(self, tmp_path):
        (tmp_path / "r").write_text("precious")

        with pytest.raises(RecordingError, match="exists already, and a recording is never overwritten"):
            recorder(tmp_path / "r")

        assert (tmp_path / "r").read_text() == "precious"

    def test_that_cant_be_made_is_named(self, tmp_path):
        with pytest.raises(RecordingError, match="nowhere/r can't be written: No such file"):
            recorder(tmp_path / "nowhere" / "r")


class TestADiskThatFails:
    def test_ends_the_recording_and_nothing_else(self, tmp_path, monkeypatch):
        def full(_number: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "fsync", full)
        with recorder(tmp_path / "r") as recording:
            recording.opened("a:1")
            assert recording.failure is None

        assert recording.failure == f"{tmp_path / 'r'} can't be written any more: No space left on device"

    def test_is_told_once_though_closing_the_file_fails_too(self, tmp_path):
        """What could not be written is still waiting in the file's buffer then."""

        class Full(io.RawIOBase):
            def writable(self) -> bool:
                return True

            def write(self, _data) -> int:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        told: list[str] = []
        handler = logger.add(told.append, level="ERROR", format="{message}")
        recording = recorder(tmp_path / "r")
        recording._file.close()
        recording._file = io.BufferedWriter(Full())
        recording.opened("a:1")
        recording.close()  # an exception on the recorder's thread would fail the test

        logger.remove(handler)
        assert recording.failure == f"{tmp_path / 'r'} can't be written any more: No space left on device"
        assert len(told) == 1

    def test_by_stalling_costs_a_connections_rest_and_bounded_memory(self, tmp_path, monkeypatch):
        stalled, go_on = threading.Event(), threading.Event()
        fsync = os.fsync

        def stall(number: int) -> None:
            stalled.set()
            go_on.wait()
            fsync(number)

        monkeypatch.setattr(os, "fsync", stall)
        monkeypatch.setattr("ibkr_actors.recording.recorder.SYNC_EVERY", 0.0)
        with recorder(tmp_path / "r", most_waiting=20) as recording:
            connection = recording.opened("a:1")
            stalled.wait()
            for payload in (b"first", b"second", b"third"):  # none of these calls waits
                connection.passed(Role.GATEWAY, frame(payload))
            go_on.set()

        found = records(tmp_path / "r")
        assert [record.payload for record in found if isinstance(record, Frame)] == [b"first", b"second"]
        assert isinstance(found[-1], Lost)
        assert (
            recording.failure
            == "connection 1 is not recorded to its end: the disk was too slow for what passed"
        )


def test_a_frame_that_cant_be_redacted_is_never_written(tmp_path):
    class Failing(Redactor):
        def redacted(self, record):
            if isinstance(record, Frame):
                raise RuntimeError("a bug")
            return record

    with recorder(tmp_path / "r", redactor=Failing()) as recording:
        connection = recording.opened("a:1")
        connection.passed(Role.GATEWAY, frame(b"secret"))
        connection.passed(Role.GATEWAY, frame(b"secret again"))

    assert [type(record) for record in records(tmp_path / "r")] in ([], [Opened])
    assert "a record could not be made (RuntimeError('a bug'))" in recording.failure


def test_nothing_is_written_behind_what_failed(tmp_path):
    """A recording with a hole in its midst would look whole."""
    failed = threading.Event()

    class FailingOnce(Redactor):
        def redacted(self, record):
            if isinstance(record, Frame) and not failed.is_set():
                failed.set()
                raise RuntimeError("a bug")
            return record

    with recorder(tmp_path / "r", redactor=FailingOnce()) as recording:
        connection = recording.opened("a:1")
        connection.passed(Role.GATEWAY, frame(b"lost"))
        assert failed.wait(10)
        connection.passed(Role.GATEWAY, frame(b"behind it"))

    assert not [record for record in records(tmp_path / "r") if isinstance(record, Frame | Closed)]
