"""Results of many values: a list that can also become a table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import Any, Final, Self, SupportsIndex, TypeVar, overload

from msgspec import Struct

from ibkr_actors.classes.tables import Table, Tabular, table_of
from ibkr_actors.errors import InvalidRequest

V = TypeVar("V", bound=Struct)
W = TypeVar("W", bound=Struct)

MOST_SHOWN: Final = 50
"""Rows that `repr` shows, all of them; of more it shows the first and the last few, for a screen's sake."""
_SHOWN_AT_ENDS: Final = 3
_BEGINNING, _ENDING = slice(_SHOWN_AT_ENDS), slice(-_SHOWN_AT_ENDS, None)


class Rows(Tabular, list[V]):
    """A list of values of one kind (bars, positions, fills), which `to_pandas` and `to_polars` turn into a table.

    Everything a list can do, it can do; a slice of it is one too. `Rows(values, Bar)` knows its kind even while it is
    empty, so that the table of no bars has the columns of bars.

    A column for each field of the kind, and for each of its aware times and days; fields of a value inside are named
    after both: `contract_symbol`. What is owned or traded is Decimal, codes that are words are categories, numbers
    that may be unset are nullable, and times are aware, in `zone`. See `ibkr_actors.classes.tables` for each type.
    """

    def __init__(self, values: Iterable[V] = (), kind: type[V] | None = None) -> None:
        super().__init__(values)
        self._kind = kind

    @property
    def kind(self) -> type[Struct] | None:
        """The class of the rows; None for no rows of which nobody said what they would be.

        Kinds with the same fields are one, such as stocks and options among contracts. Raises InvalidRequest when
        there are rows of several kinds: take those of one by `of`.
        """
        kinds = {row.__struct_fields__: type(row) for row in self}
        if len(kinds) > 1:
            names = ", ".join(kind.__name__ for kind in kinds.values())
            raise InvalidRequest(
                f"these rows are of several kinds ({names}); take those of one: rows.of(...)"
            )
        return next(iter(kinds.values()), self._kind)

    def of(self, kind: type[W]) -> Rows[W]:
        """The rows of one kind, where there are several: `rows.of(PortfolioValue)`."""
        return Rows([row for row in self if isinstance(row, kind)], kind)

    def table(self, columns: Iterable[str] | None, zone: str | tzinfo) -> Table:
        """A row for each value; as `table_of`."""
        return table_of(self, self.kind, columns, zone)

    @overload
    def __getitem__(self, place: SupportsIndex) -> V: ...

    @overload
    def __getitem__(self, place: slice) -> Self: ...

    def __getitem__(self, place: SupportsIndex | slice) -> Any:
        """A row; or, for a slice, the rows in it."""
        if isinstance(place, slice):
            return self._like(super().__getitem__(place))
        return super().__getitem__(place)

    def __repr__(self) -> str:
        """As a list is shown; of a long one the first and the last rows, and how many are between them."""
        if len(self) <= MOST_SHOWN:
            return super().__repr__()
        first, last = (", ".join(map(repr, list.__getitem__(self, part))) for part in (_BEGINNING, _ENDING))
        return f"[{first}, ... {len(self) - 2 * _SHOWN_AT_ENDS} more ..., {last}]"

    def copy(self) -> Self:
        """The same rows in a list of their own."""
        return self._like(self)

    def _like(self, values: Iterable[V]) -> Self:
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__)
        list.__init__(other, values)
        return other
