"""Puts a client's own ids into messages that were recorded with other ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

from msgspec import Struct, structs

Renumbering: TypeAlias = Mapping[str, Callable[[int], int]]
"""For each name of a field that holds an id, what becomes of the id."""

S = TypeVar("S", bound=Struct)


def renumbered(value: S, numbers: Renumbering) -> S:
    """The value with its ids replaced, however deep they are; the same object when nothing changes."""
    changed = {
        name: new
        for name in value.__struct_fields__
        if (new := _renumbered_field(name, old := getattr(value, name), numbers)) is not old
    }
    return structs.replace(value, **changed) if changed else value


def _renumbered_field(name: str, old: Any, numbers: Renumbering) -> Any:
    match old:
        case int() if name in numbers:
            new = numbers[name](old)
            return new if new != old else old
        case Struct():
            return renumbered(old, numbers)
        case tuple():
            elements = tuple(_renumbered_field("", element, numbers) for element in old)
            return (
                elements if any(new is not former for new, former in zip(elements, old, strict=True)) else old
            )
        case _:
            return old
