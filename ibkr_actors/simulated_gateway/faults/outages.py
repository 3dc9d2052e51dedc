"""Effects that stop the flow: of everything, of one farm, of market data, of one connection."""

from __future__ import annotations

from math import inf
from typing import Final

from ibkr_actors.base.messages.connection import (
    CurrentTimeInMillisecondsRequest,
    CurrentTimeRequest,
    IdsRequest,
    ManagedAccountsRequest,
    Notice,
    SetServerLogLevelRequest,
    StartApiRequest,
)
from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.messages.declaration import Message, Reply
from ibkr_actors.base.messages.historical_ticks import HistoricalTicksRequest
from ibkr_actors.base.messages.history import HistoricalDataRequest
from ibkr_actors.base.messages.history_queries import HeadTimestampRequest, HistogramDataRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest, TickSnapshotEnd
from ibkr_actors.base.messages.options import OptionChainsRequest
from ibkr_actors.base.messages.reference_data import MatchingSymbolsRequest
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.faults.effect import Effect, Layer, notice, tell_all
from ibkr_actors.simulated_gateway.faults.market_data import ASK_FOR_THEM, Withheld, goes_on
from ibkr_actors.simulated_gateway.refusals import Refusal, historical
from ibkr_actors.simulated_gateway.replies import farms

LOST: Final = (1100, "Connectivity between IB and Trader Workstation has been lost.")
DATA_LOST: Final = (1101, "Connectivity between IB and Trader Workstation has been restored - data lost.")
DATA_MAINTAINED: Final = (
    1102,
    "Connectivity between IB and Trader Workstation has been restored - data maintained. "
    f"All data farms are connected: {'; '.join(farms.FARMS)}.",
)
STILL_BROKEN: Final = (
    2110,
    "Connectivity between Trader Workstation and server is broken. It will be restored automatically.",
)
COMPETING: Final = (10197, "No market data during competing live session")
LIVE_UPDATES_FAILED: Final = (10182, "Failed to request live updates (disconnected).")
HISTORY_DISCONNECTED: Final = "HMDS server disconnect occurred.  Attempting reconnection..."

_ANSWERED_HERE: Final = (
    StartApiRequest,
    ManagedAccountsRequest,
    IdsRequest,
    CurrentTimeRequest,
    CurrentTimeInMillisecondsRequest,
    SetServerLogLevelRequest,
)
"""What a gateway answers by itself, without its servers."""
_OF_HISTORY: Final = (
    HistoricalDataRequest,
    HistoricalTicksRequest,
    HeadTimestampRequest,
    HistogramDataRequest,
)
_OF_DEFINITIONS: Final = (
    ContractDataRequest,
    MatchingSymbolsRequest,
    OptionChainsRequest,
)


class Outage(Effect):
    """The gateway has lost its servers.

    Market data stop. Everything else that happens meanwhile is told when the servers are back, and requests wait until
    then, but for those that a gateway answers by itself. Who connects meanwhile is told of the broken farms.
    """

    def __init__(self, until: float, *, loses_data: bool) -> None:
        super().__init__(until)
        self._loses_data = loses_data
        self._withheld = Withheld()
        self._requests: list[tuple[Client, Message]] = []
        self._replies: list[tuple[Client, list[Reply]]] = []

    def begin(self, layer: Layer, now: float) -> None:
        """1100, and every farm is broken."""
        tell_all(layer, now, [LOST, *(farm.lost(name) for name, farm in farms.FARMS.items())])

    def takes(self, layer: Layer, client: Client, request: Message, now: float) -> bool:
        """What the servers would have to answer waits."""
        if isinstance(request, _ANSWERED_HERE):
            return False
        self._requests.append((client, request))
        return True

    def outgoing(self, client: Client, replies: list[Reply], cause: Message | None) -> list[Reply]:
        """Only answers that need no server go out."""
        if isinstance(cause, StartApiRequest):
            return _welcome_without_farms(replies)
        if isinstance(cause, _ANSWERED_HERE):
            return replies
        left = self._withheld.take(client, replies)
        if left:
            self._replies.append((client, left))
        return []

    def end(self, layer: Layer, now: float) -> None:
        """Farms, then 1101 or 1102, then what was held back."""
        if self._loses_data:
            self._lose_data(layer, now)
        tell_all(layer, now, [farm.fine(name) for name, farm in farms.FARMS.items()])
        tell_all(layer, now, [DATA_LOST if self._loses_data else DATA_MAINTAINED])
        self._withheld.release(layer)
        for client, replies in self._replies:
            layer.tell(client, replies)
        for client, request in self._requests:
            layer.serve(client, request)

    def _lose_data(self, layer: Layer, now: float) -> None:
        for client in layer.clients():
            for request_id, request in layer.streams(client).items():
                if isinstance(request, HistoricalDataRequest):
                    layer.tell(client, [notice(now, *LIVE_UPDATES_FAILED, request_id)])
        layer.lose_streams()

    def forget(self, client: Client) -> None:
        """See `Effect`."""
        self._withheld.forget(client)
        self._requests = [held for held in self._requests if held[0] is not client]
        self._replies = [held for held in self._replies if held[0] is not client]


def _welcome_without_farms(replies: list[Reply]) -> list[Reply]:
    """What who connects during an outage is told in place of the farms that are connected."""
    fine = {farm.fine(name): farm.lost(name) for name, farm in farms.FARMS.items()}
    told: list[Reply] = []
    for reply in replies:
        lost = fine.get((reply.code, reply.text)) if isinstance(reply, Notice) else None
        told.append(reply if lost is None else Notice(-1, reply.time, *lost))  # type: ignore[attr-defined]
    time = next((reply.time for reply in replies if isinstance(reply, Notice)), None)
    return [*told, Notice(-1, time, *STILL_BROKEN)]


class FarmOutage(Effect):
    """One farm is not connected: what it serves stops, or is refused, or waits."""

    def __init__(self, until: float, farm: str) -> None:
        super().__init__(until)
        self._farm = farm
        self._kind = farms.FARMS[farm]
        self._withheld = Withheld()
        self._requests: list[tuple[Client, Message]] = []
        self._layer: Layer

    def begin(self, layer: Layer, now: float) -> None:
        """The farm is broken."""
        self._layer = layer
        tell_all(layer, now, [self._kind.lost(self._farm)])

    def takes(self, layer: Layer, client: Client, request: Message, now: float) -> bool:
        """Requests for history are refused, those for definitions wait."""
        if self._kind is farms.HISTORY and isinstance(request, _OF_HISTORY):
            refusal = historical(HISTORY_DISCONNECTED)
            layer.tell(client, [notice(now, refusal.code, refusal.text, request.request_id)])
            return True
        if self._kind is farms.DEFINITIONS and isinstance(request, _OF_DEFINITIONS):
            self._requests.append((client, request))
            return True
        return False

    def outgoing(self, client: Client, replies: list[Reply], cause: Message | None) -> list[Reply]:
        """Ticks of its instruments stop."""
        if isinstance(cause, StartApiRequest):
            return _in_place_of(replies, self._kind.fine(self._farm), self._kind.lost(self._farm))
        if self._kind is not farms.MARKET_DATA:
            return replies
        streams = dict(self._layer.streams(client))
        if goes_on(cause) or isinstance(cause, MarketDataRequest):
            streams[cause.request_id] = cause
        return self._withheld.take(client, replies, lambda request_id: self._serves(streams.get(request_id)))

    def _serves(self, request: Message | None) -> bool:
        return serves_ticks(self._layer, self._farm, request)

    def end(self, layer: Layer, now: float) -> None:
        """The farm is connected again; it goes on where the market is."""
        tell_all(layer, now, farms.connected(self._farm))
        self._withheld.release(layer)
        for client, request in self._requests:
            layer.serve(client, request)

    def forget(self, client: Client) -> None:
        """See `Effect`."""
        self._withheld.forget(client)
        self._requests = [held for held in self._requests if held[0] is not client]


class IdleFarm(Effect):
    """One farm is not connected, for nobody has needed it; the first request that does wakes it, and is served."""

    def __init__(self, farm: str) -> None:
        super().__init__()
        self._farm = farm
        self._kind = farms.FARMS[farm]
        self._sleeps = True

    def begin(self, layer: Layer, now: float) -> None:
        """The farm is inactive; streams that it serves wake it at once."""
        tell_all(layer, now, [self._kind.idle(self._farm)])
        for client in layer.clients():
            for request in layer.streams(client).values():
                self.takes(layer, client, request, now)

    def takes(self, layer: Layer, client: Client, request: Message, now: float) -> bool:
        """Nothing is kept back: what needs the farm finds it connected."""
        if self._sleeps and self._is_needed_for(layer, request):
            self._wake(layer, now)
        return False

    def _is_needed_for(self, layer: Layer, request: Message) -> bool:
        if self._kind is farms.HISTORY:
            return isinstance(request, _OF_HISTORY)
        return isinstance(request, ASK_FOR_THEM) and serves_ticks(layer, self._farm, request)

    def _wake(self, layer: Layer, now: float) -> None:
        self._sleeps, self.until = False, -inf
        tell_all(layer, now, farms.connected(self._farm))

    def outgoing(self, client: Client, replies: list[Reply], cause: Message | None) -> list[Reply]:
        """Who connects meanwhile is told that it is inactive."""
        if not (self._sleeps and isinstance(cause, StartApiRequest)):
            return replies
        return _in_place_of(replies, self._kind.fine(self._farm), self._kind.idle(self._farm))

    def end(self, layer: Layer, now: float) -> None:
        """It is connected at the latest when faults end."""
        if self._sleeps:
            self._wake(layer, now)


def serves_ticks(layer: Layer, farm: str, request: Message | None) -> bool:
    """Whether the ticks that a request asks for come from a farm."""
    contract = getattr(request, "contract", None)
    if contract is None or isinstance(request, HistoricalDataRequest):
        return False
    try:
        return farms.farm_of(layer.gateway.catalogue.identify(contract)) == farm
    except Refusal:
        return False


def _in_place_of(replies: list[Reply], fine: farms.Notice, other: farms.Notice) -> list[Reply]:
    """Replies that say something else of a farm than that it is connected."""
    return [
        Notice(-1, reply.time, *other)
        if isinstance(reply, Notice) and (reply.code, reply.text) == fine
        else reply
        for reply in replies
    ]


class CompetingSession(Effect):
    """The same user trades elsewhere, and has the market data there: 10197 for each request, and silence."""

    def __init__(self, until: float) -> None:
        super().__init__(until)
        self._withheld = Withheld()

    def begin(self, layer: Layer, now: float) -> None:
        """Every stream is told."""
        for client in layer.clients():
            layer.tell(client, [notice(now, *COMPETING, request_id) for request_id in layer.streams(client)])

    def outgoing(self, client: Client, replies: list[Reply], cause: Message | None) -> list[Reply]:
        """No market data; a new request is told why."""
        left = self._withheld.take(client, replies)
        if goes_on(cause) or isinstance(cause, MarketDataRequest):
            # The error is the end of a snapshot.
            left = [reply for reply in left if not isinstance(reply, TickSnapshotEnd)]
            left.append(notice(client.now, *COMPETING, cause.request_id))
        return left

    def end(self, layer: Layer, now: float) -> None:
        """Data flow again, from where the market is."""
        self._withheld.release(layer)

    def forget(self, client: Client) -> None:
        """See `Effect`."""
        self._withheld.forget(client)


class HalfOpen(Effect):
    """Connections that stay open and on which nothing travels any more, as behind a router that forgot them."""

    nearness = 3

    def __init__(self, clients: list[Client], until: float = inf) -> None:
        super().__init__(until)
        self._clients = list(clients)

    def takes(self, layer: Layer, client: Client, request: Message, now: float) -> bool:
        """Nothing arrives."""
        return client in self._clients

    def outgoing(self, client: Client, replies: list[Reply], cause: Message | None) -> list[Reply]:
        """Nothing leaves."""
        return [] if client in self._clients else replies

    def forget(self, client: Client) -> None:
        """See `Effect`."""
        if client in self._clients:
            self._clients.remove(client)
        if not self._clients:
            self.until = -inf
