"""How many orders are kept of those that have ended."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Final, Protocol, TypeVar

MOST_ENDED: Final = 10_000
"""Orders that are kept; beyond it those that have ended are forgotten, the oldest first. One that works never is."""


class Ending(Protocol):
    """An order that ends some time."""

    @property
    def ended(self) -> bool:
        """Nothing more will happen to it."""
        ...


Key = TypeVar("Key")
Kept = TypeVar("Kept", bound=Ending)


def forget_oldest_ended(orders: MutableMapping[Key, Kept], most: int = MOST_ENDED) -> None:
    """Called with each order that is added, the newest last."""
    if len(orders) <= most:
        return
    oldest = next((key for key, order in orders.items() if order.ended), None)
    if oldest is not None:
        del orders[oldest]
