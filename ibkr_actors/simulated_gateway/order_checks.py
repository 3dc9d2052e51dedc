"""Whether an order makes sense at all; the money behind it is `credit.py`.

Each check raises `Refusal`: such an order never exists, the client gets an error on its id and nothing else.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.instruments import Instrument, Refusal
from ibkr_actors.simulated_gateway.refusals import (
    OFF_GRID,
    TIME_IN_FORCE,
    TYPE_UNSUPPORTED,
    WHAT_IF_UNTRANSMITTED,
    ZERO_SIZE,
    invalid,
)
from ibkr_actors.simulated_gateway.triggers import KNOWN, LIMITED, TRAILING, WAITING

IMMEDIATE: Final = frozenset((TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL))
TIMES_IN_FORCE: Final = IMMEDIATE | {TimeInForce.DAY, TimeInForce.GOOD_TILL_CANCELLED}

WHOLE_ONLY: Final = frozenset(("FUT", "OPT", "FOP"))
NO_FRACTIONS: Final = (10243, "Fractional-sized order cannot be placed for this instrument.")
NO_CASH_QUANTITY: Final = (10244, "Cash Quantity cannot be used for this order.")
NOT_TRADABLE: Final = (412, "The contract is not available for trading.")
TIME_AND_TYPE: Final = (111, "The TIF (Tif type) and the order type are incompatible.")


_SPELLINGS: Final = {"".join(name.split()): str(name) for name in OrderType}
"""How a type is spelled, by its name without blanks; real gateways are as tolerant."""


def _spelled_type(name: str) -> str:
    return _SPELLINGS.get("".join(name.split()), name)


def normalized(order: Order) -> Order:
    """The order in the spelling that the rest of the gateway knows; the client's stays as it is."""
    return msgspec.structs.replace(
        order,
        action=order.action.upper(),
        order_type=_spelled_type(order.order_type.upper()),
        time_in_force=order.time_in_force.upper(),
    )


def check_order(order: Order, instrument: Instrument) -> None:
    """Raises Refusal, with the code that real gateways use, for an order that can't be."""
    if order.what_if and not order.transmit:
        raise Refusal(*WHAT_IF_UNTRANSMITTED)
    if not instrument.is_tradable:
        raise Refusal(*NOT_TRADABLE)
    if order.action not in tuple(OrderAction):
        raise invalid("Invalid order side was entered")
    _check_type(order)
    _check_time_in_force(order)
    _check_quantity(order, instrument)
    _check_prices(order)
    _check_grid(order, instrument)


def _check_type(order: Order) -> None:
    if order.order_type in KNOWN:
        return
    if order.order_type in tuple(OrderType):
        raise Refusal(*TYPE_UNSUPPORTED)
    raise invalid("Invalid order type was entered")


def _check_time_in_force(order: Order) -> None:
    if order.time_in_force not in TIMES_IN_FORCE:
        code, text = TIME_IN_FORCE
        raise Refusal(code, f"{text}{order.time_in_force}")
    if order.time_in_force in IMMEDIATE and order.order_type in WAITING:
        raise Refusal(*TIME_AND_TYPE)


def _check_quantity(order: Order, instrument: Instrument) -> None:
    quantity = order.total_quantity
    if order.cash_quantity:
        raise Refusal(*NO_CASH_QUANTITY)
    if not quantity or quantity < 0:
        raise Refusal(*ZERO_SIZE)
    if instrument.security_type in WHOLE_ONLY and quantity % 1:
        raise Refusal(*NO_FRACTIONS)


def _check_prices(order: Order) -> None:
    if order.order_type in LIMITED - TRAILING and not _is_price(order.limit_price):
        raise invalid("Limit price must be specified")
    if order.order_type in WAITING - TRAILING and not _is_price(order.auxiliary_price):
        raise invalid("Stop price must be specified")
    if order.order_type in TRAILING and not (
        _is_price(order.auxiliary_price) or _is_price(order.trailing_percent)
    ):
        raise invalid("Trailing amount must be specified")


def _is_price(price: float | None) -> bool:
    return price is not None and price > 0


def _check_grid(order: Order, instrument: Instrument) -> None:
    """Raises Refusal for a price between two ticks."""
    prices = [order.limit_price] if order.order_type in LIMITED - TRAILING else []
    if order.order_type in WAITING - TRAILING:
        prices.append(order.auxiliary_price)
    if not all(_is_on_grid(price, instrument.minimum_tick) for price in prices if price):
        raise Refusal(*OFF_GRID)


def _is_on_grid(price: float, tick: float) -> bool:
    ticks = price / tick
    return abs(ticks - round(ticks)) < 1e-6
