"""Orders for an amount of money: how much of the instrument that is."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from msgspec import structs

from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.instruments.instrument import Instrument
from ibkr_actors.simulated_gateway.market.marks import exact
from ibkr_actors.simulated_gateway.market.quotes import Quote


def with_quantity_of_cash(order: Order, instrument: Instrument, quote: Quote) -> Order:
    """The order with the quantity that its `cash_quantity` pays for, in whole steps of the smallest size.

    At its limit price, or at the price that a market order would have now. An order without an amount of money stays
    as it is; so does one when there is no price.
    """
    if not order.cash_quantity or not instrument.kind.takes_cash_quantity:
        return order
    price = order.limit_price or (quote.ask if order.action == OrderAction.BUY else quote.bid)
    if price <= 0:
        return order
    step = instrument.venue.minimum_size
    worth = exact(price) * instrument.money_per_point
    steps = (Decimal(str(order.cash_quantity)) / worth / step).to_integral_value(ROUND_FLOOR)
    return structs.replace(order, total_quantity=steps * step)
