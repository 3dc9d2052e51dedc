"""The way out for orders: checked, then known, then sent."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol, TypeVar

from msgspec.structs import replace

from ibkr_actors.base.ids import OrderIds
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.order_admission import OrderAdmission
from ibkr_actors.base.order_tracking import Placement
from ibkr_actors.blocking.order_handle import OrderHandle
from ibkr_actors.blocking.order_records import OrderRecords
from ibkr_actors.errors import InvalidRequest

Noted = TypeVar("Noted")


class Line(Protocol):
    """What orders leave by."""

    @property
    def accounts(self) -> Collection[str]:
        """Those of the login."""
        ...

    def check(self, request: Request) -> None:
        """Raises what keeps a request from leaving: ConnectionLost, UnsupportedByServer, ..."""
        ...

    def send(self, request: Request) -> None:
        """Send it, and return when it has left. Raises ConnectionLost."""
        ...

    def send_noted(self, request: Request, note: Callable[[], Noted]) -> Noted:
        """Likewise; from `note` on a lost connection concerns it."""
        ...


class OrderEntry:
    """Lets orders of one client leave, changes and cancellations of them.

    Responsible for: that nothing leaves which must not, and that each order is known before it leaves.
    Not responsible for: what becomes of it.
    """

    def __init__(
        self, line: Line, records: OrderRecords, order_ids: OrderIds, live_accounts: Collection[str]
    ) -> None:
        self._line, self._records, self._order_ids = line, records, order_ids
        self._admission = OrderAdmission(order_ids, live_accounts)

    def next_id(self) -> int:
        """An order id that was never used. Raises InvalidRequest when the bridge's ids are among those of requests."""
        order_id = self._order_ids.next()
        self._admission.check_id(order_id)
        return order_id

    def place(self, request: Placement) -> OrderHandle:
        """Send a new order, under a new id unless it has one.

        Raises InvalidRequest, UnsupportedByServer, and ConnectionLost when it was not sent, or may have been.
        """
        self._check(request)
        if request.order_id:
            self.check_id(request.order_id)
        with self._order_ids.placing(request.order_id) as order_id:
            self._admission.check_id(order_id)
            order = replace(request, order_id=order_id)
            return self._line.send_noted(order, lambda: self._note(order))

    def _note(self, order: Placement) -> OrderHandle:
        if self._records.of_id(order.order_id) is not None:
            raise InvalidRequest(
                f"order id {order.order_id} is in use; next_order_id() gives one that was never used"
            )
        return self._records.place(order)

    def check_id(self, order_id: int) -> None:
        """Raises InvalidRequest for the id of an order that is not known here and can't have it."""
        self._admission.check_id(order_id)
        if order_id < 0:
            raise InvalidRequest(
                f"{order_id} is no id for an order; one that was placed by hand may have such an id, and is known when "
                "request_open_orders() has told of it"
            )

    def send(self, request: Request) -> None:
        """Send other terms of an order, or its cancellation. Raises as `place`."""
        if not isinstance(request, PlaceOrderRequest):
            self._line.send(request)
            return
        self._check(request)
        self._line.send_noted(request, lambda: self._records.change(request))

    def _check(self, request: Placement) -> None:
        self._line.check(request)
        self._admission.check(request, self._line.accounts)
