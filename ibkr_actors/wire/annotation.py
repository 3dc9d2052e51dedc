"""The annotation that makes a Struct's field a field of the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ibkr_actors.wire.kinds import Kind

FOREVER: Final = 10_000


@dataclass(frozen=True, slots=True)
class Wire:
    """The wire's facts about one field; the name and the type are the Struct's own."""

    number: int | None = None
    """Protobuf field number; None for a field that only text frames carry."""
    kind: Kind | None = None
    """How the value is spelled; None means what the annotation says."""
    since: int = 0
    """First server version that carries the field."""
    until: int = FOREVER
    """Last server version that carries the field."""
    bridge_only: bool = False
    """Only the bridge fills the field in, so a request without a place for it drops it without an error."""
    in_requests: bool = True
    """False for a field that requests never carry, though it has a place in them."""
    zero_means_absent: bool = False
    """The bridge leaves a zero out of its protobuf answers (recorded), where it sends other zeros."""
    told_by: str = ""
    """A field beside it that tells it too: where that is set, a request without a place for this one drops it without
    an error. So a contract as the bridge completed it, with its id, is good for every request."""
    always: bool = False
    """A request sends this message field even when it is empty (recorded)."""


def echoed(number: int, kind: Kind | None = None, *, since: int = 0) -> Wire:
    """A field that only the bridge fills in, and that requests have no place for."""
    return Wire(number, kind, since=since, bridge_only=True, in_requests=False)
