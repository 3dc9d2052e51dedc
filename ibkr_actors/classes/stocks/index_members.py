"""What the indices whose members are stocks have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from typing import ClassVar

from ibkr_actors.classes.contracts.stock import Stock


class IndexMembers:
    """The members of an index, as stocks of the US: `SP500().stocks()`.

    Each member is also an attribute: `SP500().IBM()` is a new Stock; BRK_B is "BRK B", for that is how the bridge
    spells classes of shares. Former members that are known here stay reachable that way.

    Indices change. What is here is what a source had at a date, both of which every index tells; what has changed since
    is not here. Ask another source before you trade on a membership.
    """

    name: ClassVar[str]
    """Name of the index, for people."""
    source: ClassVar[str]
    """Where the members are from."""
    as_known_on: ClassVar[date]
    """The last day of which the source tells."""
    known_since: ClassVar[date]
    """The first day of which former members are known."""
    every_member: ClassVar[frozenset[str]]
    """The members, and the former ones that are known."""

    def __init__(self, members: frozenset[str]) -> None:
        self._members = members

    def symbols(self) -> list[str]:
        """The symbols of the members as the bridge spells them, sorted."""
        return sorted(self._members)

    def stocks(self) -> list[Stock]:
        """The members, sorted by symbol; new objects each time, for users complete and change them."""
        return [Stock(symbol) for symbol in self.symbols()]

    def __len__(self) -> int:
        """How many members there are; a company may have two classes of shares among them."""
        return len(self._members)

    def __iter__(self) -> Iterator[Stock]:
        """The members, as `stocks` gives them."""
        return iter(self.stocks())

    def __contains__(self, member: object) -> bool:
        """Whether a symbol, in the bridge's spelling, or a stock is a member's."""
        return getattr(member, "symbol", member) in self._members

    def __getattr__(self, attribute: str) -> Callable[[], Stock]:
        """`Dow30().XOM` makes that stock when it is called."""
        if attribute != attribute.upper():
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {attribute!r}", name=attribute
            )
        symbol = attribute.replace("_", " ")
        if symbol not in self.every_member:
            raise AttributeError(
                f"{symbol} was no member of {self.name} since {self.known_since.year} that is known here "
                f"(as of {self.as_known_on}, from {self.source})",
                name=attribute,
            )
        return partial(Stock, symbol)

    def __dir__(self) -> Iterable[str]:
        """What completion offers: the members too."""
        return [*super().__dir__(), *(symbol.replace(" ", "_") for symbol in self.every_member)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._members)} members, as known on {self.as_known_on})"


def symbols_in(text: str) -> frozenset[str]:
    """The symbols of a list, where an underscore stands for the blank before a class of shares."""
    return frozenset(symbol.replace("_", " ") for symbol in text.split())
