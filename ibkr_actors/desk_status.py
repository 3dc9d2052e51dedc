"""How a desk stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ibkr_actors.actors.accounts import AccountState
from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.actors.performance import Performance
from ibkr_actors.actors.remote.letters import ActorFacts
from ibkr_actors.actors.supervisor import StrategyStatus
from ibkr_actors.base.local_messages import ConnectionState
from ibkr_actors.base.message_codes import FarmState
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.market_data import TickPrice
from ibkr_actors.base.session_statistics import Statistics
from ibkr_actors.classes.contracts.contract import Contract

_LAST_PRICES: Final = (4, 68, 37, 9, 75, 1, 66)
"""Tick types that tell the price of a holding, best first: last, mark, close, bid."""


@dataclass(frozen=True, slots=True)
class DeskStatus:
    """How a desk stands at one moment, for people and for an embedding application."""

    connection: ConnectionState
    server_version: int
    reason: str
    messages: int
    """Messages from the bridge since the start."""
    seconds: float
    """Seconds since the start."""
    accounts: AccountState
    orders: list[OwnedOrder]
    strategies: list[StrategyStatus]
    performance: dict[str, Performance]
    watched: list[tuple[Contract, float]] = field(default_factory=list)
    """The contracts whose market data the desk receives, each with its newest price."""
    farms: list[FarmState] = field(default_factory=list)
    """The servers that the bridge takes data from, each as the bridge last spoke of it."""
    statistics: Statistics = field(default_factory=Statistics)
    """What was read since the start, and what of it was not understood."""
    actors: list[ActorFacts] = field(default_factory=list)
    """All strategies, those in other processes included."""

    def __str__(self) -> str:
        """In few words."""
        working = sum(not order.ended for order in self.orders)
        states = (
            ", ".join(f"{strategy.code} {strategy.state}" for strategy in self.strategies) or "no strategies"
        )
        reason = f" ({self.reason})" if self.reason else ""
        return (
            f"{self.connection.value}{reason}, server version {self.server_version}, {self.messages} messages in "
            f"{self.seconds:.0f} s, {len(self.orders)} orders ({working} working); {states}"
        )

    @property
    def staff(self) -> list[StrategyStatus | ActorFacts]:
        """The strategies of the desk's own process, then those elsewhere."""
        return [*self.strategies, *(actor for actor in self.actors if not actor.is_here)]


def watched_prices(lines: Iterable[tuple[Contract, Mapping[Any, Message]]]) -> list[tuple[Contract, float]]:
    """The newest price of each line of market data that has one."""
    priced = [(contract, _price_in(newest)) for contract, newest in lines]
    return [(contract, price) for contract, price in priced if price is not None]


def prices_of(
    accounts: AccountState, watched: Sequence[tuple[Contract, float]]
) -> Callable[[Contract], float | None]:
    """Finds the newest price of a held contract: of its line when there is one, else of the portfolio.

    A line whose contract was described without an id is that of whatever it describes.
    """
    by_id = {contract_id: value.market_price for (_, contract_id), value in accounts.portfolio.items()}
    by_id |= {contract.contract_id: price for contract, price in watched if contract.contract_id}
    described = [(contract, price) for contract, price in watched if not contract.contract_id]

    def price_of(held: Contract) -> float | None:
        fitting = (price for contract, price in described if held.fits(contract))
        return next(fitting, by_id.get(held.contract_id))

    return price_of


def _price_in(newest: Mapping[Any, Message]) -> float | None:
    for tick_type in _LAST_PRICES:
        tick = newest.get(tick_type)
        if isinstance(tick, TickPrice) and tick.price > 0:
            return tick.price
    return None
