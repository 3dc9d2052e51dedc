"""What clients are told about orders: the sequences of messages that real gateways send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from ibkr_actors.base.messages.declaration import Reply
from ibkr_actors.base.messages.orders import OpenOrder
from ibkr_actors.classes.orders.order_state import OrderState
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.exchange.order_options import OrderOptions
from ibkr_actors.simulated_gateway.orders.trades import Trade
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder


@dataclass(frozen=True, slots=True)
class _LateReport:
    """The commission of a fill, which comes behind the fill: not before `due`, in epoch seconds."""

    order: WorkingOrder
    trade: Trade
    due: float


class OrderReports:
    """Turns what happens to an order into messages for those who hear of it; implements `OrderListener`.

    The client that placed an order hears of it, and the master client of all orders; an order placed by hand that
    nobody has bound is told to the master client alone. Notices are for the client that placed the order.

    A fill is told at once (execution, open order, status), and once more with its commission at the next
    `send_late_reports`: real gateways repeat themselves so, and clients have to cope.
    """

    def __init__(
        self,
        client_of: Callable[[int], Client | None],
        options: OrderOptions,
        *,
        master_id: Callable[[], int | None],
        on_fill: Callable[[WorkingOrder], None],
        on_end: Callable[[WorkingOrder], None],
    ) -> None:
        self._client_of = client_of
        self._options = options
        self._master_id = master_id
        self._on_fill = on_fill
        self._on_end = on_end
        self._late: list[_LateReport] = []

    def _tell(self, order: WorkingOrder, *messages: Reply) -> None:
        owner = None if order.is_unbound else self._client_of(order.client_id)
        master_id = self._master_id()
        master = None if master_id is None else self._client_of(master_id)
        for client in dict.fromkeys((owner, master)):
            if client is not None:
                client.tell(*messages)

    def order_changed(self, order: WorkingOrder) -> None:
        """The order and its status."""
        self._tell(order, order.open_order_message(), order.status_message())

    def status_changed(self, order: WorkingOrder) -> None:
        """The status alone."""
        self._tell(order, order.status_message())
        if order.has_ended:
            self._on_end(order)

    def order_noticed(self, order: WorkingOrder, code: int, text: str) -> None:
        """A notice on the order's id."""
        client = None if order.is_unbound else self._client_of(order.client_id)
        if client is not None:
            client.notice(order.order_id, code, text)

    def order_filled(self, order: WorkingOrder, trade: Trade) -> None:
        """The execution, the order, its status; and later the commission."""
        messages = [trade.details(), order.open_order_message(), order.status_message()]
        if self._options.status_before_execution:
            messages = [*messages[1:], messages[0]]
        self._tell(order, *messages)
        self._late.append(_LateReport(order, trade, trade.time + self._options.commission_seconds))
        self._on_fill(order)
        if order.has_ended:
            self._on_end(order)

    def leg_filled(self, order: WorkingOrder, trade: Trade) -> None:
        """The execution of a leg; its commission comes later."""
        self._tell(order, trade.details())
        self._late.append(_LateReport(order, trade, trade.time + self._options.commission_seconds))
        self._on_fill(order)

    def position_delivered(self, order: WorkingOrder, trade: Trade) -> None:
        """The execution and its commission alone: what options brought is no order of the client."""
        self._tell(order, trade.details(), *trade.reports)
        self._on_fill(order)

    def position_settled(self, order: WorkingOrder) -> None:
        """Only the position is told: what has expired was neither bought nor sold by anybody."""
        self._on_fill(order)

    def order_previewed(self, order: WorkingOrder, state: OrderState) -> None:
        """Exactly one open order, which was never there."""
        client = self._client_of(order.client_id)
        if client is not None:
            echo = msgspec.structs.replace(order.order)
            client.tell(OpenOrder(order.order_id, order.contract, echo, state))

    def send_late_reports(self, now: float) -> None:
        """The commissions of earlier fills that are due, each behind a repetition of order and status."""
        due = [report for report in self._late if report.due <= now]
        self._late = [report for report in self._late if report.due > now]
        for report in due:
            order = report.order
            self._tell(
                order,
                order.open_order_message(with_commission=True),
                order.status_message(),
                *report.trade.reports,
            )
