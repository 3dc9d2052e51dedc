"""The frames that take the most memory and time for their size, and how much of both they may take."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from ibkr_actors.base.codec import Role
from ibkr_actors.base.session import Undecodable
from ibkr_actors.wire.frames import LARGEST_PAYLOAD, frame
from tests.fuzz.mutations import Hostile, varint
from tests.fuzz.properties import Reader
from tests.helpers import client_at, gateway_at

resource: Any = importlib.import_module("resource") if importlib.util.find_spec("resource") else None
"""None on Windows."""


@dataclass(frozen=True, slots=True)
class WorstCase:
    """A frame, by what it is, and the most memory that reading it may take, in multiples of its size."""

    name: str
    role: Role
    version: int
    make: Callable[[], bytes]
    multiple: int
    field: str | None = None
    """The field that is at fault; None for a frame that can be read, or has no such field."""
    readable: bool = False


def filled_up(head: bytes, unit: bytes, size: int = LARGEST_PAYLOAD) -> bytes:
    """A payload of a size (or a bit less): `head`, then the same again and again."""
    return head + unit * ((size - len(head)) // len(unit))


def _id(number: int) -> bytes:
    return number.to_bytes(4, "big")


def _nested(depth: int) -> bytes:
    """A message field in itself; a body of a few bytes a level."""
    body = b""
    for _ in range(depth):
        body = b"\x12" + varint(len(body)) + body
    return _id(217) + body


def _legs() -> bytes:
    """A request for market data whose contract has nothing but legs, and these nothing at all."""
    legs = b"\xa2\x01\x00" * 5_000_000
    return _id(201) + b"\x12" + varint(len(legs)) + legs


_BAR: Final = b"\x12\x0b\x11" + bytes(8) + b"\x40\x05"
"""A bar of 13 bytes: a price and a count."""
CLIENT, GATEWAY = Role.CLIENT, Role.GATEWAY
WORST_CASES: Final = (
    WorstCase("NULs", CLIENT, 200, partial(filled_up, b"9\x001\x005", b"\0"), 6, readable=True),
    WorstCase(
        "NULs behind a binary id",
        CLIENT,
        203,
        partial(filled_up, _id(9) + b"1\x005", b"\0"),
        6,
        readable=True,
    ),
    WorstCase(
        "NULs to a gateway", GATEWAY, 200, partial(filled_up, b"71\x002\x007", b"\0"), 6, readable=True
    ),
    WorstCase(
        "texts of two characters",
        CLIENT,
        200,
        partial(filled_up, b"9\x001\x005\0", b"12\0"),
        14,
        readable=True,
    ),
    WorstCase(
        "a huge count of bars",
        CLIENT,
        200,
        partial(filled_up, b"17\x001\x00999999999\0", b"1.5\0"),
        14,
        "bars",
    ),
    WorstCase(
        "bars of two characters a field",
        CLIENT,
        200,
        partial(filled_up, b"17\x001\x00200000\0", b"10\0", 8 * 200_000 * 3),
        45,
        "bars",
    ),
    WorstCase("a number of 16 MiB", CLIENT, 200, partial(filled_up, b"1\x006\x001\x004\0", b"1"), 6, "size"),
    WorstCase(
        "no number of 16 MiB", CLIENT, 200, partial(filled_up, b"1\x006\x001\x004\0", b"x"), 7, "price"
    ),
    WorstCase("a text of 16 MiB", CLIENT, 200, partial(filled_up, b"15\x001\0", b"D"), 6, readable=True),
    WorstCase(
        "a text of 16 MiB with one wide character",
        CLIENT,
        200,
        partial(filled_up, b"15\x001\0" + "💶".encode(), b"D"),
        12,
        readable=True,
    ),
    WorstCase("no UTF-8", CLIENT, 200, partial(filled_up, b"15\x001\0", b"\xff"), 5),
    WorstCase("empty bars in protobuf", CLIENT, 226, partial(filled_up, _id(217), b"\x12\x00"), 20, "bars"),
    WorstCase("short bars in protobuf", CLIENT, 226, partial(filled_up, _id(217), _BAR), 20, "bars"),
    WorstCase(
        "as many short bars as are read",
        CLIENT,
        226,
        partial(filled_up, _id(217), _BAR, 13 << 18),
        30,
        readable=True,
    ),
    WorstCase("empty combo legs to a gateway", GATEWAY, 226, _legs, 20, "contract.combo_legs"),
    WorstCase(
        "unknown fields in protobuf",
        CLIENT,
        226,
        partial(filled_up, _id(217), b"\xf8\x3f\x00"),
        5,
        readable=True,
    ),
    WorstCase("garbage in protobuf", CLIENT, 226, partial(filled_up, _id(217), b"\xff"), 5),
    WorstCase("messages in messages, 2000 deep", CLIENT, 226, partial(_nested, 2000), 400, readable=True),
    WorstCase("groups in groups, 2000 deep", CLIENT, 226, partial(filled_up, _id(217), b"\x0b", 2004), 400),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What reading a worst case took."""

    name: str
    multiple: float
    """Peak memory above the bytes that were given, in multiples of the frame."""
    seconds: float
    outcome: str


def measured(case: WorstCase, *, whole_process: bool = False) -> Measured:
    """Read the frame between two good messages. Raises Violation as for any other frame.

    Python's own memory is measured; with `whole_process` all that the process takes, for protobuf's is not Python's.
    That is right only in a process that did nothing large before.
    """
    payload = case.make()
    hostile = Hostile(case.role, case.version, payload, case.name, -1)
    reader = Reader()
    reader.read(
        Hostile(case.role, case.version, payload[:40], case.name, -1)
    )  # compiles what is compiled once
    peak = resident_peak if whole_process else _traced
    before = peak()
    started = time.perf_counter()
    reader.read(hostile)
    seconds = time.perf_counter() - started
    multiple = (peak() - before) / len(payload)
    if not whole_process:
        tracemalloc.stop()
    return Measured(case.name, multiple, seconds, outcome_of(case, payload))


def outcome_of(case: WorstCase, payload: bytes) -> str:
    """Whether the frame was read, or the field at fault."""
    session = client_at(case.version) if case.role is Role.CLIENT else gateway_at(case.version)
    message = session.receive(frame(payload))[0]
    return message.error.field or "unreadable" if isinstance(message, Undecodable) else "read"


def expected_of(case: WorstCase) -> str:
    """The outcome that a case has to have."""
    return "read" if case.readable else case.field or "unreadable"


def _traced() -> int:
    if not tracemalloc.is_tracing():
        tracemalloc.start()
    return tracemalloc.get_traced_memory()[1]


def resident_peak() -> int:
    """The most memory that this process has had, in bytes; 0 where the system does not say."""
    if resource is None:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
