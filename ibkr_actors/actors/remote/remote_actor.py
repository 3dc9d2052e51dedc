"""One actor of another process, as the desk knows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from ibkr_actors.actors.remote.identities import first_order, first_request
from ibkr_actors.actors.remote.letters import ActorFacts, Registration, Trade
from ibkr_actors.actors.remote.order_numbers import OrderNumbers
from ibkr_actors.actors.remote.remote_mail import RemoteMail
from ibkr_actors.actors.remote.sender_clock import SenderClock

AWAY: Final = "away"
"""State of an actor that an earlier life of the desk knew, and that has not come yet."""
STARTING: Final = "starting"
"""State of an actor that has registered; from then on it tells its state itself."""
DEAD: Final = "dead"
"""State of an actor that has been silent for longer than its grace."""
STOPPED: Final = "stopped"
FAILED: Final = "failed"
GONE: Final = frozenset((AWAY, DEAD, STOPPED, FAILED))
"""States without subscriptions."""


@dataclass(slots=True)
class Challenge:
    """Another process wants the code: whether the actor lives still is being asked, since that time."""

    registration: Registration
    since: float


@dataclass(slots=True)
class RemoteActor:
    """What the desk knows of one code: the process that has it, its ids, its orders' numbers."""

    code: str
    slot: int
    numbers: OrderNumbers
    mail: RemoteMail
    last_heard: float
    """Monotonic seconds."""
    state: str = AWAY
    registration: Registration | None = None
    orders_at_death: str = "keep"
    grace: float = 10.0
    starts: int = 0
    last_error: str = ""
    clock: SenderClock = field(default_factory=SenderClock)
    challenge: Challenge | None = None
    parked: list[tuple[Trade, Any]] = field(default_factory=list)
    """Requests of a life that has not registered with this life of the desk yet, with their deliveries."""
    next_request: int = 0
    next_order: int = 0

    def __post_init__(self) -> None:
        self.next_request = max(self.next_request, first_request(self.slot))
        self.next_order = max(self.next_order, first_order(self.slot))

    @property
    def life(self) -> str:
        """The life that is registered; empty when none is."""
        return self.registration.life if self.registration is not None else ""

    @property
    def lives(self) -> bool:
        """Whether a process has this code now, as far as is known."""
        return self.registration is not None and self.state not in GONE

    def uses(self, *, request: int = 0, order: int = 0) -> None:
        """The actor has used these ids: a later life begins behind them."""
        self.next_request = max(self.next_request, request + 1)
        self.next_order = max(self.next_order, order + 1)

    def describe(self, now: float) -> ActorFacts:
        """For people."""
        known = self.registration
        return ActorFacts(
            self.code,
            known.strategy if known is not None else "",
            self.state,
            f"{known.host} (process {known.process})" if known is not None else "",
            now - self.last_heard if known is not None else None,
            self.starts,
            self.orders_at_death,
            self.last_error,
        )
