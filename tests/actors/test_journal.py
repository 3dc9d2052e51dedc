"""The journal of orders, and what a crash leaves of it."""

from __future__ import annotations

import json

import pytest

from ibkr_actors.actors.journal import Journal
from ibkr_actors.actors.recovery import Recovered, recover
from ibkr_actors.errors import DeskError
from tests.actors.helpers import ibm, limit_order


class FullDisk:
    """A file on a disk without room."""

    def write(self, _data):
        raise OSError("No space left on device")

    def close(self):
        raise OSError("No space left on device")


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


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


def test_lines_that_are_no_events_are_passed_over(tmp_path, log):
    path = tmp_path / "orders.jsonl"
    path.write_bytes(b'\n[1]\nnull\n{"order_id":"x"}\n\xff\xfe\n{"order_id":4}\n')

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
    journal._file.close()
    journal._file = FullDisk()

    with pytest.raises(DeskError, match="can't be written: No space left"):
        journal.write("place", 1)

    journal.close()


def test_what_is_written_after_the_end_is_not_recorded(tmp_path):
    path = tmp_path / "orders.jsonl"
    journal = Journal(path)
    journal.close()
    journal.write("place", 1)
    assert path.read_text() == ""
