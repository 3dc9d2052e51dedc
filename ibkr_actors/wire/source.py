"""Writes the source of a function line by line, compiles it, and shows it to tracebacks and debuggers.

A line that handles one field ends in a comment with the field's path. `field_of_failure` reads it back from the
traceback of a failed call: naming the field costs nothing as long as nothing fails.
"""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from inspect import Parameter, signature
from typing import Any, Final

from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo
from msgspec.structs import fields as struct_fields

_PREFIX: Final = "<ibkr_actors "


class Source:
    """The source of one function under construction.

    Responsible for: indentation, names for objects that the source refers to, registering with `linecache`.
    """

    def __init__(self, name: str, arguments: str, names: dict[str, Any]) -> None:
        self.name = name
        self._lines = [f"def {name}({arguments}):"]
        self._depth = 1
        self._names = dict(names)
        self._variables = 0
        self._within = ""

    def line(self, text: str, *, field: str | None = None) -> None:
        """Add a line; `field` is the path that a failure of this line is about."""
        comment = f"  # {self._within}{field}" if field is not None else ""
        self._lines.append("    " * self._depth + text + comment)

    @contextmanager
    def block(self, head: str, *, field: str | None = None) -> Iterator[None]:
        """Add `head` and indent what is added inside."""
        self.line(head, field=field)
        self._depth += 1
        before = len(self._lines)
        yield
        if len(self._lines) == before:
            self.line("pass")
        self._depth -= 1

    @contextmanager
    def elements_of(self, path: str) -> Iterator[None]:
        """Lines that are about the elements of a group, with paths relative to an element."""
        outer, self._within = self._within, f"{self._within}{path}."
        yield
        self._within = outer

    def variable(self) -> str:
        """A name for a new local variable."""
        self._variables += 1
        return f"v{self._variables}"

    def refer(self, thing: Any, hint: str) -> str:
        """A global name for an object, the same for the same object."""
        name = f"_{hint}"
        while name in self._names and self._names[name] is not thing:
            name += "_"
        self._names[name] = thing
        return name

    def use(self, names: Iterable[tuple[str, Any]]) -> None:
        """Make objects known to the source under names of their own."""
        self._names.update(names)

    def construct(self, struct: type[Struct], values: Mapping[str, str]) -> str:
        """The expression that makes a `struct` of expressions by name of field; other fields get their defaults.

        By position as far as possible: msgspec looks for each keyword among all fields, which makes an order with its
        150 fields four times as expensive.
        """
        by_position: list[str] = []
        needed = 0
        fields = _positional_fields(struct)
        for field in fields:
            by_position.append(values.get(field.name) or self._default(field))
            if field.name in values or field.required:
                needed = len(by_position)
        positional = {field.name for field in fields}
        by_name = [f"{name}={value}" for name, value in values.items() if name not in positional]
        arguments = ", ".join((*by_position[:needed], *by_name))
        return f"{self.refer(struct, struct.__name__)}({arguments})"

    def _default(self, field: FieldInfo) -> str:
        if field.default_factory is not NODEFAULT:
            return f"{self.refer(field.default_factory, f'make_{field.name}')}()"
        return self.refer(field.default, f"default_of_{field.name}")

    def compile(self, title: str) -> Callable[..., Any]:
        """The function; `title` is what tracebacks show as its file."""
        text = "\n".join(self._lines) + "\n"
        filename = _file_of(title, text)
        scope = self._names
        exec(compile(text, filename, "exec"), scope)  # noqa: S102  # the text is made of declarations only
        function: Callable[..., Any] = scope[self.name]
        return function


def _file_of(title: str, text: str) -> str:
    """The name by which tracebacks find the text. Of two texts with one title each has its own: a line must not be
    looked for in the other."""
    lines = text.splitlines(keepends=True)
    numbers = itertools.chain([""], map(" ({})".format, itertools.count(2)))
    names = (f"{_PREFIX}{title}{number}>" for number in numbers)

    def holds(name: str) -> bool:
        linecache.cache.setdefault(name, (len(text), None, lines, name))
        return linecache.getlines(name) == lines

    return next(filter(holds, names))


def _positional_fields(struct: type[Struct]) -> list[FieldInfo]:
    by_name = {field.name: field for field in struct_fields(struct)}
    parameters = signature(struct).parameters.values()
    return [by_name[one.name] for one in parameters if one.kind is not Parameter.KEYWORD_ONLY]


def source_of(function: Callable[..., Any]) -> str:
    """The generated source of a compiled function, for tests and curious people."""
    return "".join(linecache.getlines(function.__code__.co_filename))


def field_of_failure(error: BaseException) -> str | None:
    """The path of the field that generated code was handling when it raised `error`; None when it was none."""
    found = None
    traceback = error.__traceback__
    while traceback is not None:
        filename = traceback.tb_frame.f_code.co_filename
        if filename.startswith(_PREFIX):
            _, mark, path = linecache.getline(filename, traceback.tb_lineno).rstrip().rpartition("  # ")
            found = path if mark else found
        traceback = traceback.tb_next
    return found
