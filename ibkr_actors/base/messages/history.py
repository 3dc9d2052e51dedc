"""Bars: of history, kept up to date, and of the running market every five seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from msgspec import field

from ibkr_actors.base.messages.declaration import (
    LOST_WITH_MARKET_DATA,
    Cancellation,
    IdentifiedRequest,
    Reply,
    message,
    stream,
)
from ibkr_actors.base.messages.history_queries import HistoricalSchedule
from ibkr_actors.base.messages.layouts import COMBO_LEGS, CONTRACT_QUERY
from ibkr_actors.base.server_versions import HISTORICAL_END_MESSAGE, PROTOBUF_HISTORY
from ibkr_actors.classes.bar import Bar
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.bar_size import BarSize
from ibkr_actors.classes.enum.date_format import DateFormat
from ibkr_actors.classes.enum.historical_data_type import HistoricalDataType
from ibkr_actors.classes.moment import moment
from ibkr_actors.classes.spelling import Duration, RangeEnd
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Number, Word
from ibkr_actors.wire.fields import at, each, layout, within
from ibkr_actors.wire.kinds import LONG, SIZE
from ibkr_actors.wire.tags import TagValue

_LAST_WITH_RANGE = HISTORICAL_END_MESSAGE - 1


@message(
    17,
    protobuf_since=PROTOBUF_HISTORY,
    text=layout(
        "request_id",
        at("start", until=_LAST_WITH_RANGE),
        at("end", until=_LAST_WITH_RANGE),
        each("bars", "date", "open", "high", "low", "close", "volume", "average", "count"),
    ),
)
class HistoricalData(Reply, frozen=True):
    """The bars that were asked for. Before server version 196 also the range, and so the end of the answer."""

    request_id: Annotated[int, Wire(1)] = -1
    bars: Annotated[tuple[Bar, ...], Wire(2)] = ()
    start: Annotated[str, Wire(until=_LAST_WITH_RANGE)] = ""
    end: Annotated[str, Wire(until=_LAST_WITH_RANGE)] = ""

    @property
    def starts_at(self) -> datetime | None:
        """Where the range starts, aware; None where the text tells no moment, as the end."""
        return moment(self.start)

    @property
    def ends_at(self) -> datetime | None:
        """Where the range ends, aware."""
        return moment(self.end)


@message(108, since=HISTORICAL_END_MESSAGE, protobuf_since=PROTOBUF_HISTORY)
class HistoricalDataEnd(Reply, frozen=True):
    """The bars are complete; with the range that they cover. Made by the session for older servers."""

    request_id: Annotated[int, Wire(1)] = -1
    start: Annotated[str, Wire(2)] = ""
    end: Annotated[str, Wire(3)] = ""

    @property
    def starts_at(self) -> datetime | None:
        """Where the range starts, aware; None where the text tells no moment, as the end."""
        return moment(self.start)

    @property
    def ends_at(self) -> datetime | None:
        """Where the range ends, aware."""
        return moment(self.end)


@message(
    90,
    protobuf_since=PROTOBUF_HISTORY,
    text=layout(
        "request_id",
        within("bar", "count", "date", "open", "close", "high", "low", "average", "volume"),
    ),
)
class HistoricalDataUpdate(Reply, frozen=True):
    """The newest bar of a request that is kept up to date; a new date begins a new bar."""

    request_id: Annotated[int, Wire(1)] = -1
    bar: Annotated[Bar, Wire(2)] = Bar()


@message(50, protobuf_since=PROTOBUF_HISTORY, legacy_version=3)
class RealTimeBar(Reply, frozen=True, gc=False):
    """Five seconds of the running market."""

    request_id: Annotated[int, Wire(1)] = -1
    time: Annotated[int, Wire(2, LONG)] = 0
    """Epoch seconds of the bar's start."""
    open: Annotated[float, Wire(3)] = 0.0
    high: Annotated[float, Wire(4)] = 0.0
    low: Annotated[float, Wire(5)] = 0.0
    close: Annotated[float, Wire(6)] = 0.0
    volume: Annotated[float, Wire(7, SIZE)] = 0.0
    average: Annotated[float, Wire(8, SIZE)] = 0.0
    count: Annotated[int, Wire(9)] = 0

    @property
    def at(self) -> datetime:
        """The bar's start, aware."""
        return datetime.fromtimestamp(self.time, UTC)


@message(25, protobuf_since=PROTOBUF_HISTORY, legacy_version=1)
class CancelHistoricalData(Cancellation, frozen=True):
    """End a request for bars; error 162 confirms it."""


@message(
    20,
    protobuf_since=PROTOBUF_HISTORY,
    text=layout(
        "request_id",
        within("contract", CONTRACT_QUERY, "include_expired"),
        "end",
        "bar_size",
        "duration",
        "use_regular_trading_hours",
        "what_to_show",
        "format_date",
        within("contract", COMBO_LEGS),
        "keep_up_to_date",
        "chart_options",
    ),
    replies=stream(
        HistoricalData,
        HistoricalDataUpdate,
        HistoricalSchedule,
        end=HistoricalDataEnd,
        cancel=CancelHistoricalData,
        end_is_final=lambda request: not request.keep_up_to_date,
        whole=(HistoricalSchedule,),
    ),
)
class HistoricalDataRequest(IdentifiedRequest, frozen=True):
    """Ask for bars of the past, and with `keep_up_to_date` for the running bar from then on."""

    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
    end: Annotated[RangeEnd, Wire(3)] = ""
    """An aware `datetime`, a `date` (of UTC), "YYYYMMDD HH:MM:SS zone" or "YYYYMMDD-HH:MM:SS" (UTC); empty for now."""
    duration: Annotated[Duration, Wire(5)] = "1 D"
    """A number and S, D, W, M or Y (see `DurationUnit`), or a `timedelta`: the bridge's days are days of trading."""
    bar_size: Annotated[Word[BarSize], Wire(4)] = BarSize.ONE_DAY
    what_to_show: Annotated[Word[HistoricalDataType], Wire(7)] = HistoricalDataType.TRADES
    """SCHEDULE, with bars of a day, asks for trading sessions: a `HistoricalSchedule` is the whole answer."""
    use_regular_trading_hours: Annotated[bool, Wire(6)] = True
    format_date: Annotated[Number[DateFormat], Wire(8)] = DateFormat.TEXT
    """How bars of less than a day spell their times."""
    keep_up_to_date: Annotated[bool, Wire(9)] = False
    chart_options: Annotated[tuple[TagValue, ...], Wire(10)] = ()


@message(51, protobuf_since=PROTOBUF_HISTORY, legacy_version=1)
class CancelRealTimeBars(Cancellation, frozen=True):
    """End a subscription to real-time bars."""


@message(
    50,
    protobuf_since=PROTOBUF_HISTORY,
    legacy_version=3,
    text=layout(
        "request_id",
        within("contract", CONTRACT_QUERY),
        "bar_size",
        "what_to_show",
        "use_regular_trading_hours",
        "options",
    ),
    replies=stream(RealTimeBar, cancel=CancelRealTimeBars, also_ended_by=LOST_WITH_MARKET_DATA),
)
class RealTimeBarsRequest(IdentifiedRequest, frozen=True):
    """Subscribe to bars of five seconds."""

    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
    bar_size: Annotated[int, Wire(3)] = 5
    """Ignored by the bridge: always 5."""
    what_to_show: Annotated[Word[HistoricalDataType], Wire(4)] = HistoricalDataType.TRADES
    use_regular_trading_hours: Annotated[bool, Wire(5)] = True
    options: Annotated[tuple[TagValue, ...], Wire(6)] = ()
