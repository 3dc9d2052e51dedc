"""Frames that real gateways and clients exchanged are read to the right values, and written back byte by byte.

The frames, their values and their provenance are in the TOML files beside this one. Where the other side spells a
value in another way than we do, the frame lists those fields and the reason; every other byte has to be the same.
"""

from __future__ import annotations

import base64
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message as ProtobufMessage
from msgspec import Struct

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.catalog import REPLIES, REQUESTS
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.wire.fields import specification_of
from ibkr_actors.wire.protobuf import message_class
from ibkr_actors.wire.tags import TagValue
from tests.helpers import in_full
from tests.oracles.vendor_replies import disagreements
from tests.wire.generated import is_protobuf, text_paths

MESSAGES = {struct.__name__: struct for struct in (*REQUESTS.values(), *REPLIES.values())}
FILES = sorted(Path(__file__).parent.glob("*.toml"))


def payload_of(frame: dict[str, Any]) -> bytes:
    """The bytes without their length."""
    if "text" in frame:
        return frame["text"].replace("|", "\0").encode()
    if "hex" in frame:
        return bytes.fromhex(frame["hex"])
    return base64.b64decode(frame["base64"])[4:]


GOLDEN = [
    pytest.param(frame, id=f"{frame['version']}-{frame['message']}-{index}")
    for path in FILES
    for index, frame in enumerate(tomllib.loads(path.read_text())["frame"])
]
FROM_BRIDGE = [golden for golden in GOLDEN if golden.values[0]["from"] == "bridge"]


def values_of(struct: Struct, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every field that is set, by path, in the types of the TOML files."""
    for name in specification_of(type(struct)):
        value = getattr(struct, name)
        if isinstance(value, Struct):
            yield from values_of(value, f"{prefix}{name}.")
        elif value is not None:
            yield prefix + name, as_in_toml(value)


def as_in_toml(value: Any) -> Any:
    """Quantities as texts; elements of a sequence as tables of what differs from their defaults."""
    match value:
        case Decimal():
            return str(value)
        case tuple():
            return [as_in_toml(element) for element in value]
        case Struct():
            defaults = type(value)("", "") if isinstance(value, TagValue) else type(value)()
            of_default = dict(values_of(defaults))
            return {path: item for path, item in values_of(value) if of_default.get(path) != item}
        case _:
            return value


def ours_and_theirs(frame: dict[str, Any]) -> tuple[Message, bytes, bytes]:
    """The message that was read, the payload that we write for it, and the recorded one."""
    reader, writer = (Role.CLIENT, Role.GATEWAY) if frame["from"] == "bridge" else (Role.GATEWAY, Role.CLIENT)
    recorded, version = payload_of(frame), frame["version"]
    message = codec_for(reader, version).decode(recorded)
    return message, codec_for(writer, version).encode(message)[4:], recorded


def present(message: ProtobufMessage, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The scalars of a protobuf body, by path."""
    for descriptor, value in message.ListFields():
        if isinstance(value, ProtobufMessage):
            yield from present(value, f"{prefix}{descriptor.name}.")
        else:
            yield prefix + descriptor.name, value


def respelled_fields(message: Message, ours: bytes, theirs: bytes, version: int) -> list[str]:
    """The paths of the fields whose bytes differ."""
    if is_protobuf(type(message), version):
        parse = message_class(type(message)).FromString
        differing = set(present(parse(ours[4:]))) ^ set(present(parse(theirs[4:])))
        return sorted({path for path, _ in differing})
    texts, others = ours.split(b"\0"), theirs.split(b"\0")
    paths = text_paths(message, version)
    first = len(texts) - 1 - len(paths)
    assert len(texts) == len(others)
    assert texts[:first] == others[:first]
    pairs = zip(paths, texts[first:], others[first:], strict=False)  # both end in one more empty text
    return sorted(path for path, text, other in pairs if text != other)


@pytest.mark.parametrize("frame", GOLDEN)
class TestRecordedFrames:
    def test_are_read_to_the_values_that_they_hold(self, frame):
        message, _, _ = ours_and_theirs(frame)
        of_default = dict(values_of(MESSAGES[frame["message"]]()))
        for path in frame.get("unset", ()):
            del of_default[path]

        assert type(message) is MESSAGES[frame["message"]]
        assert dict(values_of(message)) == of_default | frame["values"]

    def test_are_written_back_byte_by_byte(self, frame):
        message, ours, theirs = ours_and_theirs(frame)

        if "respelled" not in frame:
            assert ours == theirs
            return
        assert frame["because"]
        assert respelled_fields(message, ours, theirs, frame["version"]) == sorted(frame["respelled"])

    def test_of_another_spelling_hold_the_same_values(self, frame):
        message, ours, _ = ours_and_theirs(frame)
        reader = Role.CLIENT if frame["from"] == "bridge" else Role.GATEWAY

        assert in_full(codec_for(reader, frame["version"]).decode(ours)) == in_full(message)


@pytest.mark.parametrize("frame", FROM_BRIDGE)
def test_the_vendor_reads_the_same_values_from_a_recorded_reply(frame):
    message, _, recorded = ours_and_theirs(frame)

    assert disagreements(message, recorded, frame["version"]) == {}
