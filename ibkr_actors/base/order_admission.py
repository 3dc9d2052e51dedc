"""Which orders may leave, of a client that one program uses."""

from __future__ import annotations

from collections.abc import Collection, Container

from ibkr_actors.base.ids import OrderIds
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.order_checks import objection_to, objection_to_exercise, objection_to_id
from ibkr_actors.base.order_tracking import Placement
from ibkr_actors.errors import InvalidRequest


class OrderAdmission:
    """Refuses orders that must not leave, with InvalidRequest.

    Responsible for: ids (none that is a request's; one that was chosen here is never handed out), values, accounts.
    Not responsible for: whether another order has the id. Safe from any thread.
    """

    def __init__(self, order_ids: OrderIds, live_accounts: Collection[str]) -> None:
        self._order_ids, self._live_accounts = order_ids, live_accounts

    def use(self, order_id: int, requests: Container[int]) -> None:
        """Somebody chose an id, for a new order or the change of one. `requests` has the ids of those that are open."""
        self.check_id(order_id)
        if order_id in requests:
            raise InvalidRequest(
                f"{order_id} is the id of an open request; next_order_id() gives an order id"
            )
        self._order_ids.at_least(order_id + 1)

    def check_id(self, order_id: int) -> None:
        """Whether an order can have it: also one that the bridge's sequence has come to."""
        if objection := objection_to_id(order_id):
            raise InvalidRequest(objection)

    def check(self, request: Placement, accounts: Collection[str]) -> None:
        """What is wanted, given the accounts of the login. An order without an id yet is checked before it gets one."""
        if isinstance(request, PlaceOrderRequest):
            objection = objection_to(request.order, accounts, self._live_accounts)
        else:
            objection = objection_to_exercise(request, accounts, self._live_accounts)
        if objection:
            which = f"order {request.order_id}" if request.order_id else "the order"
            raise InvalidRequest(f"{which} was not sent: {objection}")
