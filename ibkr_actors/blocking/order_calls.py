"""The calls that need an order id."""

from __future__ import annotations

from typing import Any, overload

from msgspec import structs

from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import (
    AttachedOrders,
    CancelOrderRequest,
    OrderCancel,
    PlaceOrderRequest,
)
from ibkr_actors.base.order_checks import placement
from ibkr_actors.base.order_tracking import PREVIEWED
from ibkr_actors.blocking.calls import BlockingCalls
from ibkr_actors.blocking.order_handle import OrderHandle
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.exercise_action import ExerciseAction
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.orders.order_state import OrderState
from ibkr_actors.classes.spelling import Moment
from ibkr_actors.classes.value import snapshot
from ibkr_actors.errors import InvalidRequest, OrderEnded, RequestRejected, RequestTimeout


class OrderCalls(BlockingCalls):
    """Placing, previewing and cancelling orders; exercising options.

    An order is placed at most once: no call sends it again by itself, whatever happens to the connection.
    """

    def next_order_id(self) -> int:
        """An order id that was never used.

        Raises ConnectionLost before the bridge has said where to begin, and InvalidRequest when that is where the ids
        of requests are.
        """
        self._client.require_connection()
        return self._client.entry.next_id()

    @overload
    def place_order(
        self,
        order: Order,
        contract: Contract | None = None,
        /,
        *,
        attached_orders: AttachedOrders | None = None,
    ) -> Any: ...

    @overload
    def place_order(
        self,
        order_id: int,
        order: Order,
        contract: Contract | None = None,
        /,
        *,
        attached_orders: AttachedOrders | None = None,
    ) -> Any: ...

    @overload
    def place_order(
        self,
        order_id: int,
        contract: Contract,
        order: Order,
        /,
        *,
        attached_orders: AttachedOrders | None = None,
    ) -> Any: ...

    def place_order(self, *what: Any, attached_orders: AttachedOrders | None = None) -> Any:
        """Place an order: `place_order(order)`, `place_order(order, contract)`, with an `order_id` before them or not.

        Contract and id may ride along (`order.contract`; `order.order_id`, as of those of a bracket); an id that is
        given and works changes that order. Returns an `OrderHandle` when the order is sent: nobody has accepted it
        then. Of an order with `what_if` it returns the bridge's preview, an `OrderState`, as `preview_order` does.

        Raises InvalidRequest (also for a live account that is not allowed), UnsupportedByServer, ConnectionLost:
        nothing was sent then. Of an order that may have been sent or not `ConnectionLost` says so in its text; `orders`
        has its handle, and `connect()` asks what became of it.
        """
        request = _placement(what, attached_orders)
        if request.order.what_if:
            return self._preview(request)
        if not request.order_id:
            request = structs.replace(request, order_id=self._riding_id(request.order))
        known = self._client.orders.of_id(request.order_id) if request.order_id else None
        if known is not None:
            self._change(known, request)
            return known
        return self._client.entry.place(request)

    def _change(self, known: OrderHandle, request: PlaceOrderRequest) -> None:
        if request.attached_orders != AttachedOrders():
            raise InvalidRequest(f"order {known.order_id} is placed already, and a change attaches no orders")
        request.order.contract = request.contract
        known.modify(request.order)

    def _riding_id(self, order: Order) -> int:
        """The id that a new order brings along; 0 for none. One that was placed before says not whether it is meant."""
        if order.order_id and (order.permanent_id or self._client.orders.of_id(order.order_id)):
            raise InvalidRequest(
                f"the order was placed as {order.order_id} already: its handle's modify changes that one; for a new "
                "order like it set order_id to 0"
            )
        return order.order_id

    def preview_order(self, order: Order, contract: Contract | None = None) -> OrderState:
        """What an order would do to margin and cost in commission, as the bridge sees it. Nothing is placed.

        Raises RequestRejected with the bridge's reason, RequestTimeout, and what `place_order` raises.
        """
        request = _placement((order,) if contract is None else (order, contract), None)
        asking = request.order.copy()
        asking.what_if = True
        return self._preview(structs.replace(request, order=asking))

    def _preview(self, request: PlaceOrderRequest) -> OrderState:
        handle = self._client.entry.place(structs.replace(request, order_id=0))
        try:
            handle.wait_until(lambda facts: facts.status == PREVIEWED, self.timeout, "its preview")
        except OrderEnded as error:
            raise _refusal(request, handle, error) from error
        except RequestTimeout as error:
            raise RequestTimeout(request, self.timeout, "no preview came") from error
        assert handle.preview is not None, "a previewed order has a preview"
        return handle.preview

    def cancel_order(self, order_id: int, order_cancel: OrderCancel | None = None) -> None:
        """Ask the bridge to cancel an order of this client, which may have been placed before this program started.

        Returns when that is sent; the order's handle in `orders` tells what became of it. A refusal for an order that
        is not known here stands in `notices` (10147: no such order). Does nothing for one that has ended. Raises
        ConnectionLost, UnsupportedByServer, and InvalidRequest for what can't be an order's id.
        """
        handle = self._client.orders.of_id(order_id)
        if handle is not None:
            handle.cancel(order_cancel)
        else:
            self._client.entry.check_id(order_id)
            request = CancelOrderRequest(order_id, order_cancel or OrderCancel())
            self._client.send(snapshot(request, CancelOrderRequest))

    def exercise_options(
        self,
        contract: Contract,
        exercise_action: ExerciseAction | int = ExerciseAction.EXERCISE,
        exercise_quantity: int = 1,
        account: str = "",
        override: bool = False,
        *,
        order_id: int = 0,
        manual_order_time: Moment = "",
        customer_account: str = "",
        professional_customer: bool = False,
    ) -> OrderHandle:
        """Exercise options that one owns, or let them lapse. The bridge treats it as an order, and so does the handle.

        `override` goes against what would happen by itself. Raises as `place_order`.
        """
        request = snapshot(
            ExerciseOptionsRequest(
                order_id,
                contract,
                exercise_action,
                exercise_quantity,
                account,
                override,
                manual_order_time,
                customer_account,
                professional_customer,
            ),
            ExerciseOptionsRequest,
        )
        return self._client.entry.place(request)


def _refusal(request: PlaceOrderRequest, handle: OrderHandle, end: OrderEnded) -> RequestRejected:
    """In the words of the notice that gave the reason; what else the bridge said refused nothing."""
    notice = next((each for each in handle.notices if f"{each.code} {each.text}" == end.reason), None)
    if notice is None:
        return RequestRejected(request, 0, end.reason or str(end))
    return RequestRejected(request, notice.code, notice.text)


def _placement(what: tuple[Any, ...], attached_orders: AttachedOrders | None) -> PlaceOrderRequest:
    """A request from an id, an order and a contract, told apart by their types; the id is 0 when there is none."""
    ids = [each for each in what if isinstance(each, int) and not isinstance(each, bool)]
    orders = [each for each in what if isinstance(each, Order)]
    contracts = [each for each in what if isinstance(each, Contract)]
    others = len([each for each in what if each is not None]) - len(ids) - len(orders) - len(contracts)
    if len(orders) != 1 or len(ids) > 1 or len(contracts) > 1 or others:
        raise InvalidRequest(f"expected an order, with its contract or an order id or both, got {what!r}")
    if ids and ids[0] <= 0:
        raise InvalidRequest(f"an order id is a positive number, got {ids[0]}; next_order_id() gives one")
    contract, order_id = contracts[0] if contracts else None, ids[0] if ids else 0
    return placement(orders[0], contract, order_id, attached_orders)
