"""The samples that readers copy: each fenced block of Python on a page, and how it is run.

A page's blocks share one namespace and run in their order, as they stand, against a simulated gateway. What differs
from a reader's machine is where the gateway is: `host` and `port` are there already, and the port of a paper account's
TWS, 7497, is read as the simulated gateway's.

A block that can't run by itself stands below a comment that says why, and is checked against the package instead:

    <!-- fragment: how an override looks; its class stands above -->

Responsible for: finding, running and checking blocks. Not responsible for: which pages there are, and the gateway.
"""

from __future__ import annotations

import ast
import builtins
import datetime as dt
import decimal
import logging
import re
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from msgspec.structs import StructConfig

import ibkr_actors

PAPER_PORT: Final = "7497"

_FENCED: Final = re.compile(
    r"(?:^ *<!-- fragment: (?P<reason>.+?) -->\n+)?"
    r"^(?P<indent> *)```python[^\n]*\n(?P<source>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)

_PACKAGE: Final = Path(ibkr_actors.__file__).parent
_KNOWN_TYPES: Final = (
    *(str, bytes, int, float, list, tuple, dict, set, BaseException, OSError, decimal.Decimal, logging),
    *(dt, dt.datetime, dt.date, dt.timedelta, StructConfig),
)
"""Whose attributes a fragment may use beside the package's."""


@dataclass(frozen=True)
class Sample:
    """One block of Python on a page."""

    page: str
    line: int
    """Of the first line of code."""
    source: str
    reason: str
    """Why it can't run by itself; empty for one that runs."""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    def tree(self) -> ast.Module:
        """Parsed; a traceback names the page and its line."""
        return ast.increment_lineno(ast.parse(self.source, self.page), self.line - 1)

    def run(self, names: dict[str, Any]) -> None:
        """Execute it in a page's namespace."""
        here = replace(self, source=self.source.replace(PAPER_PORT, str(names["port"])))
        # Without `dont_inherit` a sample would have this module's `from __future__ import annotations`.
        exec(compile(here.tree(), self.page, "exec", dont_inherit=True), names)  # noqa: S102  # our own text


def samples_of(page: str, text: str) -> list[Sample]:
    """The blocks of a page, in their order."""
    return [
        Sample(
            page,
            text.count("\n", 0, match.start("source")) + 1,
            textwrap.dedent(match["source"]),
            (match["reason"] or "").strip(),
        )
        for match in _FENCED.finditer(text)
    ]


@contextmanager
def namespace(host: str, port: int) -> Iterator[dict[str, Any]]:
    """What a page's blocks find before the first of them has run: a module, as a reader's file is one."""
    module = ModuleType("sample")
    module.__dict__.update(host=host, port=port)
    sys.modules[module.__name__] = module  # where the annotations of a class are looked up
    try:
        yield module.__dict__
    finally:
        del sys.modules[module.__name__]


# ------------------------------------------------------------------------------------------------------------ fragments


def unknown_names(sample: Sample, page: list[Sample]) -> list[str]:
    """The names that a fragment uses and that neither the package, Python nor its page has."""
    on_page = set().union(*(_bound_in(one.tree()) for one in page))
    known = identifiers() | on_page | _of_python()
    variables = identifiers() | on_page | set(dir(builtins)) | {"host", "port"}
    tree = sample.tree()
    return sorted(
        {name for name in _read_in(tree) if name not in variables}
        | {name for name in _asked_of(tree) if name not in known}
    )


def run_imports(sample: Sample) -> None:
    """Execute the imports of a fragment, wherever they stand in it."""
    imports: list[ast.stmt] = [
        node for node in ast.walk(sample.tree()) if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    exec(compile(ast.Module(imports, []), sample.page, "exec"), {})  # noqa: S102  # our own text


@cache
def identifiers() -> frozenset[str]:
    """Every name that the package gives to anything."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in _PACKAGE.rglob("*.py"))
    return frozenset().union(*map(_bound_in, trees))


@cache
def _of_python() -> frozenset[str]:
    return frozenset().union(*map(dir, _KNOWN_TYPES))


def _bound_in(tree: ast.AST) -> set[str]:
    """The names that code gives: of classes, functions, parameters, variables, attributes, imports."""
    return {name for node in ast.walk(tree) for name in _bound_by(node)}


def _bound_by(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.arg(arg=name) | ast.ExceptHandler(name=str(name)):
            yield name
        case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
            yield name
        case ast.alias(name=name, asname=other):
            yield other or name.partition(".")[0]
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name


def _read_in(tree: ast.AST) -> Iterator[str]:
    """The variables that code reads."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id


def _asked_of(tree: ast.AST) -> Iterator[str]:
    """The attributes that code reads, and the parameters that it gives by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
