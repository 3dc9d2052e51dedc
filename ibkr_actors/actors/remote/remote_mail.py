"""Mail of an actor in another process, as the desk's own actors use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pykka

from ibkr_actors.actors.messages import Batch
from ibkr_actors.actors.remote.order_numbers import ORDER_MESSAGES, OrderNumbers
from ibkr_actors.base.messages.declaration import Message, Request
from ibkr_actors.base.messages.market_data import (
    MarketDataRequest,
    Tick,
    TickGeneric,
    TickOptionComputation,
    TickPrice,
    TickSize,
    TickString,
)

TICKS: Final = frozenset((TickPrice, TickSize, TickGeneric, TickString, TickOptionComputation))
"""Types of which a stream has so many that losing the older ones is right for an actor that is too slow."""

Take = Callable[["RemoteMail", list[Message]], None]
"""Called on any thread: these messages are for that actor."""


class RemoteMail:
    """One start of an actor in another process, as a subscriber of the router and of the desk's other actors.

    Responsible for: what of its messages may be lost (`sort`), and how many ticks were sent.
    Not responsible for: sending (`Postman`).

    While the actor is away its orders have a `dormant` one: only what is said of orders is kept for it.
    """

    actor_class: Final = Request  # mail names a class; nobody asks it anything

    def __init__(
        self, code: str, life: str, start: int, numbers: OrderNumbers, take: Take, *, dormant: bool = False
    ) -> None:
        self.code, self.life, self.start, self.dormant = code, life, start, dormant
        self.actor_urn = f"remote:{code}:{life}:{start}:{id(self)}"
        self.numbers = numbers
        self.ended = False
        self.ticks: list[Message] = []
        """Ticks that wait for the postman; his thread's."""
        self.events: list[Message] = []
        """Everything else that waits for him."""
        self.ticks_sent = 0
        self._take = take
        self._streams: set[int] = set()
        self._only_streams = True

    def is_alive(self) -> bool:
        """Whether anybody may still be told something here."""
        return not self.ended

    def tell(self, message: Any) -> None:
        """Put a batch on its way. Raises pykka.ActorDeadError when the actor, or this start of it, has ended."""
        if self.ended:
            raise pykka.ActorDeadError(f"{self.code} has ended, or has started anew")
        if type(message) is Batch:
            self._take(self, message.messages)

    def ask(self, message: Any, timeout: float | None = None) -> Any:
        """Nothing is asked across processes."""
        del timeout
        raise TypeError(f"{self.code} can't be asked {type(message).__name__}: it is in another process")

    def note(self, request: Request) -> None:
        """The actor makes a request: ticks of a stream may be lost, ticks that are a whole answer may not."""
        if isinstance(request, MarketDataRequest) and not (request.snapshot or request.regulatory_snapshot):
            self._streams.add(request.request_id)
        elif any(issubclass(part, Tick) for part in request.facts.replies.parts):
            self._only_streams = False

    def sort(self, messages: list[Message]) -> None:
        """What was told, into what may be lost and what may not. The postman's."""
        if self.dormant:
            self.events += [message for message in messages if type(message) in ORDER_MESSAGES]
        elif self._only_streams and TICKS.issuperset(map(type, messages)):
            self.ticks += messages
        else:
            self._sort_each(messages)

    def _sort_each(self, messages: list[Message]) -> None:
        for message in messages:
            streamed = type(message) in TICKS and getattr(message, "request_id", None) in self._streams
            (self.ticks if streamed else self.events).append(message)
