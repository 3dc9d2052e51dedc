"""Recordings without sockets: what two sessions said to each other, as records."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.connection import StartApiRequest
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.recording.records import Event, Frame, Header, Opened, Record, Unframed, encode_line

START = 1_798_000_000.0
WRITER = {True: Role.CLIENT, False: Role.GATEWAY}


def frame_of(message: Message, version: int, at: float = START, connection: int = 1) -> Frame:
    """A message as the record of its frame."""
    sender = WRITER[message.facts.to_bridge]
    return Frame(at, connection, sender, codec_for(sender, version).encode(message)[4:])


def handshake(version: int, client_id: int = 7, at: float = START, connection: int = 1) -> list[Event]:
    """How a recorded connection begins: up to the message that says who the client is."""
    return [
        Opened(at, connection, "127.0.0.1:50000"),
        Unframed(at, connection, Role.CLIENT, b"API\0"),
        Frame(at, connection, Role.CLIENT, b"v157..226"),
        Frame(at, connection, Role.GATEWAY, b"%d\x0020260102 09:30:00 CET\0" % version),
        frame_of(StartApiRequest(client_id), version, at, connection),
    ]


def conversation(version: int, *messages: Message, step: float = 1.0, connection: int = 1) -> list[Event]:
    """A recorded connection: the handshake, then messages `step` seconds apart."""
    times = itertools.count(1)
    return [
        *handshake(version, connection=connection),
        *(frame_of(message, version, START + next(times) * step, connection) for message in messages),
    ]


def written(path: Path, records: Iterable[Record]) -> Path:
    """A file with such records behind a header."""
    header = Header(started=START, bridge="a test")
    path.write_bytes(b"".join(encode_line(record) + b"\n" for record in (header, *records)))
    return path


def byte_by_byte(data: bytes) -> Iterator[bytes]:
    """The worst slicing that a network can do."""
    return (bytes((byte,)) for byte in data)
