"""A flag that a handler of signals raises, whatever it interrupts."""

from __future__ import annotations

import signal
import sys
import threading

import pytest

from ibkr_actors.base.stop_flag import StopFlag


def test_it_is_down_until_it_is_raised():
    flag = StopFlag()

    assert not flag.is_set()
    assert not flag.wait(0.0)

    flag.set()
    assert flag.is_set()
    assert flag.wait()
    assert flag.wait(0.0)


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no signals that a program can send to itself"
)
def test_a_handler_may_raise_it_in_the_middle_of_any_wait():
    """With a `threading.Event` the handler waits now and then for a lock that the interrupted wait holds."""
    flags = [StopFlag()]
    waiter = threading.main_thread().ident
    usual = signal.signal(signal.SIGUSR1, lambda *_: flags[-1].set())
    stop = threading.Event()

    def send() -> None:
        while not stop.is_set():
            signal.pthread_kill(waiter, signal.SIGUSR1)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        for _ in range(1_500):
            flags[:] = [StopFlag()]
            assert flags[0].wait(10.0)
    finally:
        stop.set()
        sender.join()
        signal.signal(signal.SIGUSR1, usual)
