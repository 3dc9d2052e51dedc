"""Who gets the replies to a request; the RouterActor keeps these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ibkr_actors.actors.actor import Mail
from ibkr_actors.actors.messages import Batch
from ibkr_actors.base.messages.declaration import Message, Request
from ibkr_actors.base.messages.market_data import Tick


@dataclass(slots=True, eq=False)
class Subscriber:
    """An actor that gets messages, and those on their way to it in the present batch."""

    code: str
    mail: Mail
    parcel: list[Message] = field(default_factory=list)
    """Always the same list: routes hold its `append`."""

    def send_parcel(self, now: float) -> None:
        """Send what has come together. Raises pykka.ActorDeadError when the actor is gone."""
        parcel = self.parcel.copy()
        self.parcel.clear()
        self.mail.tell(Batch(parcel, now))


Target = tuple[Subscriber, int | None]
"""A subscriber, and the request id that replies are relabelled with for it; None leaves them as they are."""


@dataclass(slots=True)
class Route:
    """Who gets the replies to one request.

    What ticks need is worked out beforehand, for there are many: `appends` for those who get them as they are,
    `relabelled` for those who share another actor's request, `memory` for the newest of each type. Whoever gave the
    memory needs no ticks beside it.
    """

    request: Request
    targets: tuple[Target, ...] = ()
    memory: dict[Any, Message] | None = None
    keeper: Subscriber | None = None
    appends: tuple[Callable[[Message], None], ...] = ()
    relabelled: tuple[tuple[Callable[[Message], None], int], ...] = ()
    silent_before: int = 0
    """How many requests that nothing answers were sent before; see `RefusalsWithoutId`."""
    at_last: tuple[Callable[[Message], None], ...] = ()
    """Told of each tick behind those who get it: what ends the route of a request that one tick answers."""

    def aim(self, targets: tuple[Target, ...]) -> None:
        """From now on replies go to these."""
        self.targets = targets
        ticks = [(target.parcel.append, as_id) for target, as_id in targets if target is not self.keeper]
        self.appends = (*(append for append, as_id in ticks if as_id is None), *self.at_last)
        self.relabelled = tuple((append, as_id) for append, as_id in ticks if as_id is not None)


def end_of(request: Request, routes: dict[int, Route]) -> tuple[Callable[[Message], None], ...]:
    """What a tick ends when it is the whole answer, a calculation's. Ticks of a stream are not asked."""
    replies = request.facts.replies
    if replies.stream or not any(issubclass(part, Tick) for part in replies.parts):
        return ()

    def end(tick: Any) -> None:
        routes.pop(tick.request_id, None)

    return (end,)
