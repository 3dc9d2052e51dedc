"""Letters as bytes: MessagePack, a tagged union, with the version of the schema."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from ibkr_actors.actors.remote.letters import SCHEMA, TO_ACTOR, TO_DESK, AnyReply, Letter, Parcel
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.errors import IbkrError


class Unreadable(IbkrError):
    """A letter, or one message in it, that can't be read; the text is the reason."""


class _Envelope(Struct, frozen=True):
    schema: tuple[int, int]
    content: Letter


class _Heading(Struct, frozen=True):
    schema: tuple[int, int]


class _Opened(Struct, frozen=True):
    schema: tuple[int, int]
    content: Raw


class _OpenedParcel(Struct, frozen=True, tag_field="letter", tag="Parcel"):
    life: str
    start: int
    messages: list[Raw]
    ticks_before: int = 0


_ENCODER: Final = msgspec.msgpack.Encoder()
_HEADINGS: Final = msgspec.msgpack.Decoder(_Heading)
_OPENED: Final = msgspec.msgpack.Decoder(_Opened)
_OPENED_PARCELS: Final = msgspec.msgpack.Decoder(_OpenedParcel)
_MESSAGES: Final[msgspec.msgpack.Decoder[Any]] = msgspec.msgpack.Decoder(AnyReply)


def encode(letter: Letter) -> bytes:
    """A letter of this version."""
    return _ENCODER.encode(_Envelope(SCHEMA, letter))


def encode_parcel(parcel: Parcel) -> tuple[bytes, list[str]]:
    """A parcel, and why messages in it can't be written (numbers beyond 64 bits): only they are left out."""
    try:
        return encode(parcel), []
    except (OverflowError, ValueError, TypeError):
        problems = [_why_not_written(message) for message in parcel.messages]
        written = [each for each, problem in zip(parcel.messages, problems, strict=True) if not problem]
        return encode(replace(parcel, messages=written)), [problem for problem in problems if problem]


def _why_not_written(message: Message) -> str:
    try:
        _ENCODER.encode(message)
    except (OverflowError, ValueError, TypeError) as error:
        return f"{message!r}: {error}"
    return ""


class Reader:
    """Reads the letters of one direction. Fields that it does not know are ignored, missing ones have their default."""

    def __init__(self, union: Any) -> None:
        envelope = msgspec.defstruct("Envelope", [("schema", tuple[int, int]), ("content", union)])
        self._decoder = msgspec.msgpack.Decoder(envelope)

    def read(self, body: bytes) -> tuple[Any, list[Unreadable]]:
        """The letter, and what of a parcel could not be read. Raises Unreadable when that is all of it."""
        try:
            envelope: Any = self._decoder.decode(body)
        except msgspec.MsgspecError as error:
            _check(body)
            return _what_can_be_read(body, error)
        if envelope.schema[0] != SCHEMA[0]:
            _check(body)
        return envelope.content, []


def _check(body: bytes) -> None:
    """Raises Unreadable for what is no letter at all, or one of another major version."""
    try:
        major, minor = _HEADINGS.decode(body).schema
    except msgspec.MsgspecError as error:
        raise Unreadable(f"it is no letter: {error}") from error
    if major != SCHEMA[0]:
        raise Unreadable(
            f"it has version {major}.{minor} of the schema, and this process reads {SCHEMA[0]}.*: update the older one"
        )


def _what_can_be_read(body: bytes, error: msgspec.MsgspecError) -> tuple[Parcel, list[Unreadable]]:
    """One strange message in a parcel must not cost the others, an execution perhaps."""
    try:
        parcel = _OPENED_PARCELS.decode(_OPENED.decode(body).content)
    except msgspec.MsgspecError:
        raise Unreadable(str(error)) from error
    messages: list[Message] = []
    unreadable = []
    for raw in parcel.messages:
        try:
            messages.append(_MESSAGES.decode(raw))
        except msgspec.MsgspecError as reason:
            unreadable.append(Unreadable(str(reason)))
    return Parcel(parcel.life, parcel.start, messages, parcel.ticks_before), unreadable


FOR_DESK: Final = Reader(TO_DESK)
FOR_ACTOR: Final = Reader(TO_ACTOR)
