"""The mailbox of an actor: pykka's envelopes in a conflating queue."""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import Any, Final

from pykka._envelope import Envelope  # the type that every pykka inbox carries; not exported

from ibkr_actors.actors.messages import IDLE, Batch
from ibkr_actors.base.conflating_queue import TICKS_WAITING, ConflatingQueue
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.reading_turns import CAN_STAND_IN, ReadingTurns, StandIn

_IDLE: Final = Envelope(IDLE)


def _messages_in(envelope: Envelope[Any]) -> list[Message] | None:
    message = envelope.message
    return message.messages if type(message) is Batch else None


def _pack(messages: list[Message], envelope: Envelope[Any] | None) -> Envelope[Any]:
    return Envelope(Batch(messages, 0.0 if envelope is None else envelope.message.received_at))


class Mailbox(ConflatingQueue[Envelope[Any]]):
    """The inbox of one actor; many threads put, one gets.

    `get` returns an idle envelope after `interval` seconds without any other, so that `act` can run. With a `stand_in`
    it reads the connection with the bridge while it waits.
    """

    def __init__(self, limit: int = TICKS_WAITING, interval: float | None = None) -> None:
        super().__init__(_messages_in, _pack, limit)
        self.interval = interval
        self._stand_in: StandIn | None = None

    def stand_in(self, turns: Callable[[], ReadingTurns | None]) -> None:
        """From now on whoever waits here takes part in the reading of a connection, where the system lets a thread wait
        for both. Before the first `get`."""
        if CAN_STAND_IN:
            self._stand_in = StandIn(turns, has_mail=lambda: not self.empty())

    def retire(self) -> None:
        """Whoever waits here takes no more part in the reading; on that thread, and also without a part in it."""
        stand_in, self._stand_in = self._stand_in, None
        if stand_in is not None:
            stand_in.leave()

    def put(self, envelope: Envelope[Any], /) -> None:
        """Add an envelope; never blocks."""
        super().put(envelope)
        stand_in = self._stand_in  # which may retire meanwhile
        if stand_in is not None:
            stand_in.wake()

    def get(self) -> Envelope[Any]:
        """The next envelope, the idle one when nothing came for `interval` seconds."""
        seconds = self.interval
        if self._stand_in is not None and seconds is not None:
            seconds = self._stand_in.read_for(seconds)
        try:
            return self.take(seconds)
        except queue.Empty:
            return _IDLE
