"""Frames as bytes, written by hand: the length prefix, text fields, and the little of protobuf that is needed.

Responsible for: the bytes of one frame, either way.
Not responsible for: what a message means (`streams.py`).

The benchmark shares no code with the clients that it measures, so that a mistake in one of them cannot hide in the
stream, and so that the server stays cheap.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import TypeAlias

PROTOBUF_OFFSET = 200
"""A message whose body is protobuf travels under its id plus this."""

FieldValue: TypeAlias = float | str | bytes
"""Of one protobuf field. To a type checker, an int is a float too."""
Fields: TypeAlias = Mapping[int, FieldValue]
"""By number, in the order in which they are written."""

_VARINT, _DOUBLE, _BYTES = 0, 1, 2  # wire types


def framed(payload: bytes) -> bytes:
    """`payload` behind its length."""
    return struct.pack(">I", len(payload)) + payload


def text_frame(message_id: int, *fields: object) -> bytes:
    """A text message of server version 200 or lower."""
    return framed(text_fields(message_id, *fields))


def text_fields(*fields: object) -> bytes:
    """Each of the values, and a NUL behind it."""
    return "".join(f"{field}\0" for field in fields).encode()


def protobuf_frame(message_id: int, body: bytes) -> bytes:
    """A protobuf message: `message_id` is the base id, without the offset."""
    return framed(struct.pack(">I", message_id + PROTOBUF_OFFSET) + body)


def protobuf_body(fields: Fields) -> bytes:
    """Each field as its type says: int (and bool) as varint, float as double, str as text, bytes as a sub-message."""
    return b"".join(_protobuf_field(number, value) for number, value in fields.items())


def _protobuf_field(number: int, value: FieldValue) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3 | _VARINT) + _varint(value % 2**64)  # a negative one takes ten bytes
    if isinstance(value, float):
        return _varint(number << 3 | _DOUBLE) + struct.pack("<d", value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | _BYTES) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    """`value`, which is not negative, in groups of seven bits."""
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)


def read_varint(data: bytes, position: int) -> int:
    """The integer at `position`."""
    value = shift = 0
    while data[position] & 0x80:
        value |= (data[position] & 0x7F) << shift
        position, shift = position + 1, shift + 7
    return value | data[position] << shift


class FrameReader:
    """Cuts what arrives into payloads, however the network sliced it."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Every payload that `data` completes, in order."""
        self._buffer += data
        while len(self._buffer) >= 4:
            end = 4 + int.from_bytes(self._buffer[:4], "big")
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[4:end])
            del self._buffer[:end]
            yield payload
