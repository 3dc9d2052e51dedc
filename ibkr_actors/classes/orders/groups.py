"""Orders that belong together: parents with children, brackets, and orders of which one cancels the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from msgspec import structs

from ibkr_actors.classes.enum.oca_type import OcaType
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.orders.checks import price
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.orders.stop_orders import StopOrder
from ibkr_actors.errors import InvalidRequest

AnyOrder = TypeVar("AnyOrder", bound=Order)

_FROM_THE_PARENT: Final = (
    "time_in_force",
    "good_till_date",
    "outside_regular_trading_hours",
    "account",
    "model_code",
    "advisor_group",
    "advisor_method",
    "advisor_percentage",
)
"""What the children of a bracket share with their parent, beside contract and quantity."""


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

    Contract, quantity, time in force, account, allocation and trading hours of the children are the parent's. When one
    child fills, the bridge cancels the other. Raises InvalidRequest when the ids are not three different ones, the
    parent neither buys nor sells, a price is none, or the two prices are on the wrong sides of each other.
    """
    if len(set(order_ids)) != 3:
        raise InvalidRequest(f"a bracket needs three different order ids, got {order_ids!r}")
    if parent.action not in tuple(OrderAction):
        raise InvalidRequest(f"a bracket's parent buys or sells, got {parent.action!r}")
    closing = OrderAction(parent.action).opposite
    _check_sides(closing, profit_price, stop_price)
    shared = {name: getattr(parent, name) for name in _FROM_THE_PARENT}
    profit_taker = LimitOrder(closing, parent.contract, parent.total_quantity, profit_price, **shared)
    stop_loss = StopOrder(closing, parent.contract, parent.total_quantity, stop_price, **shared)
    first, second, third = attached(parent, order_ids, [profit_taker, stop_loss])
    return Bracket(first, second, third)


def _check_sides(closing: OrderAction, profit_price: Any, stop_price: Any) -> None:
    """A position that is closed by selling gains above and loses below; one that is bought back, the other way."""
    profit = price("bracket", "profit_price", profit_price)
    stop = price("bracket", "stop_price", stop_price)
    if (profit <= stop) if closing is OrderAction.SELL else (profit >= stop):
        side = "above" if closing is OrderAction.SELL else "below"
        raise InvalidRequest(
            f"a bracket that closes by {closing} takes its profit {side} its stop, got profit_price {profit:g} and "
            f"stop_price {stop:g}"
        )


def attached(parent: Order, order_ids: Sequence[int], children: Sequence[Order]) -> list[Any]:
    """Copies of the parent and its children, with ids and parent ids, to be placed in this order.

    Only the last one is transmitted, which makes the bridge transmit all of them; none is there without the others.
    A child without a contract gets the parent's. Raises InvalidRequest when there is no child, or the ids are not one
    for each order, all different and above zero.
    """
    if not children:
        raise InvalidRequest("a parent needs children to be attached")
    if len(set(order_ids)) != len(children) + 1 or len(order_ids) != len(children) + 1 or min(order_ids) < 1:
        raise InvalidRequest(
            f"a parent with {len(children)} children needs {len(children) + 1} different order ids above zero, got "
            f"{order_ids!r}"
        )
    parent_id, *child_ids = order_ids
    family = [structs.replace(parent, order_id=parent_id, transmit=False)]
    for order_id, child in zip(child_ids, children, strict=True):
        family.append(
            structs.replace(
                child,
                order_id=order_id,
                parent_id=parent_id,
                contract=parent.contract if child.contract is None else child.contract,
                transmit=order_id == child_ids[-1],
            )
        )
    return family


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
