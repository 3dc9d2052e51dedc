"""The exchanges behind a consolidated quote."""

from __future__ import annotations

from typing import Annotated

from ibkr_actors.classes.value import FrozenValue
from ibkr_actors.wire.annotation import Wire


class SmartComponent(FrozenValue, frozen=True):
    """One exchange that takes part in a consolidated quote."""

    bit_number: Annotated[int, Wire(1)] = 0
    """Its bit where exchanges are given as a mask."""
    exchange: Annotated[str, Wire(2)] = ""
    exchange_letter: Annotated[str, Wire(3)] = ""
    """Its letter in ticks of bid, ask and last exchange."""
