"""Arrangements that many tests share: two sessions back to back, and how generated values are drawn."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, settings
from loguru import logger
from msgspec import Struct, structs
from typer import Typer
from typer.testing import CliRunner

from ibkr_actors.base.codec import Role
from ibkr_actors.base.session import Session

VERSIONS_OF_THE_VENDOR = (157, 163, 176, 178, 187, 192, 200, 201, 203, 206, 208, 213, 218, 226)
"""Server versions at which bytes are compared with the vendor's client: one in each stretch of the protocol."""


def in_full(value: Any) -> Any:
    """A value with all its fields laid open, however deep: contracts of equal identity may still differ in others."""
    if isinstance(value, Struct):
        return type(value), {name: in_full(content) for name, content in structs.asdict(value).items()}
    if isinstance(value, list | tuple):
        return type(value), [in_full(element) for element in value]
    return value


def ran_here(app: Typer, arguments: list[str]) -> Any:
    """A command in this process. Its log ends with it, for the standard error that it goes to does."""
    try:
        return CliRunner().invoke(app, arguments)
    finally:
        logger.remove()


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
