"""All declared messages, as tables by id and by name."""

from __future__ import annotations

from typing import Final

from ibkr_actors.base.messages import (
    accounts,
    accounts_multi,
    bridge_configuration,
    completed_orders,
    connection,
    contracts,
    depth,
    display_groups,
    executions,
    financial_advisors,
    fundamentals,
    historical_ticks,
    history,
    history_queries,
    market_data,
    news,
    options,
    orders,
    reference_data,
    scanners,
    tick_by_tick,
    verification,
    wall_street_horizon,
)
from ibkr_actors.base.messages.declaration import DECLARED, Message, Reply, Request

MODULES: Final = (
    connection,
    market_data,
    depth,
    tick_by_tick,
    contracts,
    reference_data,
    orders,
    completed_orders,
    executions,
    accounts,
    accounts_multi,
    history,
    history_queries,
    historical_ticks,
    options,
    news,
    wall_street_horizon,
    fundamentals,
    scanners,
    financial_advisors,
    display_groups,
    verification,
    bridge_configuration,
)
"""The modules that declare messages, in the order in which a reader would look for them."""


def _by_id(base: type[Message]) -> dict[int, type[Message]]:
    table: dict[int, type[Message]] = {}
    for struct in DECLARED:
        if not issubclass(struct, base):
            continue
        if struct.facts.id in table:
            raise TypeError(
                f"{struct.__name__} and {table[struct.facts.id].__name__} share the id {struct.facts.id}"
            )
        table[struct.facts.id] = struct
    return dict(sorted(table.items()))


REQUESTS: Final = _by_id(Request)
"""Messages from the client to the bridge, by base id."""

REPLIES: Final = _by_id(Reply)
"""Messages from the bridge to the client, by base id."""

STREAMED: Final = frozenset(
    part
    for request in REQUESTS.values()
    if request.facts.replies.stream
    for part in request.facts.replies.parts
)
"""Replies that come again and again until their request is cancelled."""
