"""The bridge's precautionary settings: orders that look like a mistake are not transmitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.exchange.combos import quote_of
from ibkr_actors.simulated_gateway.exchange.order_options import OrderOptions
from ibkr_actors.simulated_gateway.instruments.catalogue import Instrument
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.orders.order_kinds import LIMITED, TRAILING, WAITING
from ibkr_actors.simulated_gateway.refusals import Refusal

STOP_TOO_FAR: Final = (
    109,
    "Price is out of the range defined by the Percentage setting at order defaults frame. "
    "The order will not be transmitted.",
)
LIMIT_TOO_FAR: Final = (
    163,
    "The price specified would violate the percentage constraint specified in the default order settings.",
)
TOO_MANY_TICKS: Final = (
    382,
    "The price specified violates the number of ticks constraint specified in the default order settings.",
)
TOO_LARGE: Final = (
    383,
    "The size specified violates the size constraint specified in the default order settings.",
)
_BEYOND_CAP: Final = (
    "We cannot accept an order at the limit price you selected. Please submit your order using a limit price that is "
    "closer to the current market price of {price:g}."
)


class Precautions:
    """Checks orders against the presets and the price cap of the gateway's options.

    Responsible for: distances from the market, sizes. An order that overrides them is not checked against presets, and
    none is while the bridge's configuration bypasses them.
    Not responsible for: whether the account can carry the order.
    """

    def __init__(self, market: Market, options: OrderOptions, are_bypassed: Callable[[], bool]) -> None:
        self._market = market
        self._are_bypassed = are_bypassed
        self._presets = options.presets
        self._cap = options.price_cap_percent

    def check(self, order: Order, instrument: Instrument) -> None:
        """Raises Refusal with 163, 109, 382 or 383 for an order that the presets forbid."""
        if order.override_percentage_constraints or self._are_bypassed():
            return
        size = self._presets.size
        if size is not None and (order.total_quantity or 0) > size:
            raise Refusal(*TOO_LARGE)
        market = quote_of(self._market, instrument).mark
        for price, too_far in _prices(order):
            distance = abs(price - market)
            percentage, ticks = self._presets.percentage, self._presets.ticks
            if percentage is not None and distance > market * percentage / 100:
                raise Refusal(*too_far)
            if ticks is not None and distance > ticks * instrument.minimum_tick * (1 + 1e-9):
                raise Refusal(*TOO_MANY_TICKS)

    def beyond_cap(self, order: Order, contract_id: int) -> str | None:
        """Why the order's limit gives away too much to the market; None when it doesn't."""
        if self._cap is None or order.order_type not in LIMITED or not order.limit_price:
            return None
        quote = self._market.quote(contract_id)
        is_buy = order.action == OrderAction.BUY
        price = quote.ask if is_buy else quote.bid
        given = order.limit_price - price if is_buy else price - order.limit_price
        return _BEYOND_CAP.format(price=price) if price > 0 and given > price * self._cap / 100 else None


def _prices(order: Order) -> list[tuple[float, tuple[int, str]]]:
    """The prices that a client sets, each with what is said when it is too far away."""
    prices: list[tuple[float, tuple[int, str]]] = []
    if order.order_type in LIMITED - TRAILING and order.limit_price:
        prices.append((order.limit_price, LIMIT_TOO_FAR))
    if order.order_type in WAITING - TRAILING and order.auxiliary_price:
        prices.append((order.auxiliary_price, STOP_TOO_FAR))
    return prices
