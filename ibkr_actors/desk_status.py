"""How a desk stands."""

from __future__ import annotations

from dataclasses import dataclass, field

from ibkr_actors.actors.accounts import AccountState
from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.actors.performance import Performance
from ibkr_actors.actors.supervisor import StrategyStatus
from ibkr_actors.base.local_messages import ConnectionState
from ibkr_actors.base.message_codes import FarmState
from ibkr_actors.base.session_statistics import Statistics
from ibkr_actors.classes.contracts.contract import Contract


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
