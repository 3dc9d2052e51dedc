"""What all values and messages of the trade have in common."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final, Self, TypeVar, get_type_hints

import msgspec
from msgspec import Struct

from ibkr_actors.classes.plain_copies import plain_copies
from ibkr_actors.classes.spelling import spelled_fields
from ibkr_actors.errors import InvalidRequest

V = TypeVar("V", bound=Struct)


class Readable:
    """Fields can also be read by name: `data["account"]` is `data.account`, and `dict(data)` works."""

    __slots__ = ()
    __struct_fields__: tuple[str, ...]

    def __getitem__(self, name: str) -> Any:
        """The field of that name. Raises KeyError for a name that is no field, as a dictionary would."""
        if name not in self.__struct_fields__:
            raise KeyError(
                f"{type(self).__name__} has no field {name!r}; it has {', '.join(self.__struct_fields__)}"
            )
        return getattr(self, name)

    def keys(self) -> tuple[str, ...]:
        """The names of the fields."""
        return self.__struct_fields__


class Value(Readable, Struct, repr_omit_defaults=True):
    """A value that users fill in; mutable."""

    def copy(self) -> Self:
        """An independent value: a change of this one does not reach it. Raises InvalidRequest as `snapshot`."""
        return snapshot(self, type(self))


class FrozenValue(Readable, Struct, frozen=True, repr_omit_defaults=True):
    """A value that never changes once made, so that threads may share it."""


def snapshot(value: object, kind: type[V]) -> V:
    """An independent, validated copy of a value that a user filled in.

    Numbers become the declared type (100 becomes Decimal(100)), enumerations the text or number they stand for, lists
    become tuples, times and lists the text that the wire has for them (see `spelling`). Raises InvalidRequest that
    names the field when a value has a type that the field can't hold, or is a time without a zone.
    """
    if not isinstance(value, kind):
        raise InvalidRequest(f"expected {kind.__name__}, got {type(value).__name__} {value!r}")
    plain_copy: V | None = plain_copies(kind).copy(value)
    if plain_copy is not None:
        return plain_copy
    try:
        plain = msgspec.to_builtins(value, builtin_types=_LEFT_TO_SPELLING, enc_hook=_builtin_of)
        return _spelled(plain, kind)
    except (ValueError, TypeError) as error:  # msgspec's ValidationError is a ValueError
        raise InvalidRequest(f"{kind.__name__}: {_in_words(error, value)}") from error


_NO_STRUCT: Final = re.compile(r"Expected `object`, got `[^`]+` - at `\$\.(\w+)`")
"""What msgspec says where a Struct is expected and something else is there."""


def _in_words(error: Exception, value: Any) -> str:
    """The error, with the class that was expected, and what is there instead."""
    found = _NO_STRUCT.search(str(error))
    if found is None:
        return str(error)
    name = found[1]
    wanted, given = get_type_hints(type(value))[name], getattr(value, name)
    return f"{name}: expected {getattr(wanted, '__name__', wanted)}, got {type(given).__name__} {given!r}"


def _spelled(plain: Any, kind: type[V]) -> V:
    """A value made of builtins. Most have nothing to spell, so it is looked for only when the types are wrong."""
    try:
        return _converted(plain, kind)
    except msgspec.ValidationError:
        spelled_fields(kind).apply(plain)
        return _converted(plain, kind)


_FIRST_USE: Final = threading.RLock()
_LEARNT: Final[set[type[Struct]]] = set()


def _converted(plain: object, kind: type[V]) -> V:
    """A value of a type, checked; from one thread at a time while the type is new.

    At the first use of a type msgspec learns its fields, and those of the types in it. Two threads that make it learn
    the same type at once crash the interpreter (seen with msgspec 0.22 on CPython 3.11).
    """
    if kind in _LEARNT:
        return msgspec.convert(plain, kind, strict=False)
    with _FIRST_USE:
        value = msgspec.convert(plain, kind, strict=False)
        _LEARNT.add(kind)
    return value


_LEFT_TO_SPELLING: Final = (datetime, date, timedelta)
"""What msgspec would turn into texts of its own, which no bridge reads."""


def _builtin_of(value: object) -> Any:
    """What msgspec does not know, as something that it knows.

    That is a `datetime` or `date` of another make (of pandas, of frozen clocks), and anything to iterate over.
    """
    exact_datetime, exact_date, _ = (
        _LEFT_TO_SPELLING  # who freezes the clock replaces the names, but not these
    )
    if isinstance(value, datetime):
        time = (value.hour, value.minute, value.second, value.microsecond, value.tzinfo)
        return exact_datetime(value.year, value.month, value.day, *time, fold=value.fold)
    if isinstance(value, date):
        return exact_date(value.year, value.month, value.day)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"expected a value of the field's type, got {type(value).__name__} {value!r}")
