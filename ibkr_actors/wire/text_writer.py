"""Compiles a declaration into a writer of text frames, for one server version.

The generated writer takes the Struct and returns the bytes of the frame's payload. It follows the same `Layout` as the
reader, so neither can know a field that the other doesn't.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final, NamedTuple

from msgspec import Struct

from ibkr_actors.errors import InapplicableField, LocalProtocolError, UnsupportedByServer
from ibkr_actors.wire.annotation import FOREVER
from ibkr_actors.wire.fields import (
    At,
    Constant,
    Each,
    Irregular,
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
from ibkr_actors.wire.kinds import EXPRESSION_NAMES, Kind
from ibkr_actors.wire.source import Source

TextWriter = Callable[[Any], bytes]


class _Condition(NamedTuple):
    """What has to hold for a field to be written: as an expression, and in words for errors."""

    test: str
    words: str


class _WriterCompiler:
    """Writes the source of one writer. `strict` writers refuse values that the frame has no place for."""

    def __init__(self, struct: type[Struct], version: int, strict: bool, later: int | None) -> None:
        self._struct = struct
        self._version = version
        self._strict = strict
        self._later = later
        self._source = Source(f"write_{struct.__name__}", "m", {**EXPRESSION_NAMES, **_WRITER_NAMES})
        self._items: Layout = ()
        self._pending: list[tuple[str, str]] = []
        self._written: set[str] = set()
        self._tests: list[_Condition] = []
        self._conditions: dict[str, list[tuple[_Condition, ...]]] = {}
        self._parts = tuple(
            name
            for name, field in specification_of(struct).items()
            if field.struct is not None and not (field.optional or field.repeated or field.union)
        )
        """Structs that the message always has. Each is looked up once, for an order has 150 fields."""

    def compile(self, head: tuple[str, ...], raw: bytes, items: Layout) -> TextWriter:
        self._items = items
        self._pending = [(repr(text), "") for text in head]
        for name in self._parts:
            self._source.line(f"m_{name} = m.{name}")
        self._source.line("out = []")
        self._write_items(items, "m", self._struct)
        self._flush()
        if self._strict:
            self._refuse_inapplicable()
            self._refuse_what_is_left()
        self._source.line("out.append('')")
        self._source.line("text = '\\0'.join(out)")
        with self._source.block("if text.count('\\0') != len(out) - 1:"):
            self._source.line(f"refuse_nul(m, out, {self._struct.__name__!r})")
        code = "text.encode()" if not raw else f"{raw!r} + text.encode()"
        self._source.line(f"return {code}")
        return self._source.compile(f"text writer of {self._struct.__name__} at {self._version}")

    def _at(self, owner: str, path: str) -> str:
        """The expression for the value at a path."""
        part, dot, rest = path.partition(".")
        return f"m_{part}.{rest}" if dot and owner == "m" and part in self._parts else f"{owner}.{path}"

    def _flush(self) -> None:
        if not self._pending:
            return
        self._source.line("out += (")
        for expression, path in self._pending:
            self._source.line(f"    {expression},", field=path or None)
        self._source.line(")")
        self._pending = []

    def _write_items(self, items: Layout, owner: str, struct: type[Struct]) -> None:
        for item in items:
            if not is_present(item, struct, self._version):
                continue
            match item:
                case At():
                    kind = scalar_kind(specification_at(struct, item.path), item)
                    self._write_scalar(kind, self._at(owner, item.path), item.path)
                case Constant():
                    self._pending.append((repr(item.text), ""))
                case When():
                    self._write_when(item, owner, struct)
                case Optional():
                    self._write_optional(item, owner, struct)
                case Whole():
                    self._note(item.path)
                    self._write_items(item.items, owner, struct)
                case Each():
                    self._write_each(item, owner, struct)
                case Irregular():
                    self._write_irregular(item, owner)

    def _note(self, path: str) -> None:
        """Remember that a field was written, and what had to hold for that."""
        self._written.add(path)
        self._conditions.setdefault(path, []).append(tuple(self._tests))

    def _write_scalar(self, kind: Kind, value: str, path: str) -> None:
        self._note(path)
        self._source.use(kind.uses)
        self._pending.append((_spelled(kind, value), path))

    def _write_when(self, item: When, owner: str, struct: type[Struct]) -> None:
        self._flush()
        test = item.test.expression.format(self._at(owner, item.path))
        self._tests.append(_Condition(test, f"{item.path} {item.test.words}"))
        with self._source.block(f"if {test}:"):
            self._write_items(item.items, owner, struct)
            self._flush()
        self._tests.pop()

    def _refuse_inapplicable(self) -> None:
        """A field may go with one of several conditions; it is refused when none of them holds."""
        for path, alternatives in self._conditions.items():
            if not all(alternatives):
                continue
            holds = " or ".join(" and ".join(f"({test})" for test, _ in tests) for tests in alternatives)
            # Each once, in order: a list and its second half have the same condition.
            words = dict.fromkeys(" and ".join(words for _, words in tests) for tests in alternatives)
            error = f"InapplicableField({{}}, {' or '.join(words)!r})"
            self._refuse_if_set(path, "m", self._struct, error, unless=holds)

    def _write_optional(self, item: Optional, owner: str, struct: type[Struct]) -> None:
        self._flush()
        self._note(item.path)
        with self._source.block(f"if {self._at(owner, item.path)} is None:"):
            self._source.line("out.append('0')")
        with self._source.block("else:"):
            self._pending.append(("'1'", ""))
            self._write_items(item.items, owner, struct)
            self._flush()

    def _write_irregular(self, item: Irregular, owner: str) -> None:
        self._flush()
        self._note(item.path)
        writer = self._source.refer(item.write, f"write_{item.path.replace('.', '_')}")
        self._source.line(f"out += {writer}({self._at(owner, item.path)}, {self._version})", field=item.path)

    def _write_each(self, item: Each, owner: str, struct: type[Struct]) -> None:
        self._note(item.path)
        specification = specification_at(struct, item.path)
        elements = self._at(owner, item.path)
        self._flush()
        if item.joins:
            tests = " or ".join(f"e.{part.path} is not None" for part in item.items if isinstance(part, At))
            elements = f"({elements} if any({tests} for e in {elements}) else ())"
        self._source.line(f"out.append(str(len({elements})))", field=item.path)
        element = self._source.variable()
        with self._source.block(f"for {element} in {elements}:"):
            if specification.struct is None:
                assert specification.kind is not None
                self._pending.append((specification.kind.write.format(element), item.path))
                self._flush()
            else:
                self._write_element(item, element, specification.struct)

    def _write_element(self, item: Each, element: str, struct: type[Struct]) -> None:
        # What is noted about the fields of an element is not about fields of the message.
        outer, self._written, self._conditions = (self._written, self._conditions), set(), {}
        with self._source.elements_of(item.path):
            self._write_items(item.items, element, struct)
            self._flush()
        self._written, self._conditions = outer

    def _refuse_what_is_left(self) -> None:
        """A value that the user set never vanishes silently."""
        placed = set(_places(self._items, self._struct, self._version))
        for path, specification in _leaves(self._struct, "", placed):
            if path in placed or path in self._written:
                continue
            wire = specification.wire
            if wire.bridge_only:
                continue
            need = self._next_version_with(path)
            words = f"{need} or newer" if need > self._version else f"{wire.until} or older"
            error = f"UnsupportedByServer({{}}, {words!r}, {self._version})"
            if need >= FOREVER:
                error = "InapplicableField({}, 'another kind of request carries it')"
            self._refuse_if_set(path, "m", self._struct, error)

    def _next_version_with(self, path: str) -> int:
        """The first later version whose text form has the field, or else that of the protobuf form."""
        later = [since for since in _gates(self._items, self._struct, path) if since > self._version]
        return min(later, default=max(specification_at(self._struct, path).wire.since, self._later or 0))

    def _refuse_if_set(
        self, path: str, owner: str, struct: type[Struct], error: str, *, unless: str | None = None
    ) -> None:
        specification = specification_at(struct, path)
        if specification.wire.bridge_only:
            return
        self._written.add(path)
        default = self._source.refer(
            specification.value_when_absent(), f"default_of_{path.replace('.', '_')}"
        )
        parents, _, name = path.rpartition(".")
        with self._reaching(parents, owner, struct) as place:
            test = f"{place}.{name} != {default}"
            if specification.wire.told_by:
                test += f" and not {place}.{specification.wire.told_by}"
            if unless is not None:
                test += f" and not ({unless})"
            with self._source.block(f"if {test}:"):
                call = error.format(f"{self._struct.__name__!r}, {path!r}")
                self._source.line(f"raise {call}")

    @contextmanager
    def _reaching(self, path: str, owner: str, struct: type[Struct]) -> Iterator[str]:
        """Lines about the Struct at a path, if there is one; about each of them, where the path leads into a list."""
        with ExitStack() as blocks:
            place, done = owner, ""
            for name in filter(None, path.split(".")):
                is_part = not done and owner == "m" and name in self._parts
                place, done = (
                    f"m_{name}" if is_part else f"{place}.{name}",
                    f"{done}.{name}".removeprefix("."),
                )
                specification = specification_at(struct, done)
                if specification.repeated:
                    element = self._source.variable()
                    blocks.enter_context(self._source.block(f"for {element} in {place}:"))
                    place = element
                elif specification.optional:
                    blocks.enter_context(self._source.block(f"if {place} is not None:"))
            yield place


def _spelled(kind: Kind, value: str) -> str:
    """The expression for a value's text, with the kind's own text for None."""
    expression = kind.write.format(value)
    return f"({expression} or {kind.unset!r})" if kind.unset else expression


def refuse_nul(message: Any, texts: list[str], name: str) -> None:
    """Raise LocalProtocolError: a text holds the separator of fields, so everything behind it would shift."""
    bad = next(text for text in texts if "\0" in text)
    raise LocalProtocolError(
        f"{name}: the text {bad!r} holds a NUL, which ends a field on the wire ({message!r})"
    )


_WRITER_NAMES: Final = {
    "UnsupportedByServer": UnsupportedByServer,
    "InapplicableField": InapplicableField,
    "refuse_nul": refuse_nul,
}


def _gates(items: Layout, struct: type[Struct], path: str) -> Iterator[int]:
    """The first version of each place that a layout has for a field."""
    for item in items:
        if isinstance(item, Each) and path.startswith(item.path + "."):
            element = specification_at(struct, item.path).struct
            if element is not None:
                inside = _gates(item.items, element, path.removeprefix(item.path + "."))
                yield from (max(item.since, since) for since in inside)
        elif isinstance(item, When | Optional | Whole) and item.path != path:
            yield from (max(item.since, since) for since in _gates(item.items, struct, path))
        elif isinstance(item, Placed) and item.path == path:
            yield item.since or specification_at(struct, path).wire.since


def _places(items: Layout, struct: type[Struct], version: int, prefix: str = "") -> Iterator[str]:
    """The paths of all fields that a layout has a place for, with those of elements."""
    for item in items:
        if not isinstance(item, Placed) or not is_present(item, struct, version):
            continue
        if not isinstance(item, When):  # its own path is what it tests
            yield prefix + item.path
        if not isinstance(item, Each):
            yield from _places(getattr(item, "items", ()), struct, version, prefix)
            continue
        element = specification_at(struct, item.path).struct
        if element is not None:
            yield from _places(item.items, element, version, f"{prefix}{item.path}.")


def _leaves(struct: type[Struct], prefix: str, placed: Container[str]) -> Iterator[tuple[str, Specification]]:
    """Every field below a Struct that holds a value of its own, by path. A list or an optional Struct that has no place
    is one value; of those that have a place, the fields inside."""
    for name, specification in specification_of(struct).items():
        path, nested = prefix + name, specification.struct
        of_one_class = nested is not None and specification.kind is None and not specification.union
        whole = (specification.repeated or specification.optional) and path not in placed
        if nested is not None and of_one_class and not whole:
            yield from _leaves(nested, f"{path}.", placed)
        else:
            yield path, specification


def compile_text_writer(
    struct: type[Struct],
    items: Layout,
    version: int,
    *,
    head: tuple[str, ...],
    raw: bytes = b"",
    strict: bool,
    later: int | None = None,
) -> TextWriter:
    """A function from a `struct` to the payload of its frame, which begins with `raw` and the fields `head`.

    A `strict` writer (for requests) raises UnsupportedByServer or InapplicableField when a field is set that the
    frame has no place for; one for answers leaves it out. `later` is the version from which a protobuf form
    carries every field. Raises LocalProtocolError when a text holds a NUL.
    """
    return _WriterCompiler(struct, version, strict, later).compile(head, raw, items)
