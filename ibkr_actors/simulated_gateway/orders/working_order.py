"""One order as the gateway holds it, and how it looks in the messages about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Final

import msgspec

from ibkr_actors.base.messages.orders import OpenOrder, OrderStatus
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.exercise_action import ExerciseAction
from ibkr_actors.classes.enum.oca_type import OcaType
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.orders.order_state import OrderState
from ibkr_actors.simulated_gateway.instruments.instrument import COMBINATION
from ibkr_actors.simulated_gateway.instruments.margins import ZERO
from ibkr_actors.simulated_gateway.orders.order_kinds import IN_OPENING, ON_CLOSE
from ibkr_actors.simulated_gateway.orders.order_parts import Part, Work
from ibkr_actors.simulated_gateway.orders.order_states import check_way

SUBMITTER: Final = "paper-user"
"""The name of the login, which real gateways put into every order."""
NO_INSIDER: Final = "Not an insider or substantial shareholder"


class Hold(Enum):
    """What keeps a live order from working. A stop that waits for its price is none of these: it works at waiting."""

    ACKNOWLEDGEMENT = "acknowledgement"
    """Sent on, and not acknowledged yet."""
    PARENT = "child"
    """Its parent is not filled."""
    OPENING = "opening"
    """The exchange is closed for it."""
    TIME = "time"
    """Its time has not come."""
    CONDITIONS = "conditions"
    """Its conditions are not met."""
    SHARES = "locate"
    """Shares to sell short are looked for."""
    EXERCISE = "exercise"
    """It is no order for an exchange: options are exercised or lapse when the day ends."""


@dataclass(slots=True, eq=False)
class WorkingOrder:
    """An order from its acceptance on.

    Responsible for: what was asked, where it stands, how much of it is filled; never goes back from a final status.
    Not responsible for: deciding anything; the exchange does.
    """

    client_id: int
    order_id: int
    permanent_id: int
    contract: Contract
    """As the client named it, completed by the catalogue."""
    listing: Contract
    """As it is held: with its primary exchange."""
    order: Order
    accepted: float
    """Epoch seconds."""
    status: Status = Status.PRE_SUBMITTED
    is_live: bool = True
    """It can still be filled. Follows the status; kept because every new order looks at all others."""
    filled: Decimal = ZERO
    spent: Decimal = ZERO
    """Sum of quantity times price of the fills."""
    last_fill_price: float = 0.0
    commission: Decimal = ZERO
    is_manual: bool = False
    """Placed by hand at the bridge's screen."""
    is_transmitted: bool = False
    transmitted: float = 0.0
    """Epoch seconds."""
    is_triggered: bool = False
    """A stop that has been elected; true from the start for what needs no trigger."""
    holds: set[Hold] = field(default_factory=set)
    is_located: bool = False
    """Shares to sell short have been found for it, or it needs none."""
    expires: float | None = None
    """When the clock ends it, in epoch seconds; None for never."""
    auction_is_over: bool = False
    """The auction that it was for was held, and left something of it."""
    notices: tuple[tuple[int, str], ...] = ()
    """What has to be said before the first word about it: codes and texts."""
    rejection: str = ""
    is_cancelled_by_trader: bool = False
    """By a client, itself or with its parent; otherwise the gateway cancels."""
    margin: Decimal = ZERO
    """Initial margin that the whole order was accepted with."""
    exercise: ExerciseAction | None = None
    """It is an instruction about options that the account owns, and no order for an exchange."""
    children: list[WorkingOrder] = field(default_factory=list)
    ladder: WorkingOrder | None = None
    """The scale order whose profit it takes."""
    parts: tuple[Part, ...] = ()
    """The legs of a combination; for any other order the one contract that it trades."""
    legging: Decimal = ZERO
    """So many of a combination have legs that are filled while others are not yet."""
    watches: frozenset[int] = frozenset()
    """Contracts beside its own whose quotes can move it: a benchmark, an underlying, legs."""
    work: Work | None = None
    """Where its matching stands; None before the first time."""

    def __post_init__(self) -> None:
        self.parts = self.parts or (Part(self.contract, self.listing),)

    @property
    def is_combination(self) -> bool:
        """It trades several contracts at one price."""
        return self.contract.security_type == COMBINATION

    @property
    def is_for_auction(self) -> bool:
        """It waits for an auction, and takes part in nothing else."""
        terms = self.order
        joins = terms.order_type in ON_CLOSE or terms.time_in_force in IN_OPENING
        return joins and not self.auction_is_over

    def signed(self, quantity: Decimal) -> Decimal:
        """A quantity as the books count it: negative for a sale."""
        return quantity if self.is_buy else -quantity

    @property
    def account(self) -> str:
        """The account that it trades for."""
        return self.order.account

    @property
    def is_buy(self) -> bool:
        """Whether it buys; short sales are sales."""
        return self.order.action == OrderAction.BUY

    @property
    def total(self) -> Decimal:
        """The quantity asked for."""
        return self.order.total_quantity or ZERO

    @property
    def remaining(self) -> Decimal:
        """The quantity still to be filled."""
        return self.total - self.filled

    @property
    def reserved_margin(self) -> Decimal:
        """Initial margin that the part still to be filled would need, unless it depends on a parent."""
        if not (self.margin and self.is_live and self.is_transmitted) or Hold.PARENT in self.holds:
            return ZERO
        # Every new order asks all others, and most of them are untouched.
        return self.margin * self.remaining / self.total if self.filled else self.margin

    @property
    def waits_for_parent(self) -> bool:
        """It is a child whose parent is not filled."""
        return Hold.PARENT in self.holds

    @property
    def has_ended(self) -> bool:
        """Nothing can happen to it any more."""
        return not self.is_live and self.status.is_terminal

    @property
    def ending(self) -> str:
        """How it ended, in the wire's words; empty before."""
        if not self.has_ended:
            return ""
        if self.status is Status.FILLED:
            return f"Filled Size: {self.filled.normalize():f}"
        return "Cancelled by Trader" if self.is_cancelled_by_trader else "Cancelled by System:\n"

    @property
    def resting_status(self) -> Status:
        """Where it stands while it waits for a fill; a market order is not said to rest at the exchange."""
        if Hold.ACKNOWLEDGEMENT in self.holds:
            return Status.PENDING_SUBMIT
        is_held = self.holds or not self.is_triggered or self.is_for_auction
        rests = self.order.order_type != OrderType.MARKET or self.filled
        return Status.SUBMITTED if rests and not is_held else Status.PRE_SUBMITTED

    @property
    def is_draft(self) -> bool:
        """It was sent without being transmitted, and may still be sent again in any form."""
        return self.is_live and not self.is_transmitted

    @property
    def is_unbound(self) -> bool:
        """It was placed by hand, and no client has an id for it."""
        return self.is_manual and not self.order_id

    def is_of(self, client_id: int) -> bool:
        """It belongs to a client."""
        return self.client_id == client_id and not self.is_unbound

    @property
    def is_deactivated(self) -> bool:
        """Its client has taken it out of work, and may bring it back."""
        return self.order.deactivate and self.status is Status.INACTIVE

    @property
    def works(self) -> bool:
        """It takes part in matching."""
        return self.is_live and self.is_transmitted and not self.holds

    @property
    def average_fill_price(self) -> float:
        """Zero before the first fill."""
        return float(round(self.spent / self.filled, 8)) if self.filled else 0.0

    @property
    def why_held(self) -> str:
        """What a live order waits for, in the wire's words."""
        if not self.is_live:
            return ""
        words = [hold.value for hold in (Hold.PARENT, Hold.SHARES) if hold in self.holds]
        return ",".join(words if self.is_triggered else [*words, "trigger"])

    def move(self, status: Status) -> None:
        """Change the status. Raises RuntimeError for a way that no order can go."""
        check_way(self.status, status)
        self.status = status
        self.is_live = status.is_working

    def fill(self, quantity: Decimal, price: float, commission: Decimal) -> None:
        """Count a fill, and end the order when it was the last one."""
        self.filled += quantity
        self.spent += quantity * Decimal(str(price))
        self.last_fill_price = price
        self.commission += commission
        if not self.remaining:
            self.move(Status.FILLED)
        elif self.status is not Status.PENDING_CANCEL:
            self.move(Status.SUBMITTED)

    # ----------------------------------------------------------------------------------------------------- messages

    def status_message(self) -> OrderStatus:
        """Where it stands now."""
        return OrderStatus(
            order_id=self.order_id,
            status=str(self.status),
            filled=self.filled,
            remaining=self.remaining,
            average_fill_price=self.average_fill_price,
            permanent_id=self.permanent_id,
            parent_id=self.order.parent_id,
            last_fill_price=self.last_fill_price,
            client_id=self.client_id,
            why_held=self.why_held,
        )

    def open_order_message(self, *, with_commission: bool = False) -> OpenOrder:
        """The order as it is now; the commission comes only in the message behind a fill."""
        state = OrderState(status=str(self.status), reject_reason=self.rejection)
        if with_commission:
            state = OrderState(
                status=str(self.status),
                commission_and_fees=float(self.commission),
                commission_and_fees_currency=self.contract.currency,
            )
        return OpenOrder(self.order_id, self.contract, msgspec.structs.replace(self.order), state)


def with_defaults(
    order: Order, contract: Contract, client_id: int, order_id: int, permanent_id: int
) -> Order:
    """An independent copy with what real gateways fill in before they echo an order."""
    return msgspec.structs.replace(
        order,
        client_id=client_id,
        order_id=order_id,
        permanent_id=permanent_id,
        limit_price=order.limit_price or 0.0,
        auxiliary_price=order.auxiliary_price or 0.0,
        trail_stop_price=_trail_stop_price(order, contract),
        oca_type=order.oca_type or OcaType.REDUCE_WITHOUT_BLOCK,
        open_close="",
        clearing_intent=order.clearing_intent or "IB",
        delta_neutral_order_type=order.delta_neutral_order_type or "None",
        adjusted_order_type=order.adjusted_order_type or "None",
        do_not_use_auto_price_for_hedge=True,
        use_price_management_algo=bool(order.use_price_management_algo),
        route_marketable_to_bbo=bool(order.route_marketable_to_bbo),
        seek_price_improvement=bool(order.seek_price_improvement),
        volatility_type=order.volatility_type or 0,
        reference_price_type=order.reference_price_type or 0,
        display_size=order.display_size or None,
        filled_quantity=ZERO,
        shareholder=NO_INSIDER,
        submitter=SUBMITTER,
    )


def _trail_stop_price(order: Order, contract: Contract) -> float | None:
    """Real gateways echo a stock's limit plus one here; nobody knows why, and clients have seen it."""
    if order.order_type == OrderType.LIMIT:
        return (order.limit_price or 0.0) + 1 if contract.security_type == "STK" else None
    return order.trail_stop_price
