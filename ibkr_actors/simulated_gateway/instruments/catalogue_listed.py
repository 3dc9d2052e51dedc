"""What the entries of catalogue files share: the values they may hold, what is listed before them, what is wrong."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Final

from msgspec import Meta, structs

from ibkr_actors.errors import ConfigurationError
from ibkr_actors.simulated_gateway.instruments.instrument import Instrument, Venue

MADE_UP: Final = 900_000_000
"""Contract ids above it are ours; those below are the real ones."""
_MADE_UP_SINGLES: Final = 920_000_000
_SINGLES: Final = 70_000_000

Above = Annotated[float, Meta(gt=0)]
NotBelow = Annotated[float, Meta(ge=0)]
Volume = Annotated[int, Meta(ge=0)]
ContractId = Annotated[int, Meta(ge=0, le=2_147_483_647)]
Day = Annotated[str, Meta(pattern=r"^\d{8}$")]


class EntryError(ConfigurationError):
    """One key of an entry can't be; who read the file says where."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key, self.reason = key, reason


def made_up_id(*identity: str) -> int:
    """The contract id of an entry that gives none: the same whenever it is computed."""
    return _MADE_UP_SINGLES + zlib.crc32("/".join(identity).encode()) % _SINGLES


class Listed:
    """What is listed so far, for entries that refer to it. `prices` by contract id replace those of the entries."""

    def __init__(
        self,
        venues: Mapping[str, Venue],
        today: date,
        beginning: date,
        prices: Mapping[int, float] | None = None,
    ) -> None:
        self._prices = prices or {}
        self.today = today
        self.beginning = beginning
        """The day on which the market began."""
        self._venues = venues
        self._by_id: dict[int, Instrument] = {}
        self._by_name: dict[str, Instrument] = {}

    def add(self, instruments: Iterable[Instrument]) -> None:
        """Raises EntryError for a contract id that is taken."""
        for listed in instruments:
            price = self._prices.get(listed.contract_id)
            instrument = listed if price is None else structs.replace(listed, price=price)
            other = self._by_id.setdefault(instrument.contract_id, instrument)
            if other is not instrument:
                taken = f"{instrument.contract_id} is taken by {other.local_symbol} {other.security_type}"
                raise EntryError("contract_id", f"expected an id of its own; {taken}")
            self._by_name.setdefault(instrument.local_symbol, instrument)

    @property
    def instruments(self) -> list[Instrument]:
        """All of them, in the order of their listing."""
        return list(self._by_id.values())

    def venue(self, name: str) -> Venue:
        """Raises EntryError when there is none of that name."""
        if name not in self._venues:
            raise EntryError("venue", f"expected one of {', '.join(sorted(self._venues))}, got {name!r}")
        return self._venues[name]

    def underlying(self, name: str) -> Instrument:
        """The instrument of a local symbol. Raises EntryError when none is listed before."""
        if name not in self._by_name:
            raise EntryError("underlying", f"expected the local symbol of a listed instrument, got {name!r}")
        return self._by_name[name]

    def futures(self, symbol: str) -> list[Instrument]:
        """The futures of a root, by expiry."""
        return [each for each in self._by_id.values() if each.symbol == symbol and each.contract_month]
