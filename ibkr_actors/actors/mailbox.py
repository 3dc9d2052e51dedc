"""The mailbox of an actor: pykka's envelopes in a conflating queue."""

from __future__ import annotations

import queue
from typing import Any, Final

from pykka._envelope import Envelope  # the type that every pykka inbox carries; not exported

from ibkr_actors.actors.messages import IDLE, Batch
from ibkr_actors.base.conflating_queue import TICKS_WAITING, ConflatingQueue
from ibkr_actors.base.messages.declaration import Message

_IDLE: Final = Envelope(IDLE)


def _messages_in(envelope: Envelope[Any]) -> list[Message] | None:
    message = envelope.message
    return message.messages if type(message) is Batch else None


def _pack(messages: list[Message], envelope: Envelope[Any] | None) -> Envelope[Any]:
    return Envelope(Batch(messages, 0.0 if envelope is None else envelope.message.received_at))


class Mailbox(ConflatingQueue[Envelope[Any]]):
    """The inbox of one actor; many threads put, one gets.

    `get` returns an idle envelope after `interval` seconds without any other, so that `act` can run.
    """

    def __init__(self, limit: int = TICKS_WAITING, interval: float | None = None) -> None:
        super().__init__(_messages_in, _pack, limit)
        self.interval = interval

    def get(self) -> Envelope[Any]:
        """The next envelope, the idle one when nothing came for `interval` seconds."""
        try:
            return self.take(self.interval)
        except queue.Empty:
            return _IDLE
