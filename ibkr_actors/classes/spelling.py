"""Fields that take more than the wire carries: a time as a `datetime`, several words as a list.

Such a field is declared with one of the types below: `Annotated[Moment, Wire(26)]`. What a user sets becomes the text
or number of the wire when a snapshot of the value is taken, and no reader ever knows of it: what comes from a bridge is
the wire's own. A text is taken as it is, for the wire's spelling is always good.

Times are spelled in UTC, in the form "YYYYMMDD-HH:MM:SS" that bridges know whatever zone they are set to. A time
without a zone is refused, for nobody can tell which moment it is. Fractions of a second are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias, get_args, get_origin, get_type_hints

from msgspec import Struct
from msgspec.structs import fields as struct_fields


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the values that users pass for a field become what the wire carries.

    `spell` raises ValueError that says what is wrong and what to do; whoever calls it names the field.
    """

    spell: Callable[[Any], Any]
    plain: type | None = str
    """The type that needs no spelling; None where the parts of a sequence have to be looked at."""


# --------------------------------------------------------------------------------------------------------- times

_UTC_FORM: Final = "%Y%m%d-%H:%M:%S"
_NEWS_FORM: Final = "%Y-%m-%d %H:%M:%S.0"
_EXAMPLE: Final = 'datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("US/Eastern"))'


def _in_utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError(f"{moment!r} names no time zone. Say which one it is in, as in {_EXAMPLE}")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{moment!r} is beyond what UTC can tell") from None


def _no_time(value: object, expected: str) -> ValueError:
    return ValueError(f"{value!r} is no time. Expected {expected}, or the bridge's text")


def _moment(value: Any) -> str:
    if isinstance(value, datetime):
        return _in_utc(value).strftime(_UTC_FORM)
    if isinstance(value, date):
        raise ValueError(f"{value!r} leaves open at what time, and in which zone. Say so, as in {_EXAMPLE}")
    raise _no_time(value, "a datetime with a time zone")


def _moment_or_day(value: Any) -> str:
    return _day(value) if isinstance(value, date) and not isinstance(value, datetime) else _moment(value)


def _day(value: Any) -> str:
    if isinstance(value, datetime):
        raise ValueError(f"{value!r} is a time where a day is asked for. Pass its date()")
    if isinstance(value, date):
        return value.strftime("%Y%m%d")
    raise _no_time(value, "a date")


def _days(values: Any) -> Any:
    """Each as the number YYYYMMDD; what is no date is left to the check of types."""
    if not isinstance(values, list | tuple):
        return values
    return [int(_day(value)) if isinstance(value, date) else value for value in values]


def _edge(form: str, clock: str) -> Callable[[Any], str]:
    """How the start or the end of a range is spelled; `clock` is what a date stands for, in UTC."""

    def spell(value: Any) -> str:
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.fromisoformat(f"{value.isoformat()}T{clock}+00:00")
        if not isinstance(value, datetime):
            raise _no_time(value, "a datetime with a time zone, or a date")
        return _in_utc(value).strftime(form)

    return spell


def _duration(value: Any) -> str:
    if not isinstance(value, timedelta):
        raise ValueError(f'{value!r} is no duration. Expected a text such as "1 D", or a timedelta')
    days, seconds = divmod(value, timedelta(days=1))
    if not seconds and 1 <= days <= _MOST_DAYS:
        return f"{days} D"
    if not days and seconds and not seconds.microseconds:
        return f"{seconds.seconds} S"
    raise ValueError(
        f"{value!r} is no duration that the bridge knows: whole seconds of less than a day, or whole days up to "
        f"{_MOST_DAYS}. Say weeks, months and years as DurationUnit.YEAR.times(2)"
    )


_MOST_DAYS: Final = 365

# --------------------------------------------------------------------------------------------- several in one text


def _joined(separator: str) -> Callable[[Any], str]:
    def spell(values: Any) -> str:
        if not isinstance(values, list | tuple):
            values = [values]
        for value in values:
            if not isinstance(value, str | int) or isinstance(value, bool) or separator in str(value):
                raise ValueError(f"{value!r} is none of the words that such a list holds")
        return separator.join(map(str, values))

    return spell


# -------------------------------------------------------------------------------------------------- the annotations

if TYPE_CHECKING:
    Moment: TypeAlias = str | datetime
    MomentOrDay: TypeAlias = str | datetime | date
    RangeStart: TypeAlias = str | datetime | date
    RangeEnd: TypeAlias = str | datetime | date
    NewsStart: TypeAlias = str | datetime | date
    NewsEnd: TypeAlias = str | datetime | date
    Day: TypeAlias = str | date
    DayText: TypeAlias = str
    Days: TypeAlias = tuple[int | date, ...]
    Duration: TypeAlias = str | timedelta
    CommaSeparated: TypeAlias = Iterable[str] | Iterable[int] | Iterable[str | int] | int
    PlusSeparated: TypeAlias = Iterable[str]
else:
    Moment = Annotated[str, Spelling(_moment)]
    """A moment: an aware `datetime`."""
    MomentOrDay = Annotated[str, Spelling(_moment_or_day)]
    """A moment, or a day that the bridge makes a moment of: the end of trading."""
    RangeStart = Annotated[str, Spelling(_edge(_UTC_FORM, "00:00:00"))]
    """Where a range begins; a `date` is a day of UTC, and stands for its first second."""
    RangeEnd = Annotated[str, Spelling(_edge(_UTC_FORM, "23:59:59"))]
    """Where a range ends; a `date` is a day of UTC, and stands for its last second."""
    NewsStart = Annotated[str, Spelling(_edge(_NEWS_FORM, "00:00:00"))]
    """As `RangeStart`, in the form of news."""
    NewsEnd = Annotated[str, Spelling(_edge(_NEWS_FORM, "23:59:59"))]
    """As `RangeEnd`, in the form of news."""
    Day = Annotated[str, Spelling(_day)]
    """A day: a `date`, spelled "YYYYMMDD"."""
    DayText = Day
    """A day that is mostly read, so that type checkers see the text alone."""
    Days = Annotated[tuple[int, ...], Spelling(_days, plain=None)]
    """Days, each a `date` or the number YYYYMMDD."""
    Duration = Annotated[str, Spelling(_duration)]
    """A stretch of time; a `timedelta` of days counts days of trading, as the bridge does."""
    CommaSeparated = Annotated[str, Spelling(_joined(","))]
    """A text of words or numbers, or those one by one: a list, or another iterable."""
    PlusSeparated = Annotated[str, Spelling(_joined("+"))]
    """Likewise, joined by a plus."""

# ---------------------------------------------------------------------------------------------------- what to spell


@dataclass(frozen=True, slots=True)
class Spelled:
    """The fields of a Struct, and of those that it holds, that have a `Spelling`."""

    fields: tuple[tuple[str, type | None, Callable[[Any], Any]], ...]
    below: tuple[tuple[str, dict[Any, Spelled]], ...]
    """Fields that hold such Structs, one or several: what to spell by the tag of the Struct, None for one without."""
    tag_field: str = ""

    def apply(self, plain: dict[str, Any], path: str = "") -> None:
        """Spell what is not plain yet, in the builtins made of a Struct. Raises ValueError that names the field."""
        for name, wanted, spell in self.fields:
            value = plain[name]
            if type(value) is not wanted:
                try:
                    plain[name] = spell(value)
                except ValueError as error:
                    raise ValueError(f"{path}{name}: {error}") from None
        for name, kinds in self.below:
            value = plain[name]
            if value:
                self._apply_below(kinds, value, f"{path}{name}")

    @staticmethod
    def _apply_below(kinds: dict[Any, Spelled], value: Any, path: str) -> None:
        if isinstance(value, dict):
            spelled = next(iter(kinds.values()))
            found = kinds.get(value.get(spelled.tag_field)) if spelled.tag_field else spelled
            if found is not None:
                found.apply(value, f"{path}.")
        elif isinstance(value, list | tuple):
            for index, element in enumerate(value):
                Spelled._apply_below(kinds, element, f"{path}[{index}]")


@cache
def spelled_fields(struct: type[Struct]) -> Spelled:
    """What has to be spelled in a snapshot of a Struct."""
    hints = get_type_hints(struct, include_extras=True)
    names = [field.name for field in struct_fields(struct)]
    below = {name: _spelled_below(hints[name]) for name in names}
    return Spelled(
        tuple((name, one.plain, one.spell) for name, one in spellings_of(struct).items()),
        tuple((name, kinds) for name, kinds in below.items() if kinds),
        struct.__struct_config__.tag_field or "",
    )


@cache
def spellings_of(struct: type[Struct]) -> dict[str, Spelling]:
    """The spellings of a Struct's own fields, by name."""
    hints = get_type_hints(struct, include_extras=True)
    return {
        field.name: extra
        for field in struct_fields(struct)
        for extra in getattr(hints[field.name], "__metadata__", ())
        if isinstance(extra, Spelling)
    }


def _spelled_below(hint: Any) -> dict[Any, Spelled]:
    found = {struct.__struct_config__.tag: spelled_fields(struct) for struct in _structs_in(hint)}
    return {tag: spelled for tag, spelled in found.items() if spelled.fields or spelled.below}


def _structs_in(hint: Any) -> Iterable[type[Struct]]:
    """The Structs that an annotation names, however deep."""
    if get_origin(hint) is None:
        return (hint,) if isinstance(hint, type) and issubclass(hint, Struct) else ()
    return [struct for part in get_args(hint) for struct in _structs_in(part)]
