"""The smallest change of a price, by how high the price is."""

from __future__ import annotations

from typing import Annotated

from ibkr_actors.classes.value import FrozenValue
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.kinds import NUMBER


class PriceIncrement(FrozenValue, frozen=True):
    """One step of a market rule."""

    low_edge: Annotated[float, Wire(1, NUMBER)] = 0.0
    """The price from which the increment holds, up to the next step's."""
    increment: Annotated[float, Wire(2, NUMBER)] = 0.0
    """Prices of orders are multiples of it."""
