"""Runs of text fields that several messages share: a contract as each kind of message spells it."""

from __future__ import annotations

from typing import Final

from ibkr_actors.wire.fields import at, each, equals, irregular, layout, optional, when
from ibkr_actors.wire.kinds import OPTIONAL_NUMBER
from ibkr_actors.wire.tags import TagValue, join_tags, split_tags

_IDENTITY: Final = layout("contract_id", "symbol", "security_type", "last_trade_date_or_contract_month")

CONTRACT_HEAD: Final = layout(_IDENTITY, "strike", "right", "multiplier")

SHORT_STRIKE: Final = at("strike", kind=OPTIONAL_NUMBER)
"""A strike as most answers spell it (recorded): 0 or 10 where positions and executions say 0.0 or 10.0."""

CONTRACT_HEAD_SHORT: Final = layout(_IDENTITY, SHORT_STRIKE, "right", "multiplier")
"""The same with a `SHORT_STRIKE`."""

CONTRACT_QUERY: Final = layout(
    CONTRACT_HEAD, "exchange", "primary_exchange", "currency", "local_symbol", "trading_class"
)
"""A contract in a request."""

CONTRACT_ANSWER: Final = layout(CONTRACT_HEAD, "exchange", "currency", "local_symbol", "trading_class")
"""A contract in an answer: without its primary exchange."""

COMBO_LEGS: Final = when(
    "security_type",
    equals("BAG"),
    each("combo_legs", "contract_id", "ratio", "action", "exchange"),
)
"""The legs of a combination where only its composition matters."""

FULL_LEG: Final = layout(
    "contract_id",
    "ratio",
    "action",
    "exchange",
    "open_close",
    "short_sale_slot",
    "designated_location",
    "exempt_code",
)
"""A leg of a combination in an order."""

DELTA_NEUTRAL: Final = optional("delta_neutral_contract", "contract_id", "delta", "price")


def _read_options(fields: list[str], place: int, _version: int) -> tuple[tuple[TagValue, ...], int]:
    counted = fields[place].isdigit()  # a pair has a `=`
    return split_tags(fields[place + counted]), place + counted + 1


def _write_options(options: tuple[TagValue, ...], _version: int) -> list[str]:
    return [join_tags(options)]


PERHAPS_COUNTED_OPTIONS: Final = irregular("options", _read_options, _write_options)
"""Options in one field. Older clients, and ib_async, send their number in front, in a field of its own."""
