"""What the algorithms that work orders have in common: parameters by name, as the bridge wants to read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar, Final, TypeAlias, get_type_hints

from msgspec import NODEFAULT, Struct, structs

from ibkr_actors.classes.enum.algo_strategy import AlgoStrategy
from ibkr_actors.classes.orders.checks import positive, refusal, share, whole
from ibkr_actors.wire.codes import Words
from ibkr_actors.wire.tags import TagValue

Spell: TypeAlias = Callable[[object, str, Any], str]
"""Whose parameter it is, its name and its value, to the text that the bridge reads; raises InvalidRequest."""

AlgoTime: TypeAlias = datetime | str
"""An aware time, or the bridge's text: "HH:MM:SS zone" (of today) or "YYYYMMDD HH:MM:SS zone"."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """How a field travels: under which name, in which spelling."""

    tag: str
    spell: Spell


class Algo(Struct, frozen=True, repr_omit_defaults=True):
    """An algorithm of the bridge with its parameters. Give it an order by `order.worked_by(algo)`.

    Responsible for: the published names of the parameters, and that each value is one that the algorithm can take;
    a constructor raises InvalidRequest otherwise. What is None is not sent, and the bridge takes its own default.
    Not responsible for: which contracts and order types an algorithm is there for. The bridge says so by an error
    (439 for an algorithm that the contract does not have, 441 to 443 for a parameter).
    """

    strategy: ClassVar[AlgoStrategy]
    """Its name for the bridge."""

    def __post_init__(self) -> None:
        _ = self.parameters

    @property
    def parameters(self) -> tuple[TagValue, ...]:
        """What `Order.algo_parameters` takes, in the order of the fields."""
        pairs = []
        for name, parameter, is_needed in parameters_of(type(self)):
            value = getattr(self, name)
            if value is not None or is_needed:
                pairs.append(TagValue(parameter.tag, parameter.spell(self, name, value)))
        return tuple(pairs)


@cache
def parameters_of(kind: type[Algo]) -> list[tuple[str, Parameter, bool]]:
    """Of an algorithm: each field's name, how it travels, and whether it has to be given."""
    hints = get_type_hints(kind, include_extras=True)
    return [
        (one.name, hints[one.name].__metadata__[0], one.default is NODEFAULT) for one in structs.fields(kind)
    ]


# ------------------------------------------------------------------------------------------------------ spellings

_LARGEST_PERCENT: Final = 99


def _share(owner: object, name: str, value: Any) -> str:
    return f"{share(owner, name, value):.12g}"


def _amount(owner: object, name: str, value: Any) -> str:
    return f"{positive(owner, name, value):.12g}"


def _whole(owner: object, name: str, value: Any) -> str:
    return str(whole(owner, name, value))


def _whole_or_zero(owner: object, name: str, value: Any) -> str:
    return str(whole(owner, name, value, least=0))


def _percent(owner: object, name: str, value: Any) -> str:
    if (percent := whole(owner, name, value, least=0)) > _LARGEST_PERCENT:
        raise refusal(owner, name, value, f"a whole percentage up to {_LARGEST_PERCENT} (10 is 10%)")
    return str(percent)


def _flag(owner: object, name: str, value: Any) -> str:
    if not isinstance(value, bool):
        raise refusal(owner, name, value, "True or False")
    return "1" if value else "0"


def _time(owner: object, name: str, value: Any) -> str:
    return _text_or_moment(owner, name, value, "%Y%m%d %H:%M:%S UTC")


def _clock_in_utc(owner: object, name: str, value: Any) -> str:
    return _text_or_moment(owner, name, value, "%H:%M:%S")


def _text_or_moment(owner: object, name: str, value: Any, form: str) -> str:
    if isinstance(value, datetime) and value.utcoffset() is not None:
        return value.astimezone(UTC).strftime(form)
    if isinstance(value, str) and value and not any(separator in value for separator in ";="):
        return value
    expected = (
        'a datetime with a time zone (tzinfo=ZoneInfo("US/Eastern")), or a text such as "15:30:00 US/Eastern"'
    )
    raise refusal(owner, name, value, expected)


def choice(words: type[Words]) -> Spell:
    """One word of an enumeration, which may be said by its member or its text."""

    def spell(owner: object, name: str, value: Any) -> str:
        if value not in tuple(words):
            raise refusal(owner, name, value, f"one of {', '.join(repr(word.value) for word in words)}")
        return str(value)

    return spell


SHARE: Final[Spell] = _share
AMOUNT: Final[Spell] = _amount
WHOLE: Final[Spell] = _whole
WHOLE_OR_ZERO: Final[Spell] = _whole_or_zero
WHOLE_PERCENT: Final[Spell] = _percent
FLAG: Final[Spell] = _flag
TIME: Final[Spell] = _time
"""An aware time as "YYYYMMDD HH:MM:SS UTC"."""
CLOCK_IN_UTC: Final[Spell] = _clock_in_utc
"""An aware time as "HH:MM:SS" of UTC, without its date."""
