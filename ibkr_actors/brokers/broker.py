"""The contract of a message broker, as the desk and its actors in other processes need it. Bytes only: no message of
the trade is known here.

`rabbitmq.py` keeps it with a server, `memory.py` within one process, for tests of users' own code.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ibkr_actors.brokers.topology import Queue


@dataclass(frozen=True, slots=True)
class Letter:
    """What is published.

    `kind` sorts the letters of one routing key into queues. One that is `persistent` outlives the broker's end. One
    with a `time_to_live` (seconds) is not delivered any more after it: it goes to the queue for what came too late.
    """

    exchange: str
    routing_key: str
    body: bytes
    kind: str = ""
    persistent: bool = False
    time_to_live: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a consumer gets: a letter, and what the broker says of it. Has to be acknowledged or buried once."""

    queue: str
    routing_key: str
    body: bytes
    redelivered: bool = False
    """Delivered before, perhaps: somebody took it and did not acknowledge it."""
    waited: float = 0.0
    """Seconds that it waited at its sender, for there was no connection."""
    sent_at: float = 0.0
    """The sender's clock (seconds since 1970) when it was sent: compare it with nothing but the same sender's."""
    headers: Mapping[str, object] = field(default_factory=dict)
    tag: Any = None
    """The broker's own."""


class Outcome(Enum):
    """What became of a letter that was entrusted."""

    CONFIRMED = "confirmed"
    """The broker has it."""
    NEVER_SENT = "never sent"
    """Its time to live was over before there was a connection."""
    UNCERTAIN = "uncertain"
    """The connection broke before the broker confirmed it, and its time to live was over before there was another."""
    UNROUTABLE = "unroutable"
    """The broker has no queue for it."""
    TOO_LARGE = "too large"
    """The broker takes no letters of that size."""


class BrokerState(Enum):
    """How the connection with the broker stands."""

    CONNECTED = "connected"
    LOST = "lost"
    BLOCKED = "blocked"
    """The broker is short of memory or disk, and takes nothing for the time being."""


Receive = Callable[[Delivery], None]
"""Called on the broker's thread, so it must not block."""
Started = Callable[[], None]
"""Called on the broker's thread when a queue is consumed, on each connection."""
Refused = Callable[[str], None]
"""Called on the broker's thread when somebody else consumes the queue, and it is consumed no more; with the reason."""
Settled = Callable[[Outcome], None]
"""Called on the broker's thread, once, when it is known what became of a letter; not after the broker was stopped."""
Hear = Callable[[BrokerState, str], None]
"""Called on the broker's thread for each change of the connection; with the reason."""


class Broker(ABC):
    """One process's connection with a message broker.

    Responsible for:
    1. the connection: making it, keeping it, making it again with back-off until `stop`; queues and consumers are
       there again before anything is published;
    2. what was entrusted (`entrust`): keeping it until the broker confirms it, in order, over lost connections;
    3. letters that are only published: gone when there is no connection; they never wait.

    Not responsible for: what letters say; refusing a letter that is delivered twice, which a broker can't promise.

    Every method may be called from any thread, and returns without waiting for the broker but for `start` and `stop`.
    """

    @property
    @abstractmethod
    def place(self) -> str:
        """Where the broker is, for people; without secrets."""

    @abstractmethod
    def start(self, hear: Hear | None = None, timeout: float = 15.0) -> None:
        """Connect. Raises BrokerError when that can't be done within `timeout` seconds, or is refused, or when a queue
        is: with what its user can do. Nothing is left running then.
        """

    @abstractmethod
    def stop(self, timeout: float = 2.0) -> None:
        """Send what was entrusted, as long as that takes no longer than `timeout` seconds, and disconnect."""

    @property
    @abstractmethod
    def connected(self) -> bool:
        """Whether letters can be published now."""

    @abstractmethod
    def declare(self, queue: Queue) -> None:
        """Let the queue exist, now and on every later connection, before anything that is sent later arrives.

        Whoever comes first makes it. One that the broker refuses is logged as an error, and asked for again with
        back-off, while everything else goes on.
        """

    @abstractmethod
    def consume(
        self,
        queue: Queue,
        receive: Receive,
        *,
        prefetch: int,
        started: Started | None = None,
        refused: Refused | None = None,
    ) -> None:
        """Take from a queue, alone, at most `prefetch` deliveries at a time that are not acknowledged; declares it.

        Without `refused` it is tried again while somebody else consumes the queue.
        """

    @abstractmethod
    def cancel(self, queue: Queue) -> None:
        """Take no more from a queue, and declare it no more. What was not acknowledged goes back to it."""

    @abstractmethod
    def publish(self, letter: Letter) -> bool:
        """Send a letter that may be lost. False when there is no connection, or the broker takes nothing now."""

    @abstractmethod
    def entrust(self, letter: Letter, settled: Settled | None = None) -> None:
        """Send a letter that must not be lost: it is kept until the broker has confirmed it, and sent again if need be.

        So it may arrive twice. Letters arrive in the order in which they were entrusted.
        """

    @abstractmethod
    def acknowledge(self, delivery: Delivery) -> None:
        """It is done. Of a delivery of an earlier connection nothing is known any more: it comes again."""

    @abstractmethod
    def bury(self, delivery: Delivery, reason: str) -> None:
        """It can't be read: put it among the dead letters, with the reason in its headers, and acknowledge it."""
