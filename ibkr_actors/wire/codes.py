"""Coded fields: the words and numbers of the protocol that stand for something, and their enumerations.

A coded field is declared with its enumeration: `Annotated[Word[TimeInForce], Wire(11)]` for a text,
`Annotated[Number[TriggerMethod], Wire(31)]` for a number.

* Users set a member or what it stands for: `TimeInForce.DAY` or "DAY". The two are equal, and hash equally.
* Readers of frames, snapshots and msgspec's decoders hand over the member.
* A code that has no member is kept as it came, and never an error: bridges learn new ones before we do.
* The wire, JSON and MessagePack carry what a member stands for.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, IntEnum, StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from ibkr_actors.wire.kinds import INT, OPTIONAL_INT, TEXT, Kind, read_optional_int


class Words(StrEnum):
    """Base of the enumerations of texts; a member is shown as one writes it: `TimeInForce.DAY`."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


class Numbers(IntEnum):
    """Base of the enumerations of numbers; a member is shown as one writes it: `TriggerMethod.LAST`."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


W = TypeVar("W", bound=StrEnum)
N = TypeVar("N", bound=IntEnum)

if TYPE_CHECKING:
    Word: TypeAlias = W | str
    Number: TypeAlias = N | int
else:

    class Word:
        """`Word[TimeInForce]`: the text of one of its members, or any other text."""

        def __class_getitem__(cls, enumeration: type[StrEnum]) -> type[Enum]:
            return _open(enumeration, StrEnum)

    class Number:
        """`Number[TriggerMethod]`: the number of one of its members, or any other number."""

        def __class_getitem__(cls, enumeration: type[IntEnum]) -> type[Enum]:
            return _open(enumeration, IntEnum)


_ENUMERATION_OF: Final[dict[Any, type[Enum]]] = {}
"""The enumeration behind each open one."""


@cache
def _open(enumeration: type[Enum], base: Any) -> type[Enum]:
    """What msgspec is told instead of `enumeration | str`, for it knows no union of two types that are spelled alike.

    msgspec takes it for an enumeration, finds the members of the true one by their values, and asks `_missing_` for
    a value that has none. No member of the open one is ever seen.
    """
    values: dict[str, Any] = {name: member.value for name, member in enumeration.__members__.items()}
    opened: Any = base(f"{enumeration.__name__} or another", values)
    opened._value2member_map_ = _members_by_value(enumeration)
    opened._missing_ = staticmethod(_as_it_came)
    _ENUMERATION_OF[opened] = enumeration
    return opened  # type: ignore[no-any-return]


def _as_it_came(value: Any) -> Any:
    return value


def _members_by_value(enumeration: type[Enum]) -> dict[Any, Any]:
    unset: dict[Any, Any] = {"": ""} if issubclass(enumeration, str) else {}
    return unset | {member.value: member for member in enumeration}


# ------------------------------------------------------------------------------------------------ reading from frames


class WordCodes(dict[str, str]):
    """The member for each text; another text stays as it is."""

    def __missing__(self, text: str) -> str:
        return text


class NumberCodes(dict[Any, Any]):
    """The member for each number, and for its text; another number stays as it is."""

    def __missing__(self, spelled: str | int) -> Any:
        if isinstance(spelled, int):
            return spelled
        number = read_optional_int(spelled) if self[""] is None else int(spelled)
        return self.get(number, number)


@cache
def codes_of(enumeration: type[Enum], *, optional: bool = False) -> WordCodes | NumberCodes:
    """What readers look a code up in; `optional` for a number that may be None."""
    known = _members_by_value(enumeration)
    if issubclass(enumeration, str):
        return WordCodes(known)
    texts = {str(number): member for number, member in known.items()}
    return NumberCodes(known | texts | {"": None if optional else known.get(0, 0)})


def enumeration_of(declared: Any) -> type[Enum] | None:
    """The enumeration of a declared type that is a `Word` or a `Number`; None for any other type."""
    return _ENUMERATION_OF.get(declared)


@cache
def kind_of_codes(enumeration: type[Enum], *, optional: bool) -> Kind:
    """The kind of a coded field."""
    codes = codes_of(enumeration, optional=optional)
    plain = TEXT if isinstance(codes, WordCodes) else OPTIONAL_INT if optional else INT
    name = f"code_of_{enumeration.__name__}" + ("_or_none" if optional else "")
    return replace(
        plain,
        name=f"{plain.name}, a code of {enumeration.__name__}",
        read=f"{name}({{0}})",
        column=name,
        from_protobuf=f"{name}({{0}})",
        zero=plain.zero if plain.zero is None else codes[plain.zero],
        uses=((name, codes.__getitem__),),
        codes=enumeration,
    )
