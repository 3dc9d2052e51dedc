"""What a server of AMQP refuses: said in full, once, and asked for again more and more slowly."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from shlex import quote
from typing import Final

from loguru import logger

from ibkr_actors.base.back_off import BackOff
from ibkr_actors.brokers.rabbitmq_address import RabbitMQAddress

LONGEST_BACK_OFF: Final = 5.0
"""Seconds between two attempts, at most."""

ACCESS_REFUSED: Final = 403
NOT_FOUND: Final = 404
RESOURCE_LOCKED: Final = 405
PRECONDITION_FAILED: Final = 406

_OTHER_PROPERTIES: Final = re.compile(r"inequivalent arg '.*?' for (\w+) '(.*)' in vhost '.*?'")
_TOO_LARGE: Final = re.compile(r"message size \d+ is larger than .*?(\d+)")


def is_in_use(code: int, text: str) -> bool:
    """Whether another connection takes from the queue, alone."""
    return code == RESOURCE_LOCKED or (code == ACCESS_REFUSED and "exclusive" in text)


def largest_letter(code: int, text: str) -> int | None:
    """Bytes that the server takes at most, when a letter was refused for having more."""
    found = _TOO_LARGE.search(text) if code == PRECONDITION_FAILED else None
    return int(found[1]) if found is not None else None


def client_refused(reason: str, address: RabbitMQAddress) -> str:
    """The whole client was refused, and what its user can do."""
    return (
        f"the server at {address.place} refuses this client: {reason}. Check user, password and virtual host "
        f"([rabbitmq] user, password, url; user {address.user!r}, virtual host {address.virtual_host!r}), "
        f"and who may use it: rabbitmqctl list_permissions --vhost {quote(address.virtual_host)}"
    )


def in_full(what: str, code: int, text: str, address: RabbitMQAddress) -> str:
    """What was refused, in the server's own words, and what its user can do."""
    return f"{what} at {address.place} is refused: {text}. {_advice(code, text, address)}".rstrip()


def _advice(code: int, text: str, address: RabbitMQAddress) -> str:
    virtual_host, user = quote(address.virtual_host), quote(address.user)
    if is_in_use(code, text):
        return "Another connection takes from it alone; it is asked for again until that one has ended."
    if code == ACCESS_REFUSED and "reserved prefix" in text:
        return "Names that begin so are the server's own: choose another prefix ([rabbitmq] prefix)."
    if code == ACCESS_REFUSED:
        return (
            f"The user {address.user!r} needs the permissions to configure, write and read it: "
            f"rabbitmqctl set_permissions --vhost {virtual_host} {user} '.*' '.*' '.*'"
        )
    if code == NOT_FOUND:
        return "Somebody has deleted it on the server; it is made again."
    found = _OTHER_PROPERTIES.search(text)
    return _how_to_delete(found[1], found[2], virtual_host) if found is not None else ""


def _how_to_delete(kind: str, name: str, virtual_host: str) -> str:
    command = (
        f"rabbitmqctl delete_queue --vhost {virtual_host} {quote(name)}; what waits in it is lost, "
        "and with --if-empty it is deleted only if nothing does"
        if kind == "queue"
        else f"rabbitmqadmin --vhost={virtual_host} delete exchange name={quote(name)}"
    )
    return (
        "It is there already, made by another version of this program or by somebody else. "
        f"Delete it ({command}), or give the desk and all its actors another prefix ([rabbitmq] prefix)."
    )


@dataclass(slots=True)
class _Known:
    reason: str = ""
    back_off: BackOff = field(default_factory=lambda: BackOff(longest=LONGEST_BACK_OFF))


class Refusals:
    """What is refused at present. Not thread-safe."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def note(self, what: str, reason: str) -> float:
        """It is refused; logged unless that was told already. Returns the seconds until it may be asked for again."""
        known = self._known.setdefault(what, _Known())
        if known.reason != reason:
            known.reason = reason
            logger.error("{}", reason)
        return known.back_off.next()

    def forget(self, what: str) -> None:
        """It is refused no more."""
        if self._known.pop(what, None) is not None:
            logger.info("{} is no longer refused", what)
