"""What there is to ask of history besides bars, and ticks one by one, past and running."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from ibkr_actors.base.messages.historical_ticks import CancelHistoricalTicks, HistoricalTicksRequest
from ibkr_actors.base.messages.history_queries import (
    CancelHeadTimestamp,
    CancelHistogramData,
    HeadTimestamp,
    HeadTimestampRequest,
    HistogramData,
    HistogramDataRequest,
)
from ibkr_actors.base.messages.tick_by_tick import CancelTickByTick, TickByTickRequest
from ibkr_actors.classes.enum.tick_by_tick_type import TickByTickType
from ibkr_actors.classes.histogram_bin import HistogramBin
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue, Instrument
from ibkr_actors.simulated_gateway.market.bar_queries import (
    DAY,
    HOUR,
    MINUTE,
    UNITS,
    BarQuery,
    check_data,
    duration_of,
    end_of,
)
from ibkr_actors.simulated_gateway.market.data_rights import DataRights
from ibkr_actors.simulated_gateway.market.history import History
from ibkr_actors.simulated_gateway.market.market import Market, Quote
from ibkr_actors.simulated_gateway.market.past_ticks import KINDS, PastTicks, TickQuery
from ibkr_actors.simulated_gateway.market.schedules import first_session
from ibkr_actors.simulated_gateway.refusals import Refusal, historical, invalid, unknown_ticker, unprocessable
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service
from ibkr_actors.simulated_gateway.replies.tick_streams import TickStream, can_stream, has_ticks, shown_by
from ibkr_actors.simulated_gateway.replies.zones import warn_of_zone

MOST_TICKS: Final = 1000
"""Of the past, in one answer; the last second may add to it."""
MOST_STREAMS: Final = 5
"""Subscriptions to ticks one by one that a client may have at once: a twentieth of its 100 market data lines."""
TOO_MANY_STREAMS: Final = (10190, "Max number of tick-by-tick requests has been reached.")
EPOCH_SECONDS: Final = 2

_PERIODS: Final = {
    "second": (1, "S"),
    "minute": (MINUTE, "S"),
    "hour": (HOUR, "S"),
    "day": (1, "D"),
    "week": (1, "W"),
    "month": (1, "M"),
    "year": (1, "Y"),
}
"""What a unit of a histogram's period is as a duration of bars."""
_BARS: Final = ((1_800, "1 secs"), (DAY, "1 min"), (UNITS["W"], "5 mins"), (UNITS["Y"], "1 hour"))
"""The bars that a histogram is made of, by the longest period in seconds."""


class HistoryQueryReplies(Service):
    """Answers head timestamps, histograms and ticks of the past at once, and streams ticks one by one.

    Responsible for: the ids that head timestamps hold, the subscriptions of all clients and how many there may be.
    Not responsible for: bars and schedules, which share a request; pacing.
    """

    def __init__(self, catalogue: Catalogue, market: Market, history: History, rights: DataRights) -> None:
        self._catalogue = catalogue
        self._rights = rights
        self._market = market
        self._history = history
        self._past = PastTicks(market)
        self._heads: set[tuple[Client, int]] = set()
        self._streams: dict[tuple[Client, int], TickStream] = {}

    def handlers(self) -> Handlers:
        """Head timestamps, histograms, ticks of the past, ticks one by one."""
        return {
            HeadTimestampRequest: self._send_head,
            CancelHeadTimestamp: self._cancel_head,
            HistogramDataRequest: self._send_histogram,
            CancelHistogramData: self._cancel_answered,
            HistoricalTicksRequest: self._send_past_ticks,
            CancelHistoricalTicks: self._cancel_answered,
            TickByTickRequest: self._subscribe,
            CancelTickByTick: self._cancel_stream,
        }

    def watched(self) -> Iterable[int]:
        """The contracts of the streams."""
        return {stream.instrument.contract_id for stream in self._streams.values()}

    def quotes_changed(self, changed: Mapping[int, Quote]) -> None:
        """Send what changed to those who follow it."""
        for (client, _), stream in self._streams.items():
            quote = changed.get(stream.instrument.contract_id)
            tick = None if quote is None else stream.tick(quote, self._market.now)
            if tick is not None:
                client.tell(tick)

    def forget(self, client: Client) -> None:
        """Free the ids of a client and end its streams."""
        self._heads = {key for key in self._heads if key[0] is not client}
        self._streams = {key: stream for key, stream in self._streams.items() if key[0] is not client}

    # ---------------------------------------------------------------------------------------------- head timestamps

    def _send_head(self, client: Client, request: HeadTimestampRequest) -> None:
        key = client, request.request_id
        if key in self._heads:
            raise _duplicate()
        instrument = self._catalogue.identify(request.contract)
        _check_head(instrument, request.what_to_show)
        self._rights.check_history(instrument)
        replay = self._market.replay(instrument.contract_id)
        start = first_session(instrument.hours, liquid=request.use_regular_trading_hours).start
        if replay is not None:
            start = int(replay.events.begins)
        told = str(start) if request.format_date == EPOCH_SECONDS else _utc_text(start)
        self._heads.add(key)  # the id stays reserved until it is cancelled
        client.tell(HeadTimestamp(request.request_id, told))

    def _cancel_head(self, client: Client, request: CancelHeadTimestamp) -> None:
        key = client, request.request_id
        if key not in self._heads:
            raise unknown_ticker(request.request_id)
        self._heads.remove(key)

    # --------------------------------------------------------------------------------------------------- histograms

    def _send_histogram(self, client: Client, request: HistogramDataRequest) -> None:
        contract_id = self._catalogue.identify(request.contract).contract_id
        duration = _duration_of_period(request.time_period)
        query = BarQuery(
            contract_id,
            duration=duration,
            bar_size=_bar_size(duration_of(duration).seconds),
            use_rth=request.use_regular_trading_hours,
        )
        self._rights.check_histogram(self._catalogue[contract_id])
        client.tell(HistogramData(request.request_id, self._bins(query)))

    def _bins(self, query: BarQuery) -> tuple[HistogramBin, ...]:
        """The volume of each bar at its average price."""
        price, sizes = self._market.grid(query.contract_id).price, Counter[float]()
        for bar in self._history.bars(query).bars:
            sizes[price(bar.average)] += int(bar.volume)
        return tuple(HistogramBin(at, float(size)) for at, size in sorted(sizes.items()) if size)

    def _cancel_answered(self, _client: Client, request: CancelHistogramData | CancelHistoricalTicks) -> None:
        """Requests that are answered at once are never there any more."""
        raise unknown_ticker(request.request_id)

    # --------------------------------------------------------------------------------------------- ticks of the past

    def _send_past_ticks(self, client: Client, request: HistoricalTicksRequest) -> None:
        instrument = self._catalogue.identify(request.contract)
        query = _tick_query(instrument, request, client.now)
        self._rights.check_past_ticks(instrument)
        warn_of_zone(client, request.request_id, str(request.start), str(request.end))
        client.tell(self._past.reply(request.request_id, query))

    # ---------------------------------------------------------------------------------------------- ticks one by one

    def _subscribe(self, client: Client, request: TickByTickRequest) -> None:
        key = client, request.request_id
        if key in self._streams:
            raise _duplicate()
        stream = self._stream_of(request)
        if sum(owner is client for owner, _ in self._streams) >= MOST_STREAMS:
            raise Refusal(*TOO_MANY_STREAMS)
        if request.number_of_ticks:
            self._send_ticks_before(client, stream, request.number_of_ticks)
        self._streams[key] = stream

    def _stream_of(self, request: TickByTickRequest) -> TickStream:
        instrument = self._catalogue.identify(request.contract)
        kind = next((kind for kind in TickByTickType if kind == request.tick_type), None)
        if kind is None or not can_stream(instrument, kind):
            reason = (
                f"{request.tick_type} tick-by-tick requests are not supported for {instrument.local_symbol}"
            )
            raise _no_stream(reason)
        if not 0 <= request.number_of_ticks <= MOST_TICKS:
            raise _no_stream(f"Number of ticks is not between 0 and {MOST_TICKS}")
        self._rights.check_tick_by_tick(instrument)
        quote = self._market.quote(instrument.contract_id)
        return TickStream(request.request_id, instrument, kind, request.ignore_size, quote)

    def _send_ticks_before(self, client: Client, stream: TickStream, count: int) -> None:
        query = TickQuery(
            stream.instrument.contract_id, shown_by(stream.kind), count, ignore_size=stream.ignore_size
        )
        client.tell(self._past.reply(stream.request_id, query))

    def _cancel_stream(self, client: Client, request: CancelTickByTick) -> None:
        if self._streams.pop((client, request.request_id), None) is None:
            raise unknown_ticker(request.request_id)


def _duplicate() -> Refusal:
    return unprocessable("Duplicate ticker id")


def _no_stream(reason: str) -> Refusal:
    return Refusal(10189, f"Failed to request tick-by-tick data:{reason}")


def _no_past_ticks(reason: str) -> Refusal:
    return Refusal(10187, f"Failed to request historical ticks:{reason}")


def _utc_text(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y%m%d-%H:%M:%S}"


def _check_head(instrument: Instrument, kind: str) -> None:
    """Raises Refusal for what is no kind of data, and for one that the instrument has not got."""
    try:
        check_data(BarQuery(instrument.contract_id, what_to_show=kind), instrument, "")
    except Refusal as refusal:
        raise historical("No head time stamp") if refusal.code == 162 else refusal from None


def _duration_of_period(text: str) -> str:
    """`3 days` as a duration of bars; raises Refusal for other texts."""
    count, _, unit = text.strip().partition(" ")
    factor, letter = _PERIODS.get(unit.removesuffix("s"), (0, ""))
    if not count.isdecimal() or not factor:
        raise invalid(f"Histogram time period {text} is invalid")
    return f"{int(count) * factor} {letter}"


def _bar_size(seconds: int) -> str:
    return next((size for longest, size in _BARS if seconds <= longest), "1 day")


def _tick_query(instrument: Instrument, request: HistoricalTicksRequest, now: float) -> TickQuery:
    """Raises Refusal for what can't be answered."""
    kind, zone = request.what_to_show, instrument.hours.zone
    if kind not in KINDS or not has_ticks(instrument, kind):
        raise _no_past_ticks(f"No {kind} ticks for {instrument.local_symbol}")
    if not 0 < request.number_of_ticks <= MOST_TICKS:
        raise _no_past_ticks(f"Number of ticks is not between 1 and {MOST_TICKS}")
    start, end = (end_of(str(text), zone, now) for text in (request.start, request.end))
    if (start is None) == (end is None):
        raise _no_past_ticks("Either start or end has to be given")
    return TickQuery(
        instrument.contract_id,
        kind,
        request.number_of_ticks,
        start,
        end,
        request.use_regular_trading_hours,
        request.ignore_size,
    )
