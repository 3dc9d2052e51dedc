"""Market data: streams and snapshots of ticks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ibkr_actors.base.messages.market_data import (
    CancelMarketData,
    MarketDataRequest,
    MarketDataType,
    MarketDataTypeRequest,
    RerouteMarketData,
    TickRequestParameters,
    TickSnapshotEnd,
)
from ibkr_actors.base.server_versions import ODD_LOT_TICKS, VOLUME_IN_SHARES
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.market_data_type import MarketDataType as DataType
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.clients.shared_ticks import SharedTicks
from ibkr_actors.simulated_gateway.exchange.combos import combination
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue, Instrument
from ibkr_actors.simulated_gateway.instruments.instrument import COMBINATION
from ibkr_actors.simulated_gateway.market.data_rights import SHOWING_DELAYED, DataRights
from ibkr_actors.simulated_gateway.market.market import Market, Quote
from ibkr_actors.simulated_gateway.market.ticks import (
    TickValue,
    all_ticks,
    changed_ticks,
    computation_ticks,
    venue_ticks,
)
from ibkr_actors.simulated_gateway.refusals import Refusal, duplicate_ticker, invalid, unknown_ticker
from ibkr_actors.simulated_gateway.replies.combination_ticks import CombinationTicks
from ibkr_actors.simulated_gateway.replies.generic_ticks import (
    NO_DEFAULTS,
    changed_generic_ticks,
    check_generic_ticks,
    generic_ticks,
)
from ibkr_actors.simulated_gateway.replies.news_ticks import NewsTicks, wanted_providers
from ibkr_actors.simulated_gateway.replies.rerouting import check_live_data, reroute
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service

ODD_LOTS: Final = "787"
BBO_EXCHANGE: Final = "9c0001"
SNAPSHOT_PERMISSIONS: Final = 3
PRECISION: Final = 0.000001
SNAPSHOT_OF_GENERICS: Final = (
    414,
    "Snapshot market data subscription is not applicable to generic ticks.",
)


@dataclass(frozen=True, slots=True)
class _Stream:
    """One request that follows one contract."""

    client: Client
    request_id: int
    instrument: Instrument
    generics: frozenset[str]
    is_delayed: bool
    in_lots: bool
    """Volumes of stocks go to older clients in lots of 100."""

    def send(self, ticks: Sequence[TickValue]) -> None:
        """Send ticks under the request's id."""
        self.client.tell_ticks(SharedTicks(self.request_id, ticks, self.is_delayed, self.in_lots))


class MarketDataReplies(Service):
    """Streams ticks to whoever asked, and answers snapshots at once.

    Responsible for: the streams of all clients, the type of data that each client has chosen, what changed since the
    last look at a contract.
    Not responsible for: where quotes come from. Delayed data are the live quotes under their delayed tick types.
    """

    def __init__(self, catalogue: Catalogue, market: Market, news: NewsTicks, rights: DataRights) -> None:
        self._catalogue = catalogue
        self._rights = rights
        self._market = market
        self._news = news
        self._combinations = CombinationTicks(market)
        self._streams: dict[tuple[Client, int], _Stream] = {}
        self._followers: defaultdict[int, dict[tuple[Client, int], _Stream]] = defaultdict(dict)
        self._seen: dict[int, Quote] = {}
        self._types: dict[Client, DataType] = {}

    def handlers(self) -> Handlers:
        """Market data, its cancellation, its type."""
        return {
            MarketDataRequest: self._subscribe,
            CancelMarketData: self._cancel,
            MarketDataTypeRequest: self._choose_type,
        }

    def watched(self) -> Iterable[int]:
        """Every contract that someone follows."""
        return [*self._followers, *self._combinations.legs()]

    def forget(self, client: Client) -> None:
        """End the streams of a client."""
        for key in [key for key in self._streams if key[0] is client]:
            self._end(key)
        self._types.pop(client, None)

    def quotes_changed(self, changed: Mapping[int, Quote]) -> None:
        """Send what changed to those who follow it."""
        for contract_id in self._followers.keys() & changed.keys():
            self._send_changes(contract_id, changed[contract_id])
        self._combinations.quotes_changed(changed.keys())

    def _send_changes(self, contract_id: int, quote: Quote) -> None:
        before, self._seen[contract_id] = self._seen[contract_id], quote
        ticks = changed_ticks(quote, before)
        ticks += computation_ticks(self._market.option_values(contract_id))
        for stream in self._followers[contract_id].values():
            if stream.generics:
                stream.send(
                    [
                        *(() if NO_DEFAULTS in stream.generics else ticks),
                        *changed_generic_ticks(stream.instrument, stream.generics, quote, before),
                    ]
                )
            else:
                stream.send(ticks)

    def advance(self, now: float) -> None:
        """Send the headlines that came out."""
        self._news.advance(now)

    # ----------------------------------------------------------------------------------------------------- requests

    def _choose_type(self, client: Client, request: MarketDataTypeRequest) -> None:
        if request.market_data_type not in tuple(DataType):
            raise invalid(f"Invalid market data type: {request.market_data_type}")
        self._types[client] = DataType(request.market_data_type)

    def _subscribe(self, client: Client, request: MarketDataRequest) -> None:
        key = client, request.request_id
        if key in self._streams:
            raise duplicate_ticker()
        if request.snapshot and request.generic_ticks:
            raise Refusal(*SNAPSHOT_OF_GENERICS)
        instrument = self._instrument_of(request.contract)
        check_live_data(instrument)
        if reroute(client, request.request_id, instrument, RerouteMarketData):
            return
        stream = self._stream_of(client, request, instrument)
        check_generic_ticks(instrument, stream.generics)
        providers = wanted_providers(stream.generics)
        self._check_rights(stream)
        is_snapshot = request.snapshot or request.regulatory_snapshot
        self._begin(stream, is_snapshot=is_snapshot)
        if is_snapshot:
            client.tell(TickSnapshotEnd(request.request_id))
            return
        self._streams[key] = stream
        if instrument.legs:
            self._combinations.follow(key, instrument, stream.send)
            return
        contract_id = instrument.contract_id
        self._followers[contract_id][key] = stream
        self._seen.setdefault(contract_id, self._market.quote(contract_id))
        self._news.follow(client, request.request_id, stream.instrument, providers)

    def _instrument_of(self, contract: Contract) -> Instrument:
        if contract.security_type == COMBINATION:
            return combination(self._catalogue, contract)
        return self._catalogue.identify(contract)

    def _stream_of(self, client: Client, request: MarketDataRequest, instrument: Instrument) -> _Stream:
        return _Stream(
            client,
            request.request_id,
            instrument,
            _known_to(client, str(request.generic_ticks)),
            is_delayed=self._types.get(client) in (DataType.DELAYED, DataType.DELAYED_FROZEN),
            in_lots=instrument.security_type == "STK" and client.server_version < VOLUME_IN_SHARES,
        )

    def _check_rights(self, stream: _Stream) -> None:
        """Raises Refusal for what the login may not see, behind the facts of the stream, as recorded."""
        try:
            late = [
                self._rights.check_ticks(one, delayed=stream.is_delayed) for one in self._priced_by(stream)
            ]
            if any(late):
                stream.client.notice(stream.request_id, *SHOWING_DELAYED)
        except Refusal:
            stream.client.tell(_parameters(stream))
            raise

    def _priced_by(self, stream: _Stream) -> list[Instrument]:
        """The instruments whose prices are shown: the legs of a combination."""
        instrument = stream.instrument
        return [self._catalogue[number] for number, _ in instrument.legs] or [instrument]

    def _begin(self, stream: _Stream, *, is_snapshot: bool) -> None:
        """The type of the data, the facts of the stream, one round of ticks. A snapshot of nothing has no type."""
        ticks = [] if is_snapshot and self._has_nothing(stream) else self._first_round(stream)
        if ticks or not is_snapshot:
            # Frozen data are what is there while the market is closed; this one has live data all the time.
            kind = self._types[stream.client] if stream.is_delayed else DataType.LIVE
            stream.client.tell(MarketDataType(stream.request_id, kind))
        stream.client.tell(_parameters(stream))
        stream.send(ticks)

    def _has_nothing(self, stream: _Stream) -> bool:
        instrument = stream.instrument
        return not instrument.legs and self._market.quote(instrument.contract_id).is_empty

    def _first_round(self, stream: _Stream) -> list[TickValue]:
        instrument = stream.instrument
        if instrument.legs:
            return all_ticks(self._combinations.quote(instrument))
        quote = self._market.quote(instrument.contract_id)
        ticks = [*all_ticks(quote), *venue_ticks(instrument.primary_exchange or instrument.exchange)]
        ticks += computation_ticks(self._market.option_values(instrument.contract_id))
        generics = generic_ticks(instrument, stream.generics, quote)
        return [*(() if NO_DEFAULTS in stream.generics else ticks), *generics]

    def _cancel(self, client: Client, request: CancelMarketData) -> None:
        key = client, request.request_id
        if key not in self._streams:
            raise unknown_ticker(request.request_id)
        self._end(key)

    def _end(self, key: tuple[Client, int]) -> None:
        instrument = self._streams.pop(key).instrument
        self._news.end(*key)
        if instrument.legs:
            self._combinations.end(key)
            return
        contract_id = instrument.contract_id
        del self._followers[contract_id][key]
        if not self._followers[contract_id]:
            del self._followers[contract_id], self._seen[contract_id]


def _known_to(client: Client, generic_ticks: str) -> frozenset[str]:
    """The names in a list of generic ticks, without those whose ticks are newer than the client's version."""
    names = frozenset(filter(None, (name.strip() for name in generic_ticks.split(","))))
    return names if client.server_version >= ODD_LOT_TICKS else names - {ODD_LOTS}


def _parameters(stream: _Stream) -> TickRequestParameters:
    return TickRequestParameters(
        stream.request_id,
        stream.instrument.minimum_tick,
        BBO_EXCHANGE if stream.instrument.security_type == "STK" else "",
        SNAPSHOT_PERMISSIONS,
        PRECISION,
        PRECISION,
    )
