"""What actors tell each other. Only batches travel: a `tell` per tick costs ten microseconds, in a batch a tenth.

Every class here is frozen, for the same object may be in several mailboxes. What came from the bridge travels inside
a `Batch` as it was read; classes that strategies may handle are replies of our own, with a handler's name.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, Final

from msgspec import Struct

from ibkr_actors.base.bridge_connection import GREETING_TIMEOUT
from ibkr_actors.base.local_messages import OrderChanged, local
from ibkr_actors.base.messages.declaration import Message, Reply, Request
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import CancelOrderRequest, PlaceOrderRequest


class Batch(Struct, frozen=True, gc=False):
    """Messages that arrived together, in their order. `received_at` is monotonic seconds."""

    messages: list[Message]
    received_at: float


class Send(Struct, frozen=True):
    """To the BridgeActor: a request for the bridge, on behalf of the actor `code`."""

    request: Request
    code: str


class MarketDataStale(Reply, frozen=True):
    """A line that had ticks has had none for a while, though the connection stands."""

    request_id: int
    seconds: float


class OrderUnanswered(Reply, frozen=True):
    """An order was sent and nothing has been heard of it; the bridge was asked for its open orders."""

    order_id: int
    seconds: float


for _struct in (
    MarketDataStale,
    OrderUnanswered,
):
    local(_struct)


class Fate(Enum):
    """How an actor's life ended."""

    STOPPED = "stopped"
    FAILED = "failed"


class ActorEnded(Struct, frozen=True):
    """To the Supervisor: a strategy's loop ended. `error` is set when it failed."""

    code: str
    fate: Fate
    error: BaseException | None = None
    mail: Any = None
    """Whose end it is: the code lives on in the next life."""


class Idle(Struct, frozen=True):
    """Nothing came for a while: the mailbox's way to let `act` run."""


class Stop(Struct, frozen=True):
    """To a strategy: end the loop; `stop()` runs first."""


class Receipt(Struct, frozen=True):
    """To any actor: call this when everything told before has been handled."""

    done: Callable[[], None]


IDLE: Final = Idle()


# ------------------------------------------------------------------------------------------------- to the BridgeActor


class Connect(Struct, frozen=True):
    """Asked by the desk: make the first connection. The answer is None, or the error."""

    within: float = GREETING_TIMEOUT
    """Seconds until the greeting has to be answered."""


class ConnectionEnded(Struct, frozen=True):
    """From the reader's thread: the connection of that epoch is gone; `error` is None when it was closed on purpose."""

    epoch: int
    error: BaseException | None


# ------------------------------------------------------------------------------------------------- to the RouterActor


class UseBridge(Struct, frozen=True):
    """The mail of the bridge actor, which was made after the router."""

    mail: Any


class Register(Struct, frozen=True):
    """From now on this actor gets what belongs to nobody, and every change of the connection."""

    code: str
    mail: Any


class Forget(Struct, frozen=True):
    """This actor wants nothing any more; all its subscriptions end."""

    mail: Any


class Subscribe(Struct, frozen=True):
    """Replies to `request` go to this actor; relabelled with `as_id` when they come for another actor's request.

    With a `memory`, the newest tick of each type is put there, by its type, instead of being told.
    """

    mail: Any
    request: Request
    request_id: int
    as_id: int | None = None
    memory: dict[Any, Message] | None = None


class Unsubscribe(Struct, frozen=True):
    """Replies to that request id go to this actor no more."""

    mail: Any
    request_id: int


class SubscribeTypes(Struct, frozen=True):
    """Replies of these types, which carry no request id, go to this actor."""

    mail: Any
    types: tuple[type[Reply], ...]


class AwaitAnswer(Struct, frozen=True):
    """This actor asked what is answered without a request id. Answers come in the order of the questions."""

    mail: Any
    request: Request


class Leaving(Struct, frozen=True):
    """From the BridgeActor: this request is sent now, behind those of which it was told before."""

    request: Request


class OwnOrder(Struct, frozen=True):
    """What the bridge says about this order goes to this actor."""

    mail: Any
    order_id: int


# ------------------------------------------------------------------------------------------------ to the specialists


class Ask(Struct, frozen=True):
    """From a strategy to the actor that serves a kind of request."""

    mail: Any
    code: str
    request: Request


class Release(Struct, frozen=True):
    """This actor ended; whatever is kept for it alone ends too."""

    mail: Any
    code: str


class Origin(Struct, frozen=True):
    """Which request of an actor in another process became an order or its change: the life of the process, and the
    actor's own number of the request."""

    life: str
    number: int


class PlaceOrder(Struct, frozen=True):
    """From a strategy to the OrdersActor: a new order, or one that `changes` an order of the same id.

    With `exercise` that is what is sent; `request` says then what is tracked: so many options of that contract.
    """

    mail: Any
    code: str
    request: PlaceOrderRequest
    changes: bool = False
    exercise: ExerciseOptionsRequest | None = None
    origin: Origin | None = None


class CancelOrder(Struct, frozen=True):
    """From a strategy to the OrdersActor: one of its own orders."""

    mail: Any
    code: str
    request: CancelOrderRequest


class Adopt(Struct, frozen=True):
    """To the OrdersActor: the actor with this code has new mail; the orders of that code are its own."""

    code: str
    mail: Any


class ChangeHandled(Struct, frozen=True):
    """From a strategy to the OrdersActor: this change has reached it, so that its next life need not hear of it."""

    change: OrderChanged


class CancelAll(Struct, frozen=True):
    """To the OrdersActor: cancel every order of that code that may work, until an actor of that code runs again."""

    code: str


# ------------------------------------------------------------------------------------------------- to the Supervisor


class StartStrategies(Struct, frozen=True):
    """Start every registered strategy, or those with the `codes`."""

    codes: tuple[str, ...] | None = None


class StopStrategies(Struct, frozen=True):
    """Asked by the desk: stop them all and wait; the answer is the codes of those that did not end in time."""

    seconds: float


class StopStrategy(Struct, frozen=True):
    """Stop this one, for good."""

    code: str
