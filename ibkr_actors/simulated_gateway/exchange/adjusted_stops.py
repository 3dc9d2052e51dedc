"""Stops that change when the market has come far enough: to another stop, a stop with a limit, or a trailing one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.trailing_unit import TrailingUnit
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.market.market import Quote
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder
from ibkr_actors.simulated_gateway.refusals import Refusal

NOT_ADJUSTED: Final = ("", "None")
TRIGGER_PRICE: Final = (361, "Invalid trigger price.")
STOP_PRICE: Final = (362, "Invalid adjusted stop price.")
LIMIT_PRICE: Final = (363, "Invalid adjusted stop limit price.")
TRAILING_AMOUNT: Final = (364, "Invalid adjusted trailing amount.")
NOT_ADJUSTABLE: Final = (387, "Unsupported order type for this exchange and security type.")

_ADJUSTABLE: Final = frozenset(
    (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT)
)
_TRAILING: Final = frozenset((OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT))
_LIMITED: Final = frozenset((OrderType.STOP_LIMIT, OrderType.TRAILING_STOP_LIMIT))


def check_adjustment(order: Order) -> None:
    """Raises Refusal, 361 to 364 by the price that is missing, for an adjustment that can't be; 387 for its types."""
    if order.adjusted_order_type in NOT_ADJUSTED:
        return
    wanted = order.adjusted_order_type
    if order.order_type not in _ADJUSTABLE or wanted not in _ADJUSTABLE:
        raise Refusal(*NOT_ADJUSTABLE)
    needed = {
        TRIGGER_PRICE: order.trigger_price,
        STOP_PRICE: order.adjusted_stop_price,
        LIMIT_PRICE: order.adjusted_stop_limit_price if wanted in _LIMITED else 1.0,
        TRAILING_AMOUNT: order.adjusted_trailing_amount if wanted in _TRAILING else 1.0,
    }
    for refusal, price in needed.items():
        if price is None or price <= 0:
            raise Refusal(*refusal)


def is_due(order: WorkingOrder, quote: Quote) -> bool:
    """The market has reached the trigger price of an adjustment: from below for a sale, from above for a purchase."""
    wanted = order.order
    if wanted.adjusted_order_type in NOT_ADJUSTED or wanted.trigger_price is None:
        return False
    price = quote.last if quote.last > 0 else quote.mark
    return price <= wanted.trigger_price if order.is_buy else price >= wanted.trigger_price


def adjusted(order: Order) -> Order:
    """The order after its adjustment, which happens once."""
    return msgspec.structs.replace(
        order,
        order_type=order.adjusted_order_type,
        adjusted_order_type="None",
        **_FIELDS[order.adjusted_order_type](order),
    )


def _stop(order: Order) -> dict[str, float | None]:
    return {"auxiliary_price": order.adjusted_stop_price, "limit_price": 0.0, "trail_stop_price": None}


def _stop_limit(order: Order) -> dict[str, float | None]:
    return _stop(order) | {"limit_price": order.adjusted_stop_limit_price}


def _trailing(order: Order) -> dict[str, float | None]:
    in_percent = order.adjustable_trailing_unit == TrailingUnit.PERCENT
    return {
        "auxiliary_price": None if in_percent else order.adjusted_trailing_amount,
        "trailing_percent": order.adjusted_trailing_amount if in_percent else None,
        "trail_stop_price": order.adjusted_stop_price,
    }


def _trailing_limit(order: Order) -> dict[str, float | None]:
    stop, limit = order.adjusted_stop_price or 0.0, order.adjusted_stop_limit_price or 0.0
    return _trailing(order) | {"limit_price": limit, "limit_price_offset": round(abs(stop - limit), 8)}


_FIELDS: Final[dict[str, Callable[[Order], dict[str, float | None]]]] = {
    OrderType.STOP: _stop,
    OrderType.STOP_LIMIT: _stop_limit,
    OrderType.TRAILING_STOP: _trailing,
    OrderType.TRAILING_STOP_LIMIT: _trailing_limit,
}
