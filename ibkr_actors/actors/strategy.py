"""What users write: a strategy, an actor that sees the market and trades."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from ibkr_actors.actors.actor import Actor
from ibkr_actors.actors.desk import Desk
from ibkr_actors.actors.messages import (
    Ask,
    AwaitAnswer,
    CancelOrder,
    PlaceOrder,
    Send,
    Subscribe,
    Unsubscribe,
)
from ibkr_actors.base.api_calls import ApiCalls
from ibkr_actors.base.messages.declaration import Cancellation, IdentifiedRequest, Request
from ibkr_actors.base.messages.orders import CancelOrderRequest, OrderCancel, PlaceOrderRequest
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.value import snapshot
from ibkr_actors.errors import DeskError, InvalidRequest


class NoParameters(Struct, forbid_unknown_fields=True):
    """The parameters of a strategy that takes none."""


class StrategyActor(Actor, ApiCalls):
    """A strategy. Subclass it, and override what you need:

    * `initialize()`: subscribe, look at the account;
    * a handler for each message of interest, named after it: `tick_price(self, tick)`, `order_status(self, status)`;
    * `act()`: decide, at the end of each iteration of the loop;
    * `stop()`: tidy up, then `super().stop()`.

    Calls return the request id (or order id) at once; what the bridge answers reaches this actor's handlers only.
    An exception ends this strategy and no other; the desk starts a new one by its policy.

    `Parameters` is a Struct with the strategy's typed parameters; `self.parameters` holds the values.
    """

    Parameters: ClassVar[type[Struct]] = NoParameters

    def __init__(self, code: str, parameters: Struct | None = None) -> None:
        super().__init__(code)
        self.parameters: Any = parameters if parameters is not None else self.Parameters()
        self._desk: Desk | None = None

    @classmethod
    def parse_parameters(cls, values: dict[str, Any]) -> Struct:
        """The parameters from a configuration. Raises DeskError that names what is wrong and what was expected."""
        try:
            return msgspec.convert(values, cls.Parameters, strict=False)
        except msgspec.ValidationError as error:
            raise DeskError(f"parameters of {cls.__name__}: {error}") from error

    def attach(self, desk: Desk) -> None:
        """Connect the strategy to a desk; whoever starts it does this first."""
        self._desk = desk

    @property
    def desk(self) -> Desk:
        """The desk that this strategy works at. Raises DeskError before there is one."""
        if self._desk is None:
            raise DeskError(
                f"strategy {self.code} is not at a desk; register it with a MultiClientApplication"
            )
        return self._desk

    # ------------------------------------------------------------------------------------------------------ requests

    def perform(self, request: Request) -> int:
        """Send a request. Returns its request id; 0 for a request whose replies carry none."""
        desk = self.desk
        if isinstance(request, IdentifiedRequest):
            request = msgspec.structs.replace(request, request_id=next(desk.request_ids))
        specialist = desk.specialists.get(type(request))
        if specialist is not None:
            specialist.tell(Ask(self.mail, self.code, request))
        else:
            self._ask_bridge(desk, request)
        return getattr(request, "request_id", 0)

    def _ask_bridge(self, desk: Desk, request: Request) -> None:
        if isinstance(request, IdentifiedRequest):
            desk.router.tell(Subscribe(self.mail, request, request.request_id))
        elif isinstance(request, Cancellation):
            desk.router.tell(Unsubscribe(self.mail, request.request_id))
        elif request.facts.replies.unidentified:
            desk.router.tell(AwaitAnswer(self.mail, request))
        desk.bridge.tell(Send(request, self.code))

    # -------------------------------------------------------------------------------------------------------- orders

    def place_order(self, order: Order, contract: Contract | None = None) -> int:
        """Place an order; returns its id. `order_changed`, `order_status` and the rest tell what becomes of it.

        The contract may ride along (`order.contract`). Raises InvalidRequest when there is none, or when a value has
        a type that its field can't hold; no id is used up then.
        """
        request = self._placement(order, contract)
        order_id = self.desk.order_ids.next()
        self._tell_orders(msgspec.structs.replace(request, order_id=order_id))
        return order_id

    def modify_order(self, order_id: int, order: Order, contract: Contract | None = None) -> None:
        """Change an order of this strategy: the same id, with the new values. Raises as `place_order`."""
        request = self._placement(order, contract)
        self._tell_orders(msgspec.structs.replace(request, order_id=order_id), changes=True)

    def _placement(self, order: Order, contract: Contract | None) -> PlaceOrderRequest:
        plain = snapshot(order, Order)
        wanted = plain.contract if contract is None else snapshot(contract, Contract)
        if wanted is None:
            raise InvalidRequest("an order needs a contract: give one to place_order, or set order.contract")
        plain.contract = None
        return PlaceOrderRequest(contract=wanted, order=plain)

    def _tell_orders(self, request: PlaceOrderRequest, *, changes: bool = False) -> None:
        self.desk.orders.tell(PlaceOrder(self.mail, self.code, request, changes))

    def cancel_order(self, order_id: int, order_cancel: OrderCancel | None = None) -> None:
        """Cancel one order of this strategy."""
        request = CancelOrderRequest(order_id, order_cancel or OrderCancel())
        self.desk.orders.tell(CancelOrder(self.mail, self.code, request))
