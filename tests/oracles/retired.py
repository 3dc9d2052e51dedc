"""What the vendor's current client no longer has, so that another oracle judges it."""

from __future__ import annotations

from typing import Final

from ibkr_actors.base.messages import fundamentals
from ibkr_actors.base.messages.declaration import Message

_FUNDAMENTALS: Final = "taken out of the vendor's client with 10.47; `test_fundamentals` has another oracle"

RETIRED: Final[dict[type[Message], str]] = {
    fundamentals.FundamentalDataRequest: _FUNDAMENTALS,
    fundamentals.CancelFundamentalData: _FUNDAMENTALS,
    fundamentals.FundamentalData: _FUNDAMENTALS,
}
"""The messages, with the reason."""
