"""Every order that the blocking interface has placed or heard of."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, datetime
from typing import Any

from ibkr_actors.base.ended_orders import forget_oldest_ended
from ibkr_actors.base.held_back import HeldBack
from ibkr_actors.base.message_codes import CodeTable
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.base.messages.orders import OpenOrder, OrderBound, OrderStatus, PlaceOrderRequest
from ibkr_actors.base.order_doubts import OrderDoubts
from ibkr_actors.base.order_tracking import Placement, TrackedOrder
from ibkr_actors.base.orders_of_executions import OrdersOfExecutions
from ibkr_actors.blocking.order_handle import OrderHandle
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.errors import IbkrError


class OrderRecords:
    """Keeps each order's handle current, indifferent to the order of callbacks.

    Order ids count per client, so an order is told by client and id; one placed by hand has no id before it is bound,
    and is told by its permanent id. Everything but `handles` is called under the lock.
    """

    def __init__(
        self, lock: threading.RLock, client_id: int, codes: CodeTable, send: Callable[[Request], None]
    ) -> None:
        self.changed = threading.Condition(lock)
        self._client_id = client_id
        self._codes = codes
        self._send = send
        self._handles: dict[Hashable, OrderHandle] = {}
        self._filled: OrdersOfExecutions[OrderHandle] = OrdersOfExecutions()
        self._lost: IbkrError | None = None
        self._held_back = HeldBack()
        self._doubts = OrderDoubts()

    def handles(self) -> list[OrderHandle]:
        """All that are kept, the oldest first."""
        with self.changed:
            return list({id(handle): handle for handle in self._handles.values()}.values())

    def of_id(self, order_id: int) -> OrderHandle | None:
        """This client's order of an id."""
        return self._handles.get((self._client_id, order_id))

    # ------------------------------------------------------------------------------------------------- our own doing

    def place(self, request: Placement) -> OrderHandle:
        """A new order of ours, about to be sent."""
        handle = self._add((self._client_id, request.order_id), request, self._client_id)
        self._held_back.note(handle.tracked)
        return handle

    def _add(self, key: Hashable, request: Placement, client_id: int) -> OrderHandle:
        tracked = TrackedOrder.made_by(request, time.monotonic())
        is_ours = client_id == self._client_id and request.order_id != 0
        send = self._send if is_ours else None
        handle = OrderHandle(tracked, _now(), client_id, self.changed, send)
        self._handles[key] = handle
        forget_oldest_ended(self._handles)
        return handle

    def change(self, request: PlaceOrderRequest) -> None:
        """Other values of one of our orders, about to be sent."""
        handle = self.of_id(request.order_id)
        if handle is not None:
            handle.tracked.change(request)

    def fail(self, request: Placement, reason: str) -> None:
        """An order that was not sent, or a change of one, which leaves that as it was."""
        handle = self.of_id(request.order_id)
        if handle is not None:
            handle.tracked.fail(request, reason)
            self._show((handle,))

    def lose(self, error: IbkrError) -> None:
        """The connection is gone: nothing more is heard."""
        for handle in self.handles():
            handle.lost = error
            handle.tracked.lose_changes()
        self.changed.notify_all()

    def find_again(self) -> list[OrderHandle]:
        """There is a connection again. Returns this client's orders of which the bridge has to tell how they stand, or
        what they cost; until it has, they are lost.
        """
        unknown = []
        for handle in self.handles():
            tracked = handle.tracked
            is_known = tracked.is_over and (tracked.status != Status.FILLED or tracked.is_paid)
            if handle.client_id == self._client_id and not is_known:
                unknown.append(handle)
            else:
                handle.lost = None
        return unknown

    def doubtful(self) -> list[OrderHandle]:
        """Orders that the bridge has refused perhaps, or a change of them, and that it is time to ask about."""
        due = [order.order_id for order in self._doubts.due(time.monotonic())]
        return [handle for order_id in due if (handle := self.of_id(order_id)) is not None]

    def settle(self, missing: Iterable[OrderHandle]) -> None:
        """The bridge was asked, and has not told of these: what no fill has ended is unknown, or was refused."""
        for handle in missing:
            handle.lost = None
            if handle.tracked.is_expected:
                handle.tracked.go_missing()
        self._show(missing)

    # ------------------------------------------------------------------------------------------- what the bridge says

    def hear(self, message: Any) -> bool:
        """What the bridge says; True when it is about an order that is kept."""
        touched: OrderHandle | None
        match message:
            case OpenOrder():
                touched = self._hear_open_order(message)
            case OrderStatus():
                touched = self._hear_status(message)
            case ExecutionDetails():
                touched = self._hear_execution(message)
            case CommissionAndFeesReport():
                touched = self._hear_commission(message)
            case Notice():
                touched = self._hear_notice(message)
            case OrderBound():
                touched = self._bind(message)
            case _:
                return False
        if touched is None:
            return False
        self._held_back.hear(touched.tracked)
        self._show((touched,))
        return True

    def _show(self, handles: Iterable[OrderHandle]) -> None:
        now = _now()
        for handle in handles:
            handle.take_over(now)
        self.changed.notify_all()

    def _find(self, client_id: int, order_id: int, permanent_id: int) -> OrderHandle | None:
        return self._handles.get(_key(client_id, order_id, permanent_id))

    def _hear_open_order(self, message: OpenOrder) -> OrderHandle:
        order = message.order
        handle = self._find(order.client_id, message.order_id, order.permanent_id)
        if handle is None:
            request = PlaceOrderRequest(message.order_id, message.contract, order)
            key = _key(order.client_id, message.order_id, order.permanent_id)
            handle = self._add(key, request, order.client_id)
        handle.order_state = message.order_state
        if order.what_if:
            handle.preview = message.order_state
        handle.tracked.hear_open_order(message)
        handle.lost = None
        return handle

    def _hear_status(self, message: OrderStatus) -> OrderHandle | None:
        handle = self._find(message.client_id, message.order_id, message.permanent_id)
        if handle is not None:
            handle.tracked.hear_status(message)
            handle.lost = None
        return handle

    def _hear_execution(self, message: ExecutionDetails) -> OrderHandle | None:
        execution = message.execution
        handle = self._find(execution.client_id, execution.order_id, execution.permanent_id)
        if handle is not None and handle.tracked.hear_execution(message):
            report = self._filled.fill(execution.execution_id, handle)
            if report is not None:
                handle.tracked.hear_commission(report)
        return handle

    def _hear_commission(self, report: CommissionAndFeesReport) -> OrderHandle | None:
        handle = self._filled.hear(report)
        if handle is not None:
            handle.tracked.hear_commission(report)
        return handle

    def _hear_notice(self, notice: Notice) -> OrderHandle | None:
        handle = self.of_id(notice.request_id)
        if handle is not None:
            handle.note(notice)
            handle.tracked.hear_notice(notice, self._codes)
            self._doubts.note(handle.tracked, time.monotonic())
        return handle

    def _bind(self, message: OrderBound) -> OrderHandle | None:
        """An order placed by hand is told by client and id as well from now on."""
        handle = self._handles.get(message.permanent_id)
        if handle is not None:
            self._handles[message.client_id, message.order_id] = handle
        return handle


def _key(client_id: int, order_id: int, permanent_id: int) -> Hashable:
    return (client_id, order_id) if order_id else permanent_id


def _now() -> datetime:
    return datetime.now(UTC)
