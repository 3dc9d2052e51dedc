"""What the parts of the gateway have in common: each answers the requests of one concern."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.market.market import Quote
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder

Handlers: TypeAlias = Mapping[type[Request], Callable[[Client, Any], None]]
"""For each type of request the method that answers it: client and request. It may raise Refusal."""


class Service:
    """One concern of the gateway."""

    def handlers(self) -> Handlers:
        """The requests that it answers."""
        return {}

    def watched(self) -> Iterable[int]:
        """The contracts whose quotes it wants to hear of."""
        return ()

    def quotes_changed(self, changed: Mapping[int, Quote]) -> None:
        """The new quotes of watched contracts, by contract id."""

    def advance(self, now: float) -> None:
        """Let it be `now`; comes behind the quotes that changed by then."""

    def day_ends(self, now: float) -> None:
        """The trading day is over; its orders and its profit and loss are still those of the day."""

    def order_filled(self, order: WorkingOrder) -> None:
        """An order was filled, wholly or in part; the books have it already."""

    def order_ended(self, order: WorkingOrder, now: float) -> None:
        """An order was filled wholly, or cancelled; it comes once for each order."""

    def forget(self, client: Client) -> None:
        """A client is gone: its subscriptions end."""
