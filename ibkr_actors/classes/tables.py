"""Tables of values: their columns, derived from what the values declare, for pandas and for polars.

A column for each field, then one for each property that tells an aware time or a day. Fields of a value inside are
named after both (`contract_symbol`), unless the inner name begins with the outer one (`contract_id`, not
`contract_contract_id`). The id of the request that brought a value is no column unless one names it.

| declared | pandas | polars |
|---|---|---|
| `bool`, `int`, `float` | bool, int64, float64 | Boolean, Int64, Float64 |
| `bool` or `int` that may be None | boolean, Int64 | Boolean, Int64, with nulls |
| `Decimal` | object, of Decimal | Decimal, of as many places as the longest value has |
| text | string | String |
| a code that is a word | category | Categorical |
| a code that is a number | int64, or Int64 when it may be None | Int64 |
| an aware time | datetime64[us, zone] | Datetime(us, zone) |
| a day | datetime64[s], at midnight | Date |
| several numbers or texts | object, of list | List |
| several values | string: JSON | String: JSON |

pandas and polars are looked for when a table is made, for either takes longer to load than the rest of the package.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum, auto
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from ibkr_actors.errors import InvalidRequest, MissingExtra
from ibkr_actors.wire.codes import enumeration_of

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LEFT_OUT: Final = ("request_id",)


class Holds(Enum):
    """What the values of a column are."""

    BOOLEAN = auto()
    INTEGER = auto()
    FLOAT = auto()
    DECIMAL = auto()
    TEXT = auto()
    WORD = auto()
    TIME = auto()
    DAY = auto()
    SEVERAL = auto()
    JSON = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table of a Struct: where its values are, and what they are."""

    name: str
    path: tuple[str, ...]
    holds: Holds
    nullable: bool = False
    words: tuple[str, ...] = ()
    """The known words of a coded column."""
    element: type = str
    """What a column of `SEVERAL` has several of."""

    def values(self, rows: Sequence[Any]) -> list[Any]:
        """The values of the column as plain Python values."""
        found: Sequence[Any] = rows
        for name in self.path:
            found = [None if value is None else getattr(value, name) for value in found]
        plain = _PLAIN.get(self.holds)
        return list(found) if plain is None else [None if value is None else plain(value) for value in found]


def _json(value: Any) -> str | None:
    return msgspec.json.encode(value).decode() if value not in ((), None) else None


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


_PLAIN: Final[dict[Holds, Callable[[Any], Any]]] = {
    Holds.INTEGER: int,
    Holds.WORD: str,
    Holds.TIME: _microseconds,
    Holds.SEVERAL: list,
    Holds.JSON: _json,
}
"""How a value becomes the plain one that tables hold, where it is not that already."""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns with their values, before either library sees them."""

    columns: tuple[tuple[Column, list[Any]], ...]
    zone: str


def table_of(
    rows: Sequence[Struct], kind: type[Struct] | None, names: Iterable[str] | None, zone: str | tzinfo
) -> Table:
    """The table of rows of one kind, with the columns of those names; of all names when there are none.

    Raises InvalidRequest for a name that is no column, and for a zone that is none.
    """
    if kind is None:
        if names is not None:
            raise InvalidRequest("there are no rows, and nobody said of which kind they would be: no columns")
        return Table((), zone_name(zone))
    chosen = _chosen(kind, names)
    return Table(tuple((column, column.values(rows)) for column in chosen), zone_name(zone))


def _chosen(kind: type[Struct], names: Iterable[str] | None) -> list[Column]:
    columns = {column.name: column for column in columns_of(kind)}
    if names is None:
        return [column for name, column in columns.items() if name not in _LEFT_OUT]
    wanted = [names] if isinstance(names, str) else list(names)
    unknown = [name for name in wanted if name not in columns]
    if unknown:
        raise InvalidRequest(
            f"a table of {kind.__name__} has no column {', '.join(unknown)}; it has {', '.join(columns)}"
        )
    return [columns[name] for name in dict.fromkeys(wanted)]


def zone_name(zone: str | tzinfo) -> str:
    """The name of a time zone; raises InvalidRequest for one that is unknown or has no name."""
    name = "UTC" if zone is UTC else getattr(zone, "key", None) if isinstance(zone, tzinfo) else zone
    try:
        return ZoneInfo(name).key  # type: ignore[arg-type]
    except (KeyError, ValueError, TypeError, OSError) as error:
        raise InvalidRequest(
            f"{zone!r} is no time zone with a name; give one such as 'UTC' or 'US/Eastern'"
        ) from error


# --------------------------------------------------------------------------------------------- from the declarations


@cache
def columns_of(kind: type[Struct]) -> tuple[Column, ...]:
    """The columns of a table of that kind, in the order of its fields.

    Where the short name of a field inside is taken (`order_id` beside an order), it gets its whole path.
    """
    found = {}
    for column in _columns(kind, "", (), nullable=False):
        name = column.name if column.name not in found else "_".join(column.path)
        assert name not in found, f"two columns of {kind.__name__} are named {name}"
        found[name] = replace(column, name=name)
    return tuple(found.values())


def _columns(kind: type[Struct], prefix: str, path: tuple[str, ...], *, nullable: bool) -> Iterator[Column]:
    hints = typing.get_type_hints(kind)
    for name in kind.__struct_fields__:
        members, optional = _members(hints[name])
        may_be_none = nullable or optional
        whole = name if name.startswith(prefix) else f"{prefix}{name}"
        if len(members) == 1 and _is_struct(members[0]):
            yield from _columns(members[0], f"{whole}_", (*path, name), nullable=may_be_none)
        else:
            yield replace(_column(members), name=whole, path=(*path, name), nullable=may_be_none)
    for name, holds in _moments(kind):
        yield Column(f"{prefix}{name}", (*path, name), holds, nullable=True)


def _members(hint: Any) -> tuple[tuple[Any, ...], bool]:
    """The members of a union without None, and whether that is one of them."""
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    members = typing.get_args(hint) if is_union else (hint,)
    return tuple(member for member in members if member is not type(None)), type(None) in members


def _is_struct(member: Any) -> bool:
    return isinstance(member, type) and issubclass(member, Struct)


_SCALARS: Final = {
    bool: Holds.BOOLEAN,
    int: Holds.INTEGER,
    float: Holds.FLOAT,
    Decimal: Holds.DECIMAL,
    str: Holds.TEXT,
    datetime: Holds.TIME,
    date: Holds.DAY,
}


def _column(members: tuple[Any, ...]) -> Column:
    """What a column of that declared type holds; its name and path are for the caller to fill in."""
    declared = members[0] if len(members) == 1 else None
    coded = enumeration_of(declared) or (declared if isinstance(declared, type) else None)
    if isinstance(coded, type) and issubclass(coded, StrEnum):
        return Column("", (), Holds.WORD, words=tuple(member.value for member in coded))
    if isinstance(coded, type) and issubclass(coded, IntEnum):
        return Column("", (), Holds.INTEGER)
    if typing.get_origin(declared) is tuple and typing.get_args(declared)[0] in (int, float, str):
        return Column("", (), Holds.SEVERAL, element=typing.get_args(declared)[0])
    return Column("", (), _SCALARS.get(declared, Holds.JSON))  # type: ignore[arg-type]


def _moments(kind: type[Struct]) -> Iterator[tuple[str, Holds]]:
    """The properties that tell an aware time or a day."""
    for name in dir(kind):
        described = getattr(kind, name)
        if isinstance(described, property) and described.fget is not None:
            members, _ = _members(typing.get_type_hints(described.fget).get("return"))
            if members in ((datetime,), (date,)):
                yield name, _SCALARS[members[0]]


# ---------------------------------------------------------------------------------------------------- for the libraries


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtra(f"a {name} table", name, "frames") from error


Made = TypeVar("Made")
Maker = Callable[[Any, Column, list[Any], str], Made]


def to_pandas(table: Table) -> pd.DataFrame:
    """The table as a pandas DataFrame; raises MissingExtra when pandas is not installed."""
    library = _library("pandas")
    series = {
        column.name: _PANDAS[column.holds](library, column, values, table.zone)
        for column, values in table.columns
    }
    frame: pd.DataFrame = library.DataFrame(series)
    return frame


def _pandas_times(library: Any, _column: Column, values: list[Any], zone: str) -> Any:
    stamps = library.Series(values, dtype="Int64").astype("datetime64[us]")
    return stamps.dt.tz_localize("UTC").dt.tz_convert(zone)


def _pandas_words(library: Any, column: Column, values: list[Any], _zone: str) -> Any:
    others = sorted({value for value in values if value is not None} - set(column.words))
    return library.Categorical(values, categories=[*column.words, *others])


def _of_pandas(certain: str, nullable: str | None = None) -> Maker[Any]:
    def make(library: Any, column: Column, values: list[Any], _zone: str) -> Any:
        return library.Series(values, dtype=nullable if nullable and column.nullable else certain)

    return make


_PANDAS: Final[dict[Holds, Maker[Any]]] = {
    Holds.BOOLEAN: _of_pandas("bool", "boolean"),
    Holds.INTEGER: _of_pandas("int64", "Int64"),
    Holds.FLOAT: _of_pandas("float64"),
    Holds.DECIMAL: _of_pandas("object"),
    Holds.TEXT: _of_pandas("string"),
    Holds.WORD: _pandas_words,
    Holds.TIME: _pandas_times,
    Holds.DAY: _of_pandas("datetime64[s]"),
    Holds.SEVERAL: _of_pandas("object"),
    Holds.JSON: _of_pandas("string"),
}


def to_polars(table: Table) -> pl.DataFrame:
    """The table as a polars DataFrame; raises MissingExtra when polars is not installed."""
    library = _library("polars")
    series = [_POLARS[column.holds](library, column, values, table.zone) for column, values in table.columns]
    frame: pl.DataFrame = library.DataFrame(series)
    return frame


def _polars_times(library: Any, column: Column, values: list[Any], zone: str) -> Any:
    stamps = library.Series(column.name, values, dtype=library.Int64).cast(library.Datetime("us"))
    return stamps.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)


def _polars_decimals(library: Any, column: Column, values: list[Any], _zone: str) -> Any:
    places = max((-value.as_tuple().exponent for value in values if value is not None), default=0)
    return library.Series(column.name, values, dtype=library.Decimal(38, max(places, 0)))


def _polars_several(library: Any, column: Column, values: list[Any], _zone: str) -> Any:
    inner = {int: library.Int64, float: library.Float64, str: library.String}[column.element]
    return library.Series(column.name, values, dtype=library.List(inner))


def _of_polars(dtype: str) -> Maker[Any]:
    def make(library: Any, column: Column, values: list[Any], _zone: str) -> Any:
        return library.Series(column.name, values, dtype=getattr(library, dtype))

    return make


_POLARS: Final[dict[Holds, Maker[Any]]] = {
    Holds.BOOLEAN: _of_polars("Boolean"),
    Holds.INTEGER: _of_polars("Int64"),
    Holds.FLOAT: _of_polars("Float64"),
    Holds.DECIMAL: _polars_decimals,
    Holds.TEXT: _of_polars("String"),
    Holds.WORD: _of_polars("Categorical"),
    Holds.TIME: _polars_times,
    Holds.DAY: _of_polars("Date"),
    Holds.SEVERAL: _polars_several,
    Holds.JSON: _of_polars("String"),
}


class Tabular:
    """What can become a table. Whoever derives from it says by `table` what is in it."""

    __slots__ = ()

    def table(self, columns: Iterable[str] | None, zone: str | tzinfo) -> Table:
        """The table, before either library sees it; as `table_of`."""
        raise NotImplementedError

    def to_pandas(self, columns: Iterable[str] | None = None, *, zone: str | tzinfo = "UTC") -> pd.DataFrame:
        """A pandas DataFrame of all columns or those named, with times in `zone`.

        Raises MissingExtra when pandas is not installed, InvalidRequest for a column or zone that there is not.
        """
        return to_pandas(self.table(columns, zone))

    def to_polars(self, columns: Iterable[str] | None = None, *, zone: str | tzinfo = "UTC") -> pl.DataFrame:
        """A polars DataFrame of all columns or those named, with times in `zone`.

        Raises MissingExtra when polars is not installed, InvalidRequest for a column or zone that there is not.
        """
        return to_polars(self.table(columns, zone))
