"""Changes of an order that already works: the same id, sent again."""

from __future__ import annotations

from typing import Final

import msgspec

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.accounts.credit import Credit
from ibkr_actors.simulated_gateway.exchange.admission import Admitted
from ibkr_actors.simulated_gateway.exchange.holds import Holds
from ibkr_actors.simulated_gateway.exchange.lifetimes import Lifetimes
from ibkr_actors.simulated_gateway.exchange.matching import Matcher
from ibkr_actors.simulated_gateway.orders.listener import OrderListener
from ibkr_actors.simulated_gateway.orders.order_kinds import REFERRED, TRAILING, WAITING
from ibkr_actors.simulated_gateway.orders.working_order import Hold, WorkingOrder, with_defaults
from ibkr_actors.simulated_gateway.refusals import (
    DUPLICATE_ORDER,
    FILLED_ORDER,
    LOCATING,
    OTHER_ORDER,
    OTHER_PARENT,
    OTHER_TIME_IN_FORCE,
    OTHER_TYPE,
    STILL_PROCESSED,
    Refusal,
    invalid,
    order_rejected,
)

_TRIGGER: Final = ("order_type", "auxiliary_price", "trailing_percent", "trigger_method")
"""What makes an elected order wait again when it changes."""
_TERMS: Final = ("total_quantity", "order_type", "time_in_force")
"""What makes a filled order that is sent again a change that came too late."""
_LIFETIME: Final = ("time_in_force", "good_till_date", "good_after_time", "duration")
"""What makes the clock of an order start again when it changes."""
_FIXED_TYPES: Final = REFERRED | {OrderType.BOX_TOP}
"""No order becomes one of these, or stops being one."""
_FIXED_TIMES: Final = frozenset(
    (
        TimeInForce.IMMEDIATE_OR_CANCEL,
        TimeInForce.FILL_OR_KILL,
        TimeInForce.AT_THE_OPENING,
        TimeInForce.AUCTION,
    )
)
"""The same of times in force."""


class Amendments:
    """Applies a change to an order that has not ended.

    Quantity, prices, type and time in force may change, within limits. An order whose change is refused stays as it
    was. `deactivate` takes an order out of work, and a change without it brings the order back.
    """

    def __init__(
        self,
        credit: Credit,
        lifetimes: Lifetimes,
        holds: Holds,
        matcher: Matcher,
        listener: OrderListener,
    ) -> None:
        self._credit = credit
        self._lifetimes = lifetimes
        self._holds = holds
        self._matcher = matcher
        self._listener = listener

    def amend(self, order: WorkingOrder, contract: Contract, admitted: Admitted, now: float) -> None:
        """Raises Refusal for a change that can't be."""
        wanted = admitted.order
        if order.order.hedge_type:  # its quantity is the gateway's
            wanted.total_quantity = order.order.total_quantity
        _check_state(order, contract, wanted)
        _check_identity(order, contract, wanted)
        _check_terms(order, wanted)
        before, margin = order.order, order.margin
        order.order = _merged(order, contract, wanted)
        reason = None if order.waits_for_parent else self._credit.refusal(order)
        if reason is not None:
            order.order, order.margin = before, margin
            raise Refusal(*order_rejected(reason))
        if any(getattr(order.order, name) != getattr(before, name) for name in _LIFETIME):
            order.expires = self._lifetimes.end(order, now)
        self._holds.impose(order, now, before)
        self._settle_status(order, before)
        self._matcher.prepare(order, now)
        for notice in admitted.notices:
            self._listener.order_noticed(order, *notice)
        self._listener.order_changed(order)
        if Hold.SHARES in order.holds:
            self._listener.order_noticed(order, *LOCATING)

    def _settle_status(self, order: WorkingOrder, before: Order) -> None:
        order.rejection = ""
        if order.order.order_type not in WAITING:
            order.is_triggered = True
        elif any(getattr(order.order, name) != getattr(before, name) for name in _TRIGGER):
            order.is_triggered = False
        order.move(Status.INACTIVE if order.order.deactivate else order.resting_status)


def _check_state(order: WorkingOrder, contract: Contract, wanted: Order) -> None:
    """What was filled can't change; another order under a used id, or the same once more, is no change at all."""
    changes = any(getattr(wanted, name) != getattr(order.order, name) for name in _TERMS)
    if order.status is Status.FILLED and changes and _is_same(order, contract, wanted):
        raise Refusal(*FILLED_ORDER)
    if order.has_ended:
        raise Refusal(*DUPLICATE_ORDER)
    if order.status in (Status.PENDING_SUBMIT, Status.PENDING_CANCEL):
        raise Refusal(*STILL_PROCESSED)


def _is_same(order: WorkingOrder, contract: Contract, wanted: Order) -> bool:
    return (contract, wanted.action, wanted.account) == (
        order.contract,
        order.order.action,
        order.account,
    )


def _check_identity(order: WorkingOrder, contract: Contract, wanted: Order) -> None:
    if not _is_same(order, contract, wanted):
        raise Refusal(*OTHER_ORDER)
    if wanted.parent_id != order.order.parent_id:
        raise Refusal(*OTHER_PARENT)


def _check_terms(order: WorkingOrder, wanted: Order) -> None:
    present = order.order
    quantity = wanted.total_quantity or 0
    is_too_small = quantity <= order.filled or quantity < order.filled + order.legging
    if is_too_small and not present.hedge_type:
        raise invalid("Order size must be greater than the filled quantity")
    if wanted.order_type != present.order_type and (
        order.filled or {wanted.order_type, present.order_type} & _FIXED_TYPES
    ):
        raise Refusal(*OTHER_TYPE)
    changes_time = wanted.time_in_force != present.time_in_force
    if changes_time and {wanted.time_in_force, present.time_in_force} & _FIXED_TIMES:
        raise Refusal(*OTHER_TIME_IN_FORCE)
    if wanted.include_overnight != present.include_overnight:
        raise Refusal(*OTHER_TIME_IN_FORCE)


def _merged(order: WorkingOrder, contract: Contract, wanted: Order) -> Order:
    """The wanted order with what the gateway has given it; a trailing stop stays where the market pulled it."""
    merged = with_defaults(wanted, contract, order.client_id, order.order_id, order.permanent_id)
    given = order.order
    if given.parent_permanent_id is not None:
        merged.parent_permanent_id, merged.oca_group = given.parent_permanent_id, given.oca_group
    # What other types have there is an echo of the wire, and no stop.
    if merged.trail_stop_price is None and {merged.order_type, given.order_type} <= TRAILING:
        merged = msgspec.structs.replace(merged, trail_stop_price=given.trail_stop_price)
    return merged
