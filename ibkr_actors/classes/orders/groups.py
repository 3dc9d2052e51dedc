"""Orders that belong together: brackets, and orders of which one cancels the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from msgspec import structs

from ibkr_actors.classes.enum.oca_type import OcaType
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.orders.stop_orders import StopOrder
from ibkr_actors.errors import InvalidRequest

AnyOrder = TypeVar("AnyOrder", bound=Order)


@dataclass(frozen=True, slots=True)
class Bracket:
    """An order with the two that close its position. Place them in this order, each under its `order_id`.

    The bridge holds them back until the last one, which it may transmit; so no child is there without its parent, and
    no position without its stop.
    """

    parent: Order
    profit_taker: LimitOrder
    stop_loss: StopOrder

    def __iter__(self) -> Iterator[Order]:
        """The three in the order in which they have to be placed."""
        return iter((self.parent, self.profit_taker, self.stop_loss))


def bracket(
    parent: Order, order_ids: tuple[int, int, int], profit_price: float, stop_price: float
) -> Bracket:
    """A copy of the parent with two children: take the profit at one price, stop the loss at another.

    Contract, quantity, time in force, account and trading hours of the children are the parent's. When one child
    fills, the bridge cancels the other. Raises InvalidRequest when the ids are not three different ones, or the
    parent neither buys nor sells.
    """
    if len(set(order_ids)) != 3:
        raise InvalidRequest(f"a bracket needs three different order ids, got {order_ids!r}")
    parent_id, profit_id, stop_id = order_ids
    if parent.action not in tuple(OrderAction):
        raise InvalidRequest(f"a bracket's parent buys or sells, got {parent.action!r}")
    closing = OrderAction(parent.action).opposite
    profit_taker = LimitOrder(closing, limit_price=profit_price, order_id=profit_id, transmit=False)
    stop_loss = StopOrder(closing, stop_price=stop_price, order_id=stop_id, transmit=True)
    return Bracket(
        structs.replace(parent, order_id=parent_id, transmit=False),
        _child(profit_taker, parent, parent_id),
        _child(stop_loss, parent, parent_id),
    )


def _child(order: AnyOrder, parent: Order, parent_id: int) -> AnyOrder:
    return structs.replace(
        order,
        parent_id=parent_id,
        contract=parent.contract,
        total_quantity=parent.total_quantity,
        time_in_force=parent.time_in_force,
        account=parent.account,
        outside_regular_trading_hours=parent.outside_regular_trading_hours,
    )


def one_cancels_all(
    orders: Iterable[AnyOrder], group: str, oca_type: OcaType = OcaType.CANCEL_WITH_BLOCK
) -> list[AnyOrder]:
    """Copies of the orders, in one group: when one fills, the others are cancelled or reduced, as the type says.

    The name of a group is to be used once, for orders of finished groups still count. Raises InvalidRequest for an
    empty name, which is no group.
    """
    if not group:
        raise InvalidRequest("a group of orders needs a name")
    return [structs.replace(order, oca_group=group, oca_type=oca_type) for order in orders]
