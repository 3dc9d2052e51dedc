"""One-cancels-all groups: what a fill of one order does to the others of its group."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal
from typing import Final

import msgspec

from ibkr_actors.classes.enum.oca_type import OcaType
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.simulated_gateway.orders.listener import OrderListener
from ibkr_actors.simulated_gateway.orders.order_book import OrderBook
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder

_WHOLE: Final = Decimal(1)


class OneCancelsAll:
    """Cancels or reduces the peers of an order that fills, as the order's type of group says.

    With block (types 1 and 2) the peers hear of a fill before anything else can fill, so no two of a group fill at
    once. Without (type 3) they hear of it when the round of matching is over: orders that the same quote makes
    marketable fill beside each other, as at exchanges that know nothing of the group.

    Reducing is proportional, as the vendor describes it: a third filled takes a third off each peer.
    """

    def __init__(
        self, book: OrderBook, listener: OrderListener, cancel: Callable[[WorkingOrder], None]
    ) -> None:
        self._book = book
        self._listener = listener
        self._cancel = cancel
        self._unsettled: list[tuple[WorkingOrder, Decimal]] = []

    def filled(self, order: WorkingOrder, quantity: Decimal) -> None:
        """An order of whatever group, or of none, was filled by a quantity."""
        if not order.order.oca_group:
            return
        share = quantity / (order.remaining + quantity)
        if order.order.oca_type in (OcaType.CANCEL_WITH_BLOCK, OcaType.REDUCE_WITH_BLOCK):
            self._tell_peers(order, share)
        else:
            self._unsettled.append((order, share))

    def settle(self) -> None:
        """The round is over: let the fills without block reach their groups."""
        unsettled, self._unsettled = self._unsettled, []
        for order, share in unsettled:
            self._tell_peers(order, share)

    def _tell_peers(self, order: WorkingOrder, share: Decimal) -> None:
        cancels = order.order.oca_type == OcaType.CANCEL_WITH_BLOCK or order.status is Status.FILLED
        for peer in self._book.peers(order):
            left = Decimal(0) if cancels else _reduced(peer.remaining, share)
            if left:
                # A new object, for the terms have changed.
                peer.order = msgspec.structs.replace(peer.order, total_quantity=peer.filled + left)
                self._listener.order_changed(peer)
            else:
                self._cancel(peer)


def _reduced(remaining: Decimal, share: Decimal) -> Decimal:
    """What is left when a share is taken off; whole quantities stay whole, and never exceed their share."""
    left = remaining * (1 - share)
    return left if remaining % _WHOLE else left.quantize(_WHOLE, ROUND_FLOOR)
