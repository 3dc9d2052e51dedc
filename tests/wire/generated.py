"""Messages made from the declarations: nothing here lists a field twice.

Responsible for:
1. `filled`: a message in which every field that travels has a value of its own;
2. `messages`: a hypothesis strategy for messages that travel in full;
3. `versions_of_change`: the server versions at which a message's form changes;
4. `text_paths`: the name of each field of a text frame, in the order of the frame.

"Travels" follows the same declarations as the compilers in `wire/`, by a walk of its own: a field that the walk
gives a value and the compilers lose (or the reverse) fails a round trip.
"""

from __future__ import annotations

import ast
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Protocol

from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.server_versions import BINARY_IDS, NEWEST, OLDEST
from ibkr_actors.wire.annotation import FOREVER, Wire
from ibkr_actors.wire.fields import (
    At,
    Constant,
    Each,
    Irregular,
    Item,
    Layout,
    Optional,
    Placed,
    Specification,
    When,
    Whole,
    is_present,
    scalar_kind,
    specification_at,
    specification_of,
)
from ibkr_actors.wire.kinds import (
    EXPRESSION_NAMES,
    MAX_DOUBLE,
    MAX_INT32,
    MAX_INT64,
    UNSET_DECIMAL_TEXTS,
    Kind,
)
from ibkr_actors.wire.tags import TagValue


class Choice(Protocol):
    """What decides the values: a draw of hypothesis, or a rule."""

    def scalar(self, path: str, kind: Kind, suggestions: list[Any]) -> Any:
        """A value of a field; `suggestions` are the values that make other fields travel."""

    def is_there(self, path: str) -> bool:
        """Whether an optional Struct is there."""

    def count(self, path: str) -> int:
        """The number of elements of a sequence."""

    def member(self, path: str, union: tuple[type[Struct], ...], index: int) -> type[Struct]:
        """The class of one element of a sequence of several classes."""


# --------------------------------------------------------------------------------------------------- what travels


def is_protobuf(struct: type[Message], version: int) -> bool:
    """Whether a message has a protobuf body at a version."""
    return version >= struct.facts.protobuf_since


def carried(struct: type[Message], version: int, choice: Choice) -> Any:
    """A message whose values, chosen by `choice`, all travel at a version; all other fields have their defaults."""
    if is_protobuf(struct, version):
        return _ProtobufWalk(version, struct.facts.to_bridge, choice).message(struct, "")
    return _TextWalk(struct, version, choice).message()


class _TextWalk:
    """Follows a layout, and chooses a value at each place that it comes by."""

    def __init__(self, struct: type[Message], version: int, choice: Choice) -> None:
        self._struct: type[Any] = struct
        self._version = version
        self._choice = choice
        self._values: dict[str, Any] = {}
        self._suggestions = _suggestions(struct.facts.layout)
        self._prefix = ""

    def message(self) -> Any:
        self._items(self._struct.facts.layout)
        return self._construct(self._struct, "")

    def _items(self, items: Layout) -> None:
        for item in items:
            if is_present(item, self._struct, self._version) and isinstance(item, Placed):
                self._item(item)

    def _item(self, item: Placed) -> None:
        path = item.path
        match item:
            case At() if path not in self._values:
                kind = scalar_kind(specification_at(self._struct, path), item)
                self._values[path] = self._choice.scalar(self._prefix + path, kind, self._suggestions[path])
            case When() if passes(item, self._values[path]):
                self._items(item.items)
            case Optional():
                if self._choice.is_there(self._prefix + path):
                    self._items(item.items)
                else:
                    self._values[path] = None
            case Whole():
                self._items(item.items)
            case Each():
                self._each(item)
            case Irregular() if (kind := specification_at(self._struct, path).kind) is not None:
                self._values[path] = self._choice.scalar(self._prefix + path, kind, [])
            case Irregular():
                union = specification_at(self._struct, path).union
                self._values[path] = tuple(
                    _member(self._choice, self._prefix + path, union, index)
                    for index in range(self._choice.count(self._prefix + path))
                )

    def _each(self, item: Each) -> None:
        specification = specification_at(self._struct, item.path)
        element, path = specification.struct, self._prefix + item.path
        if element is None:
            assert specification.kind is not None
            self._values[item.path] = tuple(
                self._choice.scalar(f"{path}[{index}]", specification.kind, [])
                for index in range(self._choice.count(path))
            )
            return
        known = self._values.get(item.path)
        rows = known if known is not None else (None,) * self._choice.count(path)
        self._values[item.path] = tuple(
            self._row(item, element, f"{path}[{index}].", row) for index, row in enumerate(rows)
        )

    def _row(self, item: Each, element: type[Struct], prefix: str, row: Any) -> Any:
        outer = self._struct, self._values, self._suggestions, self._prefix
        self._struct, self._values, self._prefix = element, {}, prefix
        self._suggestions = _suggestions(item.items)
        self._items(item.items)
        made = replace(row, **self._values) if row is not None else self._construct(element, "")
        self._struct, self._values, self._suggestions, self._prefix = outer
        return made

    def _construct(self, struct: type[Struct], prefix: str) -> Any:
        arguments = {}
        for name, specification in specification_of(struct).items():
            path = prefix + name
            if path in self._values:
                arguments[name] = self._values[path]
            elif specification.struct is not None and any(
                known.startswith(path + ".") for known in self._values
            ):
                arguments[name] = self._construct(specification.struct, path + ".")
        return struct(**arguments)


class _ProtobufWalk:
    """Chooses a value for each numbered field that a version carries."""

    def __init__(self, version: int, to_bridge: bool, choice: Choice) -> None:
        self._version = version
        self._to_bridge = to_bridge
        self._choice = choice

    def message(self, struct: type[Struct], prefix: str) -> Any:
        return struct(
            **{
                name: self._value(specification, prefix + name)
                for name, specification in specification_of(struct).items()
                if self._travels(specification.wire)
            }
        )

    def _travels(self, wire: Wire) -> bool:
        in_body = wire.number is not None and wire.since <= self._version <= wire.until
        return in_body and (wire.in_requests or not self._to_bridge)

    def _value(self, specification: Specification, path: str) -> Any:
        kind, struct = specification.kind, specification.struct
        if specification.union:
            return tuple(
                _member(self._choice, path, specification.union, index)
                for index in range(self._choice.count(path))
            )
        if kind is not None and specification.repeated:
            return tuple(
                self._choice.scalar(f"{path}[{index}]", kind, []) for index in range(self._choice.count(path))
            )
        if kind is not None:
            value = self._choice.scalar(path, kind, [])
            # A map has no order, and one value for each tag.
            return _as_map(value) if kind.protobuf.startswith("map") else value
        assert struct is not None
        if not specification.repeated:
            is_there = not specification.optional or self._choice.is_there(path)
            return self.message(struct, path + ".") if is_there else None
        return tuple(self.message(struct, f"{path}[{index}].") for index in range(self._choice.count(path)))


def _as_map(tags: tuple[TagValue, ...]) -> tuple[TagValue, ...]:
    pairs = {pair.tag: pair for pair in tags}
    return tuple(pairs[tag] for tag in sorted(pairs))


def _member(choice: Choice, path: str, union: tuple[type[Struct], ...], index: int) -> Any:
    member = choice.member(path, union, index)
    tag = member.wire_tag_field  # type: ignore[attr-defined]
    return member(
        **{
            name: choice.scalar(f"{path}[{index}].{name}", specification.kind, [])
            for name, specification in specification_of(member).items()
            if name != tag and specification.kind is not None
        }
    )


def passes(item: When, value: Any) -> bool:
    """Whether a value lets the items of a `when` travel."""
    return bool(eval(item.test.expression.format("value"), {}, {"value": value}))  # noqa: S307


def _suggestions(items: Layout) -> defaultdict[str, list[Any]]:
    """The values that tests of the layout ask for, by path."""
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for item in items:
        if isinstance(item, When):
            expression = item.test.expression
            if expression.startswith("{0} in "):
                found[item.path] += ast.literal_eval(expression.removeprefix("{0} in "))
            elif "inf" in expression:
                found[item.path].append(math.inf)
            for path, values in _suggestions(item.items).items():
                found[path] += values
    return found


# ------------------------------------------------------------------------------------------------ values by a rule


class Filled:
    """Gives each field a value that no other field has, so that two fields that changed places are seen.

    `given` overrules it, by path; sequences have `elements` elements, which is also the number of combo legs.
    """

    def __init__(self, given: dict[str, Any], elements: int) -> None:
        self._given = given
        self._elements = elements
        self._last = 100

    def scalar(self, path: str, kind: Kind, suggestions: list[Any]) -> Any:
        self._last += 1
        if path in self._given:
            return self._given[path]
        if suggestions and suggestions[0] != math.inf:
            return suggestions[0]
        return self._unique(path, kind)

    def _unique(self, path: str, kind: Kind) -> Any:
        number = self._last
        match _family(kind):
            case "int":
                return number
            case "float":
                return number + 0.25
            case "decimal":
                return Decimal(f"{number}.75")
            case "bool":
                return True
            case "tags":
                return (TagValue(f"a{number}", "1"), TagValue(f"b{number}", "x y"))
            case "number text":
                return str(number)
            case "flags":
                return _read(kind, str(1 << number % 2))
            case _:
                return f"{path.rpartition('.')[2]}-{number}"

    def is_there(self, path: str) -> bool:
        return bool(self._given.get(path, True))

    def count(self, path: str) -> int:
        return len(self._given[path]) if path in self._given else self._elements

    def member(self, _path: str, union: tuple[type[Struct], ...], index: int) -> type[Struct]:
        return union[index % len(union)]


def filled(
    struct: type[Message], version: int, given: dict[str, Any] | None = None, *, elements: int = 2
) -> Any:
    """A message with a value of its own in every field that travels; `given` has values by path."""
    return carried(struct, version, Filled(given or {}, elements))


class Bare:
    """Chooses what an empty frame says: zero, false, empty, and None wherever the frame can spell it."""

    def scalar(self, _path: str, kind: Kind, _suggestions: list[Any]) -> Any:
        return kind.zero if kind.zero is not None else _read_unset(kind)

    def is_there(self, _path: str) -> bool:
        return False

    def count(self, _path: str) -> int:
        return 0

    def member(self, _path: str, union: tuple[type[Struct], ...], _index: int) -> type[Struct]:
        return union[0]


def bare(struct: type[Message], version: int) -> Any:
    """A message that says as little as a version allows."""
    return carried(struct, version, Bare())


# ------------------------------------------------------------------------------------------------ generated values

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
ASCII_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="\\"), max_size=8)
"""What the vendor's client agrees to send, and reads without taking it for an escape."""


def _family(kind: Kind) -> str:
    if kind.codes is not None:
        return "text" if kind.protobuf == "string" else "int"
    read = kind.read
    if read.startswith("flags_of"):
        return "flags"
    for family in ("decimal", "int", "float", "tags"):
        if family in read:
            return family
    if "not in FALSE_TEXTS" in read or "BOOL" in read:
        return "bool"
    return "number text" if kind.protobuf == "double" else "text"


def _read_unset(kind: Kind) -> Any:
    """What the text of None is read as: some spellings of unset are those of a value."""
    return _read(kind, kind.unset)


def _read(kind: Kind, text: str) -> Any:
    return eval(kind.read.format(repr(text)), EXPRESSION_NAMES | dict(kind.uses))  # noqa: S307


def scalars(kind: Kind, text: st.SearchStrategy[str] = ANY_TEXT) -> st.SearchStrategy[Any]:
    """Values that a kind can spell: zero, negative, large, fractional, unset."""
    values = _values(kind, text)
    if kind.codes is not None:
        values = (
            st.sampled_from(list(kind.codes)) | values
        )  # what the protocol knows today, and what it may know
    return st.none() | values if _read_unset(kind) is None else values


def _values(kind: Kind, text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    match _family(kind):
        case "int":
            largest = MAX_INT64 if kind.protobuf == "int64" else MAX_INT32
            return st.integers(-largest, largest).filter(lambda number: number not in (MAX_INT32, MAX_INT64))
        case "float":
            finite = st.floats(-MAX_DOUBLE / 2, MAX_DOUBLE / 2) | st.integers(-3, 3).map(float)
            return finite | st.just(math.inf) if "infinity" in kind.write else finite
        case "decimal":
            # More digits than a double has would not survive the fields that are doubles in protobuf.
            digits = st.decimals(-(10**9), 10**9, places=4) | st.integers(-3, 3).map(Decimal)
            return digits.filter(lambda number: str(number) not in UNSET_DECIMAL_TEXTS)
        case "bool":
            return st.booleans()
        case "tags":
            part = text.filter(lambda part: not set(part) & set(";="))
            return st.lists(st.builds(TagValue, part, part), max_size=3).map(tuple)
        case "flags":
            return st.integers(0, 7).map(lambda mask: _read(kind, str(mask)))
        case "number text":
            return st.sampled_from(["", "100", "0.1", "1"])
        case _:
            return text.filter(lambda value: "\\u" not in value)


class Drawn:
    """Draws each value."""

    def __init__(
        self,
        draw: st.DrawFn,
        given: dict[str, st.SearchStrategy[Any]],
        text: st.SearchStrategy[str],
        elements: int,
    ) -> None:
        self._draw = draw
        self._given = given
        self._text = text
        self._elements = elements

    def scalar(self, path: str, kind: Kind, suggestions: list[Any]) -> Any:
        if path in self._given:
            return self._draw(self._given[path])
        values = scalars(kind, self._text)
        return self._draw(st.sampled_from(suggestions) | values if suggestions else values)

    def is_there(self, _path: str) -> bool:
        return self._draw(st.booleans())

    def count(self, _path: str) -> int:
        return self._draw(st.integers(0, self._elements))

    def member(self, _path: str, union: tuple[type[Struct], ...], _index: int) -> type[Struct]:
        return self._draw(st.sampled_from(union))


@st.composite
def messages(
    draw: st.DrawFn,
    struct: type[Message],
    version: int,
    text: st.SearchStrategy[str] = ANY_TEXT,
    elements: int = 3,
    given: dict[str, st.SearchStrategy[Any]] | None = None,
) -> Any:
    """Messages that travel in full at a version; `given` has strategies by path."""
    return carried(struct, version, Drawn(draw, given or {}, text, elements))


# ----------------------------------------------------------------------------------------------- changes of the form


def versions_of_change(struct: type[Message]) -> list[int]:
    """The server versions at which a message has a form that the version before did not have, the oldest included."""
    facts = struct.facts
    found = {OLDEST, BINARY_IDS, facts.since, facts.protobuf_since, facts.legacy_until + 1}
    found |= set(_changes_of_layout(struct, facts.layout)) | set(_changes_of_fields(struct))
    return sorted(version for version in found if max(OLDEST, facts.since) <= version <= NEWEST)


def _changes_of_layout(struct: type[Struct], items: Iterable[Item]) -> Iterator[int]:
    for item in items:
        yield from (item.since, item.until + 1)
        nested = specification_at(struct, item.path).struct if isinstance(item, Each) else struct
        if nested is not None:
            yield from _changes_of_layout(nested, getattr(item, "items", ()))


def _changes_of_fields(struct: type[Struct]) -> Iterator[int]:
    for specification in specification_of(struct).values():
        yield from (specification.wire.since, min(specification.wire.until, FOREVER) + 1)
        for nested in specification.union or filter(None, [specification.struct]):
            yield from _changes_of_fields(nested)


# ------------------------------------------------------------------------------------------------ names of fields


def text_paths(message: Message, version: int) -> list[str]:
    """The path of each field of a message's text frame behind its id and legacy version; empty for constants."""
    return list(_paths(message, type(message), type(message).facts.layout, version))


def _paths(owner: Any, struct: type[Struct], items: Layout, version: int) -> Iterator[str]:
    for item in items:
        if not is_present(item, struct, version):
            continue
        if isinstance(item, Constant):
            yield ""
            continue
        assert isinstance(item, Placed)
        yield from _paths_of(item, value_at(owner, item.path), owner, struct, version)


def _paths_of(item: Placed, value: Any, owner: Any, struct: type[Struct], version: int) -> Iterator[str]:
    match item:
        case At():
            yield item.path
        case When() if passes(item, value):
            yield from _paths(owner, struct, item.items, version)
        case Optional():
            yield item.path
            if value is not None:
                yield from _paths(owner, struct, item.items, version)
        case Whole():
            yield from _paths(owner, struct, item.items, version)
        case Each():
            yield f"{item.path} (count)"
            parts = [part.path for part in item.items if isinstance(part, At)]
            absent = item.joins and all(getattr(row, part) is None for row in value for part in parts)
            for row in () if absent else value:
                yield from _paths(row, type(row), item.items, version) if item.items else [f"{item.path}[]"]
        case Irregular():
            assert item.write is not None
            yield from (item.path for _ in item.write(value, version))


def value_at(owner: Any, path: str) -> Any:
    """The value at a dotted path; None below a Struct that is None."""
    for name in path.split("."):
        if owner is None:
            return None
        owner = getattr(owner, name)
    return owner
