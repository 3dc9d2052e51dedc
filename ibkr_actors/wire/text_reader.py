"""Compiles a declaration into a reader of text frames, for one server version.

A text frame is a list of NUL-terminated fields. The generated reader takes that list already split and builds the
Struct. It follows the same `Layout` as the writer, so neither can know a field that the other doesn't.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Final

from msgspec import NODEFAULT, Struct
from msgspec.structs import replace

from ibkr_actors.wire.fields import (
    At,
    Constant,
    Each,
    Irregular,
    Item,
    Layout,
    Optional,
    Placed,
    When,
    Whole,
    is_present,
    scalar_kind,
    specification_at,
    specification_of,
)
from ibkr_actors.wire.kinds import EXPRESSION_NAMES, Kind
from ibkr_actors.wire.source import Source

TextReader = Callable[[list[str]], Any]

NO_ELEMENTS: Final = ("", "0")
"""How a frame says that a group is empty, which most are: it is seen at a look, not worked out."""


def count(text: str, room: int) -> int:
    """The number of elements of a repeated group. Raises ValueError when the frame has no room for so many."""
    number = int(text or 0)
    if not 0 <= number <= room:
        raise ValueError(f"{number} elements announced, with {room} fields left in the frame")
    return number


def column(fast: Callable[[str], Any], careful: Callable[[str], Any], texts: list[str]) -> list[Any]:
    """One field of every element. `fast` knows no empty text; `careful` does, and takes twice as long."""
    try:
        return list(map(fast, texts))
    except ValueError:
        return list(map(careful, texts))


def join(
    elements: tuple[Any, ...], number: int, names: tuple[str, ...], columns: list[list[Any]]
) -> tuple[Any, ...]:
    """Elements completed by a second list over them. Raises ValueError when the two differ in length."""
    if not number:
        return elements
    if number != len(elements):
        raise ValueError(f"{number} elements in the second list, {len(elements)} in the first")
    rows = zip(*columns, strict=True)
    return tuple(
        replace(element, **dict(zip(names, row, strict=True)))
        for element, row in zip(elements, rows, strict=True)
    )


_READER_NAMES: Final = {
    **EXPRESSION_NAMES,
    "NO_ELEMENTS": NO_ELEMENTS,
    "count": count,
    "column": column,
    "join": join,
    "repeat": itertools.repeat,
}
_FAST_COLUMNS: Final = {"read_float": "float", "read_int": "int"}


class _ReaderCompiler:
    """Writes the source of one reader. `_base` and `_offset` say where in the frame the next field is."""

    def __init__(self, struct: type[Struct], version: int, first: int) -> None:
        self._struct = struct
        self._version = version
        self._source = Source(f"read_{struct.__name__}", "f", _READER_NAMES)
        self._base = ""
        self._offset = first
        self._values: dict[str, str] = {}

    def compile(self, items: Layout) -> TextReader:
        self._read_items(items)
        self._source.line(f"return {self._construct(self._struct, '')}")
        return self._source.compile(f"text reader of {self._struct.__name__} at {self._version}")

    def _place(self) -> str:
        return f"{self._base}+{self._offset}" if self._base else str(self._offset)

    def _next(self) -> str:
        place = self._place()
        self._offset += 1
        return f"f[{place}]"

    def _settle(self) -> None:
        """Bring the place of the next field into the variable `i`, before the code branches."""
        if self._base != "i" or self._offset:
            self._source.line(f"i = {self._place()}")
        self._base, self._offset = "i", 0

    def _read_items(self, items: Layout) -> None:
        for item in items:
            if not is_present(item, self._struct, self._version):
                continue
            match item:
                case At():
                    self._read_scalar(item)
                case Constant():
                    self._offset += 1
                case When():
                    self._read_when(item)
                case Optional():
                    self._read_optional(item)
                case Whole():
                    self._read_items(item.items)
                    self._assemble(item)
                case Each():
                    self._read_each(item)
                case Irregular():
                    self._read_irregular(item)

    def _variable(self, path: str) -> str:
        return self._values.setdefault(path, self._source.variable())

    def _read_scalar(self, item: At) -> None:
        kind = scalar_kind(specification_at(self._struct, item.path), item)
        text = self._next()
        self._source.use(kind.uses)
        self._source.line(f"{self._variable(item.path)} = {kind.read.format(text)}", field=item.path)

    def _read_when(self, item: When) -> None:
        self._settle()
        self._assign_defaults(item.items)
        with self._source.block(f"if {item.test.expression.format(self._values[item.path])}:"):
            self._read_items(item.items)
            self._settle()
        self._base, self._offset = "i", 0

    def _assign_defaults(self, items: Layout) -> None:
        for item in items:
            if isinstance(item, When):
                self._assign_defaults(item.items)
            elif isinstance(item, Placed) and item.path not in self._values:
                path = item.path
                default = specification_at(self._struct, path).value_when_absent()
                name = self._source.refer(default, f"default_of_{path.replace('.', '_')}")
                self._source.line(f"{self._variable(path)} = {name}")

    def _read_optional(self, item: Optional) -> None:
        whole = self._variable(item.path)
        self._source.line(f"present = {self._next()} not in FALSE_TEXTS", field=item.path)
        self._source.line(f"{whole} = None")
        self._settle()
        with self._source.block("if present:"):
            self._read_items(item.items)
            self._settle()
            self._assemble(item)

    def _assemble(self, item: Optional | Whole) -> None:
        """Build the Struct of an item from the values inside, which nobody asks for again."""
        nested = specification_at(self._struct, item.path).struct
        assert nested is not None
        whole = self._variable(item.path)
        self._source.line(f"{whole} = {self._construct(nested, item.path + '.')}", field=item.path)
        for path in [path for path in self._values if path.startswith(item.path + ".")]:
            del self._values[path]

    def _read_irregular(self, item: Irregular) -> None:
        place = self._place()
        reader = self._source.refer(item.read, f"read_{item.path.replace('.', '_')}")
        self._source.line(
            f"{self._variable(item.path)}, i = {reader}(f, {place}, {self._version})", field=item.path
        )
        self._base, self._offset = "i", 0

    def _read_each(self, item: Each) -> None:
        specification = specification_at(self._struct, item.path)
        element = specification.struct
        items = [part for part in item.items if element is None or is_present(part, element, self._version)]
        if element is not None and not all(isinstance(part, At | Constant) for part in items):
            self._read_each_in_turn(item, element)
            return
        text, variable = self._next(), self._variable(item.path)
        with self._source.block(f"if {text} in NO_ELEMENTS:", field=item.path):
            if not item.joins:
                self._source.line(f"{variable} = ()")
            self._source.line(f"i = {self._place()}")
        with self._source.block("else:"):
            self._read_elements(item, items, f"count({text}, len(f) - ({self._place()}))")
        self._base, self._offset = "i", 0

    def _read_elements(self, item: Each, items: list[Item], number: str) -> None:
        """As many elements as the expression `number` says, one field of all of them after the other."""
        specification = specification_at(self._struct, item.path)
        element, variable, width = specification.struct, self._values[item.path], len(items) or 1
        self._source.line(f"n = {number}", field=item.path)
        self._source.line(f"j = {self._place()}")
        self._source.line(f"i = j + n * {width}")
        self._source.line("p = f[j:i]")
        with self._source.block(f"if len(p) != n * {width}:"):
            self._source.line("raise IndexError", field=item.path)
        if element is None:
            assert specification.kind is not None
            elements = self._column(specification.kind, 0, 1)
            self._source.line(f"{variable} = tuple({elements})", field=item.path)
            return
        columns = self._columns(item, element, items, width)
        if item.joins:
            names = tuple(columns)
            self._source.line(
                f"{variable} = join({variable}, n, {names!r}, [{', '.join(columns.values())}])",
                field=item.path,
            )
            return
        self._source.line(f"{variable} = {self._map(element, columns)}", field=item.path)

    def _read_each_in_turn(self, item: Each, element: type[Struct]) -> None:
        """Elements of no fixed width, for they hold groups or conditions of their own: one after the other."""
        assert not item.joins, "a second list over the same elements holds scalars only"
        self._source.line(f"n = count({self._next()}, len(f) - ({self._place()}))", field=item.path)
        rows = self._source.variable()
        self._source.line(f"{rows} = []")
        self._settle()
        outer, self._struct, self._values = (self._struct, self._values), element, {}
        with self._source.block("for _ in range(n):"), self._source.elements_of(item.path):
            self._read_items(item.items)
            self._settle()
            self._source.line(f"{rows}.append({self._construct(element, '')})")
        self._struct, self._values = outer
        self._source.line(f"{self._variable(item.path)} = tuple({rows})", field=item.path)

    def _columns(self, item: Each, element: type[Struct], items: list[Item], width: int) -> dict[str, str]:
        columns: dict[str, str] = {}
        for index, part in enumerate(items):
            if isinstance(part, Constant):
                continue
            assert isinstance(part, At), "a repeated group holds scalars only"
            kind = scalar_kind(specification_at(element, part.path), part)
            name = self._source.variable()
            self._source.line(
                f"{name} = {self._column(kind, index, width)}", field=f"{item.path}.{part.path}"
            )
            columns[part.path] = name
        return columns

    def _column(self, kind: Kind, index: int, width: int) -> str:
        texts = f"p[{index}::{width}]"
        if kind.column is None:
            return texts
        self._source.use(kind.uses)
        fast = _FAST_COLUMNS.get(kind.column)
        return f"column({fast}, {kind.column}, {texts})" if fast else f"list(map({kind.column}, {texts}))"

    def _map(self, element: type[Struct], columns: dict[str, str]) -> str:
        """Build all elements at once, by position: `map` calls the class without a Python frame in between."""
        if any("." in path for path in columns):
            return self._map_nested(element, columns)
        known = specification_of(element)
        arguments = []
        for name in element.__struct_fields__:
            if name in columns:
                arguments.append(columns[name])
            else:
                default = self._source.refer(known[name].value_when_absent(), f"default_of_{name}")
                arguments.append(f"repeat({default}, n)")
        return f"tuple(map({self._source.refer(element, element.__name__)}, {', '.join(arguments)}))"

    def _map_nested(self, element: type[Struct], columns: dict[str, str]) -> str:
        row = {path: self._source.variable() for path in columns}
        outer, self._values = self._values, row
        construct = self._construct(element, "")
        self._values = outer
        return f"tuple({construct} for {', '.join(row.values())} in zip({', '.join(columns.values())}))"

    def _construct(self, struct: type[Struct], prefix: str) -> str:
        values = {}
        for name, specification in specification_of(struct).items():
            path = prefix + name
            if path in self._values:
                values[name] = self._values[path]
            elif specification.struct is not None and any(
                known.startswith(path + ".") for known in self._values
            ):
                values[name] = self._construct(specification.struct, path + ".")
            elif specification.default is NODEFAULT:
                values[name] = self._source.refer(specification.value_when_absent(), f"default_of_{name}")
        return self._source.construct(struct, values)


def compile_text_reader(struct: type[Struct], items: Layout, version: int, *, first: int) -> TextReader:
    """A function from the split fields of a frame to a `struct`; field `first` is the layout's first.

    The function raises ValueError or IndexError; `source.field_of_failure` names the field. Fields behind the last
    one are ignored: newer bridges append, and so do other people's clients.
    """
    return _ReaderCompiler(struct, version, first).compile(items)
