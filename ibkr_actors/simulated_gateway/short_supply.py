"""The shares that can be borrowed to sell them short."""

from __future__ import annotations

import zlib
from decimal import Decimal
from typing import Final

from ibkr_actors.classes.enum.tick_type import TickType
from ibkr_actors.simulated_gateway.instrument import STOCK, Instrument

EASY: Final = 1000
"""With so many shares the bridge calls a stock shortable; with fewer they have to be located first."""
_LEAST, _MOST = 500_000, 90_000_000


class ShortSupply:
    """What is left to borrow of each stock, the same for all accounts.

    Without a word from a test it is a steady number of the instrument, more than any order here asks for. It is what
    generic tick 236 shows; sales do not use it up, for lenders fill it again.
    """

    def __init__(self) -> None:
        self._set: dict[int, Decimal] = {}

    def set(self, contract_id: int, shares: Decimal | int | None) -> None:
        """Let there be so many shares of a stock; None for the usual number. Raises ValueError below zero."""
        if shares is not None and shares < 0:
            raise ValueError(f"{shares} shares to borrow: give zero or more, or None for the usual number")
        if shares is None:
            self._set.pop(contract_id, None)
        else:
            self._set[contract_id] = Decimal(shares)

    def shares(self, instrument: Instrument) -> Decimal | None:
        """How many can be borrowed; None for what is no stock and needs no borrowing."""
        if instrument.security_type != STOCK:
            return None
        return self._set.get(instrument.contract_id, _usual(instrument))

    def difficulty(self, instrument: Instrument) -> float:
        """The value of tick 46: above 2.5 shortable, above 1.5 to be located, otherwise not to be had."""
        shares = self.shares(instrument) or 0
        return 3.0 if shares >= EASY else 2.0 if shares else 1.0


def _usual(instrument: Instrument) -> Decimal:
    seed = f"{instrument.contract_id} {TickType.SHORTABLE_SHARES.name}".encode()
    return Decimal(int(_LEAST + (_MOST - _LEAST) * zlib.crc32(seed) / 0xFFFFFFFF))
