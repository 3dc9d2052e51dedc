"""Exchanges and queues, declared by whoever comes first; docs/rabbitmq.md has the picture.

Routing keys are `<message type>.<code of the actor>`, in both directions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TRADING_DESK: Final = "trading_desk"
"""The topic exchange for what actors have for the desk."""
ACTOR: Final = "actor"
"""The topic exchange for what the desk has for actors."""
TOPIC_EXCHANGES: Final = (TRADING_DESK, ACTOR)

BRIDGE: Final = "bridge"
"""Message type: requests for the bridge, and what the bridge has for an actor."""
MULTI_CLIENT: Final = "multi_client"
"""Message type: what desk and actors have to say to each other."""

MARKET_DATA: Final = "market_data"
"""Kind of letters of the type `bridge` that may be lost: ticks of a stream."""
EVENTS: Final = "events"
"""Kind of all other letters of the type `bridge` for an actor."""

LATE: Final = "trading_desk.late"
"""The fanout exchange, and its queue, for letters whose time to live is over."""
DEAD_LETTERS: Final = "dead_letters"
"""The fanout exchange, and its queue, for letters that can't be read."""
MOST_DEAD_LETTERS: Final = 10_000
"""Older ones make room."""

KIND: Final = "kind"
"""Header with the kind of a letter."""

MARKET_DATA_BATCHES: Final = 500
"""Batches of market data that may wait for an actor; older ones make room."""
UNUSED_FOR: Final = 7 * 24 * 3600.0
"""Seconds after which what is kept for an actor that never returns is gone."""
TICKS_UNUSED_FOR: Final = 60.0
"""Seconds after which the ticks for an actor that does not take them are gone, with their queue."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue, and what comes into it.

    `key` may have `*` for a word. With a `kind`, only letters of that kind. `most` letters wait, older ones make room.
    One that is `temporary` belongs to one connection and goes with it. `late` names the exchange for letters whose time
    to live is over. Seconds without a consumer after which it is gone: `unused_for`.
    """

    name: str
    exchange: str
    key: str = ""
    kind: str = ""
    most: int | None = None
    temporary: bool = False
    late: str = ""
    unused_for: float | None = None


def routing_key(message_type: str, code: str) -> str:
    """The key of what a message type carries to or from an actor."""
    return f"{message_type}.{code}"


DESK_REQUESTS: Final = Queue("trading_desk.bridge", TRADING_DESK, f"{BRIDGE}.*", late=LATE)
"""Requests of all actors for the bridge."""
DESK_NEWS: Final = Queue("trading_desk.multi_client", TRADING_DESK, f"{MULTI_CLIENT}.*")
"""Registrations, heartbeats and answers of all actors."""
DESK_LATE: Final = Queue(LATE, LATE)
"""Requests that waited too long."""
BURIED: Final = Queue(DEAD_LETTERS, DEAD_LETTERS, most=MOST_DEAD_LETTERS)
"""What could not be read."""


ALWAYS: Final = (DESK_REQUESTS, DESK_NEWS, DESK_LATE, BURIED)
"""Queues that are there whoever comes first."""


def sorting_exchange(code: str) -> str:
    """The headers exchange that sorts what the bridge has for one actor by its kind."""
    return f"{ACTOR}.{code}"


def actor_events(code: str) -> Queue:
    """What the bridge has for an actor and must not be lost; it waits for an actor that is away."""
    return Queue(f"actor.{code}.bridge", ACTOR, routing_key(BRIDGE, code), EVENTS, unused_for=UNUSED_FOR)


def actor_market_data(code: str, most: int = MARKET_DATA_BATCHES) -> Queue:
    """Ticks for an actor: a bounded number of batches, of which the oldest is dropped.

    The bound is in the name, because a server ends the connection that wants another one for a queue that is there.
    """
    name, key = f"actor.{code}.market_data.{most}", routing_key(BRIDGE, code)
    return Queue(name, ACTOR, key, MARKET_DATA, most=most, unused_for=TICKS_UNUSED_FOR)


def actor_requests(code: str, life: str) -> Queue:
    """What the desk has to say to one life of an actor."""
    return Queue(f"actor.{code}.multi_client.{life}", ACTOR, routing_key(MULTI_CLIENT, code), temporary=True)
