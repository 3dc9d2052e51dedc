"""How a page looks: tables, links, types, defaults, versions."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any

from msgspec import NODEFAULT, Struct

from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.server_versions import NEWEST
from ibkr_actors.wire.codes import enumeration_of
from tests.documentation.structure import Span


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table, without the columns in which nothing stands."""
    body = [list(row) for row in rows]
    used = [column for column in range(len(heads)) if column == 0 or any(row[column] for row in body)]
    lines = [[heads[column] for column in used], ["---"] * len(used)]
    lines += [[row[column].replace("|", r"\|") for column in used] for row in body]
    return [f"| {' | '.join(line)} |" for line in lines] + [""]


def code(text: str) -> str:
    """A name as code; nothing for no name."""
    return f"`{text}`" if text else ""


def codes(names: Iterable[str]) -> str:
    """Several names as code."""
    return ", ".join(code(name) for name in names)


def link(declared: type) -> str:
    """A class, linked to its section."""
    if issubclass(declared, Enum):
        page = "enumerations"
    elif issubclass(declared, Message):
        page = "requests" if declared.facts.to_bridge else "replies"
    else:
        page = "values"
    return f"[{declared.__name__}]({page}.md#{anchor(declared.__name__)})"


def anchor(heading: str) -> str:
    """The name by which a heading is linked to."""
    return heading.lower().replace(" ", "-")


def links(declared: Iterable[type]) -> str:
    """Several classes, each linked: `a, b and c`."""
    *first, last = [link(one) for one in declared]
    return f"{', '.join(first)} and {last}" if first else last


def type_text(hint: Any) -> str:
    """A declared type in words."""
    members = _members(hint)
    if len(members) > 1:
        return " or ".join("None" if member is type(None) else type_text(member) for member in members)
    if typing.get_origin(hint) is tuple:
        return f"tuple of {type_text(typing.get_args(hint)[0])}"
    enumeration = enumeration_of(hint)
    if enumeration is not None:
        return link(enumeration)
    return link(hint) if issubclass(hint, Struct) else hint.__name__


def _members(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)


def default_text(default: Any) -> str:
    """A default as one would write it; nothing for a field that has to be given, or whose default is a whole value."""
    match default:
        case Enum():
            return code(f"{type(default).__name__}.{default.name}")
        case str():
            return code(f'"{default}"')
        case Decimal():
            return code(str(default))
        case Struct():
            return "an empty one"
        case _ if default is NODEFAULT:
            return ""
        case _:
            return code(repr(default))


def versions_text(span: Span | None, whole: Span) -> str:
    """The versions that carry a field, where they are not those of what holds it."""
    if span is None:
        return ""
    first, last = span
    if first == last:
        return str(first)
    if first == whole[0]:
        return f"until {last}"
    return f"from {first}" if last == NEWEST else f"{first} to {last}"


def in_words(module: str) -> str:
    """The name of a module as a heading."""
    return module.rpartition(".")[2].replace("_", " ").capitalize()


def paragraph(docstring: str | None) -> str:
    """The text of a docstring as one paragraph for each of its own."""
    parts = (docstring or "").strip().split("\n\n")
    return "\n\n".join(" ".join(part.split()) for part in parts)
