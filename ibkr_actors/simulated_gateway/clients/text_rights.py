"""The right of contracts that are no options: text frames have a word for it, which clients have to cope with."""

from __future__ import annotations

from typing import Final

from msgspec import structs

from ibkr_actors.base.messages.accounts import PortfolioValue
from ibkr_actors.base.messages.completed_orders import CompletedOrder
from ibkr_actors.base.messages.declaration import Message, Reply
from ibkr_actors.base.messages.orders import OpenOrder

NO_RIGHT: Final[dict[type[Message], str]] = {PortfolioValue: "0", OpenOrder: "?", CompletedOrder: "?"}
"""What real gateways put there; in all other messages, and in protobuf, it stays empty."""


def with_right_of_text(message: Reply, server_version: int) -> Reply:
    """The message as a client of that version gets it: itself, or a copy whose contract names the right."""
    no_right = NO_RIGHT.get(type(message))
    if no_right is None or server_version >= message.facts.protobuf_since:
        return message
    contract = message.contract  # type: ignore[attr-defined]  # all three have one
    if contract.right:
        return message
    return structs.replace(message, contract=structs.replace(contract, right=no_right))
