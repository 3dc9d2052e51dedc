"""Takes account codes and user names out of frames, which stay valid: nothing moves, no length changes.

Text frames are texts. In protobuf frames a text has its length in front, so it is found there with that length, and
everything else keeps its bytes, unknown fields included.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from google.protobuf.message import Message as ProtobufMessage
from google.protobuf.unknown_fields import UnknownFieldSet
from loguru import logger
from msgspec import Struct

from ibkr_actors.base.codec import Role
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.server_versions import BINARY_IDS
from ibkr_actors.recording.conversation import Conversation, Decoded, Undecoded
from ibkr_actors.recording.frame_cutter import GREETING
from ibkr_actors.recording.pseudonyms import Pseudonyms
from ibkr_actors.recording.records import Closed, Event, Frame, Unframed
from ibkr_actors.wire.protobuf import message_class

NAMING: Final = re.compile(
    r"account|^(family_code|submitter|external_operator|mifid2_decision_maker|mifid2_execution_trader)$"
)
"""Fields whose text names an account or a person, or several."""
SECRET: Final = re.compile(
    r"^(optional_capabilities|opaque_vendor_key|api_data|xyz_challenge|xyz_response|trusted_ip_addresses)$"
)
"""Fields whose whole text is nobody else's business: what proves who a client is, and where it may come from."""
ALIAS: Final = re.compile(r"<alias>\s*([^<]*[^<\s])\s*</alias>")
"""What an advisor calls a client's account, in the XML of `FinancialAdvisorConfiguration`."""
_CUT_WORD: Final = re.compile(rb"\A[0-9A-Za-z]+|[0-9A-Za-z]+\Z")
ID_SIZE: Final = 4
"""Bytes of a binary id."""


class Redactor:
    """Redacts the records of a recording, in their order.

    Responsible for: account codes and user names, wherever they stand, also in the texts of errors, and what proves who
    a client is. It learns them from the fields that hold them, and knows how Interactive Brokers writes account codes.
    Not responsible for: names without such a form that nothing has told of yet (say them beforehand as `names`); for
    what orders and positions tell about their owner otherwise.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Raises ConfigurationError for names that can't be replaced."""
        self._pseudonyms = Pseudonyms(names)
        self._conversations: defaultdict[int, Conversation] = defaultdict(Conversation)
        self._unread: set[int] = set()
        """Connections of which it was told that there are frames which can't be read."""
        self._unframed: set[tuple[int, Role]] = set()
        """Connections and sides whose bytes are frames no more."""

    def redacted(self, record: Event) -> Event:
        """The record without names; its bytes are as many as before."""
        match record:
            case Frame():
                return msgspec.structs.replace(record, payload=self._payload(record))
            case Unframed() if record.content != GREETING:
                return msgspec.structs.replace(record, content=self._content(record))
            case Closed():
                self._conversations.pop(record.connection, None)
                self._unread.discard(record.connection)
                self._unframed -= {(record.connection, sender) for sender in Role}
        return record

    def _content(self, record: Unframed) -> bytes:
        """A word at an edge may be a part of a name, whose rest came before or comes next: it becomes asterisks."""
        side = record.connection, record.sender
        goes_on = side in self._unframed
        self._unframed.add(side)
        return _CUT_WORD.sub(
            lambda word: (
                b"*" * len(word[0])
                if word.start() or goes_on or word.end() == len(record.content)
                else word[0]
            ),
            self._pseudonyms.redacted_bytes(record.content),
        )

    def _payload(self, record: Frame) -> bytes:
        conversation = self._conversations[record.connection]
        meaning = conversation.meaning(record.sender, record.payload)
        version = conversation.server_version
        if isinstance(meaning, Undecoded):
            self._tell_unread(record, meaning)
        if not isinstance(meaning, Decoded) or version is None:
            return self._pseudonyms.redacted_bytes(record.payload)
        for name in _names_in(meaning.message):
            self._pseudonyms.learn(name)
        head = ID_SIZE if version >= BINARY_IDS else 0
        redact = self._protobuf if version >= meaning.message.facts.protobuf_since else self._text
        return record.payload[:head] + redact(type(meaning.message), record.payload[head:])

    def _tell_unread(self, record: Frame, meaning: Undecoded) -> None:
        """Once for a connection: of a version that is not ours nothing can be read."""
        if record.connection not in self._unread:
            self._unread.add(record.connection)
            logger.warning(
                "connection {} has frames that can't be read ({}): in these only account codes and names that are "
                "known already are replaced; say others with --redact-name",
                record.connection,
                self._pseudonyms.redacted(meaning.reason),
            )

    def _text(self, _kind: type[Message], body: bytes) -> bytes:
        """Each field by itself, for a short name is replaced only where it stands alone."""
        return "\0".join(map(self._pseudonyms.redacted, body.decode().split("\0"))).encode()

    def _protobuf(self, kind: type[Message], body: bytes) -> bytes:
        parsed = message_class(kind).FromString(body)
        texts = {text.encode(): self._pseudonyms.redacted(text).encode() for text in _texts_in(parsed)}
        unknown = {data: self._pseudonyms.redacted_bytes(data) for data in _unknown_in(parsed)}
        new = {_announced(old): _announced(new) for old, new in (texts | unknown).items() if new != old}
        if not new:
            return body
        # All in one pass: one name's pseudonym may be another name.
        pattern = b"|".join(map(re.escape, sorted(new, key=len, reverse=True)))
        return re.sub(pattern, lambda match: new[match[0]], body)


def _names_in(value: Any, field: str = "") -> Iterator[str]:
    """The account codes and user names in the fields of a message that hold such, however deep."""
    match value:
        case str() if SECRET.search(field):
            yield value
        case str() if field == "xml":
            yield from ALIAS.findall(value)
        case str() if NAMING.search(field):
            yield from (name.strip() for name in value.split(","))
        case Struct():
            for name in value.__struct_fields__:
                yield from _names_in(getattr(value, name), name)
        case tuple():
            for element in value:
                yield from _names_in(element, field)


def _texts_in(value: Any) -> Iterator[str]:
    """Every text of a body, and of the messages in it."""
    match value:
        case str():
            yield value
        case ProtobufMessage():
            for _, content in value.ListFields():
                yield from _texts_in(content)
        case Mapping():
            for pair in value.items():
                yield from _texts_in(pair)
        case Iterable() if not isinstance(value, bytes):
            for element in value:
                yield from _texts_in(element)


def _unknown_in(body: ProtobufMessage) -> Iterator[bytes]:
    """What the fields that no declaration has hold, where that may be a text or have texts in it."""
    unknown: Any = UnknownFieldSet(body)
    yield from (field.data for field in unknown if isinstance(field.data, bytes))
    for _, content in body.ListFields():
        for part in (content,) if isinstance(content, ProtobufMessage) else _messages_in(content):
            yield from _unknown_in(part)


def _messages_in(content: Any) -> Iterator[ProtobufMessage]:
    if isinstance(content, Sequence):
        yield from (part for part in content if isinstance(part, ProtobufMessage))


def _announced(data: bytes) -> bytes:
    """Bytes with their length in front, as protobuf writes them."""
    length, head = len(data), bytearray()
    while length > 0x7F:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes((*head, length)) + data
