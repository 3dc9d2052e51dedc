"""The mailbox: batches in envelopes, conflated as any queue of messages is (see `test_conflating_queue`)."""

from __future__ import annotations

from pykka._envelope import Envelope

from ibkr_actors.actors.mailbox import Mailbox
from ibkr_actors.actors.messages import IDLE, Batch
from ibkr_actors.base.local_messages import TicksConflated
from ibkr_actors.base.messages.market_data import TickPrice
from tests.actors.helpers import status


def envelope(*messages, received_at=0.0):
    return Envelope(Batch(list(messages), received_at))


def tick(price):
    return TickPrice(1, 4, float(price))


def test_nothing_for_an_interval_lets_the_actor_act():
    assert Mailbox(interval=0.001).get().message is IDLE


def test_its_length_is_the_messages_that_wait_in_batches():
    mailbox = Mailbox()
    mailbox.put(envelope(tick(1), tick(2)))
    mailbox.put(Envelope("a question"))
    assert len(mailbox) == 2

    assert [mailbox.get().message.messages, mailbox.get().message] == [[tick(1), tick(2)], "a question"]
    assert mailbox.empty()


def test_beyond_the_limit_ticks_are_conflated_and_what_is_left_of_a_batch_keeps_its_time():
    mailbox = Mailbox(limit=1)
    mailbox.put(envelope(tick(1), tick(2)))
    mailbox.put(envelope(tick(3), status(1, "Submitted"), received_at=7.0))
    mailbox.put(envelope(tick(4)))

    batches = [mailbox.get().message for _ in range(3)]

    assert batches[1] == Batch([status(1, "Submitted")], 7.0)
    assert batches[2].messages == [TicksConflated(1), tick(4)]
    assert mailbox.empty()
