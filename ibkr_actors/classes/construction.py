"""Structs that are made as a user would say them: `Stock("BAC")`, not `Contract(0, "BAC", "STK", ...)`."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct, StructMeta

from ibkr_actors.classes.spelling import Spelling, spellings_of
from ibkr_actors.errors import InvalidRequest

S = TypeVar("S", bound=Struct)


class OwnConstructor(StructMeta):
    """Metaclass of Structs that write their own `__init__`.

    msgspec makes a Struct from its fields in their order and refuses an `__init__`. Here a class may have one: the
    Struct is made with every field at its default, and `__init__` fills it in. It is called only when a user calls
    the class; msgspec's own ways (convert, decode, copy, replace) make the value from its fields, as they always do.

    A class that inherits its `__init__` says `init=False`: it changes nothing, and tells type checkers that there is
    none made of the fields, which they take for granted in a Struct.
    """

    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        init: bool = False,  # noqa: ARG004  # for type checkers
        **config: Any,
    ) -> Any:
        constructor = namespace.pop("__init__", None)
        made = super().__new__(mcs, name, bases, namespace, **config)
        if constructor is not None:
            type.__setattr__(made, "__init__", constructor)
        return made

    if not TYPE_CHECKING:  # a type checker reads the signature off `__init__`, as in any class

        def __call__(self, *values, **fields):
            made = super().__call__()
            made.__init__(*values, **fields)
            return made

        @property
        def __signature__(self) -> inspect.Signature:
            """What help() and notebooks show: the parameters of `__init__`."""
            signature = inspect.signature(self.__init__)
            return signature.replace(parameters=list(signature.parameters.values())[1:])


def filled(kind: type[S], fields: Mapping[str, Any]) -> S:
    """A value with exactly these fields, past any `__init__` of its own: how such values are unpickled."""
    made: S = StructMeta.__call__(kind, **fields)
    return made


def assign(value: Struct, fields: Mapping[str, Any]) -> None:
    """Set fields by name; times and days that have a spelling on the wire get it at once (see `spelling`).

    Raises TypeError for a name that is no field, as any constructor does, and InvalidRequest for a time without a zone.
    """
    spellings = spellings_of(type(value))
    for name, content in fields.items():
        if name not in value.__struct_fields__:
            raise TypeError(f"{type(value).__name__} has no field {name!r}")
        if isinstance(content, date) and name in spellings:
            setattr(value, name, _spelled(value, name, spellings[name], content))
        else:
            setattr(value, name, content)


def _spelled(value: Struct, name: str, spelling: Spelling, content: date) -> Any:
    try:
        return spelling.spell(content)
    except ValueError as error:
        raise InvalidRequest(f"{type(value).__name__}.{name}: {error}") from None


def as_number(number: Any) -> float | None:
    """A finite number as float, from any kind of number (numpy's too) or its text; None for what is no such number."""
    if isinstance(number, bool) or not isinstance(number, Real | Decimal | str):
        return None
    try:
        found = float(number)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def as_quantity(number: Decimal | float | str | None) -> Decimal | None:
    """A quantity as Decimal; a float counts as it is printed, so 0.1 is one tenth. Raises InvalidRequest."""
    if number is None or isinstance(number, Decimal):
        return number
    try:
        return Decimal(str(number))
    except InvalidOperation:
        raise InvalidRequest(f"{number!r} is no quantity") from None
