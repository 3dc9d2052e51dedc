"""What owners are told of their orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from loguru import logger

from ibkr_actors.actors.actor import Mail, tell
from ibkr_actors.actors.messages import Batch, CancelOrder, PlaceOrder
from ibkr_actors.actors.order_records import OrderRecords
from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.base.local_messages import OrderChanged, RequestFailed
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.orders import PlaceOrderRequest


def tell_at_once(clock: Callable[[], float], mail: Mail, message: Message) -> bool:
    """Put a message into a mail by itself, where nobody makes up parcels; False when its actor is gone."""
    return tell(mail, Batch([message], clock()))


class OwnerNews:
    """Tells each owner how its orders stand, and records it: one change for all that a batch has brought.

    `deliver` puts a message into an owner's mail, and says whether it could; `ended` is called with the id of an order
    that has ended. Not thread-safe: the lock is the caller's.
    """

    def __init__(
        self,
        deliver: Callable[[Mail, Message], bool],
        records: OrderRecords,
        ended: Callable[[int], None],
    ) -> None:
        self._deliver, self._records, self._ended = deliver, records, ended
        self._before: dict[int, tuple[OwnedOrder, tuple[Any, ...], PlaceOrderRequest]] = {}

    def tell(self, owner: OwnedOrder | PlaceOrder | CancelOrder, message: Message) -> bool:
        """Tell an owner something; False when it is gone."""
        return self._deliver(owner.mail, message)

    def deny(self, wanted: PlaceOrder | CancelOrder, reason: str) -> None:
        """A request that is not carried out, and touches no order."""
        order_id = wanted.request.order_id
        logger.error("{}: order {} {}", wanted.code, order_id, reason)
        self.tell(wanted, RequestFailed(order_id, f"order {order_id} {reason}", wanted.request))

    def expect(self, order: OwnedOrder) -> None:
        """The order may change now."""
        if order.order_id not in self._before:
            self._before[order.order_id] = order, order.facts(), order.terms.held

    def tell_changes(self) -> None:
        """Tell of what was expected to change, if it did. Behind an exception the rest is told the next time."""
        for order_id in list(self._before):
            order, facts, held = self._before.pop(order_id)
            if order.terms.held is not held:
                self._records.terms(order)
            if order.facts() != facts:
                self._tell_change(order, was=facts[0])

    def _tell_change(self, order: OwnedOrder, was: str) -> None:
        if not order.may_work:
            self._ended(order.order_id)
        self._records.change(order, order.as_change(), was)
        self.tell_how_it_stands(order)

    def tell_how_it_stands(self, order: OwnedOrder) -> None:
        """An owner of this process says when that has reached it (`hear_handled`); for one elsewhere its mail cares."""
        order.untold = order.as_change()
        if self.tell(order, order.untold) and order.origin is not None:
            order.untold = None

    @staticmethod
    def hear_handled(order: OwnedOrder | None, change: OrderChanged) -> None:
        """A change has reached the owner of an order; it counts if it is the last one."""
        if order is not None and order.untold == change:
            order.untold = None
