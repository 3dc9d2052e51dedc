"""Frames that nobody can use."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from struct import pack
from typing import Final

from ibkr_actors.base.messages.market_data import TickPrice
from ibkr_actors.base.server_versions import BINARY_IDS
from ibkr_actors.simulated_gateway.connection import Verbatim
from ibkr_actors.wire.frames import frame

NOBODYS_ID: Final = 7777


def garbage(kind: str, server_version: int, random: Random) -> Verbatim:
    """A frame of a kind, as a message that is sent as it is. Raises KeyError for another kind."""
    return Verbatim(GARBAGE[kind](server_version, random))


def _id(number: int, server_version: int) -> bytes:
    return pack(">i", number) if server_version >= BINARY_IDS else f"{number}\0".encode()


def _unknown(server_version: int, _: Random) -> bytes:
    return frame(_id(NOBODYS_ID, server_version) + b"1\0what\0is\0this\0")


def _truncated(server_version: int, _: Random) -> bytes:
    facts = TickPrice.facts
    if server_version >= facts.protobuf_since:
        # The first field announces more bytes than there are.
        return frame(pack(">i", facts.id + 200) + b"\x0a\x7f1")
    return frame(_id(facts.id, server_version) + b"6\0")


def _noise(server_version: int, random: Random) -> bytes:
    return frame(_id(TickPrice.facts.id, server_version) + random.randbytes(40))


def _length(_: int, __: Random) -> bytes:
    return b"\xff\xff\xff\xff"


GARBAGE: Final[dict[str, Callable[[int, Random], bytes]]] = {
    "unknown": _unknown,
    "truncated": _truncated,
    "noise": _noise,
    "length": _length,
}
"""By name."""
