"""A file of lines: one writer, each line whole or not at all, and what of it survives what."""

from __future__ import annotations

import os
import sys

import pytest

from ibkr_actors.actors.line_file import LineFile
from tests.actors.disks import fill_disk_of


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lines"


@pytest.fixture
def lines(path):
    lines = LineFile(path)
    lines.append(b"first")
    yield lines
    lines.close()


class TestAFullDisk:
    @pytest.mark.parametrize("room", range(len(b"second\n")))
    def test_leaves_nothing_of_a_line_that_it_took_a_part_of(self, lines, path, room):
        fill_disk_of(lines, room)

        with pytest.raises(OSError, match="No space left"):
            lines.append(b"second")

        assert path.read_bytes() == b"first\n"

    @pytest.mark.parametrize("size", [6, 100_000])
    def test_that_has_room_again_takes_the_next_line_and_none_that_failed(self, lines, path, size):
        disk = fill_disk_of(lines, 3)
        with pytest.raises(OSError, match="No space left"):
            lines.append(b"s" * size)
        disk.room = 1000
        lines.append(b"third")

        assert path.read_bytes() == b"first\nthird\n"

    def test_of_a_file_that_may_only_grow_spoils_no_other_line(self, lines, path):
        disk = fill_disk_of(lines, 3)
        disk.may_shrink = False
        with pytest.raises(OSError, match="No space left"):
            lines.append(b"second")
        disk.room = 1000
        lines.append(b"third")
        lines.append(b"fourth")

        assert path.read_bytes().splitlines() == [b"first", b"sec", b"third", b"fourth"]

    def test_that_takes_a_line_by_and_by_takes_all_of_it(self, lines, path, monkeypatch):
        disk = fill_disk_of(lines, 1000)
        whole = disk.write
        monkeypatch.setattr(disk, "write", lambda data: whole(bytes(data)[:2]))
        lines.append(b"second")

        assert path.read_bytes() == b"first\nsecond\n"


class TestAFileThatWasCut:
    def test_goes_on_with_a_line_of_its_own(self, path):
        path.write_bytes(b"first\nsec")
        for line in (b"third", b"fourth"):
            lines = LineFile(path)
            lines.append(line)
            lines.close()

        assert path.read_bytes() == b"first\nsec\nthird\nfourth\n"

    def test_does_so_when_the_disk_was_full_meanwhile(self, path):
        path.write_bytes(b"first\nsec")
        lines = LineFile(path)
        disk = fill_disk_of(lines, 4)
        with pytest.raises(OSError, match="No space left"):
            lines.append(b"third")
        disk.room = 1000
        lines.append(b"fourth")
        lines.close()

        assert path.read_bytes() == b"first\nsec\nfourth\n"

    def test_stays_as_it_is_until_there_is_a_line(self, path):
        path.write_bytes(b"first\nsec")
        LineFile(path).close()

        assert path.read_bytes() == b"first\nsec"


class TestTheWriter:
    def test_is_alone(self, lines, path):
        with pytest.raises(BlockingIOError):
            LineFile(path)

    @pytest.mark.skipif(sys.platform == "win32", reason="a link needs rights there")
    def test_is_alone_by_whatever_name(self, lines, path):
        path.with_name("link").symlink_to(path)

        with pytest.raises(BlockingIOError):
            LineFile(path.with_name("link"))

    @pytest.mark.skipif(sys.platform == "win32", reason="folders can't be opened there")
    def test_that_failed_at_the_start_does_not_keep_others_out(self, path, monkeypatch):
        def fail(_descriptor):
            raise OSError("Input/output error")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="Input/output") as failure:
            LineFile(path, durable=True)

        LineFile(path).close()
        assert failure.tb is not None  # what failed is referred to until here


class TestDurability:
    @pytest.fixture
    def kept(self, monkeypatch):
        """The files, as (folder or file, its size), that the disk was asked to keep."""
        kept = []

        def note(descriptor):
            facts = os.fstat(descriptor)
            kept.append((facts.st_ino, facts.st_size))

        monkeypatch.setattr(os, "fsync", note)
        return kept

    def test_a_line_is_kept_when_that_is_asked_for(self, lines, path, kept):
        lines.append(b"second")
        assert kept == []

        lines.append(b"third", durably=True)
        assert kept == [(path.stat().st_ino, path.stat().st_size)]

    @pytest.mark.skipif(sys.platform == "win32", reason="folders can't be opened there")
    def test_the_name_of_a_new_file_is_kept(self, path, kept):
        LineFile(path, durable=True).close()

        assert [one for one, _ in kept] == [path.parent.stat().st_ino]

    def test_a_line_that_can_t_be_kept_is_none(self, lines, path, monkeypatch):
        def fail(_descriptor):
            raise OSError("Input/output error")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="Input/output"):
            lines.append(b"second", durably=True)

        assert path.read_bytes() == b"first\n"
