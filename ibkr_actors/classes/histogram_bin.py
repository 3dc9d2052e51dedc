"""A bin of a histogram of prices."""

from __future__ import annotations

from typing import Annotated

from ibkr_actors.classes.value import FrozenValue
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.kinds import SIZE


class HistogramBin(FrozenValue, frozen=True, gc=False):
    """How much of a contract was traded at one price."""

    price: Annotated[float, Wire(1)] = 0.0
    """In the contract's currency."""
    size: Annotated[float, Wire(2, SIZE)] = 0.0
    """In units of the contract."""
