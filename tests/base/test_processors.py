"""Threads that stay on one processor: who is there, who is not, and what is refused."""

from __future__ import annotations

import os
import threading

import pytest

from ibkr_actors.base.processors import threads_on
from ibkr_actors.errors import DeskError

chooses = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="this system keeps no thread on one processor"
)


def processors_of_a_thread_started_here(found):
    thread = threading.Thread(target=lambda: found.append(os.sched_getaffinity(0)))
    thread.start()
    thread.join()


@chooses
class TestThreadsOn:
    def test_threads_that_are_started_in_the_block_are_there(self):
        here, found = min(os.sched_getaffinity(0)), []
        with threads_on(here):
            processors_of_a_thread_started_here(found)
        assert found == [{here}]

    def test_so_are_those_that_they_start_later(self):
        here, found, go = min(os.sched_getaffinity(0)), [], threading.Event()

        def start_another():
            go.wait()
            processors_of_a_thread_started_here(found)

        with threads_on(here):
            starter = threading.Thread(target=start_another)
            starter.start()
        go.set()
        starter.join()
        assert found == [{here}]

    def test_the_calling_thread_is_where_it_was_afterwards(self):
        before = os.sched_getaffinity(0)
        with pytest.raises(ZeroDivisionError), threads_on(min(before)):
            raise ZeroDivisionError
        assert os.sched_getaffinity(0) == before

    def test_without_a_number_nothing_changes(self):
        before, found = os.sched_getaffinity(0), []
        with threads_on(None):
            processors_of_a_thread_started_here(found)
        assert found == [before]

    @pytest.mark.parametrize("processor", [-1, 99_999, True, "0", 0.0])
    def test_what_is_none_of_this_process_is_refused_with_those_that_are(self, processor):
        allowed = ", ".join(map(str, sorted(os.sched_getaffinity(0))))
        with pytest.raises(DeskError, match=f"may run on {allowed} only"), threads_on(processor):
            pytest.fail("the block ran")


def test_a_system_without_the_choice_says_so(monkeypatch):
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)
    with pytest.raises(DeskError, match="processor = 0: this system keeps no thread"), threads_on(0):
        pytest.fail("the block ran")
