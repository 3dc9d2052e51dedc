"""Scale orders: a ladder of components, each at a better price than the one before, and the profits taken on it.

The fields are the published ones (D). Which component works follows from how much of the ladder is filled; so it
needs no memory but the order's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.exchange.offers import Reach
from ibkr_actors.simulated_gateway.exchange.pricing import on_grid
from ibkr_actors.simulated_gateway.instruments.margins import ZERO
from ibkr_actors.simulated_gateway.orders.order_parts import Work
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder
from ibkr_actors.simulated_gateway.refusals import invalid

_RANDOM_SHARE: Final = 0.2
"""How far the size of a component is varied, either way, where that is asked for (K)."""


class Component(NamedTuple):
    """One step of a ladder."""

    price: float
    size: Decimal


def is_scale(order: Order) -> bool:
    """The order is filled along a ladder."""
    return bool(order.scale_price_increment and order.scale_price_increment > 0)


def check_scale(order: Order) -> None:
    """Raises Refusal for a ladder that can't be climbed."""
    if not is_scale(order):
        return
    if order.order_type != OrderType.LIMIT:
        raise invalid("Scale orders are limit orders")
    if order.scale_table:
        raise invalid("The simulated gateway does not read scale tables")
    if (order.scale_initial_level_size or 0) <= 0:
        raise invalid("Scale initial component size must be specified")
    if order.scale_subsequent_level_size is not None and order.scale_subsequent_level_size <= 0:
        raise invalid("Scale subsequent component size must be above zero")
    if order.scale_auto_reset and not order.scale_profit_offset:
        raise invalid("Scale auto reset needs a profit offset")


def reach(order: WorkingOrder, work: Work, now: float, tick: float) -> Reach:
    """The component that works now: its price, and what is left of it."""
    left = _climbed(order, work)
    for component in _ladder(order, work, now, tick):
        if left < component.size:
            quantity = min(component.size - left, order.remaining)
            return Reach(component.price, component.price, quantity)
        left -= component.size
    raise AssertionError("a ladder has no end")


def _climbed(order: WorkingOrder, work: Work) -> Decimal:
    """How much of the ladder is behind the order: filled, not restored, and what the client says was done before."""
    before = abs(order.order.scale_initial_position or 0) + (order.order.scale_initial_fill_quantity or 0)
    return max(order.filled - work.restored + before, ZERO)


def _ladder(order: WorkingOrder, work: Work, now: float, tick: float) -> Iterator[Component]:
    terms, way = order.order, -1 if order.is_buy else 1
    start, step = work.price or 0.0, terms.scale_price_increment or 0.0
    if terms.scale_price_adjust_value and terms.scale_price_adjust_interval:
        times = int((now - work.started) // terms.scale_price_adjust_interval)
        start = _no_better_for_others(order, start + times * terms.scale_price_adjust_value, start)
    size = terms.scale_initial_level_size or 0
    number = 0
    while True:
        price = on_grid(max(start + way * number * step, tick), tick, down=order.is_buy)
        yield Component(price, _size(order, size, number))
        size, number = terms.scale_subsequent_level_size or size, number + 1


def _no_better_for_others(order: WorkingOrder, price: float, limit: float) -> float:
    """An adjusted start never goes beyond the limit of the order."""
    return min(price, limit) if order.is_buy else max(price, limit)


def _size(order: WorkingOrder, size: int, number: int) -> Decimal:
    if not order.order.scale_random_percent:
        return Decimal(size)
    drawn = ((order.permanent_id + number) * 2_654_435_761 >> 5) % 201 / 100 - 1
    return Decimal(max(1, round(size * (1 + drawn * _RANDOM_SHARE))))


def profit_taker(order: WorkingOrder, work: Work, quantity: Decimal, now: float, tick: float) -> Order | None:
    """The order that takes the profit on a fill of the component that works now; None when none is asked for.

    The profit counts from the price of the component, at which or better it fills.
    """
    offset, price = order.order.scale_profit_offset, reach(order, work, now, tick).price
    if not offset or price is None:
        return None
    better = price + offset if order.is_buy else price - offset
    return Order(
        action=OrderAction.SELL if order.is_buy else OrderAction.BUY,
        total_quantity=quantity,
        order_type=OrderType.LIMIT,
        limit_price=on_grid(max(better, tick), tick, down=not order.is_buy),
        time_in_force=order.order.time_in_force,
        account=order.account,
        order_reference=order.order.order_reference,
        outside_regular_trading_hours=order.order.outside_regular_trading_hours,
    )


def restore(order: WorkingOrder, quantity: Decimal) -> bool:
    """Put back onto the ladder of a live order what a profit taker has traded back, where that is asked for."""
    if order.work is None or not order.is_live or not order.order.scale_auto_reset:
        return False
    order.work.restored += quantity
    order.order.total_quantity = order.total + quantity
    return True
