"""What all values and messages of the trade have in common."""

from __future__ import annotations

from typing import Any, Self, TypeVar

import msgspec
from msgspec import Struct

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
    become tuples. Raises InvalidRequest that names the field when a value has a type that the field can't hold.
    """
    if not isinstance(value, kind):
        raise InvalidRequest(f"expected {kind.__name__}, got {type(value).__name__} {value!r}")
    try:
        return msgspec.convert(msgspec.to_builtins(value), kind, strict=False)
    except (msgspec.ValidationError, TypeError) as error:
        raise InvalidRequest(f"{kind.__name__}: {error}") from error
