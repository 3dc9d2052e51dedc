"""What a program calls that has a connection of its own, and gets the answers in handlers."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from typing import Any, Literal

from ibkr_actors.base.api_calls import ApiCalls
from ibkr_actors.base.client_link import ClientLink
from ibkr_actors.base.client_records import ClientRecords
from ibkr_actors.base.ids import OrderIds, request_ids
from ibkr_actors.base.message_codes import CodeTable
from ibkr_actors.base.messages.declaration import IdentifiedRequest, Request
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import AttachedOrders, CancelOrderRequest, OrderCancel
from ibkr_actors.base.order_admission import OrderAdmission
from ibkr_actors.base.order_checks import placement, refuse_about_orders
from ibkr_actors.base.order_tracking import Placement, TrackedOrder
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.exercise_action import ExerciseAction
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.value import snapshot
from ibkr_actors.errors import BridgeError, InvalidRequest


class ClientCalls(ApiCalls):
    """The calls of a `ClientApplication`, from any thread.

    Responsible for: ids, checks before anything leaves, and that requests are recorded in the order in which they
    leave. Not responsible for: making the connection, what comes in.
    """

    caller_chooses_ids: Literal[True] = True

    def __init__(self, client_id: int, live_accounts: Collection[str], codes: CodeTable) -> None:
        self.client_id = client_id
        self._codes = codes
        self._request_ids, self._order_ids = request_ids(), OrderIds()
        self._admission = OrderAdmission(self._order_ids, live_accounts)
        self._records = ClientRecords(client_id, self.get_local_request_id, codes)
        self._leaving = threading.Lock()
        self._link: ClientLink | None = None
        """Once it is None nothing is on its way to it any more."""

    # ------------------------------------------------------------------------------------------------- what is known

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts of the login; empty while the application does not run."""
        return () if self._link is None else self._link.accounts

    @property
    def server_version(self) -> int:
        """What was settled with the bridge; 0 while there is no connection."""
        return 0 if self._link is None else self._link.server_version

    @property
    def orders(self) -> Mapping[int, TrackedOrder]:
        """This client's orders by order id: those placed, and earlier ones that the bridge has spoken of.

        Of those that have ended, 10,000 are kept.
        """
        return self._records.orders.by_id

    def get_local_request_id(self) -> int:
        """A request id that was never handed out; no order has it."""
        return next(self._request_ids)

    def next_order_id(self) -> int:
        """An order id that was never handed out. Raises BridgeError before `run`: the bridge says where to begin."""
        self._connected_link("an order id")
        return self._order_ids.next()

    def _connected_link(self, wanted: str) -> ClientLink:
        link = self._link
        if link is None or not link.epoch:
            raise BridgeError(
                f"{wanted} needs a connection: from initialize() on, while run() runs, there is one"
            )
        return link

    # ------------------------------------------------------------------------------------------------------ requests

    def perform(self, request: Request) -> None:
        """Send a request: what every call ends in, but those about orders, for which it raises InvalidRequest.

        Raises InvalidRequest also when its id is in use, BridgeError while the application does not run, and
        UnsupportedByServer or InapplicableField when the bridge's version can't carry it.
        """
        refuse_about_orders(request, "the checks of orders", "place_order, cancel_order or exercise_options")
        self._send(request)

    def _send(self, request: Request) -> None:
        self._connected_link(type(request).__name__).check(request)
        if isinstance(request, IdentifiedRequest) and request.request_id in self.orders:
            raise InvalidRequest(
                f"{request.request_id} is the id of an order; take request ids from get_local_request_id()"
            )
        with self._leaving:
            link = self._connected_link(type(request).__name__)
            self._records.requests.add(request)
            link.send(request)

    def _ask(self, requests: list[Request]) -> None:
        """Send what no user asks, or asked before; nothing when the application has ended."""
        for request in requests:
            with self._leaving:
                if self._link is not None:
                    self._records.leave(request)
                    self._link.send(request)

    def place_order(
        self,
        order_id: int,
        order: Order,
        contract: Contract | None = None,
        *,
        attached_orders: AttachedOrders | None = None,
    ) -> None:
        """Place an order, or change one that works by placing its id again; the contract may be that of the order.

        Raises InvalidRequest when it must not leave: a value that can't be, an id in use, an order that has ended, a
        live account that is not allowed; and as `perform`. What becomes of it tell `order_changed` and `orders`.
        """
        self._admission.use(order_id, self._records.requests)
        self._place(placement(order, contract, order_id, attached_orders))

    def _place(self, request: Placement) -> None:
        link = self._connected_link("an order")
        self._admission.check(request, link.accounts)
        link.check(request)
        with self._leaving:
            link = self._connected_link("an order")
            self._records.orders.place(request)
            link.send(request)

    def cancel_order(self, order_id: int, order_cancel: OrderCancel | None = None) -> None:
        """Cancel an order of this client. Whether it was cancelled tells its status."""
        request = CancelOrderRequest(order_id, order_cancel or OrderCancel())
        self._send(snapshot(request, CancelOrderRequest))

    def exercise_options(
        self,
        order_id: int,
        contract: Contract,
        exercise_action: ExerciseAction | int,
        exercise_quantity: int,
        account: str = "",
        override: bool = False,
        **more: Any,
    ) -> None:
        """Exercise options that one owns, or let them lapse. `more` are further fields of `ExerciseOptionsRequest`.

        It is followed like an order (`orders`, `order_changed`), but can't be changed. Raises as `place_order`.
        """
        self._admission.use(order_id, self._records.requests)
        fields = (order_id, contract, exercise_action, exercise_quantity, account, override)
        request = snapshot(ExerciseOptionsRequest(*fields, **more), ExerciseOptionsRequest)
        self._place(request)
