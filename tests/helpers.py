"""Arrangements that many tests share: two sessions back to back, and how generated values are drawn."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, settings

from ibkr_actors.base.codec import Role
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.session import Session
from tests.wire.generated import versions_of_change

VERSIONS_OF_THE_VENDOR = (157, 163, 176, 178, 187, 192, 200, 201, 203, 206, 208, 213, 218, 226)
"""Server versions at which bytes are compared with the vendor's client: one in each stretch of the protocol."""


def compared_versions(struct: type[Message]) -> list[int]:
    """The versions at which a message is compared with the vendor's: the same, and each that changes its form."""
    stretches = {version for version in VERSIONS_OF_THE_VENDOR if version >= struct.facts.since}
    return sorted(stretches.union(versions_of_change(struct)))


def generated(examples: int) -> settings:
    """The same values in every run, so that a failure is not a matter of luck.

    A failure is shown as it was drawn: making the smallest one of an order with its 150 fields takes minutes.
    """
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def connected(version: int, **of_client: Any) -> tuple[Session, Session]:
    """A client and a gateway that have settled a server version, wired back to back."""
    client = Session(Role.CLIENT, **of_client)
    gateway = Session(Role.GATEWAY, range(version, version + 1), connection_time="20260102 09:30:00 CET")
    gateway.receive(client.output())
    client.receive(gateway.output())
    return client, gateway


def client_at(version: int) -> Session:
    """A client's session at a server version."""
    return connected(version)[0]


def gateway_at(version: int) -> Session:
    """A gateway's session at a server version."""
    return connected(version)[1]
