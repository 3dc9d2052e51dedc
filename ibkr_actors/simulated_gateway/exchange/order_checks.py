"""Whether an order makes sense at all; the money behind it is `credit.py`.

Each check raises `Refusal`: such an order never exists, the client gets an error on its id and nothing else.
"""

from __future__ import annotations

from decimal import Decimal
from math import inf, isfinite
from typing import Final

import msgspec

from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.accounts.ledger import plain
from ibkr_actors.simulated_gateway.exchange.algo_checks import check_algo
from ibkr_actors.simulated_gateway.exchange.price_checks import check_prices, check_type
from ibkr_actors.simulated_gateway.exchange.scales import check_scale
from ibkr_actors.simulated_gateway.instruments.catalogue import Instrument
from ibkr_actors.simulated_gateway.orders.order_kinds import IN_OPENING, ON_CLOSE, OPENING_TYPES, WAITING
from ibkr_actors.simulated_gateway.refusals import (
    TIME_IN_FORCE,
    WHAT_IF_UNTRANSMITTED,
    ZERO_SIZE,
    Refusal,
    invalid,
)

IMMEDIATE: Final = frozenset((TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL))
TIMES_IN_FORCE: Final = (
    IMMEDIATE
    | IN_OPENING
    | {
        TimeInForce.DAY,
        TimeInForce.GOOD_TILL_CANCELLED,
        TimeInForce.GOOD_TILL_DATE,
        TimeInForce.DAY_TILL_CANCELLED,
    }
)

NO_FRACTIONS: Final = (10243, "Fractional-sized order cannot be placed for this instrument.")
NO_CASH_QUANTITY: Final = (10244, "Cash Quantity cannot be used for this order.")
NOT_TRADABLE: Final = (412, "The contract is not available for trading.")
TIME_AND_TYPE: Final = (111, "The TIF (Tif type) and the order type are incompatible.")

_TOO_LARGE: Final = 10**12

_UP_TO_THE_MIDPOINT: Final = ("compete_against_best_offset", inf)
"""The one field in which infinity has a meaning."""
_SPELLINGS: Final = {"".join(name.split()): str(name) for name in OrderType}
"""How a type is spelled, by its name without blanks; real gateways are as tolerant."""


def _spelled_type(name: str) -> str:
    return _SPELLINGS.get("".join(name.split()), name)


def check_numbers(order: Order) -> None:
    """Raises Refusal for a price or quantity that is no number, or beyond what anything costs or counts."""
    for name in order.__struct_fields__:
        value = getattr(order, name)
        if not isinstance(value, float | Decimal) or (name, value) == _UP_TO_THE_MIDPOINT:
            continue
        if not (isfinite(value) and -_TOO_LARGE < value < _TOO_LARGE):
            raise invalid(f"Invalid value in field {name}: {value}")


def normalized(order: Order) -> Order:
    """The order in the spelling that the rest of the gateway knows; the client's stays as it is."""
    return msgspec.structs.replace(
        order,
        action=order.action.upper(),
        order_type=_spelled_type(order.order_type.upper()),
        time_in_force=order.time_in_force.upper(),
        total_quantity=None if order.total_quantity is None else plain(order.total_quantity),
    )


def check_order(order: Order, instrument: Instrument) -> None:
    """Raises Refusal, with the code that real gateways use, for an order that can't be."""
    if order.what_if and not order.transmit:
        raise Refusal(*WHAT_IF_UNTRANSMITTED)
    if not instrument.is_tradable:
        raise Refusal(*NOT_TRADABLE)
    if order.action not in tuple(OrderAction):
        raise invalid("Invalid order side was entered")
    check_type(order, instrument)
    _check_time_in_force(order)
    _check_quantity(order, instrument)
    check_prices(order, instrument)
    check_scale(order)
    check_algo(order, instrument)


def _check_time_in_force(order: Order) -> None:
    if order.time_in_force not in TIMES_IN_FORCE:
        code, text = TIME_IN_FORCE
        raise Refusal(code, f"{text}{order.time_in_force}")
    if order.time_in_force in IMMEDIATE and order.order_type in WAITING | ON_CLOSE:
        raise Refusal(*TIME_AND_TYPE)
    if order.time_in_force in IN_OPENING and order.order_type not in OPENING_TYPES:
        raise Refusal(*TIME_AND_TYPE)


def _check_quantity(order: Order, instrument: Instrument) -> None:
    quantity = order.total_quantity
    if order.cash_quantity and not instrument.kind.takes_cash_quantity:
        raise Refusal(*NO_CASH_QUANTITY)
    if order.hedge_type and not quantity:  # the gateway works it out
        return
    if not quantity or quantity < 0:
        raise Refusal(*ZERO_SIZE)
    if quantity % (1 if instrument.kind.is_whole else instrument.venue.minimum_size):
        raise Refusal(*NO_FRACTIONS)
