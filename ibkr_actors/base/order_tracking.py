"""One order as its client knows it: everything heard about it, in whatever order it was heard.

The bridge sends statuses twice, executions before or after the status that they cause, commissions seconds later, and
all of it again on request. So nothing here depends on the order of callbacks, and hearing a thing twice is hearing it
once. No thread and no clock: whoever tracks the order has them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Any, Final, Self, TypeAlias

from msgspec import structs

from ibkr_actors.base.fills import FilledQuantity, NewestRevisions
from ibkr_actors.base.local_messages import OrderChanged
from ibkr_actors.base.message_codes import CODES, CodeTable, Ends, Severity
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import CancelOrderRequest, OpenOrder, OrderStatus, PlaceOrderRequest
from ibkr_actors.base.order_terms import OrderTerms, copy_of
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.execution import Execution
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.value import snapshot

MAKES_AN_ORDER: Final = (PlaceOrderRequest, ExerciseOptionsRequest)
"""Requests that the bridge treats as an order, under an order id."""

Placement: TypeAlias = PlaceOrderRequest | ExerciseOptionsRequest
"""One of these."""

ABOUT_AN_ORDER: Final = (*MAKES_AN_ORDER, CancelOrderRequest)
"""Requests that name an order by its id."""

SENT: Final = "Sent"
"""Our own: given to the bridge, nothing heard yet."""
REFUSED: Final = "Refused"
"""Our own: no such order came to exist; the reason says why."""
UNKNOWN: Final = "Unknown"
"""Our own: was working before the connection was lost, and is among neither the open orders nor the fills now."""

PREVIEWED: Final = "Previewed"
"""Our own: a what-if order, which only asks, was answered."""

ENDED: Final = frozenset(("Filled", "Cancelled", "ApiCancelled", REFUSED, UNKNOWN, PREVIEWED))
"""Statuses that no message leaves any more, but that of a correction by the bridge for our own two."""

REFUSES_A_CANCELLATION: Final = frozenset((135, 136, 161, 10147, 10148))
"""Codes about the cancellation of an order; what else refuses something of an order that exists refuses its change."""

_FILLED: Final = Status.FILLED
_CANCELLED: Final = (Status.CANCELLED, Status.API_CANCELLED)

_OF_THE_REQUEST: Final = OrderTerms.of(PlaceOrderRequest())
"""In place of terms: those of an order as it is placed."""


def order_made_by(request: Placement) -> PlaceOrderRequest:
    """The order that is followed: of an exercise so many options of its contract, which nobody sends as an order."""
    if isinstance(request, PlaceOrderRequest):
        return request
    order = Order(total_quantity=Decimal(request.exercise_quantity), account=request.account)
    return PlaceOrderRequest(request.order_id, request.contract, order)


@dataclass(slots=True)
class TrackedOrder:
    """The state of one order."""

    order_id: int
    request: PlaceOrderRequest
    """The order to build on: as the bridge holds it, or as the last change has it while nothing speaks against that."""
    sent_at: float
    status: str = SENT
    filled: Decimal = Decimal(0)
    remaining: Decimal | None = None
    quantity: Decimal | None = None
    """As the bridge holds it, once it has said so: a change that it refuses changes nothing."""
    average_price: float | None = None
    permanent_id: int = 0
    reason: str = ""
    executions: NewestRevisions[Execution] = field(default_factory=NewestRevisions)
    contracts: NewestRevisions[Contract] = field(default_factory=NewestRevisions)
    """What each execution traded, as the bridge names it: completed, and of a combination a leg."""
    commissions: NewestRevisions[CommissionAndFeesReport] = field(default_factory=NewestRevisions)
    heard: bool = False
    """The bridge has said something about it."""
    fills: FilledQuantity = field(default_factory=FilledQuantity)
    """What `filled` and `average_price` follow from."""
    concluded_from: str = ""
    """The status as the bridge told it, while its executions say that the order is filled and it has not said so."""
    opening: Any = None
    """The request that makes it, when that is another one than `request` was at first."""
    terms: OrderTerms = _OF_THE_REQUEST
    """What `request` follows from."""

    def __post_init__(self) -> None:
        if self.opening is None:
            self.opening = self.request
        if self.terms is _OF_THE_REQUEST:
            self.terms = OrderTerms.of(self.request, is_new=not self.heard)

    @classmethod
    def made_by(cls, request: Placement, now: float) -> Self:
        """An order about to be sent, or one of the bridge that nobody knew."""
        made = order_made_by(request)
        return cls(made.order_id, made, now, remaining=made.order.total_quantity, opening=request)

    @property
    def is_exercise(self) -> bool:
        """It exercises options, so that there is nothing to change."""
        return isinstance(self.opening, ExerciseOptionsRequest)

    @property
    def ended(self) -> bool:
        """Nothing more will happen to it."""
        return self.status in ENDED

    @property
    def is_concluded(self) -> bool:
        """Its executions say that it is filled, and nobody else has said so: a correction may take that back."""
        return self.concluded_from != "" and self.status == _FILLED

    @property
    def is_in_doubt(self) -> bool:
        """The bridge has refused the order or a change of it, and nothing has told which."""
        return self.status == SENT and self.terms.is_new and self.terms.refusals > 0

    @property
    def is_over(self) -> bool:
        """It has ended, and not only because its executions say so: the bridge need not be asked about it."""
        return self.ended and not self.is_concluded

    @property
    def is_expected(self) -> bool:
        """The bridge, asked for everything, would tell of it: it is not over, nor held back as the bridge was told."""
        return not self.is_over and (self.heard or self.request.order.transmit)

    @property
    def commission(self) -> float:
        """Commission and fees reported so far; from any thread."""
        return sum(report.commission_and_fees for report in tuple(self.commissions.values()))

    @property
    def is_paid(self) -> bool:
        """Whether all fills were told, each with what it cost. Of a combination those of its legs, for it costs nothing
        itself.
        """
        charged = [
            key for key in self.executions if not self._is_set or self._is_of_a_leg(self.contracts[key])
        ]
        if not all(key in self.commissions for key in charged):
            return False
        if not self._is_set:
            return sum(self.executions[key].shares for key in charged) >= self.filled
        told: defaultdict[int, Decimal] = defaultdict(Decimal)
        for key in charged:
            told[self.contracts[key].contract_id] += self.executions[key].shares
        legs = self.request.contract.combo_legs
        return bool(charged) and all(told[leg.contract_id] >= self.filled * leg.ratio for leg in legs)

    def copy(self) -> Self:
        """The state of this moment, for another thread."""
        return replace(
            self,
            request=copy_of(self.request),
            executions=self.executions.copy(),
            contracts=self.contracts.copy(),
            commissions=self.commissions.copy(),
            fills=self.fills.copy(),
        )

    def facts(self) -> tuple[Any, ...]:
        """What a user sees of it; two equal facts need no second message."""
        return self.status, self.filled, self.remaining, self.average_price, self.reason

    def as_change(self) -> OrderChanged:
        """The same, to tell its owner."""
        return OrderChanged(
            self.order_id, self.status, self.filled, self.remaining, self.average_price, self.reason
        )

    @property
    def order(self) -> Order:
        """The order to build on; a copy, to change and to send under its id."""
        return snapshot(self.request.order, Order)

    def change(self, request: PlaceOrderRequest) -> None:
        """Other values are about to be sent under its id. The bridge holds the former ones until it says otherwise."""
        self._agree(self.terms.change(request))

    def lose_changes(self) -> tuple[PlaceOrderRequest, ...]:
        """The connection is lost: these changes the bridge may have got or not. It has what it held, unless it says
        otherwise."""
        lost = self.terms.under_way
        self._agree(self.terms.fail_all())
        return lost

    def transmit(self) -> None:
        """The bridge, which was told to hold it back, has transmitted it."""
        self._agree(self.terms.map(partial(structs.replace, transmit=True)))

    def _exist(self) -> None:
        self.heard = True
        if self.terms.is_new:
            self._agree(self.terms.exist())

    def _agree(self, terms: OrderTerms) -> None:
        if terms is not self.terms and terms.shown is not self.terms.shown:
            self.request = copy_of(terms.shown)
        self.terms = terms

    # Each of these takes one message about the order.

    def hear_status(self, message: OrderStatus) -> None:
        """A status. One that is older than what executions have told does not turn anything back."""
        self._exist()
        self.permanent_id = message.permanent_id or self.permanent_id
        if message.filled or self.filled:
            self._hear_filled(message)
        else:
            self.remaining = message.remaining
        self._move_to(message.status)

    def _hear_filled(self, message: OrderStatus) -> None:
        is_newest = message.filled >= self.filled
        self.fills.say(message.filled, message.average_fill_price)
        self._count_fills()
        if is_newest:
            self.remaining = message.filled + message.remaining - self.filled

    def hear_open_order(self, message: OpenOrder) -> None:
        """The order as the bridge holds it; or the answer to one that only asked, which says nothing of any other."""
        if message.order.what_if:
            self._preview()
            return
        self.heard = True
        self._agree(self.terms.hear(message.order))
        self.permanent_id = message.order.permanent_id or self.permanent_id
        self.quantity = message.order.total_quantity or self.quantity
        self._move_to(message.order_state.status)
        self.reason = message.order_state.reject_reason or self.reason

    def _preview(self) -> None:
        if self.terms.held.order.what_if:
            self.heard = True
            self.status = PREVIEWED

    def hear_execution(self, message: ExecutionDetails) -> bool:
        """A fill; one with a corrected id replaces the one that it corrects. Whether it is new."""
        self._exist()
        execution = message.execution
        is_new = self.executions.tell(execution.execution_id, execution)
        if is_new:
            self.contracts.tell(execution.execution_id, message.contract)
        if self.status == REFUSED:  # too early: there is an order, whatever has become of it
            self.status = UNKNOWN
        # Of legs a set may have several: the quantity is that of sets.
        if not self._is_of_a_leg(message.contract):
            self.count(execution)
            self._count_what_remains()
        return is_new

    def count(self, execution: Execution) -> None:
        """An execution that counts, whether it is told or known from elsewhere."""
        self.fills.count(execution)
        self._count_fills()

    def _count_fills(self) -> None:
        self.filled, self.average_price = self.fills.quantity, self.fills.average_price

    def _is_of_a_leg(self, contract: Contract) -> bool:
        return self._is_set and contract.security_type != SecurityType.BAG

    @property
    def _is_set(self) -> bool:
        return self.request.contract.security_type == SecurityType.BAG

    def _count_what_remains(self) -> None:
        """Of a change that is on its way nobody knows which quantity counts: the order is filled when both are."""
        held = self.quantity if self.quantity is not None else self.terms.held.order.total_quantity
        if held is None:
            return
        wanted = [change.order.total_quantity or held for change in self.terms.under_way]
        self.remaining = held - self.filled
        self._conclude(self.filled >= max([held, *wanted]))

    def _conclude(self, is_filled: bool) -> None:
        """From the executions. A correction may show that it is not filled, unless the bridge has said that it is."""
        if is_filled and self.status != _FILLED:
            self._become(_FILLED, concluded_from=self.status)
        elif not is_filled and self.is_concluded:
            self.status, self.concluded_from = self.concluded_from, ""

    def hear_commission(self, report: CommissionAndFeesReport) -> None:
        """The cost of one fill; that of a corrected one replaces the cost of what it corrects."""
        self.commissions.tell(report.execution_id, report)

    def hear_notice(self, notice: Notice, codes: CodeTable = CODES) -> None:
        """An error about the order: it refuses an order that has neither status nor fill yet, and ends no other.

        Behind a change nobody knows which of the two is refused: the order is not, until both are, or the bridge
        doesn't know it.
        """
        facts = codes.facts(notice.code)
        self.hear_refusal(notice, codes)
        self._refuse_if_nothing_is_left()
        if facts.refuses_new_order or facts.ends is Ends.CHANGE or notice.code == _CANCEL_CONFIRMED:
            self.reason = f"{notice.code} {notice.text}"

    def hear_refusal(self, notice: Notice, codes: CodeTable = CODES) -> None:
        """What an error says about the terms: a change is refused, or may be, when the code is not known."""
        facts = codes.facts(notice.code)
        if facts.refuses_new_order:
            self._agree(self.terms.refuse(only_a_change=False))
        elif facts.ends is Ends.CHANGE and notice.code not in REFUSES_A_CANCELLATION:
            self._agree(self.terms.refuse(only_a_change=True))
        elif not facts.known and facts.severity is Severity.ERROR:
            self._agree(self.terms.dispute())

    def hear_change(self, change: OrderChanged) -> None:
        """How the order stands, as somebody says who knows all of it; it does not depend on what was heard here."""
        self.status, self.concluded_from, self.reason = change.status, "", change.reason
        self.fills.say(change.filled, change.average_price)
        self.filled, self.remaining = change.filled, change.remaining
        self.average_price = change.average_price

    def fail(self, request: Any, reason: str) -> None:
        """A request could not be sent: the order is lost if it is the one that makes it, and stays if it changes it."""
        if request is self.opening:
            if not self.heard:
                self.lose(reason)
        elif isinstance(request, PlaceOrderRequest) and not self.ended:
            self.fail_change(request)
            self._refuse_if_nothing_is_left()
            self.reason = self.reason if self.status == REFUSED else reason

    def _refuse_if_nothing_is_left(self) -> None:
        if self.terms.is_refused and self.status == SENT:
            self.heard, self.status = True, REFUSED

    def fail_change(self, request: PlaceOrderRequest) -> None:
        """A change was not sent, so that nothing is built on it."""
        self._agree(self.terms.fail(request))

    def lose(self, reason: str) -> None:
        """It was not sent, or is not known to the bridge any more: whatever it has come to, it does not work."""
        if self.is_concluded:
            self.concluded_from = ""
        elif not self.ended:
            self.reason = self.reason if self.is_in_doubt else reason
            self.status = UNKNOWN if self.heard else REFUSED

    def go_missing(self) -> None:
        """The bridge was asked for everything, and has not told of it."""
        self.lose("the bridge knows it neither as an open order nor by its fills")

    def _move_to(self, status: str) -> None:
        """Nothing leaves an end, but that an order which was filled all the same is not cancelled."""
        told = self.concluded_from if self.is_concluded else self.status
        if not status or told == _FILLED or (told in _CANCELLED and status != _FILLED):
            return
        if self.is_concluded and status != _FILLED:
            self.concluded_from = status
        else:
            self._become(status)

    def _become(self, status: str, concluded_from: str = "") -> None:
        """Of an order that is known again it is not said any more why it was unknown."""
        if self.status == UNKNOWN != status:
            self.reason = ""
        self.status, self.concluded_from = status, concluded_from


_CANCEL_CONFIRMED: Final = 202
