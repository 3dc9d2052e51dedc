"""What happens to an order happens to its relatives: children of a bracket, members of a one-cancels-all group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import msgspec

from ibkr_actors.classes.enum.oca_type import OcaType
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.simulated_gateway.exchange.hedges import Hedges
from ibkr_actors.simulated_gateway.exchange.one_cancels_all import OneCancelsAll
from ibkr_actors.simulated_gateway.orders.listener import OrderListener
from ibkr_actors.simulated_gateway.orders.order_book import OrderBook
from ibkr_actors.simulated_gateway.orders.working_order import Hold, WorkingOrder
from ibkr_actors.simulated_gateway.refusals import cancelled


@dataclass(frozen=True, slots=True)
class _Cancellation:
    """A cancellation on its way: it becomes final at `due`."""

    order: WorkingOrder
    due: float
    reason: str


class Families:
    """Ends orders, and lets the end or the fill of one reach its relatives.

    Responsible for: cancelling, in two steps, an order with all that hangs on it; children that begin to work.
    Delegates: what a fill does to a group to `OneCancelsAll`.
    Not responsible for: matching what has begun to work.
    """

    def __init__(
        self, book: OrderBook, hedges: Hedges, listener: OrderListener, *, cancellation_seconds: float = 0.0
    ) -> None:
        self.now = 0.0
        """Epoch seconds of the exchange's last step; it says so."""
        # What a fill cancels takes nobody along: the one that filled may have more to fill.
        self.groups = OneCancelsAll(book, listener, partial(self.cancel, with_group=False))
        self._book = book
        self._hedges = hedges
        self._listener = listener
        self._delay = cancellation_seconds
        self._on_their_way: list[_Cancellation] = []

    def adopt(self, child: WorkingOrder, parent: WorkingOrder) -> None:
        """Hang a child on its parent, in the group that the gateway makes of a bracket's children.

        A hedge is no alternative to the others, so it is in no group.
        """
        child.order.parent_permanent_id = parent.permanent_id
        if not child.order.oca_group and not child.order.hedge_type:
            child.order.oca_group = str(parent.permanent_id)
            child.order.oca_type = OcaType.REDUCE_WITHOUT_BLOCK
        if parent.status is not Status.FILLED:
            child.holds.add(Hold.PARENT)
        else:
            self._size_hedge(child, parent)
        if child not in parent.children:
            parent.children.append(child)

    # --------------------------------------------------------------------------------------------------- cancelling

    def cancel(
        self,
        order: WorkingOrder,
        *,
        noticed: bool = True,
        by_trader: bool = False,
        with_group: bool = True,
        reason: str = "",
    ) -> None:
        """End an order, and what ends with it; nothing if it has ended or is being cancelled.

        `noticed` adds the notice 202 with a reason. All of them are PendingCancel before the first is Cancelled, as
        recorded of a group.
        """
        if order.has_ended or order.status is Status.PENDING_CANCEL:
            return
        ending = list(self._ending_with(order, with_group=with_group and noticed))
        for each in ending:
            each.is_cancelled_by_trader = by_trader
            if each.is_live and each.status is not Status.PENDING_SUBMIT:
                each.move(Status.PENDING_CANCEL)
                self._listener.status_changed(each)
        for each in ending:
            told = reason if each is order else ""
            if noticed and self._delay and each.status is Status.PENDING_CANCEL:
                self._on_their_way.append(_Cancellation(each, self.now + self._delay, told))
            else:
                self._end(each, cancelled(told) if noticed else None)

    def _ending_with(self, order: WorkingOrder, *, with_group: bool) -> Iterator[WorkingOrder]:
        """The order, children that wait for it, a parent that it takes along, and its group, each once."""
        found = [order]
        for each in found:
            yield each
            relatives = [child for child in each.children if child.waits_for_parent]
            relatives += self._book.peers(each) if with_group else []
            relatives += self._parent_taken_along(each)
            found += [
                relative
                for relative in relatives
                if relative not in found
                and not relative.has_ended
                and relative.status is not Status.PENDING_CANCEL
            ]

    def _parent_taken_along(self, order: WorkingOrder) -> list[WorkingOrder]:
        if not (order.order.auto_cancel_parent and order.order.parent_id):
            return []
        parent = self._book.find(order.client_id, order.order.parent_id)
        return [parent] if parent is not None else []

    def _end(self, order: WorkingOrder, notice: tuple[int, str] | None) -> None:
        if order.has_ended:  # it was filled meanwhile
            return
        is_unknown = order.status is Status.PENDING_SUBMIT
        order.move(Status.API_CANCELLED if is_unknown else Status.CANCELLED)
        self._listener.status_changed(order)
        if notice is not None:
            self._listener.order_noticed(order, *notice)

    def finish(self) -> None:
        """Make final the cancellations that have been on their way long enough."""
        due = [each for each in self._on_their_way if each.due <= self.now]
        self._on_their_way = [each for each in self._on_their_way if each.due > self.now]
        for each in due:
            self._end(each.order, cancelled(each.reason))

    # -------------------------------------------------------------------------------------------------------- fills

    def after_fill(self, order: WorkingOrder, quantity: Decimal) -> list[WorkingOrder]:
        """Tell the relatives of a fill; returns the children that begin to work."""
        self.groups.filled(order, quantity)
        if order.status is not Status.FILLED:
            return []
        waiting = [child for child in order.children if child.waits_for_parent and not child.has_ended]
        return [child for child in waiting if self._activate(child, order)]

    def _activate(self, child: WorkingOrder, parent: WorkingOrder) -> bool:
        """Let a child begin to work, if it is not out of work; a hedge of nothing is over before it begins."""
        child.holds.discard(Hold.PARENT)
        self._size_hedge(child, parent)
        if not child.is_live or child.status is Status.PENDING_CANCEL:
            return child.is_live
        if not child.total:
            self.cancel(child)
            return False
        child.move(child.resting_status)
        self._listener.order_changed(child)
        return True

    def _size_hedge(self, child: WorkingOrder, parent: WorkingOrder) -> None:
        if child.order.hedge_type:
            quantity = self._hedges.quantity(child, parent)
            child.order = msgspec.structs.replace(child.order, total_quantity=quantity)
