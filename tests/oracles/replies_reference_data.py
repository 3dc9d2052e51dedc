"""The vendor's callbacks for searches, market rules, exchanges, tiers and families."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ibkr_actors.base.messages import reference_data
from ibkr_actors.base.messages.declaration import Message
from tests.oracles.oddity import Oddity, nothing_read

CALLBACKS: Final[dict[type[Message], Callable[[Any], list[tuple[str, tuple[Any, ...]]]]]] = {
    reference_data.SymbolSamples: lambda reply: [
        ("symbolSamples", (reply.request_id, reply.contract_descriptions))
    ],
    reference_data.MarketRule: lambda reply: [("marketRule", (reply.market_rule_id, reply.price_increments))],
    reference_data.SmartComponents: lambda reply: [
        ("smartComponents", (reply.request_id, reply.smart_components))
    ],
    reference_data.SoftDollarTiers: lambda reply: [("softDollarTiers", (reply.request_id, reply.tiers))],
    reference_data.FamilyCodes: lambda reply: [("familyCodes", (reply.family_codes,))],
}


def _by_bit(components: Any, theirs: Any) -> bool:
    return isinstance(theirs, dict) and theirs == {
        component.bit_number: [component.exchange, component.exchange_letter or " "]
        for component in components
    }


ODDITIES: Final = (
    Oddity(
        r"smartComponents\[1\]\.",
        _by_bit,
        "from protobuf bodies it makes a dictionary by bit, with a blank for no letter, where text gives a list",
    ),
    Oddity(
        r"symbolSamples\[1\]\.\[\d+\]\.contract\.(include_expired|security_id_type|security_id)",
        nothing_read,
        "its decoder of contracts skips what only requests carry",
    ),
)
