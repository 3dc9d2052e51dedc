"""The journal of orders, and what a crash leaves of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from ibkr_actors.actors.journal import Journal
from ibkr_actors.actors.recovery import Recovered, recover
from ibkr_actors.errors import DeskError
from tests.actors.disks import fill_disk_of
from tests.actors.helpers import ibm, limit_order


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def record(path, order_id):
    """A desk's life with one order."""
    journal = Journal(path)
    journal.write("place", order_id, code="cross", contract={"symbol": "IBM"}, order={"total_quantity": "1"})
    journal.close()


def test_each_event_is_a_line_that_is_there_at_once(tmp_path):
    path = tmp_path / "sub" / "orders.jsonl"
    journal = Journal(path)
    journal.write("place", 7, code="cross", contract=ibm(), order=limit_order())

    (line,) = lines_of(path)

    journal.close()
    assert (line["event"], line["order_id"], line["code"]) == ("place", 7, "cross")
    assert line["contract"]["symbol"] == "IBM"
    assert line["order"]["limit_price"] == 187.25
    assert line["at"].endswith("Z")


def test_the_highest_order_id_is_known_after_a_restart(tmp_path):
    path = tmp_path / "orders.jsonl"
    first = Journal(path)
    for order_id in (3, 12, 5):
        first.write("place", order_id)
    first.close()

    assert recover(path).highest_order_id == 12


def test_a_line_that_a_crash_cut_costs_only_itself(tmp_path, log):
    path = tmp_path / "orders.jsonl"
    path.write_text('{"event":"place","order_id":12}\n{"event":"place","ord')
    before = recover(path).highest_order_id
    after_crash = Journal(path)
    after_crash.write("place", 13)
    after_crash.close()

    assert before == 12
    assert recover(path).highest_order_id == 13
    assert any("line 2 of the journal" in line for line in log.items)


def test_a_crash_costs_no_record_but_the_last_wherever_it_cuts_that(tmp_path, log):
    path = tmp_path / "orders.jsonl"
    for order_id in (1, 2):
        record(path, order_id)
    whole = path.read_bytes()
    first_end = whole.index(b"\n") + 1
    for end in range(first_end, len(whole) - 1):
        path.write_bytes(whole[:end])
        record(path, 3)
        assert [order.order_id for order in recover(path).orders] == [1, 3]


def test_a_record_that_lacks_but_the_end_of_its_line_counts(tmp_path):
    """The order may have left: better ask what became of it than not know it."""
    path = tmp_path / "orders.jsonl"
    record(path, 1)
    path.write_bytes(path.read_bytes()[:-1])
    record(path, 2)
    assert [order.order_id for order in recover(path).orders] == [1, 2]


def test_lines_that_are_no_events_are_passed_over(tmp_path, log):
    path = tmp_path / "orders.jsonl"
    path.write_bytes(
        b'\n[1]\nnull\n{"order_id":"x"}\n{"order_id":7,"event":"status","status":{}}\n\xff\xfe\n\0\0\n{"order_id":4}\n'
    )

    assert recover(path).highest_order_id == 4


def test_no_journal_is_no_work():
    journal = Journal(None)
    journal.write("place", 1)
    journal.close()
    assert recover(None) == Recovered()


def test_a_journal_that_cant_be_opened_is_an_error(tmp_path):
    with pytest.raises(DeskError, match="can't be written"):
        Journal(tmp_path)


def test_a_journal_that_cant_be_written_to_says_so(tmp_path):
    journal = Journal(tmp_path / "orders.jsonl")
    fill_disk_of(journal)

    with pytest.raises(DeskError, match=r"orders\.jsonl can't be written: .*No space left"):
        journal.write("place", 1)

    journal.close()


def test_what_could_not_be_recorded_is_not_recorded_later(tmp_path):
    """An order that was refused for it must not be taken for one that left."""
    path = tmp_path / "orders.jsonl"
    journal = Journal(path)
    disk = fill_disk_of(journal, 10)
    for order_id in (1, 2):
        with pytest.raises(DeskError):
            journal.write_ahead("place", order_id, order=limit_order())
    disk.room = 100_000
    journal.write_ahead("place", 3, order=limit_order())
    journal.close()

    assert [line["order_id"] for line in lines_of(path)] == [3]


def test_a_disk_that_gives_records_up_at_the_end_is_in_the_log(tmp_path, monkeypatch, log):
    journal = Journal(tmp_path / "orders.jsonl")
    disk = fill_disk_of(journal)
    real = disk.close

    def close():
        real()
        raise OSError("Disk quota exceeded")

    monkeypatch.setattr(disk, "close", close)
    journal.close()

    assert any("orders.jsonl may lack its last lines: Disk quota" in line for line in log.items)


def test_what_is_written_after_the_end_is_not_recorded(tmp_path):
    path = tmp_path / "orders.jsonl"
    journal = Journal(path)
    journal.close()
    journal.write("place", 1)
    assert path.read_text() == ""


class TestOneDesk:
    """At a time writes a journal."""

    def test_keeps_another_out_and_the_error_says_what_to_do(self, tmp_path):
        path = tmp_path / "orders.jsonl"
        journal = Journal(path)

        with pytest.raises(DeskError) as refused:
            Journal(path)

        journal.close()
        assert str(refused.value) == (
            f"another desk has the journal {path}, or a process that one has left behind: end that first, or give this "
            "desk a journal of its own"
        )

    def test_lets_the_next_one_in_when_it_is_done(self, tmp_path):
        for order_id in (1, 2):
            journal = Journal(tmp_path / "orders.jsonl")
            journal.write("place", order_id)
            journal.close()

        assert [line["order_id"] for line in lines_of(tmp_path / "orders.jsonl")] == [1, 2]

    def test_that_is_killed_lets_the_next_one_in_and_loses_no_record(self, tmp_path):
        path = tmp_path / "orders.jsonl"
        with subprocess.Popen(  # noqa: S603  # our own interpreter
            [sys.executable, "-c", WRITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout.readline().strip() == b"written"
            with pytest.raises(DeskError, match="another desk has the journal"):
                Journal(path)
            writer.kill()
        journal = Journal(path)
        journal.write("place", 101)
        journal.close()

        assert [line["order_id"] for line in lines_of(path)] == list(range(1, 102))


WRITER = """
import sys
from pathlib import Path
from ibkr_actors.actors.journal import Journal

journal = Journal(Path(sys.argv[1]))
for order_id in range(1, 101):
    journal.write("place", order_id)
print("written", flush=True)
input()
"""
"""A process that has a journal until it is killed."""


@pytest.fixture
def kept(monkeypatch):
    """The numbers of the files and folders that the disk was asked to keep."""
    kept = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: kept.append(os.fstat(descriptor).st_ino))
    return kept


class TestDurability:
    def test_is_for_what_is_about_to_be_done(self, tmp_path, kept):
        journal = Journal(tmp_path / "orders.jsonl", durable=True)
        kept.clear()
        journal.write("status", 1)
        assert kept == []

        journal.write_ahead("place", 2)
        journal.close()
        assert kept == [(tmp_path / "orders.jsonl").stat().st_ino]

    @pytest.mark.skipif(sys.platform == "win32", reason="folders can't be kept there")
    def test_is_for_a_new_file_too(self, tmp_path, kept):
        Journal(tmp_path / "orders.jsonl", durable=True).close()

        assert kept == [tmp_path.stat().st_ino]

    def test_is_for_those_who_ask_for_it(self, tmp_path, kept):
        journal = Journal(tmp_path / "orders.jsonl")
        journal.write_ahead("place", 1)
        journal.close()

        assert kept == []
