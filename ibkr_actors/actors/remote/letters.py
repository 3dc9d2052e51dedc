"""What the desk and its actors in other processes write to each other. docs/rabbitmq.md has the conversation.

Every class is one letter. Fields may be added with a default, and letters may be added: that is a new minor version of
the `SCHEMA`. Whatever else is a new major one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self, Union

from msgspec import Struct

from ibkr_actors.actors.messages import MarketDataStale, OrderUnanswered
from ibkr_actors.base.local_messages import (
    ConnectionChanged,
    OrderChanged,
    RequestFailed,
    TicksConflated,
    local,
)
from ibkr_actors.base.messages.catalog import REPLIES, REQUESTS
from ibkr_actors.base.messages.declaration import Message, Reply, Request
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import CancelOrderRequest, PlaceOrderRequest
from ibkr_actors.brokers.topology import MARKET_DATA_BATCHES

SCHEMA: Final = (1, 0)
"""Major and minor version of these letters."""


if TYPE_CHECKING:
    AnyRequest = Request
else:
    AnyRequest = Union[tuple(REQUESTS.values())]  # noqa: UP007  # made of a table


class FailedRequest(Reply, frozen=True, tag="RequestFailed"):
    """`RequestFailed` as it is read: which request it was, by its type."""

    request_id: int
    reason: str
    request: AnyRequest | None = None

    def as_message(self) -> RequestFailed:
        """As strategies know it."""
        return RequestFailed(self.request_id, self.reason, self.request)


local(FailedRequest)

LOCAL_REPLIES: Final = (
    ConnectionChanged,
    OrderChanged,
    TicksConflated,
    MarketDataStale,
    OrderUnanswered,
    FailedRequest,
)
"""Messages of our own that reach strategies."""

if TYPE_CHECKING:
    AnyReply = Message
else:
    AnyReply = Union[(*REPLIES.values(), *LOCAL_REPLIES)]


class Letter(Struct, frozen=True, tag_field="letter", tag=True, omit_defaults=True):
    """What every letter has: the `life` of the actor's process that it comes from or is for."""

    life: str


# ------------------------------------------------------------------------------------- to the desk, of type `bridge`


class Call(Letter, frozen=True):
    """A request for the bridge, of the actor's `start`th start in this life."""

    start: int
    request: AnyRequest


class Trade(Letter, frozen=True):
    """A request that trades. It is done once, however often it arrives: `number` tells it from the actor's others.

    A new order has its own number for an id. `time_to_live` is in seconds; `late` says that the actor has waited longer
    already, and only wants to know what became of it.
    """

    number: int
    request: PlaceOrderRequest | CancelOrderRequest
    changes: bool = False
    exercise: ExerciseOptionsRequest | None = None
    time_to_live: float = 0.0
    late: bool = False


class StartOver(Letter, frozen=True):
    """What this life has subscribed to ends; a new start of the strategy follows, with 0 none does."""

    start: int


class Farewell(Letter, frozen=True):
    """The process ends in order."""

    state: str


# -------------------------------------------------------------------------------- to the desk, of type `multi_client`


class Registration(Letter, frozen=True):
    """An actor wants to work at the desk. `slot` tells which ids it uses, when an earlier desk has given it some."""

    strategy: str
    host: str
    process: int
    orders_at_death: str = "keep"
    grace: float = 10.0
    slot: int | None = None
    start: int = 1
    market_data_batches: int = MARKET_DATA_BATCHES


class Heartbeat(Letter, frozen=True):
    """The actor lives; how its strategy does."""

    state: str
    starts: int = 0
    last_error: str = ""


class Question(Letter, frozen=True):
    """From anybody: which actors are there? With a `stop`, that one shall stop first."""

    number: int
    stop: str = ""


# ------------------------------------------------------------------------------------- to an actor, of type `bridge`


class Parcel(Letter, frozen=True):
    """What the bridge has for an actor. `ticks_before` counts the ticks sent to this start before these, so that the
    actor finds out how many it missed."""

    start: int
    messages: list[AnyReply]
    ticks_before: int = 0


class OrderAnswer(Letter, frozen=True):
    """What became of a `Trade`: the bridge's order id, or why it was not done."""

    number: int
    order_id: int = 0
    refusal: str = ""


# -------------------------------------------------------------------------------- to an actor, of type `multi_client`


class Welcome(Letter, frozen=True):
    """The actor works at the desk from now on: where its ids begin, and who the desk is."""

    desk: str
    slot: int
    first_request: int
    first_order: int
    client_id: int
    start: int = 1
    schema: tuple[int, int] = SCHEMA


class Refusal(Letter, frozen=True):
    """The actor can't work at this desk."""

    reason: str


class HeartbeatSeen(Letter, frozen=True):
    """The desk lives. An actor that is not `known` there has to register."""

    desk: str
    known: bool


class Ping(Letter, frozen=True):
    """Answer with a heartbeat."""


class StopActor(Letter, frozen=True):
    """Stop the strategy; the process goes on while it has others."""


HERE: Final = "here"


class ActorFacts(Struct, frozen=True, omit_defaults=True):
    """One actor of the desk, for people."""

    code: str
    strategy: str
    state: str
    place: str
    """`here` for one in the desk's own process, else the machine and the process."""
    seconds_silent: float | None = None
    """Since the last heartbeat; None for one in the desk's own process."""
    starts: int = 0
    orders_at_death: str = "keep"
    last_error: str = ""

    @property
    def is_here(self) -> bool:
        """Whether it is in the desk's own process."""
        return self.place == HERE

    @classmethod
    def here(cls, code: str, strategy: str, state: str, starts: int, last_error: str) -> Self:
        """One in the desk's own process."""
        return cls(code, strategy, state, HERE, starts=starts, last_error=last_error)


class Actors(Letter, frozen=True):
    """The answer to a `Question`."""

    number: int
    actors: list[ActorFacts]
    problem: str = ""


TO_DESK: Final[Any] = Call | Trade | StartOver | Registration | Heartbeat | Farewell | Question
TO_ACTOR: Final[Any] = Parcel | OrderAnswer | Welcome | Refusal | HeartbeatSeen | Ping | StopActor | Actors
