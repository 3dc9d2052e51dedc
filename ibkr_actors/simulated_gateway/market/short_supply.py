"""The shares that can be borrowed to sell them short, the same for all accounts.

A test sets their number as a part of the quote. Sales do not use them up, for lenders fill them again.
"""

from __future__ import annotations

import zlib
from typing import Final

from ibkr_actors.classes.enum.tick_type import TickType
from ibkr_actors.simulated_gateway.instruments.instrument import STOCK, Instrument

EASY: Final = 1000
"""With so many shares the bridge calls a stock shortable; with fewer they have to be located first."""
_LEAST, _MOST = 500_000, 90_000_000


def usual_supply(instrument: Instrument) -> float | None:
    """A steady number of the instrument, more than most orders ask for; None for what needs no borrowing."""
    if instrument.security_type != STOCK:
        return None
    seed = f"{instrument.contract_id} {TickType.SHORTABLE_SHARES.name}".encode()
    return float(int(_LEAST + (_MOST - _LEAST) * zlib.crc32(seed) / 0xFFFFFFFF))


def difficulty(shares: float) -> float:
    """The value of tick 46: above 2.5 shortable, above 1.5 to be located, otherwise not to be had."""
    return 3.0 if shares >= EASY else 2.0 if shares else 1.0
