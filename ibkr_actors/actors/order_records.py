"""What is written down about orders, and what an embedding application is told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from blinker import Signal
from loguru import logger

from ibkr_actors.actors.desk import Signals, emit
from ibkr_actors.actors.journal import Journal
from ibkr_actors.actors.messages import PlaceOrder
from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.base.local_messages import OrderChanged
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.errors import DeskError


class OrderRecords:
    """The journal and the signals of orders.

    What has happened already is an errand: a slow disk, or a slow receiver of a signal, must not keep it from the
    order's owner. Only the placing of an order is written before anything else happens: an order without a record must
    not leave.
    """

    def __init__(
        self,
        journal: Journal,
        signals: Signals,
        errand: Callable[[Callable[[], None]], None],
        client_id: int = 0,
    ) -> None:
        self._journal, self._signals, self._errand = journal, signals, errand
        self._client_id = client_id

    def placing(self, wanted: PlaceOrder) -> str:
        """Record an order that is about to leave; returns why that can't be done, or an empty text."""
        if not self._journal.is_open:
            return ""
        request = wanted.request
        try:
            facts: dict[str, Any] = {
                "code": wanted.code,
                "client_id": self._client_id,
                "contract": request.contract,
                "order": request.order,
            }
            if wanted.changes:
                facts["changes"] = True
            if wanted.exercise is not None:
                facts["exercise"] = wanted.exercise
            if wanted.origin is not None:
                facts["origin"] = wanted.origin
            self._journal.write_ahead("place", request.order_id, **facts)
        except DeskError as error:
            return str(error)
        return ""

    def event(self, name: str, order: OwnedOrder, /, **facts: Any) -> None:
        """Record what has happened to an order."""
        if self._journal.is_open:
            self._errand(partial(self._write, name, order.order_id, code=order.code, **facts))

    def terms(self, order: OwnedOrder) -> None:
        """Record what the bridge holds, which is not what was recorded before: a change of it is no such thing yet."""
        self.event("terms", order, order=order.terms.held.order)

    def told(self, order_id: int, what: str) -> None:
        """Record that the owner of an order will hear of a status or an execution, whatever happens to the desk."""
        self._errand(partial(self._write, "told", order_id, what=what))

    def actor(self, code: str, slot: int, orders_at_death: str) -> None:
        """Record which ids an actor of another process has, and what shall become of its orders when it dies."""
        self._errand(partial(self._write, "actor", 0, code=code, slot=slot, orders_at_death=orders_at_death))

    def _write(self, name: str, order_id: int, **facts: Any) -> None:
        try:
            self._journal.write(name, order_id, **facts)
        except DeskError as error:
            logger.error("{} of order {} is not recorded: {}", name, order_id, error)

    def execution(self, order: OwnedOrder, details: ExecutionDetails) -> None:
        """Record and tell a fill."""
        self.event("execution", order, execution=details.execution)
        self._tell(self._signals.execution, code=order.code, details=details)

    def commission(self, order: OwnedOrder, report: CommissionAndFeesReport) -> None:
        """Record and tell the cost of a fill."""
        self.event("commission", order, report=report)
        self._tell(self._signals.commission, code=order.code, report=report)

    def change(self, order: OwnedOrder, change: OrderChanged, was: str) -> None:
        """Tell how an order stands, and record its status if that `was` another one."""
        if change.status != was:
            self.event("status", order, status=change.status, reason=change.reason)
        self._tell(self._signals.order_changed, code=order.code, change=change)
        if change.status == "Filled" and was != "Filled":
            self._tell(self._signals.order_filled, code=order.code, change=change)

    def _tell(self, signal: Signal, **facts: Any) -> None:
        if signal.receivers:
            self._errand(partial(emit, signal, **facts))

    def close(self, orders: Iterable[OwnedOrder]) -> None:
        """Close the journal, behind what has to be written still, and say which of the orders outlive the desk."""
        self._errand(self._journal.close)
        if left := [order.in_words() for order in orders if not order.ended]:
            logger.info("orders that go on at the bridge: {}", "; ".join(left))
