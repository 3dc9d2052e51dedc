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
    InvalidRequest,
    LocalProtocolError,
    RemoteProtocolError,
    UnsupportedByServer,
)
from ibkr_actors.wire.crowds import MOST_FIELDS
from ibkr_actors.wire.fields import At, Layout
from ibkr_actors.wire.frames import frame
from ibkr_actors.wire.protobuf import compile_protobuf_reader, compile_protobuf_writer, message_class
from ibkr_actors.wire.source import field_of_failure
from ibkr_actors.wire.text_reader import compile_text_reader
from ibkr_actors.wire.text_writer import compile_text_writer
from ibkr_actors.wire.unknown_fields import FIRST_OF_A_STREAM, UnknownFields, watching

PROTOBUF_OFFSET: Final = 200
"""Added to the base id of a message whose body is protobuf."""
LONGEST_REASON: Final = 400
"""Characters of the reason why a message can't be read."""
ID_FIELDS: Final = ("request_id", "order_id")
"""The fields by one of which a message says what it is about."""


class Role(Enum):
    """Which end of the connection one is."""

    CLIENT = "client"
    GATEWAY = "gateway"


class UnknownMessage(IbkrError):
    """A frame with an id that no declaration has; counted and skipped, for newer bridges say more."""

    def __init__(self, message_id: int) -> None:
        super().__init__(f"no message has the id {message_id}")
        self.message_id = message_id


Incident = RemoteProtocolError | UnknownMessage | UnknownFields
"""Why a payload could not be read; or that it was read, and what it said beyond that."""

Trouble = Callable[[bytes, Incident], None]
"""Told of a payload that could not be read in full, and why."""


class Codec:
    """Turns frames into messages and messages into frames, for one role at one server version.

    Not responsible for: the handshake, the slicing of the stream, what messages mean.
    """

    def __init__(self, role: Role, version: int) -> None:
        self.role = role
        self.version = version
        self._incoming = catalog.REPLIES if role is Role.CLIENT else catalog.REQUESTS
        self._writers: dict[type[Message], Callable[[Any], bytes]] = {}
        binary = version >= BINARY_IDS
        self._readers: dict[Any, Callable[[Any], Any]] = {}
        self._id_readers: dict[tuple[int, bool], Callable[[bytes], int | None]] = {}
        self._watch_again: list[Callable[[], None]] = []
        self._compile_reader: Callable[[Any], Callable[[Any], Any]]
        self._compile_reader = self._binary_reader if binary else self._numbered_reader
        self._id_of = _binary_id if binary else _leading_id
        self.read: Callable[[list[bytes], list[Message], Trouble], None]
        """Append the messages of payloads to a list, and tell of those that can't be read."""
        self.read = self._read_binary if binary else self._read_text

    # ------------------------------------------------------------------------------------------------------ reading

    # The two loops below are where every tick comes by, so they hold no call that could be spared.

    def _read_text(self, payloads: list[bytes], messages: list[Message], trouble: Trouble) -> None:
        """Payloads whose first field is the id."""
        reader_of, append = self._readers.get, messages.append
        for payload in payloads:
            try:
                fields = payload.decode().split("\0", MOST_FIELDS)
                reader = reader_of(fields[0])
                if reader is None:
                    reader = self._add_reader(fields[0])
                append(reader(fields))
            except Exception as error:  # noqa: BLE001  # whatever a hostile frame provokes is about that frame
                trouble(payload, self._explain(payload, error))

    def _read_binary(self, payloads: list[bytes], messages: list[Message], trouble: Trouble) -> None:
        """Payloads that begin with four bytes of id."""
        reader_of, append = self._readers.get, messages.append
        for payload in payloads:
            try:
                reader = reader_of(payload[:4])
                if reader is None:
                    reader = self._add_reader(payload[:4])
                append(reader(payload[4:]))
            except Exception as error:  # noqa: BLE001  # whatever a hostile frame provokes is about that frame
                trouble(payload, self._explain(payload, error))

    def _add_reader(self, key: Any) -> Callable[[Any], Any]:
        """The reader of an id as the wire spells it, at its first use. Raises UnknownMessage or ValueError."""
        key = self._canonical_key(key)
        reader = self._readers.get(key)
        if reader is None:
            reader = self._readers[key] = self._compile_reader(key)
        return reader

    def decode(self, payload: bytes) -> Message:
        """The message of one payload. Raises RemoteProtocolError or UnknownMessage."""
        found: list[Message] = []

        def trouble(_payload: bytes, incident: Incident) -> None:
            if not isinstance(incident, UnknownFields):
                raise incident
            found.append(incident.message)

        self.read([payload], found, trouble)
        return found[0]

    def _numbered_reader(self, text: str) -> Callable[[list[str]], Any]:
        return self._text_reader(int(text))

    def _canonical_key(self, key: Any) -> Any:
        """The one spelling of an id under which its reader is kept: a number has endless others (01, +1)."""
        return str(int(key)) if isinstance(key, str) else key

    def _binary_reader(self, head: bytes) -> Callable[[bytes], Any]:
        if len(head) < 4:
            raise ValueError(f"{len(head)} bytes are too few for an id")
        number = int.from_bytes(head, "big")
        if number > PROTOBUF_OFFSET:
            return self._protobuf_reader(head, self._declaration(number - PROTOBUF_OFFSET))
        read = self._text_reader(number)
        return lambda body: read(body.decode().split("\0", MOST_FIELDS))

    def _protobuf_reader(self, head: bytes, struct: type[Message]) -> Callable[[bytes], Any]:
        """A reader that looks for unknown fields; once a stream has shown what it holds, one that does not."""
        read = compile_protobuf_reader(struct, request=struct.facts.to_bridge)
        parse = message_class(struct).FromString
        if struct not in catalog.STREAMED:
            return watching(read, parse)

        def stop_watching() -> None:
            self._readers[head] = read

        def watch() -> None:
            self._readers[head] = watching(read, parse, first=FIRST_OF_A_STREAM, done=stop_watching)

        self._watch_again.append(watch)
        watch()
        return self._readers[head]

    def watch_again(self) -> None:
        """Look for unknown fields at the head of each stream: another bridge may say more than the one before."""
        for watch in self._watch_again:
            watch()

    def _text_reader(self, number: int) -> Callable[[list[str]], Any]:
        struct = self._declaration(number)
        if struct.facts.since >= struct.facts.protobuf_since:
            raise UnknownMessage(number)  # it has no text form
        read = self._text_reader_of(struct, struct.facts.layout)
        return read if self.role is Role.CLIENT else _of_terminated_fields(read)

    def _text_reader_of(self, struct: type[Message], layout: Layout) -> Callable[[list[str]], Any]:
        first = (self.version < BINARY_IDS) + struct.facts.has_legacy_version(self.version)
        return compile_text_reader(struct, layout, self.version, first=first)

    def _declaration(self, number: int) -> type[Message]:
        struct = self._incoming.get(number)
        if struct is None or struct.facts.since > self.version:
            raise UnknownMessage(number)
        return struct

    def id_in(self, payload: bytes) -> int | None:
        """The id of the request or order that an unreadable payload is about; None where that can't be read either."""
        number = self._id_of(payload)
        try:
            return None if number is None else self._id_reader(number, payload)(payload)
        except (UnknownMessage, ValueError, IndexError, DecodeError):
            return None

    def _id_reader(self, number: int, payload: bytes) -> Callable[[bytes], int | None]:
        """The reader of the id alone, made once for each message and encoding."""
        is_protobuf = self.version >= BINARY_IDS and int.from_bytes(payload[:4], "big") > PROTOBUF_OFFSET
        key = number, is_protobuf
        if key not in self._id_readers:
            struct = self._declaration(number)
            self._id_readers[key] = (
                _protobuf_id_reader(struct) if is_protobuf else self._text_id_reader(struct)
            )
        return self._id_readers[key]

    def _text_id_reader(self, struct: type[Message]) -> Callable[[bytes], int | None]:
        layout, name = _up_to_id(struct.facts.layout)
        read = self._text_reader_of(struct, layout)
        start = 4 if self.version >= BINARY_IDS else 0
        return lambda payload: _id_of_message(
            read(payload[start:].decode(errors="replace").split("\0", MOST_FIELDS)), name
        )

    def _explain(self, payload: bytes, error: Exception) -> Incident:
        # It has no cause: the traceback would keep the frame in pieces, and the batch that the error becomes a part of.
        match error:
            case UnknownMessage() | UnknownFields():
                return error
            case IndexError():
                reason = "the frame ends before the field"
            case DecodeError():
                reason = f"the body is no protobuf of this message ({error})"
            case _:
                reason = _shortened(str(error)) or type(error).__name__
        return RemoteProtocolError(
            reason,
            message_id=self._id_of(payload),
            field=field_of_failure(error),
            server_version=self.version,
        )

    # ------------------------------------------------------------------------------------------------------ writing

    def encode(self, message: Message) -> bytes:
        """The frame of a message.

        Raises UnsupportedByServer or InapplicableField for a request that the version can't carry in full, and
        InvalidRequest for values of a request that have no form on the wire, LocalProtocolError for those of others.
        """
        struct = type(message)
        writer = self._writers.get(struct)
        if writer is None:
            writer = self._writers[struct] = self._writer(struct)
        try:
            return frame(writer(message))
        except LocalProtocolError as error:
            raise _unwritable(struct, str(error)) from error
        except IbkrError:
            raise
        except Exception as error:
            field = field_of_failure(error)
            place = f"{struct.__name__}.{field}" if field else struct.__name__
            raise _unwritable(struct, f"{place} can't be written: {error}") from error

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


def _unwritable(struct: type[Message], reason: str) -> IbkrError:
    """What is wrong with a request says its user; with anything else, whoever makes it by itself."""
    return InvalidRequest(reason) if struct.facts.to_bridge else LocalProtocolError(reason)


def _of_terminated_fields(read: Callable[[list[str]], Any]) -> Callable[[list[str]], Any]:
    """A reader that takes no field from behind the last NUL: a frame that is one field too short has none there."""

    def read_terminated(fields: list[str]) -> Any:
        del fields[-1]
        return read(fields)

    return read_terminated


def _up_to_id(items: Layout) -> tuple[Layout, str | None]:
    """The part of a layout that ends with the id, and the id's name; nothing where there is none."""
    for index, item in enumerate(items):
        if isinstance(item, At) and item.path in ID_FIELDS:
            return items[: index + 1], item.path
    return (), None


def _id_of_message(message: Message, name: str | None) -> int | None:
    return None if name is None else int(getattr(message, name))


def _protobuf_id_reader(struct: type[Message]) -> Callable[[bytes], int | None]:
    name = next((name for name in ID_FIELDS if name in struct.__struct_fields__), None)
    parse = message_class(struct).FromString

    def read_id(payload: bytes) -> int | None:
        body = parse(payload[4:])
        return int(getattr(body, name)) if name is not None and body.HasField(name) else None

    return read_id


def _shortened(reason: str) -> str:
    """A reason often quotes the whole text that it is about, which may be megabytes."""
    if len(reason) <= LONGEST_REASON:
        return reason
    return f"{reason[: LONGEST_REASON // 2]} ... {reason[-LONGEST_REASON // 4 :]}"


def _leading_id(payload: bytes) -> int | None:
    """The id of a text payload, if it can be read at all."""
    digits = payload[:12].partition(b"\0")[0]
    return int(digits) if digits.isdigit() and len(digits) < 12 else None


def _binary_id(payload: bytes) -> int | None:
    """The base id of a binary payload, if there are bytes enough."""
    if len(payload) < 4:
        return None
    number = int.from_bytes(payload[:4], "big")
    return number - PROTOBUF_OFFSET if number > PROTOBUF_OFFSET else number


@cache
def codec_for(role: Role, version: int) -> Codec:
    """The codec of a role at a version, shared: compiling happens once in a process."""
    return Codec(role, version)
