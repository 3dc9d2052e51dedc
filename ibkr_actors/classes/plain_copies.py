"""Copies of values in which nothing has to be converted, which are most of those that users send.

Making builtins of an order and an order of those, which checks and converts all of its 150 fields, takes twice as
long: most fields are at their defaults, and those that are not mostly hold the declared type already.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from functools import cache, partial
from itertools import compress
from operator import is_not
from types import UnionType
from typing import Annotated, Any, Final, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct, StructMeta
from msgspec.structs import astuple
from msgspec.structs import fields as struct_fields

from ibkr_actors.classes.spelling import Spelling
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import enumeration_of

_ATOMS: Final = (str, int, float, bool, Decimal, type(None))
_NO_DEFAULT: Final = object()
"""Stands for the default of a field that has none of its own, so that the field is always looked at."""


class _Rule(NamedTuple):
    """What a field may hold if its value is to be taken over."""

    inert: frozenset[type] = frozenset()
    """Types of values that never change, and of which a conversion would make nothing else."""
    nested: type[Struct] | None = None
    """A Struct that it may hold, which is copied in the same way."""


class PlainCopies:
    """Copies values of one Struct, and tells which need more than copying.

    A copy equals what a conversion would make of the value, to the types of its fields.
    Not responsible for: converting, or saying what is wrong with a value.
    """

    def __init__(self, kind: type[Struct]) -> None:
        self._names = kind.__struct_fields__
        hints = get_type_hints(kind, include_extras=True)
        defaults = {field.name: field.default for field in struct_fields(kind)}
        self._defaults = [
            _NO_DEFAULT if defaults[name] is msgspec.NODEFAULT else defaults[name] for name in self._names
        ]
        self._indices = range(len(self._names))
        self._rules = [_rule_of(hints[name]) for name in self._names]
        # Past an `__init__` of its own; the plain call is three times as fast.
        self._make: Any = kind if type(kind) is StructMeta else partial(StructMeta.__call__, kind)
        self._by_name = self._names[len(kind.__match_args__) :]

    def copy(self, value: Struct) -> Any:
        """An independent value of exactly this Struct; None when something in it has to be converted."""
        if value.__struct_fields__ is not self._names and value.__struct_fields__ != self._names:
            return None
        values = list(astuple(value))
        for index in compress(self._indices, map(is_not, values, self._defaults)):
            content, rule = values[index], self._rules[index]
            if content.__class__ in rule.inert:
                continue
            if rule.nested is None or not isinstance(content, rule.nested):
                return None
            values[index] = plain_copies(rule.nested).copy(content)
            if values[index] is None:
                return None
        if not self._by_name:
            return self._make(*values)
        cut = len(values) - len(self._by_name)
        return self._make(*values[:cut], **dict(zip(self._by_name, values[cut:], strict=True)))


@cache
def plain_copies(kind: type[Struct]) -> PlainCopies:
    """Those of a Struct, worked out at its first use."""
    return PlainCopies(kind)


def _rule_of(hint: Any) -> _Rule:
    """The rule of a declared type. Of a coded field only members are inert: a text may have to become one."""
    if get_origin(hint) is Annotated:
        declared, *extras = get_args(hint)
        return _rule_of(declared) if all(map(_leaves_texts_alone, extras)) else _Rule()
    coded = enumeration_of(hint)
    if hint in _ATOMS or coded is not None:
        return _Rule(frozenset((coded or hint,)))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _Rule(frozenset((hint,)))
    if isinstance(hint, type) and issubclass(hint, Struct) and hint.__struct_config__.tag is None:
        return _Rule(nested=hint)
    return _rule_of_union([_rule_of(part) for part in get_args(hint)]) if _is_union(hint) else _Rule()


def _leaves_texts_alone(extra: Any) -> bool:
    return isinstance(extra, Wire) or (isinstance(extra, Spelling) and extra.plain is str)


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, UnionType)


def _rule_of_union(parts: list[_Rule]) -> _Rule:
    nested = [part.nested for part in parts if part.nested is not None]
    inert = frozenset().union(*(part.inert for part in parts))
    return _Rule(inert, nested[0] if len(nested) == 1 else None)
