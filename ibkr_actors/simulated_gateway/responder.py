"""What a server needs of whatever answers its clients."""

from __future__ import annotations

from typing import Protocol

from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.gateway import Deliveries


class Responder(Protocol):
    """Answers clients: a `Gateway`, or something that stands in its place."""

    def connect(self, server_version: int) -> Client:
        """A client has settled a version; it has not said yet who it is."""

    def disconnect(self, client: Client) -> None:
        """A client is gone."""

    def handle(self, client: Client, request: Message, now: float) -> Deliveries:
        """Serve one request; returns what it makes somebody hear."""

    def advance(self, now: float) -> Deliveries:
        """Let it be `now`; returns what somebody hears by then."""
