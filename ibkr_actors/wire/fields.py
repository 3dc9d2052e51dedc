"""What a declaration says about a field, and the layouts of text messages.

A Struct declares each of its fields once, as `Annotated[type, Wire(number, ...)]`. `specification_of` reads that;
the compilers derive the text and protobuf forms from it. Protobuf needs no more than the numbers. Text frames have
an order of their own, so a message whose text order is not that of the numbers, or that holds other Structs, names
its fields in a `layout`:

* `"contract.symbol"`: the field at that path, in the kind its declaration gives it;
* `at(path, ...)`: the same with another kind, spelling of unset, or version gate;
* `constant(text)`: a field that carries no value of ours (legacy versions, retired fields);
* `within(path, *names)`: the same names below a path, so that a contract's fields are listed once;
* `when(path, test, ...)`: items that are there only when the value at the path passes the test;
* `optional(path, ...)`: a flag, then the items of a Struct that may be None;
* `whole(path, ...)`: the items of a Struct that may be None, without a flag: for inside a `when`;
* `each(path, ...)`: a count, then the items of each element;
* `irregular(path, read, write)`: a paired reader and writer for what fits nothing above.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields as struct_fields

from ibkr_actors.wire.annotation import FOREVER, Wire
from ibkr_actors.wire.codes import enumeration_of, kind_of_codes
from ibkr_actors.wire.kinds import KIND_OF_TYPE, TAGS, Kind
from ibkr_actors.wire.tags import TagValue


@dataclass(frozen=True, slots=True)
class Specification:
    """One field of a Struct as the compilers see it."""

    name: str
    wire: Wire
    kind: Kind | None
    """The kind of a scalar; None for a Struct or a sequence of Structs."""
    struct: type[Struct] | None
    """The class of a nested Struct, or of a sequence's elements."""
    union: tuple[type[Struct], ...]
    """The classes of a sequence's elements when there are several."""
    repeated: bool
    optional: bool
    default: Any
    """The value of a field that nothing was said about; NODEFAULT when the declaration has none."""

    def value_when_absent(self) -> Any:
        """What a reader fills in where the wire says nothing."""
        if self.default is not NODEFAULT:
            return self.default
        if self.repeated:
            return ()
        return None if self.optional or self.kind is None else self.kind.zero


def specification_of(struct: type[Struct]) -> dict[str, Specification]:
    """The fields of a Struct that have a `Wire`, by name, in the order of their protobuf numbers.

    Raises TypeError when an annotation names a type that has no kind.
    """
    return dict(_specification_of(struct))


@cache
def _specification_of(struct: type[Struct]) -> tuple[tuple[str, Specification], ...]:
    hints = typing.get_type_hints(struct, include_extras=True)
    found = [
        _specify(struct, field.name, hints[field.name], _default_of(field))
        for field in struct_fields(struct)
        if _wire_in(hints[field.name]) is not None
    ]
    # A stable sort: fields that only text carries keep their place behind the numbered ones.
    found.sort(key=lambda specification: specification.wire.number or FOREVER)
    return tuple((specification.name, specification) for specification in found)


def _default_of(field: Any) -> Any:
    if field.default_factory is not NODEFAULT:
        return field.default_factory()
    return field.default


def _wire_in(hint: Any) -> Wire | None:
    return next((extra for extra in getattr(hint, "__metadata__", ()) if isinstance(extra, Wire)), None)


def _specify(struct: type[Struct], name: str, hint: Any, default: Any) -> Specification:
    wire = _wire_in(hint)
    assert wire is not None
    plain = hint.__origin__
    if wire.kind is None and plain == tuple[TagValue, ...]:
        wire = replace(wire, kind=TAGS)
    members = _members(plain)
    optional = type(None) in members
    kind = wire.kind or KIND_OF_TYPE.get(plain) or _kind_of_codes(members)
    repeated = typing.get_origin(plain) is tuple
    classes = _struct_classes(typing.get_args(plain)[:1] if repeated else members)
    if repeated and not classes and wire.kind is None:
        kind = KIND_OF_TYPE.get(typing.get_args(plain)[0])
    if kind is None and not classes:
        raise TypeError(f"{struct.__name__}.{name}: no kind is known for {plain}; name one in its Wire")
    if kind is TAGS:
        return Specification(name, wire, kind, TagValue, (), False, optional, default)
    first = classes[0] if classes else None
    union = classes if len(classes) > 1 else ()
    return Specification(name, wire, kind, first, union, repeated, optional, default)


def _kind_of_codes(members: tuple[Any, ...]) -> Kind | None:
    optional = type(None) in members
    found = [code for code in map(enumeration_of, members) if code is not None]
    return kind_of_codes(found[0], optional=optional) if len(found) == len(members) - optional == 1 else None


def _members(plain: Any) -> tuple[Any, ...]:
    """The members of a union; of another type, the type itself."""
    if typing.get_origin(plain) in (typing.Union, types.UnionType):
        return typing.get_args(plain)
    return (plain,)


def _struct_classes(candidates: Iterable[Any]) -> tuple[type[Struct], ...]:
    flat = [member for candidate in candidates for member in _members(candidate)]
    return tuple(member for member in flat if isinstance(member, type) and issubclass(member, Struct))


def specification_at(struct: type[Struct], path: str) -> Specification:
    """The field at a dotted path below a Struct; raises KeyError when there is none, so a typo fails at once."""
    head, _, rest = path.partition(".")
    fields = specification_of(struct)
    if head not in fields:
        raise KeyError(f"{struct.__name__} declares no field {head!r} (path {path!r})")
    if not rest:
        return fields[head]
    nested = fields[head].struct
    if nested is None:
        raise KeyError(f"{struct.__name__}.{head} holds no fields (path {path!r})")
    return specification_at(nested, rest)


# ------------------------------------------------------------------------------------------ layouts of text messages


@dataclass(frozen=True, slots=True)
class Item:
    """One element of a layout, and the server versions in which it is there."""

    since: int = 0
    until: int = FOREVER

    def present(self, version: int) -> bool:
        """Whether a frame of that server version holds the item."""
        return self.since <= version <= self.until


@dataclass(frozen=True, slots=True)
class Placed(Item):
    """An item that reads or writes the value at a path."""

    path: str = ""


@dataclass(frozen=True, slots=True)
class At(Placed):
    """The field at a path. `since`, `until` and `kind` of zero or None are those of the declaration."""

    kind: Kind | None = None
    unset: str | None = None


@dataclass(frozen=True, slots=True)
class Constant(Item):
    """A field that carries no value of ours: written as `text`, skipped by readers."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Test:
    """A test of a value read or about to be written: an expression over {0}, and the same in words for errors."""

    expression: str
    words: str


@dataclass(frozen=True, slots=True)
class When(Placed):
    """Items that are there only when the value at `path` passes `test`."""

    test: Test = Test("{0}", "set")
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Optional(Placed):
    """A flag, then the items of the Struct at `path`, which is None when the flag is 0."""

    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Whole(Placed):
    """The items of the Struct at `path`, which is None where a `when` around leaves them out."""

    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Each(Placed):
    """A count, then the items of each element at `path`; paths of items are relative to the element.

    The items may be groups and conditions of their own. Elements of scalars alone are read by column, which is faster.

    `joins` marks a second list over the same elements (prices of combo legs travel behind the legs): it has as many
    elements, or none when no element sets one of its items.
    """

    items: tuple[Item, ...] = ()
    joins: bool = False


@dataclass(frozen=True, slots=True)
class Irregular(Placed):
    """What fits no other item: a reader and a writer that belong together.

    `read(fields, index, version)` returns the value and the next index; `write(value, version)` returns texts.
    """

    read: Callable[[list[str], int, int], tuple[Any, int]] | None = None
    write: Callable[[Any, int], list[str]] | None = None


Layout = tuple[Item, ...]


def _items(parts: Iterable[Item | str | Layout]) -> Layout:
    found: list[Item] = []
    for part in parts:
        if isinstance(part, str):
            found.append(At(path=part))
        elif isinstance(part, tuple):
            found.extend(_items(part))
        else:
            found.append(part)
    return tuple(found)


def layout(*parts: Item | str | Layout) -> Layout:
    """The items of a text message in their order; a plain string is a path."""
    return _items(parts)


def at(
    path: str, *, kind: Kind | None = None, unset: str | None = None, since: int = 0, until: int = FOREVER
) -> At:
    """The field at `path`, where this message differs from the declaration."""
    return At(since, until, path, kind, unset)


def constant(text: str, *, since: int = 0, until: int = FOREVER) -> Constant:
    """A field without a value of ours."""
    return Constant(since, until, text)


def when(path: str, test: Test, *parts: Item | str | Layout, since: int = 0, until: int = FOREVER) -> When:
    """Items that are there only when the value at `path` passes `test`."""
    return When(since, until, path, test, _items(parts))


def optional(path: str, *parts: Item | str | Layout, since: int = 0) -> Optional:
    """A flag, then the items of the Struct at `path`; their paths are relative to it."""
    return Optional(since, FOREVER, path, within(path, *parts))


def whole(path: str, *parts: Item | str | Layout) -> Whole:
    """The items of the Struct at `path`, which is there with them or else None; their paths are relative to it."""
    return Whole(path=path, items=within(path, *parts))


def each(path: str, *parts: Item | str | Layout, since: int = 0, joins: bool = False) -> Each:
    """A count, then the items of each element at `path`; without items the elements are scalars."""
    return Each(since, FOREVER, path, _items(parts), joins)


def irregular(
    path: str,
    read: Callable[[list[str], int, int], tuple[Any, int]],
    write: Callable[[Any, int], list[str]],
    since: int = 0,
) -> Irregular:
    """A paired reader and writer."""
    return Irregular(since, FOREVER, path, read, write)


def within(prefix: str, *parts: Item | str | Layout) -> Layout:
    """The items with `prefix.` in front of their paths."""
    return tuple(_below(prefix, item) for item in _items(parts))


def _below(prefix: str, item: Item) -> Item:
    if not isinstance(item, Placed):
        return item
    moved = replace(item, path=f"{prefix}.{item.path}")
    if isinstance(moved, When | Optional | Whole):
        moved = replace(moved, items=within(prefix, *moved.items))
    return moved


def equals(*values: str | int) -> Test:
    """The value is one of these."""
    return Test("{0} in " + repr(values), "is " + " or ".join(map(str, values)))


IS_SET: Final = Test("{0}", "is set")
IS_POSITIVE: Final = Test("({0} is not None and {0} > 0)", "is greater than zero")


def scalar_kind(specification: Specification, item: At) -> Kind:
    """The kind in which a layout carries a field: the item's own, or the declaration's."""
    kind = item.kind or specification.kind
    if kind is None:
        raise TypeError(f"{item.path} is a Struct; a layout has to name the fields inside")
    return kind if item.unset is None else kind.spelling_unset(item.unset)


def is_present(item: Item, root: type[Struct], version: int) -> bool:
    """Whether a layout's item is on the wire at a version, by its own gate or else by its declaration's."""
    if not item.present(version):
        return False
    if isinstance(item, At) and not item.since and item.until == FOREVER:
        wire = specification_at(root, item.path).wire
        return wire.since <= version <= wire.until
    return True
