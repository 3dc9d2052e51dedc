"""Who is told of what happens to orders."""

from __future__ import annotations

from typing import Protocol

from ibkr_actors.classes.orders.order_state import OrderState
from ibkr_actors.simulated_gateway.orders.trades import Trade
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder


class OrderListener(Protocol):
    """Is told of everything that happens to orders, at the moment when it happens."""

    def order_changed(self, order: WorkingOrder) -> None:
        """The order was accepted or changed."""

    def status_changed(self, order: WorkingOrder) -> None:
        """Only the status changed."""

    def order_filled(self, order: WorkingOrder, trade: Trade) -> None:
        """The order was filled, wholly or in part."""

    def leg_filled(self, order: WorkingOrder, trade: Trade) -> None:
        """A leg of a combination was filled; `order_filled` tells of the combination itself."""

    def order_noticed(self, order: WorkingOrder, code: int, text: str) -> None:
        """There is something to say about the order."""

    def order_previewed(self, order: WorkingOrder, state: OrderState) -> None:
        """The answer to a what-if order, which is gone again."""
