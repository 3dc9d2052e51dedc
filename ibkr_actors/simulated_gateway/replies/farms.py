"""The data farms that a gateway is connected with, and what it says of them."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from ibkr_actors.simulated_gateway.instruments.instrument import FUTURE, Instrument

Notice = tuple[int, str]
"""A code and a text."""


class FarmKind(Struct, frozen=True):
    """What a farm is for, and the codes and texts of its changes, as real gateways send them."""

    ok: int
    broken: int
    text: str
    """With the state in its place; the farm's name follows a colon."""
    connecting: int | None = None
    inactive: int | None = None
    """None for a kind that is always connected."""

    def fine(self, farm: str) -> Notice:
        """The farm is connected."""
        return self.ok, f"{self.text.format('OK')}:{farm}"

    def lost(self, farm: str) -> Notice:
        """The farm is not connected."""
        return self.broken, f"{self.text.format('broken')}:{farm}"

    def idle(self, farm: str) -> Notice:
        """The farm is not connected, for nobody needs it. Only for kinds that have a code of it."""
        assert self.inactive is not None
        return self.inactive, f"{self.text.format('inactive but should be available upon demand')}.{farm}"


MARKET_DATA: Final = FarmKind(2104, 2103, "Market data farm connection is {}", connecting=2119, inactive=2108)
HISTORY: Final = FarmKind(2106, 2105, "HMDS data farm connection is {}", inactive=2107)
DEFINITIONS: Final = FarmKind(2158, 2157, "Sec-def data farm connection is {}")

FARMS: Final = {
    "usfuture": MARKET_DATA,
    "usfarm": MARKET_DATA,
    "ushmds": HISTORY,
    "secdefnj": DEFINITIONS,
}
"""By name, in the order in which a gateway tells of them."""
ON_DEMAND: Final = tuple(name for name, farm in FARMS.items() if farm.inactive is not None)
"""Those that become inactive when nobody needs them."""

OF_FUTURES: Final = "usfuture"
OF_OTHERS: Final = "usfarm"


def connected(farm: str) -> list[Notice]:
    """What is said when a farm is connected again: market data farms are said to be connecting first."""
    kind = FARMS[farm]
    connecting = (
        [] if kind.connecting is None else [(kind.connecting, f"Market data farm is connecting:{farm}")]
    )
    return [*connecting, kind.fine(farm)]


def farm_of(instrument: Instrument) -> str:
    """The farm that an instrument's market data come from."""
    return OF_FUTURES if instrument.security_type == FUTURE else OF_OTHERS
