"""Orders: placing, changing, cancelling, listing them, and the executions of the past."""

from __future__ import annotations

from typing import Final

import msgspec

from ibkr_actors.base.messages.executions import ExecutionDetailsEnd, ExecutionRequest
from ibkr_actors.base.messages.orders import (
    AllOpenOrdersRequest,
    AutoOpenOrdersRequest,
    CancelOrderRequest,
    GlobalCancelRequest,
    OpenOrderEnd,
    OpenOrdersRequest,
    PlaceOrderRequest,
)
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.client import Client
from ibkr_actors.simulated_gateway.exchange import Exchange
from ibkr_actors.simulated_gateway.instruments import Catalogue, Refusal
from ibkr_actors.simulated_gateway.refusals import AUTO_BIND, PRESET_DAY
from ibkr_actors.simulated_gateway.service import Handlers, Service

SAYS_PRESET_SINCE: Final = 225
"""Gateways of this version say that they filled in a missing time in force; older ones just do it."""


class OrderReplies(Service):
    """Brings the clients' wishes to the exchange; what comes of them is told by `OrderReports`.

    Responsible for: finding the contract of an order; lists of open orders and of executions.
    """

    def __init__(self, catalogue: Catalogue, exchange: Exchange) -> None:
        self._catalogue = catalogue
        self._exchange = exchange

    def handlers(self) -> Handlers:
        """Everything about orders."""
        return {
            PlaceOrderRequest: self._place,
            CancelOrderRequest: self._cancel,
            GlobalCancelRequest: self._cancel_all,
            OpenOrdersRequest: self._send_own,
            AllOpenOrdersRequest: self._send_all,
            AutoOpenOrdersRequest: self._bind,
            ExecutionRequest: self._send_executions,
        }

    def _place(self, client: Client, request: PlaceOrderRequest) -> None:
        instrument = self._catalogue.identify(request.contract)
        contract = instrument.contract(request.contract.exchange)
        contract.primary_exchange = ""  # real gateways leave it out of what they say about orders
        order = _with_time_in_force(client, request.order_id, request.order)
        self._exchange.place(client.number, request.order_id, contract, instrument, order, client.now)

    def _cancel(self, client: Client, request: CancelOrderRequest) -> None:
        self._exchange.cancel(client.number, request.order_id)

    def _cancel_all(self, _client: Client, _: GlobalCancelRequest) -> None:
        self._exchange.cancel_all()

    def _send_own(self, client: Client, _: OpenOrdersRequest) -> None:
        self.send_open_orders(client, client.number)

    def _send_all(self, client: Client, _: AllOpenOrdersRequest) -> None:
        self.send_open_orders(client, None)

    def send_open_orders(self, client: Client, owner: int | None) -> None:
        """The live orders of one client, or of all, and the end of the list."""
        for order in self._exchange.book.open_orders(owner):
            client.tell(order.open_order_message(), order.status_message())
        client.tell(OpenOrderEnd())

    def _bind(self, client: Client, _: AutoOpenOrdersRequest) -> None:
        """Silent for client 0: nobody places orders by hand at a simulated gateway."""
        if client.number != 0:
            raise Refusal(*AUTO_BIND)

    def _send_executions(self, client: Client, request: ExecutionRequest) -> None:
        for trade in self._exchange.trades.find(request.filter, client.now):
            client.tell(trade.details(request.request_id), trade.report)
        client.tell(ExecutionDetailsEnd(request.request_id))


def _with_time_in_force(client: Client, order_id: int, order: Order) -> Order:
    if order.time_in_force:
        return order
    if client.server_version >= SAYS_PRESET_SINCE:
        client.notice(order_id, *PRESET_DAY)
    return msgspec.structs.replace(order, time_in_force=TimeInForce.DAY)
