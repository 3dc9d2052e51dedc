"""The order types that the gateway knows, sorted by how they behave. One declaration; everything else asks it."""

from __future__ import annotations

from typing import Final

from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.time_in_force import TimeInForce

TRAILING: Final = frozenset((OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT))
STOPS: Final = TRAILING | {OrderType.STOP, OrderType.STOP_LIMIT, OrderType.STOP_WITH_PROTECTION}
"""Elected when the market moves against them."""
TOUCHED: Final = frozenset((OrderType.MARKET_IF_TOUCHED, OrderType.LIMIT_IF_TOUCHED))
"""Elected when the market moves their way."""
WAITING: Final = STOPS | TOUCHED

ON_CLOSE: Final = frozenset((OrderType.MARKET_ON_CLOSE, OrderType.LIMIT_ON_CLOSE))
"""They take part in the closing auction only."""
IN_OPENING: Final = frozenset((TimeInForce.AT_THE_OPENING, TimeInForce.AUCTION))
"""Times in force that mean the opening auction."""
OPENING_TYPES: Final = frozenset((OrderType.MARKET, OrderType.LIMIT, OrderType.MARKET_TO_LIMIT))
"""Types that the opening auction takes."""

LIMITED: Final = frozenset(
    (
        OrderType.LIMIT,
        OrderType.STOP_LIMIT,
        OrderType.TRAILING_STOP_LIMIT,
        OrderType.LIMIT_IF_TOUCHED,
        OrderType.LIMIT_ON_CLOSE,
        OrderType.LIMIT_AND_MARKET,
    )
)
"""They need a limit price."""
TAKING: Final = frozenset(
    (OrderType.MARKET, OrderType.TRAILING_STOP, OrderType.STOP, OrderType.MARKET_IF_TOUCHED)
)
"""They take the market's price, once nothing holds them any more."""
PROTECTED: Final = frozenset((OrderType.MARKET_WITH_PROTECTION, OrderType.STOP_WITH_PROTECTION))
"""They take the market's price as far as a limit that the gateway sets when they begin."""
SETTLING: Final = frozenset((OrderType.MARKET_TO_LIMIT, OrderType.BOX_TOP))
"""They take the market's price, and what is left becomes a limit order at the price of the first fill."""
SNAPPED: Final = frozenset((OrderType.SNAP_TO_MARKET, OrderType.SNAP_TO_MIDPOINT, OrderType.SNAP_TO_PRIMARY))
"""Limit orders whose price the gateway takes from the market when they begin."""
OFFSET: Final = SNAPPED | {
    OrderType.RELATIVE,
    OrderType.PASSIVE_RELATIVE,
    OrderType.PEGGED_TO_MARKET,
    OrderType.PEGGED_TO_MIDPOINT,
}
"""Their auxiliary price is a distance from the quote."""
REFERRED: Final = frozenset((OrderType.PEGGED_TO_BENCHMARK, OrderType.PEGGED_TO_STOCK, OrderType.VOLATILITY))
"""Their price moves with another contract's."""
RELATIVE_COMBINATIONS: Final = frozenset((OrderType.RELATIVE_AND_MARKET, OrderType.RELATIVE_AND_LIMIT))
"""Their price follows the quote of the combination; then the other leg goes at the market, or within the limit."""
PEGGED: Final = OFFSET | REFERRED | RELATIVE_COMBINATIONS | {OrderType.PEGGED_TO_BEST, OrderType.MIDPRICE}
"""Their price is the gateway's to make; a limit price of the client is as far as it goes."""

LAST_LEG_AT_MARKET: Final = frozenset((OrderType.LIMIT_AND_MARKET, OrderType.RELATIVE_AND_MARKET))
LEG_BY_LEG: Final = RELATIVE_COMBINATIONS | LAST_LEG_AT_MARKET
"""They are never guaranteed."""

KNOWN: Final = WAITING | ON_CLOSE | LIMITED | TAKING | PROTECTED | SETTLING | PEGGED
"""What the gateway works for single contracts."""
OF_OPTIONS: Final = frozenset((OrderType.PEGGED_TO_STOCK, OrderType.VOLATILITY, OrderType.BOX_TOP))
OF_COMBINATIONS: Final = LEG_BY_LEG | {OrderType.MARKET, OrderType.LIMIT}
