"""The format of a recording: lines of JSON, one for each thing that happened, the first of them a header.

    {"record":"recording","format":1,"started":1798000000.0,"made_by":"ibkr_actors","bridge":"127.0.0.1:7497"}
    {"record":"opened","at":1798000001.25,"connection":1,"peer":"127.0.0.1:53412"}
    {"record":"bytes","at":1798000001.26,"connection":1,"sender":"client","content":"QVBJAA=="}
    {"record":"frame","at":1798000001.26,"connection":1,"sender":"client","payload":"djE1Ny4uMjI2"}
    {"record":"closed","at":1798000009.5,"connection":1,"reason":"the client left"}

Times are epoch seconds; bytes are in base64; a payload is a frame without its length. Why lines of JSON: a line is
whole when it ends, so that a crash costs the last line at most, and behind a damaged one the next begins at the next
end of line. Every language and `jq` read it. It takes a third more room than the bytes, and compresses well.

A reader refuses a header with a `format` above its own, skips records of a kind that it does not know, and ignores
fields that it does not know, so both may be added without another `format`.
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta, Struct

from ibkr_actors.base.codec import Role

FORMAT: Final = 1
"""Grows when a reader of the former format would misread a recording."""


Time: TypeAlias = Annotated[float, Meta(ge=0.0, lt=253_402_300_800.0)]
"""Epoch seconds, up to the last year that is written with four digits."""


class Record(Struct, frozen=True, tag_field="record", gc=False):
    """Something that happened, and one line of the file."""


class Header(Record, frozen=True, tag="recording", kw_only=True):
    """The first line."""

    format: int = FORMAT
    started: Time = 0.0
    made_by: str = "ibkr_actors"
    bridge: str = ""
    """What was recorded: the bridge's address, or that it was simulated."""
    redacted: bool = False
    """Account codes and user names are pseudonyms."""


class Opened(Record, frozen=True, tag="opened"):
    """A client has connected. Connections are numbered from 1 in this order."""

    at: Time
    connection: int
    peer: str = ""


class Frame(Record, frozen=True, tag="frame"):
    """One whole frame, at the time of its last byte."""

    at: Time
    connection: int
    sender: Role
    payload: bytes


class Unframed(Record, frozen=True, tag="bytes"):
    """Bytes that are no frame: the client's greeting, a frame that was never completed, another protocol."""

    at: Time
    connection: int
    sender: Role
    content: bytes


class Ended(Record, frozen=True, tag="ended"):
    """One side sends no more; the other may go on."""

    at: Time
    connection: int
    sender: Role


class Closed(Record, frozen=True, tag="closed"):
    """The connection has ended."""

    at: Time
    connection: int
    reason: str = ""


class Lost(Record, frozen=True, tag="lost"):
    """From here on the rest of a connection is not recorded, for the disk was too slow."""

    at: Time
    connection: int
    reason: str


Passing: TypeAlias = Frame | Unframed
"""What one side has sent."""
Event: TypeAlias = Opened | Frame | Unframed | Ended | Closed | Lost
"""Everything behind the header."""

encode_line: Final = msgspec.json.Encoder().encode
decode_line: Final = msgspec.json.Decoder(Header | Opened | Frame | Unframed | Ended | Closed | Lost).decode
"""Raises one of `UNREADABLE`."""
UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding a line raises that is no record: no JSON or none of ours, no UTF-8, nested without end."""


class _AnyKind(Struct):
    record: str


kind_of_line: Final = msgspec.json.Decoder(_AnyKind).decode
"""Whether a line is a record of whatever kind. Raises one of `UNREADABLE`."""
KINDS: Final = frozenset(
    kind.__struct_config__.tag for kind in (Header, Opened, Frame, Unframed, Ended, Closed, Lost)
)
