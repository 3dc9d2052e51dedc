"""What a message declares about itself, beside its fields.

`@message(id, ...)` over a Struct is the whole declaration. The session, the interfaces, the router, the simulated
gateway and the tests read it from the class: `TickPrice.facts`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Final, TypeVar

from ibkr_actors.classes.value import FrozenValue
from ibkr_actors.wire.annotation import FOREVER, Wire
from ibkr_actors.wire.fields import At, Layout, specification_of


class Message(FrozenValue, frozen=True):
    """Something that travels between the bridge and a client. Never changes once made, so threads may share it."""

    facts: ClassVar[Facts]


class Request(Message, frozen=True):
    """A message from the client to the bridge."""


class IdentifiedRequest(Request, frozen=True, kw_only=True):
    """A request whose replies carry its `request_id`."""

    request_id: Annotated[int, Wire(1)] = 0


class Cancellation(Request, frozen=True):
    """Ends the request with the same `request_id`."""

    request_id: Annotated[int, Wire(1)] = 0


class Reply(Message, frozen=True):
    """A message from the bridge to the client, asked for or not."""


def _never(_request: Any) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Replies:
    """What a request is answered with: `parts`, closed by one `end` when there is one.

    `stream` means that parts go on until `cancel` is sent. `unidentified` means that the replies carry no request id,
    so that all who ask at the same time see the same answer. `errors_end` is False for a request that an error with
    its id does not end (placing an order: only the order's status ends an order).
    """

    parts: tuple[type[Reply], ...] = ()
    end: type[Reply] | None = None
    stream: bool = False
    cancel: type[Request] | None = None
    unidentified: bool = False
    errors_end: bool = True
    end_is_final: Callable[[Any], bool] = _never
    """For a stream with an `end`: whether the end closes the whole request (a snapshot), told from the request."""

    def closes(self, request: Request, reply: Reply) -> bool:
        """Whether a reply is the last one that the request gets."""
        if self.stream:
            return type(reply) is self.end and self.end_is_final(request)
        return type(reply) is self.end if self.end is not None else type(reply) in self.parts

    def keeps_on(self, request: Request) -> bool:
        """Whether the request's replies go on until it is cancelled, so that a new connection needs it again."""
        return self.stream and not (self.end is not None and self.end_is_final(request))

    def every_type(self) -> tuple[type[Reply], ...]:
        """All the types of replies, the end included."""
        return self.parts if self.end is None else (*self.parts, self.end)


NO_REPLY: Final = Replies()


def one(part: type[Reply], *, unidentified: bool = False) -> Replies:
    """Answered by exactly one message."""
    return Replies((part,), end=None, unidentified=unidentified)


def many(*parts: type[Reply], end: type[Reply], unidentified: bool = False) -> Replies:
    """Answered by any number of parts, then by `end`."""
    return Replies(parts, end, unidentified=unidentified)


def stream(
    *parts: type[Reply],
    cancel: type[Request],
    end: type[Reply] | None = None,
    unidentified: bool = False,
    end_is_final: Callable[[Any], bool] = _never,
) -> Replies:
    """Answered by parts until it is cancelled; `end`, when there is one, closes the first round."""
    return Replies(
        parts, end, stream=True, cancel=cancel, unidentified=unidentified, end_is_final=end_is_final
    )


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one message that its fields don't tell."""

    id: int
    """Base id: in text frames as it is, in protobuf frames plus 200."""
    handler: str
    """Name of the method that handles it."""
    to_bridge: bool
    layout: Layout
    """Order of the text fields."""
    legacy_version: int | None
    """The first field of the text form, a version per message that nobody reads any more."""
    legacy_until: int
    """Last server version with that field."""
    since: int
    """First server version that knows the message."""
    protobuf_since: int
    """First server version at which it travels as protobuf."""
    replies: Replies = field(default=NO_REPLY)

    def has_legacy_version(self, version: int) -> bool:
        """Whether the text form begins with the legacy version."""
        return self.legacy_version is not None and version <= self.legacy_until


DECLARED: Final[list[type[Message]]] = []
"""Every declared message, in the order of declaration; `catalog` turns it into tables."""

M = TypeVar("M", bound=type[Message])


def message(
    id_: int,
    *,
    protobuf_since: int = FOREVER,
    legacy_version: int | None = None,
    legacy_until: int = FOREVER,
    since: int = 0,
    text: Layout | None = None,
    replies: Replies = NO_REPLY,
) -> Callable[[M], M]:
    """Declare a Struct as the message `id_`; without `text` the text fields follow the protobuf numbers."""

    def declare(struct: M) -> M:
        struct.facts = Facts(
            id=id_,
            handler=handler_name(struct.__name__),
            to_bridge=issubclass(struct, Request),
            layout=text if text is not None else _layout_by_number(struct),
            legacy_version=legacy_version,
            legacy_until=legacy_until,
            since=since,
            protobuf_since=protobuf_since,
            replies=replies,
        )
        DECLARED.append(struct)
        return struct

    return declare


def _layout_by_number(struct: Any) -> Layout:
    return tuple(At(path=name) for name in specification_of(struct))


_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def handler_name(class_name: str) -> str:
    """`TickPrice` is handled by `tick_price`."""
    return _WORD.sub("_", class_name).lower()
