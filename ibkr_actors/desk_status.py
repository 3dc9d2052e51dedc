"""How a desk stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from ibkr_actors.actors.accounts import AccountState
from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.actors.performance import Amounts, Performance, totals_of
from ibkr_actors.actors.remote.letters import ActorFacts
from ibkr_actors.actors.supervisor import StrategyStatus
from ibkr_actors.actors.valuation import Valuation
from ibkr_actors.base.local_messages import ConnectionState
from ibkr_actors.base.message_codes import FarmState
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.market_data import TickPrice
from ibkr_actors.base.session_statistics import Statistics
from ibkr_actors.classes.contracts.contract import Contract

_LAST_PRICES: Final = (4, 68, 37)
"""Tick types that tell what something is worth now, best first: last, delayed last, mark."""

_BID_AND_ASK: Final = ((1, 2), (66, 67))
"""Tick types of the two sides, and of the delayed ones."""

_OTHER_PRICES: Final = (1, 66, 9, 75)
"""Tick types to look at where there is nothing better: bid, close."""


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
    """What each strategy that placed orders has earned, by its code and there by currency."""
    watched: list[tuple[Contract, float]] = field(default_factory=list)
    """The contracts whose market data the desk receives, each with its newest price, be it the last close."""
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

    @property
    def totals(self) -> dict[str, Amounts]:
        """What all strategies have earned together, by currency."""
        return totals_of(self.performance.values())


Lines: TypeAlias = Iterable[tuple[Contract, Mapping[Any, Message]]]
"""Lines of market data: of each its contract, and the newest message of each tick type."""


def live_prices(lines: Lines) -> list[tuple[Contract, float]]:
    """The price that each line of market data tells of now, of those that tell one: a close is of another day."""
    return _priced(lines, _live_price)


def watched_prices(lines: Lines) -> list[tuple[Contract, float]]:
    """The newest price of each line of market data that has one."""
    return _priced(lines, _newest_price)


def valuations_of(
    accounts: AccountState, live: Sequence[tuple[Contract, float]]
) -> Callable[[Contract], Valuation]:
    """Finds what is known of the value of a contract: the live price of its line, and what the portfolio says.

    A line whose contract was described without an id is that of whatever it describes.
    """
    rows = {contract_id: row for (_, contract_id), row in accounts.portfolio.items()}
    held = {contract_id: row for (_, contract_id), row in accounts.held.items()}
    by_id = {contract.contract_id: price for contract, price in live if contract.contract_id}
    described = [(contract, price) for contract, price in live if not contract.contract_id]

    def valuation_of(traded: Contract) -> Valuation:
        contract_id = traded.contract_id
        fitting = (price for contract, price in described if traded.fits(contract))
        quoted = next(fitting, by_id.get(contract_id))
        return Valuation(traded, quoted, rows.get(contract_id), held.get(contract_id))

    return valuation_of


def _priced(
    lines: Lines, price_in: Callable[[Mapping[Any, Message]], float | None]
) -> list[tuple[Contract, float]]:
    priced = [(contract, price_in(newest)) for contract, newest in lines]
    return [(contract, price) for contract, price in priced if price is not None]


def _live_price(newest: Mapping[Any, Message]) -> float | None:
    last = _first_of(_LAST_PRICES, newest)
    return last if last is not None else next(_middles(newest), None)


def _middles(newest: Mapping[Any, Message]) -> Iterator[float]:
    for sides in _BID_AND_ASK:
        bid, ask = (_price_of(newest.get(side)) for side in sides)
        if bid is not None and ask is not None:
            yield (bid + ask) / 2


def _newest_price(newest: Mapping[Any, Message]) -> float | None:
    live = _live_price(newest)
    return live if live is not None else _first_of(_OTHER_PRICES, newest)


def _first_of(tick_types: Iterable[int], newest: Mapping[Any, Message]) -> float | None:
    prices = (_price_of(newest.get(tick_type)) for tick_type in tick_types)
    return next((price for price in prices if price is not None), None)


def _price_of(tick: Message | None) -> float | None:
    return tick.price if isinstance(tick, TickPrice) and tick.price > 0 else None
