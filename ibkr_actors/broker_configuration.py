"""`[rabbitmq]` of a configuration: the server between a desk and actors in other processes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Final

from msgspec import Meta

from ibkr_actors.actors.remote.host import RemoteOptions
from ibkr_actors.actors.remote.outgoing_trades import TIME_TO_LIVE
from ibkr_actors.base.timeouts import Timeout
from ibkr_actors.base.toml_files import MANY, Section
from ibkr_actors.brokers.rabbitmq import RabbitMQ
from ibkr_actors.brokers.rabbitmq_address import RabbitMQAddress
from ibkr_actors.brokers.topology import MARKET_DATA_BATCHES
from ibkr_actors.errors import ConfigurationError, IbkrError


class RabbitMQSection(Section, frozen=True):
    """`[rabbitmq]`: a desk that has it serves actors in other processes; a file without `[bridge]` has only those."""

    url: str
    """`amqp://host:port/virtual_host`, or `amqps://` for TLS."""
    user: str = ""
    """Who this is to the server; `guest` if it is nowhere."""
    password: str = ""
    """Only from the environment: `"${NAME}"`."""
    ca_file: str = ""
    """Certificates of the authorities that the server's is checked against; the system's if empty."""
    certificate: str = ""
    """This client's own certificate, when the server asks for one."""
    key: str = ""
    """The key of that certificate."""
    prefix: str = ""
    """Stands before all names on the server: several desks can share a virtual host."""
    timeout: Timeout = 60.0
    """Seconds that an actor waits for its desk at the start."""
    heartbeat: Timeout = 1.0
    """Seconds between two signs of life of an actor."""
    grace: Timeout = 10.0
    """Seconds of silence after which an actor counts as dead."""
    time_to_live: Timeout = TIME_TO_LIVE
    """Seconds after which an order that has not reached the desk is refused."""
    market_data_batches: Annotated[int, Meta(ge=1, le=MANY)] = MARKET_DATA_BATCHES
    """Batches of ticks that wait for a slow actor; the oldest is dropped."""

    def connection(self) -> RabbitMQ:
        """A connection with the server, which is to be started. Raises BrokerError for an address that is none."""
        address = RabbitMQAddress(
            self.url,
            user=self.user,
            password=self.password,
            ca_file=self.ca_file,
            certificate=self.certificate,
            key=self.key,
        )
        return RabbitMQ(address, prefix=self.prefix)

    def options(self) -> RemoteOptions:
        """How actors keep in touch with their desk."""
        return RemoteOptions(self.heartbeat, self.grace, self.time_to_live, self.market_data_batches)


_VARIABLE: Final = re.compile(r"\$\{[^}]+\}")
_PASSWORD_IN_URL: Final = re.compile(r"//[^/@]*?:([^/@]*)@")


def check_secrets(path: Path, values: dict[str, Any]) -> None:
    """Raises ConfigurationError for a password that stands in the file itself; before variables are filled in."""
    table = values.get("rabbitmq")
    if not isinstance(table, dict):
        return
    found = _PASSWORD_IN_URL.search(str(table.get("url", "")))
    secrets = {"password": table.get("password", ""), "url": found[1] if found is not None else ""}
    for key, secret in secrets.items():
        if secret and not _VARIABLE.fullmatch(str(secret)):
            raise ConfigurationError(
                f'{path}: key rabbitmq.{key}: expected a variable of the environment, as "${{RABBITMQ_PASSWORD}}": '
                "no password may stand in the file"
            )


def check_broker(path: Path, section: RabbitMQSection, *, is_desk: bool, journal: str) -> None:
    """Raises ConfigurationError for what can't work, as far as can be told without a connection."""
    try:
        section.connection()
    except IbkrError as error:
        raise ConfigurationError(f"{path}: key rabbitmq: {error}") from error
    if section.grace < 3 * section.heartbeat:
        raise ConfigurationError(f"{path}: key rabbitmq.grace: expected at least three heartbeats")
    if is_desk and not journal:
        raise ConfigurationError(
            f"{path}: key desk.journal: expected a file: orders of other processes are acknowledged when they are "
            "recorded"
        )
