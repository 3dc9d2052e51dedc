"""TOML files that are decoded into Structs, and what is wrong with one in words: the key, and what was expected."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from ibkr_actors.errors import ConfigurationError

MANY: Final = 1_000_000
"""Of whatever is kept or sent: more than this means something else."""


class Section(Struct, forbid_unknown_fields=True, frozen=True):
    """A table of a file; a key that it does not have is an error."""


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a file. Raises ConfigurationError, which names it, for one that can't be read or is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: can't be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: is not TOML: {error}") from error


_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`")
_MISSING: Final = re.compile(r"Object missing required field `(.*)`")
_NO_CHOICE: Final = re.compile(r"Invalid enum value (.*)")


def in_words(error: msgspec.ValidationError, table: type[Struct], prefix: str = "") -> str:
    """`key bridge.port: expected int, got str` from the library's own words; `prefix` is the key of the table."""
    reason, _, place = str(error).partition(" - at `$")
    place = place.rstrip("`").lstrip(".")
    kind = _type_at(table, place)
    if found := _UNKNOWN.fullmatch(reason):
        place, reason = _joined(place, found[1]), f"is not known; expected one of {_choices(kind)}"
    elif found := _MISSING.fullmatch(reason):
        place, reason = _joined(place, found[1]), "is missing, and has no default"
    elif found := _NO_CHOICE.fullmatch(reason):
        reason = f"expected one of {_choices(kind)}, got {found[1]}"
    key = _joined(prefix, place)
    reason = reason[:1].lower() + reason[1:].replace("`", "")
    return f"key {key}: {reason}" if key else reason


def _joined(*keys: str) -> str:
    return ".".join(key for key in keys if key)


def _type_at(table: Any, place: str) -> Any:
    """The type of the key at a place such as `strategies[0].restart`; None where there is no telling."""
    for name in re.sub(r"\[[^]]*\]", "", place).split(".") if place else ():
        if not (isinstance(table, type) and issubclass(table, Struct)):
            return None
        table = get_type_hints(table).get(name)
        if get_origin(table) in (tuple, list):
            table = get_args(table)[0]
    return table


def _choices(kind: Any) -> str:
    """What may stand there: the keys of a table, the words of a choice."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        return ", ".join(kind.__struct_fields__)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(str(choice.value) for choice in kind)
    return ", ".join(str(choice) for choice in _words(kind))


def _words(kind: Any) -> Iterator[Any]:
    """The words of a choice, and of one that may be left out."""
    for one in get_args(kind):
        if get_origin(one) is Literal:
            yield from get_args(one)
        elif one is not NoneType:
            yield one
