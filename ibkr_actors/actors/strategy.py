"""What users write: a strategy, an actor that sees the market and trades."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from ibkr_actors.actors.actor import Actor, tell
from ibkr_actors.actors.desk import Desk
from ibkr_actors.actors.messages import CancelOrder, ChangeHandled, PlaceOrder
from ibkr_actors.actors.strategy_orders import ListeningHandlers, StrategyOrder, StrategyOrders
from ibkr_actors.actors.strategy_positions import StrategyPositions
from ibkr_actors.base.api_calls import ApiCalls, refuse_id
from ibkr_actors.base.local_messages import LOCAL, OrderChanged, RequestFailed
from ibkr_actors.base.message_codes import CODES
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import IdentifiedRequest, Request
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import CancelOrderRequest, OrderCancel, PlaceOrderRequest
from ibkr_actors.base.order_checks import placement, refuse_about_orders
from ibkr_actors.base.order_tracking import order_made_by
from ibkr_actors.base.trouble_log import LatestRequests, log_failure, log_notice
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.exercise_action import ExerciseAction
from ibkr_actors.classes.orders.groups import attached, bracket
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

    Calls return the request id at once; what the bridge answers reaches this actor's handlers only. `place_order`
    returns a handle that follows the order; `orders` has all of them.
    An exception ends this strategy and no other; the desk starts a new one by its policy.

    `Parameters` is a Struct with the strategy's typed parameters; `self.parameters` holds the values.
    """

    Parameters: ClassVar[type[Struct]] = NoParameters

    def __init__(self, code: str, parameters: Struct | None = None) -> None:
        super().__init__(code)
        self.parameters: Any = parameters if parameters is not None else self.Parameters()
        self._desk: Desk | None = None
        self._orders = StrategyOrders(self._note_handled)
        self._latest = LatestRequests()
        self._positions = StrategyPositions(self._orders.by_id)
        self._handlers = ListeningHandlers(self, self._orders.listeners(), self._positions.listeners())

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
        self._orders.client_id = desk.client_id

    @property
    def desk(self) -> Desk:
        """The desk that this strategy works at. Raises DeskError before there is one."""
        if self._desk is None:
            raise DeskError(
                f"strategy {self.code} is not at a desk; register it with a MultiClientApplication"
            )
        return self._desk

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.code!r}>"

    # ----------------------------------------------------------------------------- what users override, if they want

    def notice(self, notice: Notice) -> None:
        """What the bridge says by a code, about a request or an order of this strategy, or to everybody.

        Logs the former, as grave as it is, so that no refusal is silent; the latter the desk has logged.
        """
        if notice.request_id != LOCAL:
            about = self._latest.about(notice.request_id, self.code)
            log_notice(notice, CODES.facts(notice.code), about)

    def request_failed(self, failure: RequestFailed) -> None:
        """A request of this strategy has ended without an answer: logs the reason."""
        log_failure(failure, self.code)

    # ------------------------------------------------------------------------------------------------------ requests

    def perform(self, request: Request) -> int:
        """Send a request. Returns its request id; 0 for a request whose replies carry none.

        Raises InvalidRequest for a request that has an id already: the desk gives it; and for one about an order: only
        the calls for those check and record it.
        """
        desk = self.desk
        refuse_id(request)
        refuse_about_orders(
            request,
            "the desk's checks and its journal",
            "place_order, modify_order, cancel_order or exercise_options",
        )
        if isinstance(request, IdentifiedRequest):
            request = msgspec.structs.replace(request, request_id=next(desk.request_ids))
            self._latest.note(request.request_id, request)
        desk.pass_on(self.mail, self.code, request)
        return getattr(request, "request_id", 0)

    # -------------------------------------------------------------------------------------------------------- orders

    @property
    def orders(self) -> Mapping[int, StrategyOrder]:
        """The orders that this strategy placed since it was started, by order id."""
        return self._orders.by_id

    def position_of(self, contract: Contract) -> Decimal | None:
        """What this strategy has to reckon with of a contract: what the accounts of the login held of it at its start,
        whoever had bought that, and what its own orders have filled since. Others' trades since then are theirs.

        None while that is not known: until the bridge has told all positions, for which `request_positions` asks
        (`position_end` tells that it has). Best asked with a contract that has its id, as contract details tell it.
        Orders of an earlier life that fill now count too, as the bridge tells of them, up to the first order of this
        life; so place none before those have ended.
        """
        return self._positions.of(contract)

    def place_order(self, order: Order, contract: Contract | None = None) -> StrategyOrder:
        """Place an order; returns its handle. `order_changed`, `order_status` and the rest tell what becomes of it.

        The contract may ride along (`order.contract`). Raises InvalidRequest when there is none, when a value has a
        type that its field can't hold, or when the order has an id already; no id is used up then.
        """
        request = placement(order, contract)
        if request.order.order_id:
            raise InvalidRequest(
                f"a desk chooses order ids, and this order has one: {request.order.order_id}. Set its order_id to 0; "
                "orders that belong together are placed by place_bracket and place_attached"
            )
        with self.desk.order_ids.placing() as order_id:
            return self._place(msgspec.structs.replace(request, order_id=order_id))

    def place_bracket(
        self, parent: Order, profit_price: float, stop_price: float
    ) -> tuple[StrategyOrder, StrategyOrder, StrategyOrder]:
        """Place an order with the two that close its position: take the profit at one price, stop the loss at another.

        Returns the handles of the three. Raises as `bracket` in `classes/orders/groups.py`, and as `place_attached`.
        """
        first, second, third = self._place_together(
            3, lambda ids: bracket(parent, (ids[0], ids[1], ids[2]), profit_price, stop_price)
        )
        return first, second, third

    def place_attached(self, parent: Order, children: Sequence[Order]) -> list[StrategyOrder]:
        """Place an order with children that act when it has filled; a child without a contract gets the parent's.

        The bridge holds all of them back until the last one has come. Returns the handles, the parent's first. Raises
        InvalidRequest as `attached` in `classes/orders/groups.py` and as `place_order`; nothing was sent then. When the
        desk refuses one of them (`order_changed` with the status Refused), the others wait at the bridge: cancel them.
        """
        return self._place_together(len(children) + 1, lambda ids: attached(parent, ids, children))

    def _place_together(
        self, count: int, family: Callable[[list[int]], Iterable[Order]]
    ) -> list[StrategyOrder]:
        """Orders that name each other by their ids, which only are known here; no other order comes between them."""
        order_ids = self.desk.order_ids
        with order_ids.placing() as first:
            ids = [first, *(order_ids.next() for _ in range(count - 1))]
            requests = [placement(order, None, order.order_id) for order in family(ids)]
            return [self._place(request) for request in requests]

    def modify_order(self, order_id: int, order: Order, contract: Contract | None = None) -> None:
        """Change an order of this strategy: the same id, with the new values. Raises as `place_order`."""
        request = placement(order, contract, order_id)
        self.desk.orders.tell(PlaceOrder(self.mail, self.code, request, changes=True))
        # Whatever is said of it waits in the mailbox of this thread.
        self._orders.changed(order_id, request)

    def exercise_options(
        self,
        contract: Contract,
        exercise_action: ExerciseAction = ExerciseAction.EXERCISE,
        exercise_quantity: int = 1,
        account: str = "",
        *,
        override: bool = False,
    ) -> StrategyOrder:
        """Exercise options that one owns, or let them lapse; the bridge treats that as an order, and so does the desk.

        `override` goes against what would happen by itself at expiry. Raises InvalidRequest for values of a wrong type.
        """
        exercise = snapshot(
            ExerciseOptionsRequest(0, contract, exercise_action, exercise_quantity, account, override),
            ExerciseOptionsRequest,
        )
        with self.desk.order_ids.placing() as order_id:
            exercise = msgspec.structs.replace(exercise, order_id=order_id)
            return self._place(order_made_by(exercise), exercise)

    def _place(
        self, request: PlaceOrderRequest, exercise: ExerciseOptionsRequest | None = None
    ) -> StrategyOrder:
        self._latest.note(request.order_id, request)
        self._positions.place(request.contract)
        self.desk.orders.tell(PlaceOrder(self.mail, self.code, request, exercise=exercise))
        # What the bridge says about it waits in the mailbox of this thread, so the handle hears of it all.
        placed = StrategyOrder(self, request)
        self._orders.add(placed)
        return placed

    def _note_handled(self, change: OrderChanged) -> None:
        """A strategy that is told something without a desk, by a test, need not tell that it was."""
        if self._desk is not None:
            tell(self._desk.orders, ChangeHandled(change))

    def cancel_order(self, order_id: int, order_cancel: OrderCancel | None = None) -> None:
        """Cancel one order of this strategy."""
        request = snapshot(CancelOrderRequest(order_id, order_cancel or OrderCancel()), CancelOrderRequest)
        self.desk.orders.tell(CancelOrder(self.mail, self.code, request))
