"""The mailbox: nothing that matters is dropped, and what is dropped is older than what is kept."""

from __future__ import annotations

import threading

from pykka._envelope import Envelope

from ibkr_actors.actors.mailbox import Mailbox
from ibkr_actors.actors.messages import IDLE, Batch, TicksConflated
from ibkr_actors.base.messages.market_data import TickPrice
from ibkr_actors.base.messages.orders import OrderStatus
from tests.actors.helpers import PATIENCE, status


def put(mailbox, *messages):
    mailbox.put(Envelope(Batch(list(messages), 0.0)))


def take_all(mailbox):
    found = []
    while not mailbox.empty():
        found += mailbox.get().message.messages
    return found


def tick(price, request_id=1, tick_type=4):
    return TickPrice(request_id, tick_type, float(price))


class TestBelowTheLimit:
    def test_everything_arrives_in_order(self):
        mailbox = Mailbox()
        for number in range(100):
            put(mailbox, tick(number))

        assert [message.price for message in take_all(mailbox)] == list(range(100))

    def test_its_length_is_the_messages_that_wait(self):
        mailbox = Mailbox()
        put(mailbox, tick(1), tick(2))
        put(mailbox, tick(3))
        assert len(mailbox) == 3

        mailbox.get()

        assert len(mailbox) == 1

    def test_nothing_for_an_interval_lets_the_actor_act(self):
        assert Mailbox(interval=0.001).get().message is IDLE


class TestBeyondTheLimit:
    def test_ticks_are_conflated_to_the_newest_of_each_request_and_type(self):
        mailbox = Mailbox(limit=2)
        put(mailbox, tick(1), tick(2), tick(3))
        put(mailbox, tick(4), tick(5), tick(6, tick_type=1), tick(7, request_id=2))
        put(mailbox, tick(8))

        conflated = take_all(mailbox)[3:]

        assert conflated == [TicksConflated(2), tick(8), tick(6, tick_type=1), tick(7, request_id=2)]

    def test_orders_are_never_dropped(self):
        mailbox = Mailbox(limit=2)
        statuses = [status(number, "Submitted") for number in range(50)]
        put(mailbox, tick(1), tick(2), tick(3))
        for one in statuses:
            put(mailbox, tick(0), one, tick(9))

        assert [message for message in take_all(mailbox) if isinstance(message, OrderStatus)] == statuses

    def test_a_newer_tick_never_comes_before_an_older_one(self):
        """While conflated ticks wait, ticks that find room again must not queue up behind newer ones."""
        mailbox = Mailbox(limit=2)
        put(mailbox, tick(1), tick(2), tick(3))
        put(mailbox, tick(4))  # conflated, for the mailbox is full
        mailbox.get()  # there is room again, but tick 4 still waits
        put(mailbox, tick(5), tick(6), tick(7))
        put(mailbox, tick(8))

        prices = [message.price for message in take_all(mailbox) if isinstance(message, TickPrice)]

        assert prices == sorted(prices)
        assert prices[-1] == 8

    def test_a_batch_without_ticks_is_no_occasion_to_conflate(self):
        mailbox = Mailbox(limit=0)
        put(mailbox, tick(1))
        put(mailbox, status(1, "Submitted"))

        assert take_all(mailbox) == [tick(1), status(1, "Submitted")]


class TestManyThreads:
    def test_no_wakeup_is_lost(self, switches_often):
        """Whoever waits gets the last tick and every order, though all that comes before is conflated."""
        mailbox, producers, rounds = Mailbox(limit=5), 4, 500
        orders, newest, conflated, done = [], {}, [], threading.Event()

        def consume():
            while (
                len(orders) < producers * rounds
                or len(newest) < producers
                or min(newest.values()) < rounds - 1
            ):
                for message in mailbox.get().message.messages:
                    if isinstance(message, TickPrice):
                        newest[message.request_id] = message.price
                    elif isinstance(message, TicksConflated):
                        conflated.append(message)
                    else:
                        orders.append(message)
            done.set()

        def produce(number):
            for count in range(rounds):
                put(mailbox, tick(count, request_id=number), status(count, "Submitted"))

        consumer = threading.Thread(target=consume, daemon=True)
        threads = [threading.Thread(target=produce, args=(number,)) for number in range(producers)]
        for thread in (consumer, *threads):
            thread.start()

        assert done.wait(PATIENCE), (len(orders), newest)
        for thread in (consumer, *threads):
            thread.join(PATIENCE)
        assert conflated
        assert mailbox.empty()
        assert len(mailbox) == 0
