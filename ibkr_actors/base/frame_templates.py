"""The frame of a message for many receivers, each of whom has the message under a request id of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from msgspec.structs import replace

from ibkr_actors.base.messages.declaration import Message

_LENGTH: Final = 4
_FIRST: Final = 123_454_321
_SECOND: Final = 210_101_012
"""Two ids of the same size on the wire, text and protobuf, by which a frame shows where its request id stands."""


class Spelled:
    """A request id as it stands in frames: as text, and as protobuf has it. Zero and above."""

    __slots__ = ("text", "varint")

    def __init__(self, request_id: int) -> None:
        self.text = str(request_id).encode()
        self.varint = varint(request_id)


@lru_cache(maxsize=1 << 16)
def spelled(request_id: int) -> Spelled:
    """The same object for the same id: whoever follows a contract hears of it again and again."""
    return Spelled(request_id)


class FrameTemplate:
    """A frame that is whole but for its request id."""

    __slots__ = ("_before", "_heads", "_is_text", "_tail")

    def __init__(self, before: bytes, tail: bytes, *, is_text: bool) -> None:
        self._before, self._tail, self._is_text = before, tail, is_text
        self._heads: dict[int, bytes] = {}

    def frame(self, request_id: Spelled) -> bytes:
        """The frame with a request id."""
        spelled = request_id.text if self._is_text else request_id.varint
        head = self._heads.get(len(spelled))
        return (head or self._head(len(spelled))) + spelled + self._tail

    def _head(self, size: int) -> bytes:
        length = len(self._before) + size + len(self._tail)
        head = self._heads[size] = length.to_bytes(_LENGTH, "big") + self._before
        return head


def template_of(message: Any, encode: Callable[[Message], bytes]) -> FrameTemplate | None:
    """The template of a message with a `request_id`; None where the id has no one place in the frame.

    Raises what `encode` raises.
    """
    first, second = (encode(replace(message, request_id=number))[_LENGTH:] for number in (_FIRST, _SECOND))
    for is_text, spell in ((True, _text), (False, varint)):
        place = first.find(spell(_FIRST))
        before, tail = first[:place], first[place + len(spell(_FIRST)) :]
        if place >= 0 and second == before + spell(_SECOND) + tail:
            return FrameTemplate(before, tail, is_text=is_text)
    return None


def _text(number: int) -> bytes:
    return str(number).encode()


def varint(number: int) -> bytes:
    """A number of zero or above as protobuf writes it: seven bits a byte, the lowest first."""
    spelled = bytearray()
    while number > 0x7F:
        spelled.append(number & 0x7F | 0x80)
        number >>= 7
    spelled.append(number)
    return bytes(spelled)
