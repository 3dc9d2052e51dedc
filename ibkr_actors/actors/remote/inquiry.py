"""A question to a desk from any process: which actors are there?"""

from __future__ import annotations

import queue
import uuid
from typing import Any, Final

from ibkr_actors.actors.remote.codec import FOR_ACTOR, encode
from ibkr_actors.actors.remote.letters import Actors, Question
from ibkr_actors.brokers.broker import Broker, Delivery, Letter
from ibkr_actors.brokers.topology import MULTI_CLIENT, TRADING_DESK, actor_requests, routing_key
from ibkr_actors.errors import DeskError

ANSWER_WITHIN: Final = 5.0


def inquire(broker: Broker, *, stop: str = "", timeout: float = ANSWER_WITHIN) -> Actors:
    """The actors of the desk that works at this broker; with a `stop`, that one is asked to stop first.

    The broker has to be started. Raises DeskError when no desk answers within `timeout` seconds, or when the actor that
    shall stop is not there.
    """
    life = uuid.uuid4().hex
    code = f"inquiry-{life[:8]}"
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
    question = Letter(TRADING_DESK, routing_key(MULTI_CLIENT, code), encode(Question(life, 1, stop)))
    mailbox = actor_requests(code, life)

    def ask() -> None:
        broker.entrust(question)

    def receive(delivery: Delivery) -> None:
        letter, _ = FOR_ACTOR.read(delivery.body)
        broker.acknowledge(delivery)
        answers.put(letter)

    broker.consume(mailbox, receive, prefetch=1, started=ask)
    try:
        answer: Actors = answers.get(timeout=timeout)
    except queue.Empty:
        raise DeskError(
            f"no desk answers at {broker.place} within {timeout:g} seconds; is it running?"
        ) from None
    finally:
        broker.cancel(mailbox)
    if answer.problem:
        raise DeskError(answer.problem)
    return answer
