"""The orders of one strategy, as the strategy sees them: handles that follow what is heard of each order."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, Protocol

from ibkr_actors.base.handlers import Handler, Handlers
from ibkr_actors.base.held_back import HeldBack
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, OrderChanged, RequestFailed
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.base.messages.orders import OpenOrder, OrderStatus, PlaceOrderRequest
from ibkr_actors.base.order_handle import OrderView
from ibkr_actors.base.order_terms import OrderTerms
from ibkr_actors.base.order_tracking import TrackedOrder
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.orders.order import Order


class Trades(Protocol):
    """Whoever changes and cancels orders by their ids."""

    def modify_order(self, order_id: int, order: Order, contract: Contract | None = None) -> None:
        """Send new values under the same id."""
        ...

    def cancel_order(self, order_id: int) -> None:
        """Cancel it."""
        ...


class StrategyOrder(OrderView):
    """An order that a strategy placed. It stands as it was heard, before the strategy's own handler is called.

    Nothing here waits: a strategy's thread is the one that hears. Use it on that thread; others may look.
    """

    def __init__(self, strategy: Trades, request: PlaceOrderRequest) -> None:
        quantity = request.order.total_quantity
        terms = OrderTerms(request)  # nobody else has it: who looks at the handle gets copies
        self.tracked = TrackedOrder(
            request.order_id, request, time.monotonic(), remaining=quantity, terms=terms
        )
        super().__init__(self.tracked, datetime.now(UTC))
        self._strategy = strategy

    def modify(self, order: Order) -> None:
        """Change it to new values: `order = handle.order`, set what shall differ, `handle.modify(order)`."""
        self._strategy.modify_order(self.order_id, order, self.contract)

    def cancel(self) -> None:
        """Cancel what has not been filled. Whether it was cancelled tells its status."""
        self._strategy.cancel_order(self.order_id)


class ListeningHandlers(Handlers):
    """Handlers of an owner whose `listeners` hear a message before its handler does, the first ones first."""

    def __init__(self, owner: object, *listeners: Mapping[type, Handler]) -> None:
        super().__init__(owner)
        self._listeners = listeners

    def __missing__(self, struct: type[Any]) -> Handler:
        handler = super().__missing__(struct)
        for listeners in reversed(self._listeners):
            if struct in listeners:
                handler = self[struct] = _one_after_the_other(listeners[struct], handler)
        return handler


def _one_after_the_other(first: Handler, second: Handler) -> Handler:
    def both(message: Any) -> None:
        first(message)
        second(message)

    return both


class StrategyOrders:
    """The handles of one strategy's orders.

    Responsible for: keeping each handle as the bridge and the desk say, whatever other clients' orders have the same
    ids. Not thread-safe: belongs to the strategy's thread.
    """

    def __init__(self, handled: Callable[[OrderChanged], None]) -> None:
        """`handled` is called with each change that has come as far as here."""
        self._handled = handled
        self._by_id: dict[int, StrategyOrder] = {}
        self._of_execution: dict[str, StrategyOrder] = {}
        self._held_back = HeldBack()
        self.by_id: Final = MappingProxyType(self._by_id)
        """Every order that the strategy placed since it was started, by order id."""
        self.client_id = 0

    def add(self, order: StrategyOrder) -> None:
        """An order that was placed."""
        self._by_id[order.order_id] = order
        self._held_back.note(order.tracked)

    def changed(self, order_id: int, request: PlaceOrderRequest) -> None:
        """An order was sent again with other values."""
        order = self._by_id.get(order_id)
        if order is not None:
            order.tracked.change(request)

    def listeners(self) -> dict[type, Handler]:
        """What each kind of message does to the handles."""
        return {
            OrderChanged: self._hear_change,
            RequestFailed: self._hear_failure,
            ConnectionChanged: self._hear_connection_change,
            OrderStatus: self._hear_status,
            OpenOrder: self._hear_open_order,
            ExecutionDetails: self._hear_execution,
            CommissionAndFeesReport: self._hear_commission,
            Notice: self._hear_notice,
        }

    def _own(self, order_id: int, client_id: int) -> StrategyOrder | None:
        return self._by_id.get(order_id) if client_id == self.client_id else None

    def _hear_change(self, change: OrderChanged) -> None:
        self._handled(change)
        order = self._by_id.get(change.order_id)
        if order is not None:
            order.tracked.hear_change(change)
            order.take_over(datetime.now(UTC))

    def _hear_status(self, message: OrderStatus) -> None:
        order = self._own(message.order_id, message.client_id)
        if order is not None:
            order.tracked.hear_status(message)
            self._held_back.hear(order.tracked)
            order.take_over(datetime.now(UTC))

    def _hear_open_order(self, message: OpenOrder) -> None:
        order = self._own(message.order_id, message.order.client_id)
        if order is not None:
            order.tracked.hear_open_order(message)
            self._held_back.hear(order.tracked)
            order.take_over(datetime.now(UTC))

    def _hear_execution(self, message: ExecutionDetails) -> None:
        execution = message.execution
        order = self._own(execution.order_id, execution.client_id)
        if order is not None:
            self._of_execution[execution.execution_id] = order
            order.tracked.hear_execution(message)
            order.take_over(datetime.now(UTC))

    def _hear_commission(self, report: CommissionAndFeesReport) -> None:
        order = self._of_execution.get(report.execution_id)
        if order is not None:
            order.tracked.hear_commission(report)
            order.take_over(datetime.now(UTC))

    def _hear_notice(self, notice: Notice) -> None:
        order = self._by_id.get(notice.request_id)
        if order is not None:
            order.note(notice)
            order.tracked.hear_refusal(notice)

    def _hear_failure(self, failure: RequestFailed) -> None:
        order = self._by_id.get(failure.request_id)
        if order is not None and isinstance(failure.request, PlaceOrderRequest):
            order.tracked.fail_change(failure.request)

    def _hear_connection_change(self, change: ConnectionChanged) -> None:
        """Of the bridge or, for a strategy in another process, of the desk: who knows what has become of changes."""
        if change.state is ConnectionState.LOST:
            for order in self._by_id.values():
                order.tracked.lose_changes()
