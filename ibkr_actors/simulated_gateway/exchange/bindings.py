"""Orders placed by hand at the bridge's screen, and how client 0 gets hold of them."""

from __future__ import annotations

from collections.abc import Callable

from ibkr_actors.base.messages.orders import OrderBound
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.orders.order_book import OrderBook
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder

BINDER = 0
"""The client that orders placed by hand are bound to."""


class Bindings:
    """Gives orders placed by hand an id of client 0, and tells it which.

    Responsible for: which orders are bound when; whether new ones are bound by themselves.
    Not responsible for: placing them.
    """

    def __init__(self, book: OrderBook, negative_ids: Callable[[], bool]) -> None:
        self._book = book
        self._negative_ids = negative_ids
        self._automatic: Client | None = None

    def bind_automatically(self, client: Client, *, wanted: bool) -> None:
        """From now on (or no longer) bind each new order to this client, which has to be client 0."""
        self._automatic = client if wanted else None

    def forget(self, client: Client) -> None:
        """A client is gone."""
        if client is self._automatic:
            self._automatic = None

    def placed_by_hand(self, order: WorkingOrder) -> None:
        """A new order, about which nothing has been told yet."""
        if self._automatic is not None:
            self._bind(order, self._automatic)

    def bind_all(self, client: Client) -> None:
        """Bind what was placed by hand so far and is still open."""
        for order in self._book.unbound_orders():
            self._bind(order, client)

    def _bind(self, order: WorkingOrder, client: Client) -> None:
        is_negative = self._negative_ids()
        order_id = self._book.lowest_id(BINDER) - 1 if is_negative else self._book.next_valid_id(BINDER)
        self._book.bind(order, order_id)
        client.tell(OrderBound(order.permanent_id, BINDER, order_id))
