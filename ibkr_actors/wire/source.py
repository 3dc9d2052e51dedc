"""Writes the source of a function line by line, compiles it, and shows it to tracebacks and debuggers.

A line that handles one field ends in a comment with the field's path. `field_of_failure` reads it back from the
traceback of a failed call: naming the field costs nothing as long as nothing fails.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

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

    def line(self, text: str, *, field: str | None = None) -> None:
        """Add a line; `field` is the path that a failure of this line is about."""
        comment = f"  # {field}" if field is not None else ""
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

    def compile(self, title: str) -> Callable[..., Any]:
        """The function; `title` is what tracebacks show as its file."""
        filename = f"{_PREFIX}{title}>"
        text = "\n".join(self._lines) + "\n"
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
        scope = self._names
        exec(compile(text, filename, "exec"), scope)  # noqa: S102  # the text is made of declarations only
        function: Callable[..., Any] = scope[self.name]
        return function


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
