"""Bars: of history, kept up to date when asked, and of the running market every five seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from msgspec import structs

from ibkr_actors.base.messages.history import (
    CancelHistoricalData,
    CancelRealTimeBars,
    HistoricalData,
    HistoricalDataEnd,
    HistoricalDataRequest,
    HistoricalDataUpdate,
    RealTimeBar,
    RealTimeBarsRequest,
)
from ibkr_actors.base.server_versions import HISTORICAL_SCHEDULE, ZONES_IN_BARS
from ibkr_actors.classes.bar import Bar
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue
from ibkr_actors.simulated_gateway.market.bar_queries import check_end
from ibkr_actors.simulated_gateway.market.data_rights import DataRights
from ibkr_actors.simulated_gateway.market.history import BarQuery, History
from ibkr_actors.simulated_gateway.market.schedules import SCHEDULE, schedule_of
from ibkr_actors.simulated_gateway.refusals import Refusal, duplicate_ticker, historical, unknown_ticker
from ibkr_actors.simulated_gateway.replies.rerouting import check_live_data
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service
from ibkr_actors.simulated_gateway.replies.zones import warn_of_zone

SECONDS_A_BAR: Final = 5
UPDATE_INTERVAL: Final = 1.0
"""So often bars that are kept up to date are looked at: those that have ended are told as they ended."""
DUPLICATE_QUERY: Final = (386, "Duplicate ticker ID for API historical data query.")


@dataclass(slots=True)
class _KeptUp:
    """A request for bars that goes on."""

    query: BarQuery
    told: Bar | None
    """The newest bar, as it was told last."""
    looked_at: float
    """When that was, in the market's time."""


@dataclass(slots=True)
class _RealTime:
    """A subscription to five-second bars."""

    request: RealTimeBarsRequest
    contract_id: int
    due: int
    """Start of the next bar to be told, epoch seconds."""


class HistoryReplies(Service):
    """Answers requests for bars, and goes on with those that are to be kept up to date."""

    def __init__(self, catalogue: Catalogue, history: History, rights: DataRights) -> None:
        self._catalogue = catalogue
        self._rights = rights
        self._history = history
        self._kept: dict[tuple[Client, int], _KeptUp] = {}
        self._real_time: dict[tuple[Client, int], _RealTime] = {}
        self._next_update = 0.0

    def handlers(self) -> Handlers:
        """Historical bars and real-time bars."""
        return {
            HistoricalDataRequest: self._send_bars,
            CancelHistoricalData: self._cancel_bars,
            RealTimeBarsRequest: self._subscribe,
            CancelRealTimeBars: self._cancel_real_time,
        }

    def watched(self) -> Iterable[int]:
        """The contracts of bars that go on."""
        yield from (kept.query.contract_id for kept in self._kept.values())
        yield from (bar.contract_id for bar in self._real_time.values())

    def forget(self, client: Client) -> None:
        """End what goes on for a client."""
        self._kept = {key: value for key, value in self._kept.items() if key[0] is not client}
        self._real_time = {key: value for key, value in self._real_time.items() if key[0] is not client}

    def advance(self, now: float) -> None:
        """Tell the bars that changed and those that are complete."""
        if now >= self._next_update and self._kept:
            self._next_update = now + UPDATE_INTERVAL
            for (client, request_id), kept in self._kept.items():
                self._update(client, request_id, kept)
        for (client, request_id), bars in self._real_time.items():
            self._send_complete_bars(client, request_id, bars, now)

    # ------------------------------------------------------------------------------------------------------ history

    def _send_bars(self, client: Client, request: HistoricalDataRequest) -> None:
        key = client, request.request_id
        if key in self._kept:
            raise Refusal(*DUPLICATE_QUERY)
        if request.what_to_show == SCHEDULE and client.server_version >= HISTORICAL_SCHEDULE:
            schedule = schedule_of(self._catalogue.identify(request.contract), request, client.now)
            warn_of_zone(client, request.request_id, str(request.end))
            client.tell(schedule)
            return
        query = self._query_of(request)
        self._rights.check_history(self._catalogue[query.contract_id])
        series = self._history.bars(query)
        warn_of_zone(client, request.request_id, query.end)
        start, end = _time_for(client, series.start), _time_for(client, series.end)
        # Older clients find the range in the first message; newer ones get the second, which ends the answer.
        client.tell(
            HistoricalData(
                request.request_id, tuple(_bar_for(client, bar) for bar in series.bars), start, end
            ),
            HistoricalDataEnd(request.request_id, start, end),
        )
        if request.keep_up_to_date:
            self._kept[key] = _KeptUp(query, series.bars[-1], self._history.now)

    def _query_of(self, request: HistoricalDataRequest) -> BarQuery:
        instrument = self._catalogue.identify(request.contract)
        check_end(str(request.end), instrument)
        return BarQuery(
            instrument.contract_id,
            str(request.end),
            str(request.duration),
            request.bar_size,
            request.what_to_show,
            request.use_regular_trading_hours,
            request.format_date,
            request.keep_up_to_date,
        )

    def _update(self, client: Client, request_id: int, kept: _KeptUp) -> None:
        bars = self._history.bars_since(kept.query, kept.looked_at)
        kept.looked_at = self._history.now
        for bar in bars:
            if bar != kept.told:
                kept.told = bar
                client.tell(HistoricalDataUpdate(request_id, _bar_for(client, bar)))

    def _cancel_bars(self, client: Client, request: CancelHistoricalData) -> None:
        if self._kept.pop((client, request.request_id), None) is None:
            raise Refusal(366, f"No historical data query found for ticker id:{request.request_id}")
        raise historical(f"API historical data query cancelled: {request.request_id}")

    # -------------------------------------------------------------------------------------------------- real-time bars

    def _subscribe(self, client: Client, request: RealTimeBarsRequest) -> None:
        key = client, request.request_id
        if key in self._real_time:
            raise duplicate_ticker()
        instrument = self._catalogue.identify(request.contract)
        check_live_data(instrument)
        contract_id = instrument.contract_id
        start = int(client.now) // SECONDS_A_BAR * SECONDS_A_BAR
        self._bar(contract_id, start - SECONDS_A_BAR, request)  # refuses what can't be shown
        self._rights.check_real_time_bars(instrument)
        self._real_time[key] = _RealTime(request, contract_id, due=start)

    def _bar(self, contract_id: int, start: int, request: RealTimeBarsRequest) -> Bar | None:
        return self._history.real_time_bar(
            contract_id, start, request.what_to_show, use_rth=request.use_regular_trading_hours
        )

    def _send_complete_bars(self, client: Client, request_id: int, bars: _RealTime, now: float) -> None:
        while bars.due + SECONDS_A_BAR <= now:
            bar = self._bar(bars.contract_id, bars.due, bars.request)
            if bar is not None:
                client.tell(_real_time_bar(request_id, bars.due, bar))
            bars.due += SECONDS_A_BAR

    def _cancel_real_time(self, client: Client, request: CancelRealTimeBars) -> None:
        if self._real_time.pop((client, request.request_id), None) is None:
            raise unknown_ticker(request.request_id)


def _time_for(client: Client, text: str) -> str:
    """As it is, or to an old client with two spaces and no zone; days and epoch seconds are the same to all."""
    day, *more = text.split()
    return text if not more or client.server_version >= ZONES_IN_BARS else f"{day}  {more[0]}"


def _bar_for(client: Client, bar: Bar) -> Bar:
    date = _time_for(client, bar.date)
    return bar if date == bar.date else structs.replace(bar, date=date)


def _real_time_bar(request_id: int, start: int, bar: Bar) -> RealTimeBar:
    return RealTimeBar(
        request_id, start, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.average, bar.count
    )
