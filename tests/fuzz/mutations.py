"""Hostile frames: valid ones of every declaration and recorded ones, damaged in every way that we could think of.

A frame is made from a seed and a number alone, so a frame that does harm can be made again.
"""

from __future__ import annotations

import base64
import random
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.catalog import REPLIES, REQUESTS
from ibkr_actors.base.server_versions import BINARY_IDS
from tests.wire.generated import filled, is_protobuf, versions_of_change

HOSTILE_TEXTS: Final = (
    b"",
    b"-1",
    b"0",
    b"1",
    b"3",
    b"-2147483648",
    b"999999999",
    b"2147483647",
    b"9223372036854775807",
    b"1.7976931348623157E308",
    b"1e999",
    b"-1e-999",
    b"1E+999999999",
    b"NaN",
    b"sNaN",
    b"Infinity",
    b"0x10",
    b"1_0",
    b" 7 ",
    b"BAG",
    b"PEG BENCH",
    b"\\ud800",
    b"a=b;c",
    b";" * 300,
    b"9" * 5000,
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xc3",
    "½ 💶".encode(),
    b"x" * 3000,
)
COUNTS: Final = (b"-1", b"-9", b"2", b"7", b"100000", b"999999999", b"2147483647", b"9" * 30, b"1e3", b"")
LARGEST_ID: Final = 400


@dataclass(frozen=True, slots=True)
class Hostile:
    """One frame's payload, who reads it, and what was done to it."""

    role: Role
    version: int
    payload: bytes
    damage: str
    number: int


@dataclass(frozen=True, slots=True)
class Sound:
    """A valid payload."""

    role: Role
    version: int
    payload: bytes
    is_protobuf: bool

    @property
    def head(self) -> int:
        """Bytes of the id."""
        return 4 if self.version >= BINARY_IDS else self.payload.find(b"\0") + 1


@cache
def forms() -> tuple[tuple[Role, type, int], ...]:
    """Every declaration at every version at which its form changes, and who reads it."""
    return tuple(
        (role, struct, version)
        for role, table in ((Role.GATEWAY, REQUESTS), (Role.CLIENT, REPLIES))
        for struct in table.values()
        for version in versions_of_change(struct)
    )


@cache
def _recorded() -> tuple[Sound, ...]:
    return tuple(
        Sound(
            role,
            version,
            payload,
            version >= BINARY_IDS and len(payload) > 3 and int.from_bytes(payload[:4], "big") > 200,
        )
        for role, version, payload in golden_payloads()
    )


@cache
def sound(number: int) -> Sound:
    """A form with every field filled in."""
    role, struct, version = forms()[number]
    writer = Role.CLIENT if role is Role.GATEWAY else Role.GATEWAY
    payload = codec_for(writer, version).encode(filled(struct, version))[4:]
    return Sound(role, version, payload, is_protobuf(struct, version))


def golden_payloads() -> list[tuple[Role, int, bytes]]:
    """Recorded payloads, the version and who reads them."""
    frames = [
        frame
        for path in sorted((Path(__file__).parent.parent / "golden").glob("*.toml"))
        for frame in tomllib.loads(path.read_text())["frame"]
    ]
    return [
        (Role.CLIENT if frame["from"] == "bridge" else Role.GATEWAY, frame["version"], _bytes_of(frame))
        for frame in frames
    ]


def _bytes_of(frame: dict[str, Any]) -> bytes:
    if "text" in frame:
        return frame["text"].replace("|", "\0").encode()
    return bytes.fromhex(frame["hex"]) if "hex" in frame else base64.b64decode(frame["base64"])[4:]


class Mutator:
    """Makes hostile frames; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def frame(self, number: int) -> Hostile:
        """The frame of a number: a sound one with one to three kinds of damage, or none at all."""
        chance = random.Random(f"{self._seed} {number}")  # noqa: S311  # the same frames in every run
        chosen = self._sound(chance)
        payload, names = chosen.payload, []
        for _ in range(chance.choice((0, 1, 1, 1, 1, 2, 3))):
            damage = chance.choice(_IN_PROTOBUF if chosen.is_protobuf else _IN_TEXT)
            payload = damage(payload, chosen, chance)
            names.append(damage.__name__.strip("_"))
        return Hostile(chosen.role, chosen.version, payload, " ".join(names) or "none", number)

    def _sound(self, chance: random.Random) -> Sound:
        if chance.random() < 0.2:
            return chance.choice(_recorded())
        return sound(chance.randrange(len(forms())))


# -------------------------------------------------------------------------------------------------------- any payload


def _flipped(payload: bytes, _of: Sound, chance: random.Random) -> bytes:
    data = bytearray(payload)
    for _ in range(min(len(data), chance.randrange(1, 5))):
        data[chance.randrange(len(data))] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
    return bytes(data)


def _cut(payload: bytes, _of: Sound, chance: random.Random) -> bytes:
    return payload[: chance.randrange(len(payload) + 1)]


def _removed(payload: bytes, _of: Sound, chance: random.Random) -> bytes:
    place = chance.randrange(len(payload) + 1)
    return payload[:place] + payload[place + chance.randrange(1, 12) :]


def _inserted(payload: bytes, _of: Sound, chance: random.Random) -> bytes:
    place = chance.randrange(len(payload) + 1)
    return payload[:place] + chance.randbytes(chance.randrange(1, 12)) + payload[place:]


def _doubled(payload: bytes, _of: Sound, chance: random.Random) -> bytes:
    start = chance.randrange(len(payload) + 1)
    piece = payload[start : start + chance.randrange(1, 60)]
    return payload[:start] + piece * chance.choice((2, 3, 20)) + payload[start + len(piece) :]


def _random_body(payload: bytes, of: Sound, chance: random.Random) -> bytes:
    return payload[: of.head] + chance.randbytes(chance.randrange(80))


def _all_random(_payload: bytes, _of: Sound, chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(80))


def _other_id(payload: bytes, of: Sound, chance: random.Random) -> bytes:
    number = chance.choice((chance.randrange(LARGEST_ID), chance.randrange(1 << 32)))
    head = number.to_bytes(4, "big") if of.version >= BINARY_IDS else b"%d\0" % number
    return head + payload[of.head :]


# ------------------------------------------------------------------------------------------------------- text payloads


def _texts(payload: bytes, of: Sound) -> list[bytes]:
    return payload[of.head :].split(b"\0")


def _other_text(payload: bytes, of: Sound, chance: random.Random) -> bytes:
    texts = _texts(payload, of)
    for _ in range(chance.randrange(1, 4)):
        texts[chance.randrange(len(texts))] = chance.choice(HOSTILE_TEXTS)
    return payload[: of.head] + b"\0".join(texts)


def _wrong_count(payload: bytes, of: Sound, chance: random.Random) -> bytes:
    """What may be a count: a small number in front of other fields."""
    texts = _texts(payload, of)
    counts = [place for place, text in enumerate(texts) if text.isdigit() and len(text) < 3]
    if counts:
        texts[chance.choice(counts)] = chance.choice(COUNTS)
    return payload[: of.head] + b"\0".join(texts)


def _moved_texts(payload: bytes, of: Sound, chance: random.Random) -> bytes:
    texts = _texts(payload, of)
    start = chance.randrange(len(texts))
    piece = texts[start : start + chance.randrange(1, 9)]
    return payload[: of.head] + b"\0".join(texts[:start] + piece * chance.choice((0, 2, 9)) + texts[start:])


# --------------------------------------------------------------------------------------------------- protobuf payloads


def varint(number: int) -> bytes:
    """A number as protobuf spells it."""
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def _field(number: int, wire_type: int, body: bytes) -> bytes:
    return varint(number << 3 | wire_type) + (varint(len(body)) if wire_type == 2 else b"") + body


def _other_field(payload: bytes, _of: Sound, chance: random.Random) -> bytes:
    """One more field: of any number, of any type, known or not, with any content."""
    number = chance.choice((chance.randrange(1, 30), chance.randrange(1, 200), chance.randrange(1, 1 << 29)))
    kind = chance.choice((0, 1, 2, 2, 2, 3, 4, 5, 6, 7))
    body = {0: varint(chance.getrandbits(64)), 1: chance.randbytes(8), 5: chance.randbytes(4)}.get(kind)
    if body is None:
        body = chance.choice((*HOSTILE_TEXTS, chance.randbytes(chance.randrange(20))))
    return payload + _field(number, kind, body)


def _wrapped(payload: bytes, of: Sound, chance: random.Random) -> bytes:
    """The body inside a field of itself, and so on."""
    body, number = payload[of.head :], chance.randrange(1, 30)
    for _ in range(chance.choice((1, 2, 50, 150))):
        body = _field(number, 2, body)
    return payload[: of.head] + body


def _crowded(payload: bytes, _of: Sound, chance: random.Random) -> bytes:
    """Very many empty elements, numbers or groups."""
    unit = _field(chance.randrange(1, 30), chance.choice((0, 2, 3)), b"")
    return payload + unit * chance.choice((10, 500, 9000))


def _other_length(payload: bytes, of: Sound, chance: random.Random) -> bytes:
    """A byte replaced by a number of many bytes: mostly a length, or a tag, that is wrong."""
    place = chance.randrange(of.head, max(len(payload), of.head + 1))
    number = chance.choice((1 << 7, 1 << 14, (1 << 31) - 1, 1 << 32, (1 << 64) - 1))
    return payload[:place] + varint(number) + payload[place + 1 :]


Damage = Callable[[bytes, Sound, random.Random], bytes]
_IN_ANY: Final[tuple[Damage, ...]] = (
    _flipped,
    _cut,
    _removed,
    _inserted,
    _doubled,
    _random_body,
    _all_random,
    _other_id,
)
_IN_TEXT: Final = (*_IN_ANY, _other_text, _other_text, _wrong_count, _wrong_count, _moved_texts)
_IN_PROTOBUF: Final = (*_IN_ANY, _other_field, _other_field, _wrapped, _crowded, _other_length)
