"""Whether the prices and the attributes of an order fit its type, its contract and the tick grid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.volatility_type import VolatilityType
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.instruments.catalogue import Instrument
from ibkr_actors.simulated_gateway.instruments.instrument import COMBINATION, FUTURE, OPTION
from ibkr_actors.simulated_gateway.orders.order_kinds import (
    IN_OPENING,
    KNOWN,
    LEG_BY_LEG,
    LIMITED,
    OF_COMBINATIONS,
    OF_OPTIONS,
    PEGGED,
    PROTECTED,
    SETTLING,
    TRAILING,
    WAITING,
)
from ibkr_actors.simulated_gateway.refusals import OFF_GRID, TYPE_UNSUPPORTED, Refusal, invalid

BLOCK_TOO_SMALL: Final = (117, "Block order size must be at least 50.")
SMALLEST_BLOCK: Final = 50
_OPTIONS: Final = (OPTION, "FOP")

_TOKENS: Final[dict[str, str]] = {
    OrderType.MARKET_ON_CLOSE: "MOC",
    OrderType.LIMIT_ON_CLOSE: "LOC",
    OrderType.MIDPRICE: "MIDPX",
    OrderType.MARKET_TO_LIMIT: "MTL",
    OrderType.PEGGED_TO_BENCHMARK: "PEGBENCH",
    OrderType.VOLATILITY: "VOLAT",
    OrderType.RELATIVE: "REL",
}
"""How contract details name a type, for those that a venue has or has not."""


def check_type(order: Order, instrument: Instrument) -> None:
    """Raises Refusal for a type that does not exist, or not for this contract."""
    if order.order_type not in tuple(OrderType):
        raise invalid("Invalid order type was entered")
    if not _is_worked(order, instrument):
        raise Refusal(*TYPE_UNSUPPORTED)


def _is_worked(order: Order, instrument: Instrument) -> bool:
    kind, order_type = instrument.security_type, order.order_type
    if kind == COMBINATION:
        return order_type in OF_COMBINATIONS
    if order_type not in KNOWN or order_type in LEG_BY_LEG:
        return False
    if order_type in OF_OPTIONS and kind not in _OPTIONS:
        return False
    if order_type in PROTECTED and kind != FUTURE:
        return False
    token = _TOKENS.get(order_type)
    return (
        order.time_in_force in IN_OPENING or token is None or token in instrument.venue.order_types.split(",")
    )


def check_prices(order: Order, instrument: Instrument) -> None:
    """Raises Refusal for a price that is missing or lies between two ticks, or a reference that isn't there."""
    if instrument.security_type == COMBINATION:
        return
    for is_there, cause in _needs(order):
        if not is_there:
            raise invalid(cause)
    if not all(_is_on_grid(price, instrument.minimum_tick) for price in _on_the_grid(order) if price):
        raise Refusal(*OFF_GRID)
    _check_attributes(order, instrument)


def _needs(order: Order) -> Iterator[tuple[bool, str]]:
    """What each type has to bring along, and what is said when it does not."""
    order_type = order.order_type
    if order_type in LIMITED - TRAILING:
        yield _is_price(order.limit_price), "Limit price must be specified"
    if order_type in WAITING - TRAILING:
        yield _is_price(order.auxiliary_price), "Stop price must be specified"
    if order_type in TRAILING:
        has_trail = _is_price(order.auxiliary_price) or _is_price(order.trailing_percent)
        yield has_trail, "Trailing amount must be specified"
    if order_type == OrderType.PEGGED_TO_BENCHMARK:
        yield bool(order.reference_contract_id), "Reference contract must be specified"
        yield _is_price(order.starting_price), "Starting price must be specified"
        yield order.pegged_change_amount > 0, "Pegged change amount must be specified"
        yield order.reference_change_amount > 0, "Reference change amount must be specified"
    if order_type == OrderType.PEGGED_TO_STOCK:
        yield 0 < (order.delta or 0.0) <= 1, "Delta must be specified"
    if order_type == OrderType.VOLATILITY:
        yield _is_price(order.volatility), "Volatility must be specified"
        is_known = order.volatility_type in (VolatilityType.DAILY, VolatilityType.ANNUAL)
        yield is_known, "Volatility type must be specified"
        is_plain = order.delta_neutral_order_type in ("", "None")
        yield is_plain, "The simulated gateway works out no delta neutral hedges"


def _is_price(price: float | None) -> bool:
    return price is not None and price > 0


def _on_the_grid(order: Order) -> Iterator[float | None]:
    if order.order_type in (LIMITED | PEGGED | SETTLING) - TRAILING:
        yield order.limit_price
    if order.order_type in WAITING - TRAILING:
        yield order.auxiliary_price


def _is_on_grid(price: float, tick: float) -> bool:
    ticks = price / tick
    return abs(ticks - round(ticks)) < 1e-6


def _check_attributes(order: Order, instrument: Instrument) -> None:
    quantity = order.total_quantity or 0
    if order.block_order and instrument.security_type in _OPTIONS and quantity < SMALLEST_BLOCK:
        raise Refusal(*BLOCK_TOO_SMALL)
    if order.block_order and instrument.security_type not in _OPTIONS:
        raise invalid("Block orders are for options")
    if order.minimum_quantity and order.minimum_quantity > quantity:
        raise invalid("Minimum quantity must not be larger than the order")
