"""Reads and writes every declared message for one server version.

A `Codec` compiles a message's reader or writer at its first use and keeps it; codecs are shared by all sessions of
the same version and role. It decides, from the declarations alone, which encoding a message has at that version.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Any, Final

from google.protobuf.message import DecodeError

from ibkr_actors.base.messages import catalog
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.server_versions import BINARY_IDS
from ibkr_actors.errors import (
    IbkrError,
    LocalProtocolError,
    RemoteProtocolError,
    UnsupportedByServer,
)
from ibkr_actors.wire.frames import frame
from ibkr_actors.wire.protobuf import compile_protobuf_reader, compile_protobuf_writer
from ibkr_actors.wire.source import field_of_failure
from ibkr_actors.wire.text_reader import compile_text_reader
from ibkr_actors.wire.text_writer import compile_text_writer

PROTOBUF_OFFSET: Final = 200
"""Added to the base id of a message whose body is protobuf."""


class Role(Enum):
    """Which end of the connection one is."""

    CLIENT = "client"
    GATEWAY = "gateway"


class UnknownMessage(IbkrError):
    """A frame with an id that no declaration has; counted and skipped, for newer bridges say more."""

    def __init__(self, message_id: int) -> None:
        super().__init__(f"no message has the id {message_id}")
        self.message_id = message_id


class Codec:
    """Turns payloads into messages and messages into frames, for one role at one server version.

    Not responsible for: the handshake, the slicing of the stream, what messages mean.
    """

    def __init__(self, role: Role, version: int) -> None:
        self.role = role
        self.version = version
        self._incoming = catalog.REPLIES if role is Role.CLIENT else catalog.REQUESTS
        self._readers: dict[Any, Callable[[Any], Any]] = {}
        self._writers: dict[type[Message], Callable[[Any], bytes]] = {}
        self.decode = self._decode_binary if version >= BINARY_IDS else self._decode_text

    # ------------------------------------------------------------------------------------------------------ reading

    def _decode_text(self, payload: bytes) -> Message:
        """The message of a payload with a text id. Raises RemoteProtocolError or UnknownMessage."""
        try:
            fields = payload.decode().split("\0")
            reader = self._readers.get(fields[0])
            if reader is None:
                reader = self._readers[fields[0]] = self._text_reader(int(fields[0]))
            return reader(fields)  # type: ignore[no-any-return]
        except UnknownMessage:
            raise
        except Exception as error:  # whatever a hostile frame provokes is about that frame
            raise self._unreadable(_leading_id(payload), error) from error

    def _decode_binary(self, payload: bytes) -> Message:
        """The message of a payload with a binary id. Raises RemoteProtocolError or UnknownMessage."""
        head = payload[:4]
        try:
            reader = self._readers.get(head)
            if reader is None:
                reader = self._readers[head] = self._binary_reader(head)
            return reader(payload[4:])  # type: ignore[no-any-return]
        except UnknownMessage:
            raise
        except Exception as error:  # whatever a hostile frame provokes is about that frame
            raise self._unreadable(_binary_id(head), error) from error

    def _binary_reader(self, head: bytes) -> Callable[[bytes], Any]:
        if len(head) < 4:
            raise ValueError(f"{len(head)} bytes are too few for an id")
        number = int.from_bytes(head, "big")
        if number > PROTOBUF_OFFSET:
            struct = self._declaration(number - PROTOBUF_OFFSET)
            return compile_protobuf_reader(struct, request=struct.facts.to_bridge)
        read = self._text_reader(number)
        return lambda body: read(body.decode().split("\0"))

    def _text_reader(self, number: int) -> Callable[[list[str]], Any]:
        struct = self._declaration(number)
        first = (self.version < BINARY_IDS) + struct.facts.has_legacy_version(self.version)
        return compile_text_reader(struct, struct.facts.layout, self.version, first=first)

    def _declaration(self, number: int) -> type[Message]:
        struct = self._incoming.get(number)
        if struct is None:
            raise UnknownMessage(number)
        return struct

    def _unreadable(self, number: int | None, error: Exception) -> RemoteProtocolError:
        match error:
            case IndexError():
                reason = "the frame ends before the field"
            case DecodeError():
                reason = f"the body is no protobuf of this message ({error})"
            case _:
                reason = str(error) or type(error).__name__
        return RemoteProtocolError(
            reason, message_id=number, field=field_of_failure(error), server_version=self.version
        )

    # ------------------------------------------------------------------------------------------------------ writing

    def encode(self, message: Message) -> bytes:
        """The frame of a message.

        Raises UnsupportedByServer or InapplicableField for a request that the version can't carry in full, and
        LocalProtocolError for values that have no form on the wire.
        """
        struct = type(message)
        writer = self._writers.get(struct)
        if writer is None:
            writer = self._writers[struct] = self._writer(struct)
        try:
            return frame(writer(message))
        except IbkrError:
            raise
        except Exception as error:
            field = field_of_failure(error)
            place = f"{struct.__name__}.{field}" if field else struct.__name__
            raise LocalProtocolError(f"{place} can't be written: {error}") from error

    def _writer(self, struct: type[Message]) -> Callable[[Any], bytes]:
        facts = getattr(struct, "facts", None)
        if facts is None:
            raise LocalProtocolError(f"{struct.__name__} is not declared as a message")
        if facts.since > self.version:
            raise UnsupportedByServer(struct.__name__, None, f"{facts.since} or newer", self.version)
        if self.version >= facts.protobuf_since:
            head = (facts.id + PROTOBUF_OFFSET).to_bytes(4, "big")
            return compile_protobuf_writer(struct, self.version, head=head, strict=facts.to_bridge)
        binary = self.version >= BINARY_IDS
        legacy = (str(facts.legacy_version),) if facts.has_legacy_version(self.version) else ()
        return compile_text_writer(
            struct,
            facts.layout,
            self.version,
            head=legacy if binary else (str(facts.id), *legacy),
            raw=facts.id.to_bytes(4, "big") if binary else b"",
            strict=facts.to_bridge,
            later=facts.protobuf_since,
        )


def _leading_id(payload: bytes) -> int | None:
    """The id of a text payload, if it can be read at all."""
    digits = payload[:12].partition(b"\0")[0]
    return int(digits) if digits.isdigit() else None


def _binary_id(head: bytes) -> int | None:
    """The base id of a binary payload, if there are bytes enough."""
    if len(head) < 4:
        return None
    number = int.from_bytes(head, "big")
    return number - PROTOBUF_OFFSET if number > PROTOBUF_OFFSET else number


@cache
def codec_for(role: Role, version: int) -> Codec:
    """The codec of a role at a version, shared: compiling happens once in a process."""
    return Codec(role, version)
