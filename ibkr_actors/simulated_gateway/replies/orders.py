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
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.exchange.bindings import BINDER, Bindings
from ibkr_actors.simulated_gateway.exchange.combos import combination, combined_contract
from ibkr_actors.simulated_gateway.exchange.exchange import Exchange
from ibkr_actors.simulated_gateway.exchange.order_options import Presets
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue, Instrument
from ibkr_actors.simulated_gateway.instruments.instrument import COMBINATION
from ibkr_actors.simulated_gateway.refusals import AUTO_BIND, Refusal, preset_time_in_force
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service

SAYS_PRESET_SINCE: Final = 225
"""Gateways of this version say that they filled in a missing time in force; older ones just do it."""


class OrderReplies(Service):
    """Brings the clients' wishes to the exchange; what comes of them is told by `OrderReports`.

    Responsible for: finding the contract of an order; lists of open orders and of executions; who may bind orders
    that were placed by hand.
    """

    def __init__(
        self, catalogue: Catalogue, exchange: Exchange, bindings: Bindings, presets: Presets
    ) -> None:
        self._catalogue = catalogue
        self._exchange = exchange
        self._bindings = bindings
        self._preset = presets.time_in_force

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
        instrument, contract = self._contract_of(request.contract)
        order = self._with_time_in_force(client, request.order_id, request.order)
        self._exchange.place(
            client.number,
            request.order_id,
            contract,
            instrument,
            order,
            client.now,
            request.attached_orders,
        )

    def place_by_hand(self, contract: Contract, order: Order, now: float) -> int:
        """Place an order at the bridge's own screen; returns its permanent id. Raises Refusal for what can't be."""
        instrument, complete = self._contract_of(contract)
        if not order.time_in_force:
            order = msgspec.structs.replace(order, time_in_force=TimeInForce.DAY)
        placed = self._exchange.place_by_hand(complete, instrument, order, now, self._bindings.placed_by_hand)
        return placed.permanent_id

    def _contract_of(self, named: Contract) -> tuple[Instrument, Contract]:
        if named.security_type == COMBINATION:
            instrument = combination(self._catalogue, named)
            return instrument, combined_contract(instrument, named)
        instrument = self._catalogue.identify(named)
        contract = instrument.contract(named.exchange)
        contract.primary_exchange = ""  # real gateways leave it out of what they say about orders
        return instrument, contract

    def _with_time_in_force(self, client: Client, order_id: int, order: Order) -> Order:
        """Newer gateways say what their preset filled in, and refuse what it has nothing for."""
        is_new = client.server_version >= SAYS_PRESET_SINCE
        if order.time_in_force or (is_new and not self._preset):
            return order
        if is_new:
            client.notice(order_id, *preset_time_in_force(self._preset))
        return msgspec.structs.replace(order, time_in_force=self._preset or TimeInForce.DAY)

    def _cancel(self, client: Client, request: CancelOrderRequest) -> None:
        self._exchange.cancel(client.number, request.order_id)

    def _cancel_all(self, _client: Client, _: GlobalCancelRequest) -> None:
        self._exchange.cancel_all()

    def _send_own(self, client: Client, _: OpenOrdersRequest) -> None:
        if client.number == BINDER:
            self._bindings.bind_all(client)
        self.send_open_orders(client, client.number)

    def _send_all(self, client: Client, _: AllOpenOrdersRequest) -> None:
        self.send_open_orders(client, None)

    def send_open_orders(self, client: Client, owner: int | None) -> None:
        """The open orders of one client, or of all, and the end of the list."""
        for order in self._exchange.book.open_orders(owner):
            client.tell(order.open_order_message(), order.status_message())
        client.tell(OpenOrderEnd())

    def _bind(self, client: Client, request: AutoOpenOrdersRequest) -> None:
        """Nothing answers: client 0 hears of each order that is placed by hand from now on."""
        if client.number != BINDER:
            raise Refusal(*AUTO_BIND)
        self._bindings.bind_automatically(client, wanted=request.auto_bind)

    def forget(self, client: Client) -> None:
        """Its orders stay; it binds no more."""
        self._bindings.forget(client)

    def _send_executions(self, client: Client, request: ExecutionRequest) -> None:
        for trade in self._exchange.trades.find(request.filter, client.now):
            client.tell(trade.details(request.request_id), *trade.reports)
        client.tell(ExecutionDetailsEnd(request.request_id))
