"""Subscriptions that outlive connections."""

from __future__ import annotations

from abc import abstractmethod

from ibkr_actors.actors.actor import DeskActor
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState


class ReopeningActor(DeskActor):
    """An actor whose subscriptions a new connection does not know: it opens them again on each but the first."""

    _connected = True
    """False after a loss: what is wanted meanwhile is opened together on the next connection, nothing of it twice."""

    def connection_changed(self, change: ConnectionChanged) -> None:
        """The connection was lost, or there is another one."""
        if change.state is ConnectionState.LOST:
            self._connected = False
        elif change.state is ConnectionState.CONNECTED:
            self._connected = True
            if change.epoch > 1:
                self._open_all_again()

    @abstractmethod
    def _open_all_again(self) -> None:
        """Ask the bridge for everything that somebody wants."""
