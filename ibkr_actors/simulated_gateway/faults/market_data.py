"""Market data as faults see them: which requests ask for them, which messages carry them, and how they are withheld."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias, TypeGuard

from ibkr_actors.base.messages.catalog import REQUESTS
from ibkr_actors.base.messages.declaration import (
    LOST_WITH_MARKET_DATA,
    IdentifiedRequest,
    Message,
    Reply,
    Request,
)
from ibkr_actors.base.messages.depth import MarketDepth, MarketDepthL2, RerouteMarketDepth
from ibkr_actors.base.messages.history import HistoricalDataRequest, HistoricalDataUpdate
from ibkr_actors.base.messages.market_data import (
    MarketDataType,
    RerouteMarketData,
    Tick,
    TickRequestParameters,
    TickSnapshotEnd,
)
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.faults.effect import Layer

ASK_FOR_THEM: Final[tuple[type[Request], ...]] = (
    *(
        request
        for request in REQUESTS.values()
        if issubclass(request, Request) and request.facts.replies.also_ended_by == LOST_WITH_MARKET_DATA
    ),
    HistoricalDataRequest,
)
"""The requests that are dead when the bridge has lost its market data. Bars count while they are kept up to date."""

CARRY_THEM: Final = (
    frozenset(
        part
        for request in ASK_FOR_THEM
        if request is not HistoricalDataRequest
        for part in request.facts.replies.every_type()
    )
    | {HistoricalDataUpdate}
) - {TickRequestParameters, TickSnapshotEnd, RerouteMarketData, RerouteMarketDepth}
"""The messages that bring data, not those by which a gateway answers for itself. The type of data comes with them."""

_BOOK: Final = (MarketDepth, MarketDepthL2)

Key: TypeAlias = tuple[Any, ...]


def goes_on(request: Message | None) -> TypeGuard[IdentifiedRequest]:
    """Whether a request asks for market data that go on until it is cancelled."""
    return isinstance(request, ASK_FOR_THEM) and request.facts.replies.keeps_on(request)


class Withheld:
    """Market data that don't reach a client for a while.

    Responsible for: the newest value of everything, for the moment when data flow again; all changes of books, for
    none of them may be left out. What is a moment's (bars of five seconds, ticks by ticks) is lost.
    """

    def __init__(self) -> None:
        self._newest: dict[Key, tuple[Client, Reply]] = {}

    def take(
        self, client: Client, replies: Iterable[Reply], fits: Callable[[int], bool] = lambda _: True
    ) -> list[Reply]:
        """Keep back the market data of the requests that fit; returns what is to be sent."""
        left: list[Reply] = []
        for reply in replies:
            if type(reply) in CARRY_THEM and fits(reply.request_id):  # type: ignore[attr-defined]
                self._keep(client, reply)
            else:
                left.append(reply)
        return left

    def _keep(self, client: Client, reply: Any) -> None:
        key: Key
        if isinstance(reply, Tick):
            key = (client, reply.request_id, reply.tick_type, type(reply))
        elif isinstance(reply, _BOOK):
            key = (client, reply.request_id, len(self._newest))
        elif isinstance(reply, MarketDataType | HistoricalDataUpdate):
            key = (client, reply.request_id, type(reply))
        else:
            return
        self._newest.pop(key, None)  # the newest of all is told last
        self._newest[key] = (client, reply)

    def release(self, layer: Layer) -> None:
        """Send what is still wanted."""
        waiting, self._newest = self._newest, {}
        for client, reply in waiting.values():
            if reply.request_id in layer.streams(client):  # type: ignore[attr-defined]
                layer.tell(client, [reply])

    def forget(self, client: Client) -> None:
        """A client is gone."""
        self._newest = {key: value for key, value in self._newest.items() if key[0] is not client}
