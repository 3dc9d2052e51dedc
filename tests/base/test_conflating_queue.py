"""The queue of one reader: nothing that matters is dropped, and what is dropped is older than what is kept."""

from __future__ import annotations

import queue
import threading

import pytest

from ibkr_actors.base.conflating_queue import ConflatingQueue
from ibkr_actors.base.local_messages import TicksConflated
from ibkr_actors.base.messages.market_data import TickPrice
from ibkr_actors.base.messages.orders import OrderStatus
from tests.actors.conftest import switches_often  # noqa: F401
from tests.actors.helpers import PATIENCE, status


def of_lists(**options):
    """A queue of lists of messages; a text in it carries none."""
    return ConflatingQueue(
        lambda item: item if isinstance(item, list) else None, lambda messages, _item: messages, **options
    )


def put(waiting, *messages):
    waiting.put(list(messages))


def take_all(waiting):
    found = []
    while not waiting.empty():
        found += waiting.take()
    return found


def tick(price, request_id=1, tick_type=4):
    return TickPrice(request_id, tick_type, float(price))


class TestBelowTheLimit:
    def test_everything_arrives_in_order(self):
        waiting = of_lists()
        for number in range(100):
            put(waiting, tick(number))

        assert [message.price for message in take_all(waiting)] == list(range(100))

    def test_its_length_is_the_messages_that_wait(self):
        waiting = of_lists()
        put(waiting, tick(1), tick(2))
        put(waiting, tick(3))
        assert len(waiting) == 3

        waiting.take()

        assert len(waiting) == 1

    def test_nothing_within_the_time_is_told_by_the_usual_exception(self):
        with pytest.raises(queue.Empty):
            of_lists().take(0.001)

    def test_what_carries_no_messages_passes_in_its_place_and_counts_for_nothing(self):
        waiting = of_lists()
        put(waiting, tick(1))
        waiting.put("wake")
        assert len(waiting) == 1
        assert [waiting.take(), waiting.take()] == [[tick(1)], "wake"]


class TestBeyondTheLimit:
    def test_ticks_are_conflated_to_the_newest_of_each_request_and_type(self):
        waiting = of_lists(limit=2)
        put(waiting, tick(1), tick(2), tick(3))
        put(waiting, tick(4), tick(5), tick(6, tick_type=1), tick(7, request_id=2))
        put(waiting, tick(8))

        conflated = take_all(waiting)[3:]

        assert conflated == [TicksConflated(2), tick(8), tick(6, tick_type=1), tick(7, request_id=2)]

    def test_orders_are_never_dropped(self):
        waiting = of_lists(limit=2)
        statuses = [status(number, "Submitted") for number in range(50)]
        put(waiting, tick(1), tick(2), tick(3))
        for one in statuses:
            put(waiting, tick(0), one, tick(9))

        assert [message for message in take_all(waiting) if isinstance(message, OrderStatus)] == statuses

    def test_a_newer_tick_never_comes_before_an_older_one(self):
        """While conflated ticks wait, ticks that find room again must not queue up behind newer ones."""
        waiting = of_lists(limit=2)
        put(waiting, tick(1), tick(2), tick(3))
        put(waiting, tick(4))  # conflated, for the waiting is full
        waiting.take()  # there is room again, but tick 4 still waits
        put(waiting, tick(5), tick(6), tick(7))
        put(waiting, tick(8))

        prices = [message.price for message in take_all(waiting) if isinstance(message, TickPrice)]

        assert prices == sorted(prices)
        assert prices[-1] == 8

    def test_a_batch_without_ticks_is_no_occasion_to_conflate(self):
        waiting = of_lists(limit=0)
        put(waiting, tick(1))
        put(waiting, status(1, "Submitted"))

        assert take_all(waiting) == [tick(1), status(1, "Submitted")]


class TestManyThreads:
    def test_no_wakeup_is_lost(self, switches_often):  # noqa: F811
        """Whoever waits gets the last tick and every order, though all that comes before is conflated."""
        waiting, producers, rounds = of_lists(limit=5), 4, 500
        orders, newest, conflated, done = [], {}, [], threading.Event()

        def consume():
            while (
                len(orders) < producers * rounds
                or len(newest) < producers
                or min(newest.values()) < rounds - 1
            ):
                for message in waiting.take():
                    if isinstance(message, TickPrice):
                        newest[message.request_id] = message.price
                    elif isinstance(message, TicksConflated):
                        conflated.append(message)
                    else:
                        orders.append(message)
            done.set()

        def produce(number):
            for count in range(rounds):
                put(waiting, tick(count, request_id=number), status(count, "Submitted"))

        consumer = threading.Thread(target=consume, daemon=True)
        threads = [threading.Thread(target=produce, args=(number,)) for number in range(producers)]
        for thread in (consumer, *threads):
            thread.start()

        assert done.wait(PATIENCE), (len(orders), newest)
        for thread in (consumer, *threads):
            thread.join(PATIENCE)
        assert conflated
        assert waiting.empty()
        assert len(waiting) == 0
