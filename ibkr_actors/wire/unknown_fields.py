"""Finds the fields of protobuf bodies that no declaration has: a newer bridge says more than we read.

A look at a message costs two microseconds or more, as much as reading two ticks. So `watching` wraps a reader either
for ever, for messages that come now and then, or for the first few, for those that come in streams.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from ibkr_actors.wire.crowds import SMALL_BODY

FIRST_OF_A_STREAM: Final = 100
"""Messages of a type that are looked at when they come in streams."""


class UnknownFields(Exception):  # not an error: it carries the message past the loop that reads
    """A message was read whose body has fields that no declaration has.

    `message` is what was read; `fields` are the paths of the unknown ones, each ending in a number: `7`, `contract.99`.
    """

    def __init__(self, message: Any, fields: frozenset[str]) -> None:
        super().__init__(f"{type(message).__name__} has unknown fields: {', '.join(sorted(fields))}")
        self.message, self.fields = message, fields


def unknown_fields(body: Message) -> frozenset[str]:
    """The paths of the unknown fields of a parsed body and of the messages inside it, each once."""
    return frozenset(_paths(body, ""))


def _paths(body: Message, prefix: str) -> Iterator[str]:
    unknown: Any = UnknownFieldSet(body)
    for field in unknown:
        yield f"{prefix}{field.field_number}"
    for descriptor, value in body.ListFields():
        kind = descriptor.message_type
        if descriptor.type != FieldDescriptor.TYPE_MESSAGE or kind is None or kind.GetOptions().map_entry:
            continue
        for nested in (value,) if isinstance(value, Message) else value:
            yield from _paths(nested, f"{prefix}{descriptor.name}.")


def watching(
    read: Callable[[bytes], Any],
    parse: Callable[[bytes], Message],
    *,
    first: int | None = None,
    done: Callable[[], None] = lambda: None,
) -> Callable[[bytes], Any]:
    """A reader as `read`, which raises UnknownFields, with the message, when the body has some.

    With `first` it looks at so many messages, then calls `done`, which puts `read` in its place. A body larger than
    `SMALL_BODY` is not looked at: its unknown fields may be millions, each an object.
    """
    left = first

    def read_and_look(body: bytes) -> Any:
        nonlocal left
        message = read(body)
        if left is not None:
            left -= 1
            if left <= 0:
                done()
        if len(body) <= SMALL_BODY and not _is_all_known(parse(body), len(body)):
            found = unknown_fields(parse(body))
            if found:
                raise UnknownFields(message, found)
        return message

    return read_and_look


def _is_all_known(parsed: Message, size: int) -> bool:
    """Whether a body is as long without its unknown fields: a fifth of the cost of looking for them."""
    parsed.DiscardUnknownFields()
    return parsed.ByteSize() == size
