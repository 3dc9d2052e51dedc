"""Refuses frames that would take many times their own size in memory, before anything is made of them.

Two bytes of a protobuf body are an empty element of a list; read, it is a message of the runtime and a Struct, some
hundreds of bytes. So 16 MiB of them took three gigabytes and ten seconds. An element of the real messages has a price,
a text or a time in it, and is never so short. Text frames have the same weakness in a milder form: two bytes of a text
take up to seventy once the frame is split.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from msgspec import Struct

from ibkr_actors.wire.fields import Specification, specification_of
from ibkr_actors.wire.source import Source

MOST_FIELDS: Final = 1 << 21
"""Fields of a text frame that are told apart; what follows stays in one piece. Bars, the longest of all answers, take
eight bytes a field, so the largest frame holds no more of them."""

SMALL_BODY: Final = 1 << 13
"""Bytes of a protobuf body that are worth no look: read, they take two megabytes at worst."""
LEAST_ELEMENT: Final = 12
"""Bytes that the elements of a long list have on average, at least. The shortest of the bridge's is a bin of a
histogram: a price (nine bytes), a size in digits, and the tags and lengths of both."""
LEAST_NESTED: Final = 48
"""The same for elements that hold large Structs of their own, which are made even when nothing is said about them: a
row of a scan holds a contract with its id, names and exchange."""
LARGE_PART: Final = 8
"""Fields from which on a Struct within an element counts as large. What a tick of the past holds of attributes is two
flags, and the whole tick takes 23 bytes: time, price, size."""
MOST_ELEMENTS: Final = 1 << 18
"""Elements in one body: as many bars as the largest frame holds, which spend 64 bytes each."""

_Field: Final = descriptor_pb2.FieldDescriptorProto
_POOL: Final = descriptor_pool.DescriptorPool()


class _Crowd:
    """The elements found so far in one body."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._room = min(size, MOST_ELEMENTS * LEAST_ELEMENT)
        self._found = 0

    def add(self, number: int, least: int) -> None:
        """Raises ValueError when there are more elements than a body of this size has room for."""
        self._found += number
        self._room -= number * least
        if self._room < 0:
            raise ValueError(f"{self._found} elements of lists in {self._size} bytes: no message has so many")


def compile_crowd_check(struct: type[Struct]) -> Callable[[bytes], None] | None:
    """A function that raises ValueError for a protobuf body with far too many elements; None when it can have none.

    Raises DecodeError for what is no protobuf. Meant for bodies larger than `SMALL_BODY`.
    """
    if not has_lists(struct):
        return None
    count = _compile_count(struct, "")

    def check(body: bytes) -> None:
        count(body, _Crowd(len(body)))

    return check


@cache
def has_lists(struct: type[Struct]) -> bool:
    """Whether a list of Structs is somewhere in a message."""
    return any(
        specification.repeated or has_lists(specification.struct)
        for specification in _nested(struct)
        if specification.struct is not None
    )


def _nested(struct: type[Struct]) -> list[Specification]:
    """The fields that are messages of their own in protobuf."""
    return [
        specification
        for specification in specification_of(struct).values()
        if specification.kind is None and specification.wire.number is not None
    ]


def _compile_count(struct: type[Struct], path: str) -> Callable[[bytes, _Crowd], None]:
    """A function that adds the elements in the body of a Struct to a crowd."""
    source = Source(f"count_{struct.__name__}", "body, crowd", {})
    source.line(f"p = {source.refer(_outline(struct).FromString, 'outline')}(body)")
    _count_lists(source, struct, "p.", path)
    return source.compile(f"count of elements in {path}{struct.__name__}")


def _count_lists(source: Source, struct: type[Struct], place: str, path: str) -> None:
    for specification in _nested(struct):
        nested, name = specification.struct, specification.name
        assert nested is not None
        if specification.repeated:
            members = specification.union or (nested,)
            least = LEAST_NESTED if any(map(_has_large_part, members)) else LEAST_ELEMENT
            source.line(f"crowd.add(len({place}{name}), {least})", field=path + name)
            if has_lists(nested):
                count = source.refer(_compile_count(nested, f"{path}{name}."), f"count_{name}")
                with source.block(f"for element in {place}{name}:"):
                    source.line(f"{count}(element, crowd)", field=path + name)
        elif has_lists(nested):
            _count_lists(source, nested, f"{place}{name}.", f"{path}{name}.")


def _has_large_part(struct: type[Struct]) -> bool:
    parts = [part.struct for part in _nested(struct)]
    return any(part is not None and len(part.__struct_fields__) >= LARGE_PART for part in parts)


@cache
def _outline(struct: type[Struct]) -> Any:
    """A message class that knows only the lists, and takes their elements for bytes: so each costs a few bytes."""
    name = struct.__name__
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{name}.proto", syntax="editions", edition=descriptor_pb2.EDITION_2023
    )
    message = file.message_type.add(name=name)
    for specification in _nested(struct):
        assert specification.struct is not None
        field = message.field.add(name=specification.name, number=specification.wire.number)
        field.label = _Field.LABEL_REPEATED if specification.repeated else _Field.LABEL_OPTIONAL
        if specification.repeated or not has_lists(specification.struct):
            field.type = _Field.TYPE_BYTES
            continue
        _outline(specification.struct)
        file.dependency.append(f"{specification.struct.__name__}.proto")
        field.type, field.type_name = _Field.TYPE_MESSAGE, f".{specification.struct.__name__}"
    _POOL.Add(file)
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(name))
