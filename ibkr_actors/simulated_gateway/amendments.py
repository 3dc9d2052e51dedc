"""Changes of an order that already works: the same id, sent again."""

from __future__ import annotations

from typing import Final

import msgspec

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.credit import Credit
from ibkr_actors.simulated_gateway.instruments import Refusal
from ibkr_actors.simulated_gateway.listener import OrderListener
from ibkr_actors.simulated_gateway.order_kinds import WAITING
from ibkr_actors.simulated_gateway.refusals import DUPLICATE_ORDER, OTHER_ORDER, invalid, order_rejected
from ibkr_actors.simulated_gateway.working_order import WorkingOrder, with_defaults

_TRIGGER: Final = ("order_type", "auxiliary_price", "trailing_percent", "trigger_method")
"""What makes an elected order wait again when it changes."""


class Amendments:
    """Applies a change to an order that has not ended.

    Quantity, prices, type and time in force may change. An order whose change is refused stays as it was.
    """

    def __init__(self, credit: Credit, listener: OrderListener) -> None:
        self._credit = credit
        self._listener = listener

    def amend(self, order: WorkingOrder, contract: Contract, wanted: Order) -> None:
        """Raises Refusal for a change that can't be."""
        if order.has_ended:
            raise Refusal(*DUPLICATE_ORDER)
        _check_identity(order, contract, wanted)
        if (wanted.total_quantity or 0) <= order.filled:
            raise invalid("Order size must be greater than the filled quantity")
        before, margin = order.order, order.margin
        order.order = _merged(order, contract, wanted)
        reason = None if order.waits_for_parent else self._credit.refusal(order)
        if reason is not None:
            order.order, order.margin = before, margin
            raise Refusal(*order_rejected(reason))
        self._settle_status(order, before)
        self._listener.order_changed(order)

    def _settle_status(self, order: WorkingOrder, before: Order) -> None:
        order.rejection = ""
        if order.order.order_type not in WAITING:
            order.is_triggered = True
        elif any(getattr(order.order, name) != getattr(before, name) for name in _TRIGGER):
            order.is_triggered = False
        order.move(order.resting_status)


def _check_identity(order: WorkingOrder, contract: Contract, wanted: Order) -> None:
    if (contract.contract_id, wanted.action, wanted.account) != (
        order.contract.contract_id,
        order.order.action,
        order.account,
    ):
        raise Refusal(*OTHER_ORDER)


def _merged(order: WorkingOrder, contract: Contract, wanted: Order) -> Order:
    """The wanted order with what the gateway has given it; a trailing stop stays where the market pulled it."""
    merged = with_defaults(wanted, contract, order.client_id, order.order_id, order.permanent_id)
    given = order.order
    if given.parent_permanent_id is not None:
        merged.parent_permanent_id, merged.oca_group = given.parent_permanent_id, given.oca_group
    if merged.trail_stop_price is None:
        merged = msgspec.structs.replace(merged, trail_stop_price=given.trail_stop_price)
    return merged
