"""Messages of our own: they never travel to the bridge, and have handlers as the bridge's replies have."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Any, Final

from ibkr_actors.base.messages.declaration import Facts, Reply, Request, handler_name
from ibkr_actors.wire.annotation import FOREVER

LOCAL: Final = -1
"""The id of messages that never travel to the bridge."""


def local(struct: type[Any]) -> type[Any]:
    """Give a message of our own the facts that dispatching needs."""
    struct.facts = Facts(LOCAL, handler_name(struct.__name__), False, (), None, FOREVER, 0, FOREVER)
    return struct


class ConnectionState(Enum):
    """Where the connection with the bridge stands."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    LOST = "lost"
    STOPPED = "stopped"


class ConnectionChanged(Reply, frozen=True):
    """The connection with the bridge changed; to every actor. `epoch` counts the connections made so far."""

    state: ConnectionState
    epoch: int = 0
    server_version: int = 0
    reason: str = ""


class RequestFailed(Reply, frozen=True):
    """A request ended without an answer: it could not be sent, the connection was lost before the answer, or the bridge
    refused it without naming it.
    """

    request_id: int
    reason: str
    request: Request | None = None


class OrderChanged(Reply, frozen=True):
    """One of this actor's orders stands differently: the state after everything that has been heard about it."""

    order_id: int
    status: str
    filled: Decimal
    remaining: Decimal | None
    average_price: float | None
    reason: str = ""


class TicksConflated(Reply, frozen=True):
    """The reader was too slow: older ticks were replaced by newer ones of the same request and type."""

    dropped: int = 0


for _struct in (ConnectionChanged, RequestFailed, OrderChanged, TicksConflated):
    local(_struct)
