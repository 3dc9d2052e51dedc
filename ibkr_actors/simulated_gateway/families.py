"""What happens to the relatives of an order: children of a bracket, members of a one-cancels-all group."""

from __future__ import annotations

from decimal import Decimal

from ibkr_actors.classes.enum.oca_type import OcaType
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.simulated_gateway.listener import OrderListener
from ibkr_actors.simulated_gateway.order_book import OrderBook
from ibkr_actors.simulated_gateway.refusals import CANCELLED
from ibkr_actors.simulated_gateway.working_order import Hold, WorkingOrder


class Families:
    """Ends orders, and lets the end or the fill of one reach its relatives.

    Responsible for: cancelling with all that hangs on it; children that begin to work; peers cancelled or reduced.
    Not responsible for: matching what has begun to work.
    """

    def __init__(self, book: OrderBook, listener: OrderListener) -> None:
        self._book = book
        self._listener = listener

    def adopt(self, child: WorkingOrder, parent: WorkingOrder) -> None:
        """Hang a child on its parent, in the group that the gateway makes of a bracket's children."""
        child.order.parent_permanent_id = parent.permanent_id
        child.order.oca_group = child.order.oca_group or str(parent.permanent_id)
        child.order.oca_type = OcaType.REDUCE_WITHOUT_BLOCK
        if parent.status is not Status.FILLED:
            child.holds.add(Hold.PARENT)
        if child not in parent.children:
            parent.children.append(child)

    def cancel(self, order: WorkingOrder, *, noticed: bool = True, by_trader: bool = False) -> None:
        """End a live order, and the children that still wait for it; `noticed` adds the notice 202."""
        order.is_cancelled_by_trader = by_trader
        if order.is_live:
            order.move(Status.PENDING_CANCEL)
            self._listener.status_changed(order)
        order.move(Status.CANCELLED)
        self._listener.status_changed(order)
        if noticed:
            self._listener.order_noticed(order, *CANCELLED)
        for child in order.children:
            if child.is_live and child.waits_for_parent:
                self.cancel(child, by_trader=by_trader)

    def after_fill(self, order: WorkingOrder, quantity: Decimal) -> list[WorkingOrder]:
        """Tell the relatives of a fill; returns the children that begin to work."""
        self._settle_peers(order, quantity)
        if order.status is not Status.FILLED:
            return []
        return [self._activate(child) for child in order.children if child.is_live]

    def _activate(self, child: WorkingOrder) -> WorkingOrder:
        child.holds.discard(Hold.PARENT)
        child.move(child.resting_status)
        self._listener.order_changed(child)
        return child

    def _settle_peers(self, order: WorkingOrder, quantity: Decimal) -> None:
        cancels = order.order.oca_type == OcaType.CANCEL_WITH_BLOCK or order.status is Status.FILLED
        for peer in self._book.peers(order):
            if cancels or peer.remaining <= quantity:
                self.cancel(peer)
            else:
                peer.order.total_quantity = peer.total - quantity
                self._listener.order_changed(peer)
