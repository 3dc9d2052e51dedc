"""What the declarations say, in the words of a reference page.

Responsible for:
1. `VALUES` and `ENUMERATIONS`: the Structs and codes that messages are made of, each once;
2. `fields_of`: the fields of a Struct with type, default, meaning, and the server versions that carry them;
3. `docstrings_of`: the sentence under each field, which Python itself forgets.

Not responsible for: other people's names (see `their_names`), nor for the look of a page (see `markdown`).
"""

from __future__ import annotations

import ast
import inspect
import json
import types
import typing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Final

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields as struct_fields

from ibkr_actors.base.messages.catalog import REPLIES, REQUESTS
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.server_versions import NEWEST, OLDEST
from ibkr_actors.wire.annotation import FOREVER
from ibkr_actors.wire.codes import enumeration_of
from ibkr_actors.wire.fields import At, Each, Irregular, Layout, Placed, specification_at, specification_of

PROTOBUF: Final = json.loads((Path(__file__).parent.parent / "base/data/protobuf.json").read_text())
"""The vendor's names of messages and fields, by number."""

Span = tuple[int, int]
"""The first and the last server version of something."""

ALWAYS: Final[Span] = (OLDEST, NEWEST)


@dataclass(frozen=True)
class Field:
    """One field, as a page shows it."""

    name: str
    number: int | None
    """Protobuf number; None for a field that only text frames carry."""
    hint: Any
    """The declared type."""
    default: Any
    meaning: str
    span: Span | None
    """The server versions that carry it, when they are not all those of its Struct."""
    from_bridge: bool
    """Only the bridge fills it in."""


# ------------------------------------------------------------------------------------------- messages and values


def messages() -> list[type[Message]]:
    """Every declared message: requests, then replies."""
    return [*REQUESTS.values(), *REPLIES.values()]


def reference_name(message: type[Message]) -> str:
    """The name of a message in the vendor's protobuf definitions; empty for one that is text for ever."""
    table = PROTOBUF["outbound" if message.facts.to_bridge else "inbound"]
    return str(table.get(str(message.facts.id), {"message": ""})["message"])


@dataclass(frozen=True)
class Place:
    """Where a value is found: a message, the path to it, and its name in the vendor's protobuf definitions."""

    message: type[Message]
    path: str
    protobuf: str


@cache
def places() -> dict[type[Struct], list[Place]]:
    """Every Struct that travels, the messages included, in the order in which a reader meets them."""
    found: dict[type[Struct], list[Place]] = {}
    for message in messages():
        for struct, place in _walk(message, Place(message, "", reference_name(message))):
            found.setdefault(struct, []).append(place)
    return found


def _walk(struct: type[Struct], place: Place) -> Iterator[tuple[type[Struct], Place]]:
    yield struct, place
    for name, specification in specification_of(struct).items():
        named = PROTOBUF["messages"].get(place.protobuf, {}).get(str(specification.wire.number), ["", ""])[1]
        for nested in specification.union or filter(None, [specification.struct]):
            yield from _walk(nested, Place(place.message, f"{place.path}{name}.", named))


def values() -> list[type[Struct]]:
    """The Structs that messages are made of."""
    return [struct for struct in places() if not issubclass(struct, Message)]


def enumerations() -> list[type[Enum]]:
    """The codes that fields hold, by name."""
    found = {
        enumeration
        for struct in places()
        for field in fields_of(struct)
        for part in parts_of(field.hint)
        if (enumeration := enumeration_of(part)) is not None
    }
    return sorted(found, key=lambda enumeration: enumeration.__name__)


def users_of(value: type[Struct]) -> list[type[Message]]:
    """The messages that hold a value, each once."""
    return list(dict.fromkeys(place.message for place in places()[value]))


# -------------------------------------------------------------------------------------------------------- fields


@cache
def fields_of(struct: type[Struct]) -> tuple[Field, ...]:
    """The fields of a Struct that travel, in the order in which they are declared."""
    hints = typing.get_type_hints(struct)
    meanings = docstrings_of(struct)
    specifications = specification_of(struct)
    spans = {name: _span_in(struct, name) for name in specifications}
    whole = span_of(struct)
    return tuple(
        Field(
            name=one.name,
            number=specifications[one.name].wire.number,
            hint=hints[one.name],
            default=_default_of(one),
            meaning=meanings.get(one.name, ""),
            span=None if spans[one.name] == whole else spans[one.name],
            from_bridge=specifications[one.name].wire.bridge_only,
        )
        for one in struct_fields(struct)
        if one.name in specifications
    )


def _default_of(one: Any) -> Any:
    return one.default_factory() if one.default_factory is not NODEFAULT else one.default


def parts_of(hint: Any) -> tuple[Any, ...]:
    """The types that a declared type is made of: members of a union, elements of a tuple."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType, tuple):
        return tuple(part for member in typing.get_args(hint) for part in parts_of(member))
    return (hint,)


def span_of(struct: type[Struct]) -> Span:
    """The server versions that carry a Struct at all."""
    if issubclass(struct, Message):
        return max(OLDEST, struct.facts.since), NEWEST
    return _joined(_span_in(struct, name) for name in specification_of(struct)) or ALWAYS


def _span_in(struct: type[Struct], name: str) -> Span:
    spans = (_span_at(place, name, struct) for place in places()[struct])
    first, last = _joined(span for span in spans if span) or ALWAYS
    nested = specification_of(struct)[name].struct
    inside = span_of(nested) if nested is not None else ALWAYS
    return max(first, inside[0]), min(last, inside[1])


def _joined(spans: Iterable[Span]) -> Span | None:
    found = list(spans)
    return (min(first for first, _ in found), max(last for _, last in found)) if found else None


def _span_at(place: Place, name: str, struct: type[Struct]) -> Span | None:
    """The versions in which one message carries a field of a value, as text or as protobuf."""
    facts, wire = place.message.facts, specification_of(struct)[name].wire
    first, last = max(OLDEST, facts.since), min(NEWEST, facts.protobuf_since - 1)
    gate = _gate_of(_gates(place.message), place.path + name)
    found = [(max(first, gate[0]), min(last, gate[1]))] if gate else []
    if wire.number is not None and (wire.in_requests or not facts.to_bridge):
        found.append((max(first, facts.protobuf_since, wire.since), min(NEWEST, wire.until)))
    return _joined(span for span in found if span[0] <= span[1])


def _gate_of(gates: dict[str, Span], path: str) -> Span | None:
    """The gate of a path: its own, or those of what it holds, or that of what holds it and is carried as a whole."""
    inside = _joined(gate for known, gate in gates.items() if known.startswith((f"{path}.", f"{path} ")))
    if inside is not None:
        return inside
    while path:
        if path in gates:
            return gates[path]
        path = path.rpartition(".")[0]
    return None


@cache
def _gates(message: type[Message]) -> dict[str, Span]:
    """The server versions of each path of a text layout; that of a Struct only where it is carried as a whole."""
    return dict(_gates_of(message, message.facts.layout, "", (0, FOREVER)))


def _gates_of(struct: type[Struct], items: Layout, prefix: str, outer: Span) -> Iterator[tuple[str, Span]]:
    for item in items:
        if not isinstance(item, Placed):
            continue
        gate = (max(outer[0], item.since), min(outer[1], item.until))
        nested: Layout = getattr(item, "items", ())
        specification = specification_at(struct, item.path)
        if isinstance(item, At) and not item.since and item.until == FOREVER:
            gate = (max(outer[0], specification.wire.since), min(outer[1], specification.wire.until))
        if isinstance(item, At | Irregular) or not nested:
            yield prefix + item.path, gate
        elif isinstance(item, Each) and specification.struct is not None:
            yield from _gates_of(specification.struct, nested, f"{prefix}{item.path}.", gate)
            yield f"{prefix}{item.path} (count)", gate
        else:
            yield from _gates_of(struct, nested, prefix, gate)


# ---------------------------------------------------------------------------------------------------- docstrings


def docstrings_of(declared: type) -> dict[str, str]:
    """The sentence under each field of a class, and under those that it inherits."""
    found: dict[str, str] = {}
    for base in reversed(declared.__mro__):
        found.update(_docstrings_in(base))
    return found


@cache
def _docstrings_in(declared: type) -> dict[str, str]:
    if not declared.__module__.startswith("ibkr_actors"):
        return {}
    definition = _classes_in(inspect.getfile(declared)).get(declared.__name__)
    if definition is None:
        return {}
    found = {}
    for statement, below in zip(definition.body, definition.body[1:], strict=False):
        name = _declared_name(statement)
        if name and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            found[name] = " ".join(str(below.value.value).split())
    return found


@cache
def _classes_in(path: str) -> dict[str, ast.ClassDef]:
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def _declared_name(statement: ast.stmt) -> str | None:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case _:
            return None
