"""A stop loss and a profit taker that the bridge attaches to an order by its preset (server version 218)."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ibkr_actors.base.messages.orders import AttachedOrders
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.orders.order_kinds import TRAILING
from ibkr_actors.simulated_gateway.refusals import DUPLICATE_ORDER, TRAIL_OF_MARKET, TYPE_UNSUPPORTED, Refusal

PRESET: Final = "PRESET"
"""As a type: the preset's own, a stop or a limit."""
NONE_ATTACHED: Final = AttachedOrders()


def attached_legs(
    order_id: int, order: Order, attached: AttachedOrders, *, market: float, percentage: float, tick: float
) -> list[tuple[int, Order]]:
    """The children that a request attaches to an order, by order id.

    They lie `percentage` from the order's own price, or from the `market` where it has none. Raises Refusal with 103
    for an id that can't be a child's, with 387 for a type that is none of a stop loss or a profit taker, with 328 for a
    trailing stop loss of a market order.
    """
    reference = order.limit_price or order.auxiliary_price or market
    distance = reference * percentage / 100
    if order.action != OrderAction.BUY:
        distance = -distance
    wishes = (
        (attached.stop_loss_order_id, _stop_loss, attached.stop_loss_order_type, -distance),
        (attached.profit_taker_order_id, _profit_taker, attached.profit_taker_order_type, distance),
    )
    legs = []
    for leg_id, make, wanted_type, offset in wishes:
        if leg_id is not None:
            leg = _leg(order_id, order)
            make(leg, wanted_type, _on_grid(reference + offset, tick), _on_grid(abs(offset), tick))
            legs.append((leg_id, leg))
    ids = [order_id, *sorted(leg_id for leg_id, _ in legs)]
    if len(set(ids)) != len(ids) or min(ids) != order_id:
        raise Refusal(*DUPLICATE_ORDER)
    if order.order_type == OrderType.MARKET and any(leg.order_type in TRAILING for _, leg in legs):
        raise Refusal(*TRAIL_OF_MARKET)
    return sorted(legs, key=lambda leg: leg[0])


def _leg(order_id: int, order: Order) -> Order:
    action = OrderAction.SELL if order.action == OrderAction.BUY else OrderAction.BUY
    return Order(
        action=action,
        total_quantity=order.total_quantity,
        time_in_force=order.time_in_force,
        good_till_date=order.good_till_date,
        account=order.account,
        order_reference=order.order_reference,
        outside_regular_trading_hours=order.outside_regular_trading_hours,
        parent_id=order_id,
        transmit=order.transmit,
    )


def _stop_loss(leg: Order, wanted_type: str, price: float, distance: float) -> None:
    leg.order_type = OrderType.STOP if wanted_type in ("", PRESET) else wanted_type
    if leg.order_type in TRAILING:
        leg.auxiliary_price, leg.trail_stop_price = distance, price
    elif leg.order_type in (OrderType.STOP, OrderType.STOP_LIMIT):
        leg.auxiliary_price = price
    else:
        raise Refusal(*TYPE_UNSUPPORTED)
    if leg.order_type in (OrderType.STOP_LIMIT, OrderType.TRAILING_STOP_LIMIT):
        leg.limit_price = price


def _profit_taker(leg: Order, wanted_type: str, price: float, _: float) -> None:
    if wanted_type not in ("", PRESET, OrderType.LIMIT):
        raise Refusal(*TYPE_UNSUPPORTED)
    leg.order_type, leg.limit_price = OrderType.LIMIT, price


def _on_grid(price: float, tick: float) -> float:
    """Exact in decimals, for it is checked against the grid again."""
    step = Decimal(str(tick))
    return float(max((Decimal(str(price)) / step).quantize(Decimal(1)), Decimal(1)) * step)
