"""The orders of one client: what is known of each, from what the bridge says and what could not be sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, ValuesView
from typing import Any, Final

from msgspec.structs import replace

from ibkr_actors.base.ended_orders import forget_oldest_ended
from ibkr_actors.base.held_back import HeldBack
from ibkr_actors.base.local_messages import OrderChanged, RequestFailed
from ibkr_actors.base.message_codes import CODES, CodeTable
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.executions import (
    CommissionAndFeesReport,
    ExecutionDetails,
    ExecutionDetailsEnd,
    ExecutionRequest,
)
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import (
    OpenOrder,
    OpenOrdersRequest,
    OrderStatus,
    PlaceOrderRequest,
)
from ibkr_actors.base.order_doubts import OrderDoubts
from ibkr_actors.base.order_tracking import PREVIEWED, REFUSED, UNKNOWN, Placement, TrackedOrder
from ibkr_actors.base.orders_of_executions import OrdersOfExecutions
from ibkr_actors.errors import InvalidRequest

ABOUT_ORDERS: Final = frozenset(
    (OrderStatus, OpenOrder, ExecutionDetails, CommissionAndFeesReport, Notice, RequestFailed)
)
_MAY_USE_ID_AGAIN: Final = frozenset((REFUSED, PREVIEWED))
"""Statuses of orders that do not exist: another order may have their id."""


class OrdersById(Mapping[int, TrackedOrder]):
    """The orders of one client by their ids, to look at from any thread: an iteration is of the moment it began."""

    def __init__(self, orders: dict[int, TrackedOrder]) -> None:
        self._orders = orders

    def __getitem__(self, order_id: int) -> TrackedOrder:
        return self._orders[order_id]

    def __contains__(self, order_id: object) -> bool:
        return order_id in self._orders

    def __len__(self) -> int:
        return len(self._orders)

    def __iter__(self) -> Iterator[int]:
        return iter(self._orders.copy())

    def items(self) -> ItemsView[int, TrackedOrder]:
        """Ids and orders, of this moment."""
        return self._orders.copy().items()

    def values(self) -> ValuesView[TrackedOrder]:
        """The orders of this moment."""
        return self._orders.copy().values()

    def __repr__(self) -> str:
        return repr(self._orders.copy())


class TrackedOrders:
    """Every order of one client, by its order id.

    Responsible for:
    1. bringing each message to the order that it is about, whichever comes first;
    2. knowing an order that an earlier run of this client placed, once the bridge speaks of it;
    3. after a lost connection, and when the bridge has refused perhaps an order and perhaps its change: what to ask
       (`questions`, `questions_in_doubt`), and which orders are in none of the answers (`hear_answer`). The answers to
       questions of others are no answers to these: orders that were told before these were asked are not in them.

    Of orders that have ended the newest are kept (`MOST_ENDED`). Safe from any thread. Not responsible for: sending.
    Order ids count per client, so orders of other clients are not its concern.
    """

    def __init__(self, client_id: int, clock: Callable[[], float], codes: CodeTable = CODES) -> None:
        self._client_id, self._clock, self._codes = client_id, clock, codes
        self._orders: dict[int, TrackedOrder] = {}
        self.by_id: Mapping[int, TrackedOrder] = OrdersById(self._orders)
        self._lock = threading.RLock()
        self._filled: OrdersOfExecutions[TrackedOrder] = OrdersOfExecutions()
        self._held_back = HeldBack()
        self._doubts = OrderDoubts()
        self._questions: tuple[OpenOrdersRequest | ExecutionRequest, ...] = ()
        """What was asked last."""
        self._unanswered: list[OpenOrdersRequest | ExecutionRequest] = []
        """What of it has no whole answer yet, and may get one."""
        self._question = 0
        """The request id of the one for executions until all are answered; 0 for none."""
        self._asked_about: list[TrackedOrder] = []
        self._seen: set[int] = set()
        """The orders that the bridge has told of since it was asked."""

    def place(self, request: Placement) -> None:
        """An order is about to be sent, or the change of one. Raises InvalidRequest when it can't be changed so."""
        with self._lock:
            self._place(request)

    def _place(self, request: Placement) -> None:
        known = self._orders.get(request.order_id)
        if known is None or known.status in _MAY_USE_ID_AGAIN:
            self._held_back.note(self._add(request))
        elif known.ended and known.status != UNKNOWN:
            raise InvalidRequest(
                f"order {known.order_id} has ended ({known.status}), so it can't be changed; for a new order take "
                "an id from next_order_id()"
            )
        elif known.is_exercise or not isinstance(request, PlaceOrderRequest):
            raise InvalidRequest(
                f"order {known.order_id} works, and exercising options can't be a change, nor be changed; take an id "
                "from next_order_id()"
            )
        elif request.order.what_if:
            raise InvalidRequest(
                f"a change can't be a what-if order, and order {known.order_id} works: ask under an id of its own"
            )
        else:
            known.change(request)

    def _add(self, request: Placement) -> TrackedOrder:
        order = self._orders[request.order_id] = TrackedOrder.made_by(request, self._clock())
        forget_oldest_ended(self._orders)
        return order

    # ------------------------------------------------------------------------------------------ what the bridge says

    def hear(self, message: Any) -> list[OrderChanged]:
        """What a message changes about orders, told once."""
        if type(message) not in ABOUT_ORDERS:
            return []
        with self._lock:
            return self._hear(message)

    def _hear(self, message: Any) -> list[OrderChanged]:
        if self._refuses_question(message):
            self._ask_no_more()  # an answer does not come, so nothing can be concluded from the other one
        order = self._order_of(message)
        if order is None:
            return []
        before = order.facts()
        self._tell(order, message)
        return [order.as_change()] if order.facts() != before else []

    def _refuses_question(self, message: Any) -> bool:
        match message:
            case Notice(request_id):
                return request_id == self._question != 0
            case RequestFailed(_, _, request):
                return self.has_asked(request)
        return False

    def _order_of(self, message: Any) -> TrackedOrder | None:
        match message:
            case OrderStatus(order_id) if message.client_id == self._client_id:
                return self._orders.get(order_id)
            case OpenOrder() if message.order.client_id == self._client_id and message.order_id:
                return self._orders.get(message.order_id) or self._find(message)
            case ExecutionDetails() if message.execution.client_id == self._client_id:
                return self._orders.get(message.execution.order_id)
            case CommissionAndFeesReport():
                return self._filled.hear(message)
            case Notice(request_id):
                return self._orders.get(request_id)
            case RequestFailed(order_id, _, PlaceOrderRequest() | ExerciseOptionsRequest()):
                return self._orders.get(order_id)
        return None

    def _find(self, message: OpenOrder) -> TrackedOrder:
        """An order that was placed before this program ran."""
        return self._add(PlaceOrderRequest(message.order_id, message.contract, message.order))

    def _tell(self, order: TrackedOrder, message: Any) -> None:
        match message:
            case OrderStatus():
                self._seen.add(order.order_id)
                order.hear_status(message)
            case OpenOrder():
                self._seen.add(order.order_id)
                order.hear_open_order(message)
            case ExecutionDetails():
                order.hear_execution(message)
                if (early := self._filled.fill(message.execution.execution_id, order)) is not None:
                    order.hear_commission(early)
            case CommissionAndFeesReport():
                order.hear_commission(message)
            case Notice():
                order.hear_notice(message, self._codes)
                self._doubts.note(order, self._clock())
            case RequestFailed():
                order.fail(message.request, message.reason)
        self._held_back.hear(order)

    # ------------------------------------------------------------- after a lost connection, and when nobody knows

    def lose_connection(self) -> None:
        """What the bridge has not answered of changes is in doubt: it tells on the next connection what it holds."""
        with self._lock:
            self._ask_no_more()
            for order in self._orders.values():
                order.lose_changes()

    def questions(self, request_id: int) -> list[Request]:
        """What to ask a new connection, so that it is known how each order stands; nothing when there is none."""
        with self._lock:
            self.lose_connection()
            return self._ask_about((each for each in self._orders.values() if each.is_expected), request_id)

    def questions_in_doubt(self, request_ids: Callable[[], int]) -> list[Request]:
        """What to ask now about orders that the bridge has refused perhaps; mostly nothing."""
        with self._lock:
            doubtful = [] if self._unanswered else self._doubts.due(self._clock())
            return self._ask_about(doubtful, request_ids()) if doubtful else []

    def has_asked(self, request: object) -> bool:
        """Whether it is one of the newest of these questions."""
        return any(question is request for question in self._questions)

    def _ask_about(self, orders: Iterable[TrackedOrder], request_id: int) -> list[Request]:
        self._asked_about = list(orders)
        if not self._asked_about:
            return []
        self._seen.clear()
        self._question = request_id
        self._questions = (OpenOrdersRequest(), ExecutionRequest(request_id=request_id))
        self._unanswered = [*self._questions]
        return [*self._questions]

    def _ask_no_more(self) -> None:
        self._unanswered, self._question = [], 0

    def without_repetition(self, message: Any) -> Any | None:
        """A message as the user should get it, before `hear`: None for what was told before the connection was lost.

        A fill that is found by asking looks like any other.
        """
        if not self._question:
            return message
        with self._lock:
            return self._without_repetition(message)

    def _without_repetition(self, message: Any) -> Any | None:
        match message:
            case ExecutionDetails() if message.request_id == self._question:
                order = self._order_of(message)
                known = order is not None and order.executions.knows(message.execution.execution_id)
                return None if known else replace(message, request_id=-1)
            case CommissionAndFeesReport():
                order = self._order_of(message)
                return (
                    None if order is not None and order.commissions.knows(message.execution_id) else message
                )
            case ExecutionDetailsEnd() if message.request_id == self._question:
                return None
        return message

    def hear_answer(self, request: object) -> list[OrderChanged]:
        """The whole answer to a request has come: when it is the last one to these questions, what is in none of their
        answers is unknown from now on.
        """
        with self._lock:
            return self._conclude(request)

    def _conclude(self, request: object) -> list[OrderChanged]:
        unanswered = [question for question in self._unanswered if question is not request]
        is_last = self._unanswered != [] == unanswered
        self._unanswered = unanswered
        if not is_last:
            return []
        self._ask_no_more()
        lost = []
        for order in [each for each in self._asked_about if each.order_id not in self._seen]:
            before = order.facts()
            order.go_missing()
            if order.facts() != before:
                lost.append(order.as_change())
        return lost
