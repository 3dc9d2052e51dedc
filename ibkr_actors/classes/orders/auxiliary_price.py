"""What `Order.auxiliary_price` means, which differs from one order type to another."""

from __future__ import annotations

from typing import Final, NamedTuple

from ibkr_actors.classes.enum.order_type import OrderType


class Meaning(NamedTuple):
    """In a word, and whether it is a price (and not a distance from one)."""

    word: str
    is_price: bool


_STOP: Final = Meaning("stop", is_price=True)
_TOUCH: Final = Meaning("touch", is_price=True)
_TRAIL: Final = Meaning("by", is_price=False)
_OFFSET: Final = Meaning("offset", is_price=False)

AUXILIARY_PRICES: Final[dict[str, Meaning]] = {
    OrderType.STOP: _STOP,
    OrderType.STOP_LIMIT: _STOP,
    OrderType.STOP_WITH_PROTECTION: _STOP,
    OrderType.MARKET_IF_TOUCHED: _TOUCH,
    OrderType.LIMIT_IF_TOUCHED: _TOUCH,
    OrderType.TRAILING_STOP: _TRAIL,
    OrderType.TRAILING_STOP_LIMIT: _TRAIL,
    OrderType.RELATIVE: _OFFSET,
    OrderType.PASSIVE_RELATIVE: _OFFSET,
    OrderType.RELATIVE_AND_LIMIT: _OFFSET,
    OrderType.RELATIVE_AND_MARKET: _OFFSET,
    OrderType.PEGGED_TO_MARKET: _OFFSET,
    OrderType.PEGGED_TO_MIDPOINT: _OFFSET,
    OrderType.SNAP_TO_MARKET: _OFFSET,
    OrderType.SNAP_TO_MIDPOINT: _OFFSET,
    OrderType.SNAP_TO_PRIMARY: _OFFSET,
}
"""By order type; the others have no auxiliary price."""
