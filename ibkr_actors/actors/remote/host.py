"""What runs a strategy in another process than the desk's, and how it keeps in touch with the desk."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from ibkr_actors.actors.desk import Desk
from ibkr_actors.actors.remote.letters import Heartbeat
from ibkr_actors.actors.remote.outgoing_trades import TIME_TO_LIVE
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.brokers.topology import MARKET_DATA_BATCHES


@dataclass(frozen=True, slots=True)
class RemoteOptions:
    """How an actor and its desk keep in touch; seconds."""

    heartbeat: float = 1.0
    """Between two signs of life."""
    grace: float = 10.0
    """Of silence before the desk takes the actor for dead."""
    time_to_live: float = TIME_TO_LIVE
    """Of an order on its way to the desk: later it is refused."""
    market_data_batches: int = MARKET_DATA_BATCHES
    """Of ticks that wait for a slow actor; older ones are dropped."""


class Host(ABC):
    """What runs the strategy, as its desk needs it: how it does, and what the desk wants of it."""

    @abstractmethod
    def state(self) -> Heartbeat:
        """How the strategy does, as a letter."""

    @abstractmethod
    def welcome(self, desk: Desk) -> None:
        """The strategy can start."""

    @abstractmethod
    def refuse(self, reason: str) -> None:
        """The strategy can't work at that desk."""

    @abstractmethod
    def stop(self) -> None:
        """The desk wants the strategy to stop."""

    @abstractmethod
    def hear(self, messages: list[Message]) -> None:
        """What the strategy is told."""
