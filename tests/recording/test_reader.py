"""A recording is read as far as it is whole, and what is not is told."""

from __future__ import annotations

import tracemalloc

import pytest

from ibkr_actors.errors import RecordingError
from ibkr_actors.recording.reader import Damage, Reader
from ibkr_actors.recording.records import Header, Opened, encode_line
from tests.recording.helpers import START, written

FIRST, SECOND, THIRD = (Opened(START + number, number, "a:1") for number in (1, 2, 3))


def test_records_come_in_their_order(tmp_path):
    with Reader(written(tmp_path / "r", [FIRST, SECOND])) as reader:
        assert reader.header.started == START
        assert list(reader.events()) == [FIRST, SECOND]
        assert reader.tail() is None


class TestDamage:
    def test_at_the_end_is_told_and_not_fatal(self, tmp_path):
        path = written(tmp_path / "r", [FIRST, SECOND])
        path.write_bytes(path.read_bytes()[:-20])

        with Reader(path) as reader:
            assert list(reader.events()) == [FIRST]
            assert str(reader.tail()) == "line 3 can't be read: the recording ends within it, after 46 bytes"

    @pytest.mark.parametrize(
        "line",
        [
            b"\0\0\0\0",
            b'{"record":"frame"}',
            b'{"record":"opened","at":',
            b"",
            b'{"record":"opened","at":1.0,"connection":1,"peer":"\xff"}',
            b'{"record":"opened","at":1e300,"connection":1,"peer":"a:1"}',
            b'{"record":"opened","at":-1.0,"connection":1,"peer":"a:1"}',
            b"[" * 100_000,
        ],
        ids=repr,
    )
    def test_in_the_middle_costs_a_line(self, tmp_path, line):
        path = tmp_path / "r"
        lines = [encode_line(record) for record in (Header(started=START), FIRST, SECOND)]
        path.write_bytes(b"\n".join([*lines[:2], line, lines[2], b""]))

        with Reader(path) as reader:
            first, damage, second = reader.events()

        assert (first, second) == (FIRST, SECOND)
        assert isinstance(damage, Damage)
        assert str(damage).startswith("line 3 can't be read: ")

    def test_by_a_second_recording_in_the_file_is_told(self, tmp_path):
        with Reader(written(tmp_path / "r", [FIRST, Header(started=START)])) as reader:
            assert "another recording begins here" in str(list(reader.events())[1])


class TestAFileThatGrows:
    def test_is_read_on(self, tmp_path):
        path = written(tmp_path / "r", [FIRST])
        with Reader(path) as reader, path.open("ab") as file:
            assert list(reader.events()) == [FIRST]
            file.write(encode_line(SECOND) + b"\n" + encode_line(THIRD)[:10])
            file.flush()
            assert list(reader.events()) == [SECOND]
            file.write(encode_line(THIRD)[10:] + b"\n")
            file.flush()
            assert list(reader.events()) == [THIRD]


class TestLaterVersions:
    def test_may_add_records_and_fields(self, tmp_path):
        path = written(tmp_path / "r", [FIRST])
        with path.open("ab") as file:
            file.write(b'{"record":"weather","at":1.0}\n')
            file.write(b'{"mood":"good",' + encode_line(SECOND)[1:] + b"\n")

        with Reader(path) as reader:
            assert list(reader.events()) == [FIRST, SECOND]

    def test_of_another_format_are_refused(self, tmp_path):
        path = tmp_path / "r"
        path.write_bytes(encode_line(Header(format=2)) + b"\n")

        with pytest.raises(RecordingError, match="has format 2, this version of ibkr_actors reads up to 1"):
            Reader(path)


class TestWhatIsNoRecording:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\0\1\2\n",
            b"hello\n",
            encode_line(FIRST) + b"\n",
            encode_line(Header()).replace(b"ibkr", b"\xff") + b"\n",
            encode_line(Header()).replace(b"0.0", b"1e300") + b"\n",
        ],
    )
    def test_is_refused_with_its_first_line(self, tmp_path, content):
        path = tmp_path / "r"
        path.write_bytes(content)

        with pytest.raises(RecordingError, match="is no recording: its first line is "):
            Reader(path)

    def test_and_large_is_not_read_to_its_end(self, tmp_path):
        path = tmp_path / "r"
        path.write_bytes(bytes(16_000_000))

        tracemalloc.start()
        try:
            with pytest.raises(RecordingError, match="is no recording"):
                Reader(path)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert peak < 1_000_000

    def test_and_not_there_is_refused(self, tmp_path):
        with pytest.raises(RecordingError, match="can't be read: No such file"):
            Reader(tmp_path / "r")
