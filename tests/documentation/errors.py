"""The page of errors and codes: the tree of exceptions, and every code of the bridge that has a row."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Final

from ibkr_actors import errors
from ibkr_actors.base.message_codes import ENDS_OF_CHOICE, FACTS, UNKNOWN, WARNINGS, CodeFacts, Ends, Scope
from ibkr_actors.errors import IbkrError
from tests.documentation.markdown import code, paragraph, table
from tests.documentation.structure import docstrings_of

HEADINGS: Final = {
    Scope.CONNECTION: "Codes about the connection",
    Scope.FARM: "Codes about farms",
    Scope.ACCOUNT: "Codes about accounts",
    Scope.REQUEST: "Codes about requests",
    Scope.ORDER: "Codes about orders",
    Scope.CLIENT: "Codes of other clients",
}
"""The sections of the codes, in their order."""


def errors_of(parent: type[Exception] = IbkrError, depth: int = 0) -> Iterator[tuple[int, type[Exception]]]:
    """Every error of `errors.py` below its parent, with its depth in the tree, as the module has them in order."""
    yield depth, parent
    for child in vars(errors).values():
        if inspect.isclass(child) and parent in child.__bases__:
            yield from errors_of(child, depth + 1)


def error_rows() -> Iterator[list[str]]:
    """A row for each error: its name below its parent's, what it means, what it carries beside its text."""
    for depth, error in errors_of():
        indent = "&nbsp;" * 4 * depth
        yield [
            f"{indent}{code(error.__name__)}",
            paragraph(error.__doc__).replace("\n\n", " "),
            carries(error),
        ]


def carries(error: type[Exception]) -> str:
    """The attributes of an error that its own constructor takes."""
    taken = inspect.signature(error).parameters.values() if error.__init__ is not Exception.__init__ else ()
    return ", ".join(code(one.name) for one in taken if one.kind is not one.VAR_POSITIONAL)


def code_rows(facts: Iterable[CodeFacts]) -> Iterator[list[str]]:
    """A row for each code; neighbours that say the same share one."""
    run: list[CodeFacts] = []
    for one in sorted(facts, key=lambda one: one.code):
        if run and not (one.code == run[-1].code + 1 and said(one) == said(run[-1])):
            yield [numbers(run), *said(run[-1])]
            run = []
        run.append(one)
    if run:
        yield [numbers(run), *said(run[-1])]


def said(facts: CodeFacts) -> list[str]:
    """What a row says behind its code."""
    return [facts.meaning, facts.severity.value, facts.ends.value]


def numbers(run: list[CodeFacts]) -> str:
    """The codes of one row."""
    return str(run[0].code) if len(run) == 1 else f"{run[0].code} to {run[-1].code}"


def codes_of(scope: Scope) -> list[str]:
    """One section."""
    rows = code_rows(one for one in FACTS.values() if one.scope is scope)
    about = docstrings_of(Scope).get(scope.name, "")
    return [f"## {HEADINGS[scope]}", "", about, "", *table(("code", "meaning", "severity", "ends"), rows)]


def ends_rows() -> Iterator[list[str]]:
    """What each word in the column "ends" means."""
    meanings = docstrings_of(Ends)
    for one in Ends:
        choice = "yes" if one in ENDS_OF_CHOICE else ""
        yield [one.value, meanings.get(one.name, "Nothing: what the code names goes on."), choice]


def parts() -> Iterator[str | list[str]]:
    """What stands on the page."""
    sections = ["Errors", "Codes", *HEADINGS.values()]
    yield [", ".join(f"[{one}](#{one.lower().replace(' ', '-')})" for one in sections) + ".", ""]
    yield ["## Errors", ""]
    yield f"""
Everything that this package raises on purpose is an `IbkrError`, from `{errors.__name__}`. An error stands below
the one that it is a kind of, so `except RequestError` catches those that stand below it. What an error carries are
attributes; its text says what happened, where, and what to do.
"""
    yield table(("error", "means", "carries"), error_rows())
    yield ["## Codes", ""]
    yield """
The bridge speaks of errors and of everyday events by one message, [Notice](replies.md#notice), told apart by a code.
"Farm connected" comes that way as "order rejected" does. `base/message_codes.py` knows what each code ends:
"""
    yield table(("ends", "what is over once the code has come", "can be chosen"), ends_rows())
    yield f"""
A code that has no row here is taken for an error that ends the {UNKNOWN.scope.value} it names; from {WARNINGS.start} to
{WARNINGS.stop - 1} it is a warning. A desk can have a code treated otherwise, within what can be chosen:
[configuration.md](configuration.md). An order that has a status ends by its status and by nothing else.
"""
    yield from map(codes_of, HEADINGS)
