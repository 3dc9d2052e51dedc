"""What may take its time is done on a thread of its own, in order."""

from __future__ import annotations

import threading

from ibkr_actors.actors.actor import start
from ibkr_actors.actors.errands import Errand, ErrandsActor
from ibkr_actors.actors.messages import Stop


def told(*errands):
    """What the errands did, when the actor has ended."""
    running = start(ErrandsActor("errands"))
    for errand in errands:
        running.mail.tell(Errand(errand))
    running.mail.tell(Stop())
    assert running.join(10.0)


def test_errands_run_in_order_on_one_thread_that_is_not_the_teller_s():
    done = []

    told(*(lambda number=number: done.append((number, threading.current_thread())) for number in range(100)))

    assert [number for number, _ in done] == list(range(100))
    assert len({thread for _, thread in done} - {threading.current_thread()}) == 1


def test_one_that_fails_costs_no_other():
    done = []

    told(lambda: 1 / 0, lambda: done.append("next"))

    assert done == ["next"]
