from __future__ import annotations

import time

from ibkr_actors.base.elapsed import elapsed
from ibkr_actors.brokers.rabbitmq import RabbitMQ


def test_sleep_of_the_machine_counts(monkeypatch):
    clocks = {getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC): 5000.0}
    monkeypatch.setattr(time, "clock_gettime", clocks.get)
    assert elapsed() == 5000.0


def test_it_never_goes_back():
    times = [elapsed() for _ in range(1000)]
    assert times == sorted(times)


def test_an_order_that_waits_for_a_connection_grows_old_by_it():
    assert RabbitMQ("amqp://localhost")._outbox._clock is elapsed
