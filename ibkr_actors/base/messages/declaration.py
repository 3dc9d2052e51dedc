"""What a message declares about itself, beside its fields.

`@message(id, ...)` over a Struct is the whole declaration. The session, the interfaces, the router, the simulated
gateway and the tests read it from the class: `TickPrice.facts`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Final, TypeVar

from ibkr_actors.base.message_codes import CodeFacts, Ends
from ibkr_actors.classes.value import FrozenValue
from ibkr_actors.wire.annotation import FOREVER, Wire
from ibkr_actors.wire.fields import At, Layout, specification_of


class Message(FrozenValue, frozen=True, tag_field="type", tag=True):
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


def _always(_reply: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Replies:
    """What a request is answered with: `parts`, closed by one `end` when there is one.

    `stream` means that parts go on until `cancel` is sent; a request that gets one answer may have a `cancel` too.
    `unidentified` means that the replies carry no request id, so that all who ask at the same time see the same answer.
    `errors_end` is False for a request that an error with its id does not end (placing an order: only the order's
    status ends an order).
    """

    parts: tuple[type[Reply], ...] = ()
    end: type[Reply] | None = None
    stream: bool = False
    cancel: type[Request] | None = None
    unidentified: bool = False
    errors_end: bool = True
    end_is_final: Callable[[Any], bool] = _never
    """For a stream with an `end`: whether the end closes the whole request (a snapshot), told from the request."""
    end_when: Callable[[Any], bool] = _always
    """For an answer that has no `end`: whether a part is its last, told from the part."""
    whole: tuple[type[Reply], ...] = ()
    """Those of the parts that are a whole answer, and come without the `end`."""
    cancelled_by_itself: bool = False
    """A stream that the same request ends, with its `subscribe` off."""
    also_ended_by: frozenset[Ends] = frozenset()
    """What a code may end that this request is, beside a request: the change of an order, market data, and so on."""
    is_reserved: bool = False
    """The bridge keeps the request behind its one answer, as if it went on, until `cancel` is sent."""

    def closes(self, request: Request, reply: Reply) -> bool:
        """Whether a reply is the last one that the request gets."""
        if type(reply) in self.whole:
            return True
        if self.stream:
            return type(reply) is self.end and self.end_is_final(request)
        if self.end is not None:
            return type(reply) is self.end
        return type(reply) in self.parts and self.end_when(reply)

    def cancellation(self, request: Request, request_id: int) -> Request | None:
        """What ends a request that was sent under an id; with the request's values where the two share a field."""
        if self.cancel is None:
            return None
        shared = {
            name: getattr(request, name)
            for name in self.cancel.__struct_fields__
            if name in request.__struct_fields__
        }
        return self.cancel(**shared | ({"request_id": request_id} if "request_id" in shared else {}))

    def ended_by(self, code: CodeFacts) -> bool:
        """Whether nothing more comes for the request after a code that names it."""
        return (self.errors_end and code.ends_request) or code.ends in self.also_ended_by

    @property
    def has_first_round(self) -> bool:
        """Whether the `end` of a stream closes a first round of everything there is, behind which changes follow."""
        return self.stream and self.end is not None and self.end_is_final is _never

    def keeps_on(self, request: Request) -> bool:
        """Whether the request's replies go on until it is cancelled, so that a new connection needs it again."""
        return self.stream and not (self.end is not None and self.end_is_final(request))

    def every_type(self) -> tuple[type[Reply], ...]:
        """All the types of replies, the end included."""
        return self.parts if self.end is None else (*self.parts, self.end)


NO_REPLY: Final = Replies()

LOST_WITH_MARKET_DATA: Final = frozenset((Ends.MARKET_DATA,))
"""`also_ended_by` of what the bridge forgets when it has lost its servers for a while."""


def one(
    part: type[Reply],
    *,
    cancel: type[Request] | None = None,
    unidentified: bool = False,
    is_reserved: bool = False,
) -> Replies:
    """Answered by exactly one message; `is_reserved` when the bridge remembers the request until it is cancelled."""
    return Replies((part,), end=None, cancel=cancel, unidentified=unidentified, is_reserved=is_reserved)


def many(
    *parts: type[Reply], end: type[Reply], cancel: type[Request] | None = None, unidentified: bool = False
) -> Replies:
    """Answered by any number of parts, then by `end`."""
    return Replies(parts, end, cancel=cancel, unidentified=unidentified)


def until(
    end_when: Callable[[Any], bool], *parts: type[Reply], cancel: type[Request] | None = None
) -> Replies:
    """Answered by parts, up to the first one that passes `end_when`."""
    return Replies(parts, cancel=cancel, end_when=end_when)


def stream(
    *parts: type[Reply],
    cancel: type[Request],
    end: type[Reply] | None = None,
    unidentified: bool = False,
    end_is_final: Callable[[Any], bool] = _never,
    whole: tuple[type[Reply], ...] = (),
    also_ended_by: frozenset[Ends] = frozenset(),
) -> Replies:
    """Answered by parts until it is cancelled; `end`, when there is one, closes the first round.

    Those of the parts that `whole` names answer the request alone.
    """
    return Replies(
        parts,
        end,
        stream=True,
        cancel=cancel,
        unidentified=unidentified,
        end_is_final=end_is_final,
        whole=whole,
        also_ended_by=also_ended_by,
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
