"""What a fault does while it lasts, and what it may use to do so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from random import Random
from typing import ClassVar, Final, Protocol

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import IdentifiedRequest, Message, Reply
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.gateway import Gateway

EVERY_CLIENT: Final = -1
"""Stands for a client id: whoever is connected."""


class Layer(Protocol):
    """What faults work on: the clients, the gateway behind, and what lies between."""

    gateway: Gateway
    random: Random

    def clients(self, client_id: int = EVERY_CLIENT) -> list[Client]:
        """The clients that have started, or the one with an id."""

    def streams(self, client: Client) -> dict[int, IdentifiedRequest]:
        """The requests for market data that go on, by their ids."""

    def add(self, effect: Effect) -> None:
        """Let an effect begin."""

    def drop(self, client: Client, reason: str) -> None:
        """Close a client's connection."""

    def tell(self, client: Client, replies: Iterable[Reply]) -> None:
        """Say something to a client, behind what was said before."""

    def serve(self, client: Client, request: Message) -> None:
        """Serve a request that was held back."""

    def pass_on(self, client: Client, request: Message) -> None:
        """Let a request that was held back go on its way, to the effects that stand farther from the client."""

    def lose_streams(self) -> None:
        """End all requests for market data; who cancels one of them is not told that it is gone."""

    def refuse_connections(self, until: float) -> None:
        """Let nobody in before that time."""


class Effect:
    """Something that happens between the gateway and its clients for a while, or a number of times."""

    is_fault: ClassVar[bool] = True
    """Whether it ends with all faults."""
    nearness: ClassVar[int] = 0
    """Where it stands: the higher, the nearer to the client. What it says passes those that stand nearer."""

    def __init__(self, until: float = inf) -> None:
        self.until = until
        """Epoch seconds when it ends by itself."""

    def begin(self, layer: Layer, now: float) -> None:
        """It begins."""

    def takes(self, layer: Layer, client: Client, request: Message, now: float) -> bool:
        """Whether the gateway must not see this request, for the effect deals with it."""
        return False

    def outgoing(self, client: Client, replies: list[Reply], cause: Message | None) -> list[Reply]:
        """What becomes of replies to a client; `cause` is the request of this client that they answer, if any."""
        return replies

    def advance(self, layer: Layer, now: float) -> None:
        """Time goes on."""

    def end(self, layer: Layer, now: float) -> None:
        """It is over."""

    def forget(self, client: Client) -> None:
        """A client is gone."""


class Countdown(Effect):
    """An effect that is over when it has happened so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._left = times

    def count(self) -> bool:
        """Whether it happens once more; counts."""
        if self._left <= 0:
            return False
        self._left -= 1
        if not self._left:
            self.until = -inf
        return True


def notice(now: float, code: int, text: str, request_id: int = -1) -> Notice:
    """A notice of that time."""
    return Notice(request_id, int(now * 1000), code, text)


def tell_all(layer: Layer, now: float, notices: Sequence[tuple[int, str]]) -> None:
    """Say the same to every client."""
    for client in layer.clients():
        layer.tell(client, [notice(now, code, text) for code, text in notices])
