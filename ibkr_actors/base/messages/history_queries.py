"""What history there is: its first moment, its trading sessions, and how much was traded at which price."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import field

from ibkr_actors.base.messages.declaration import Cancellation, IdentifiedRequest, Reply, message, one
from ibkr_actors.base.messages.layouts import CONTRACT_QUERY
from ibkr_actors.base.server_versions import (
    HISTORICAL_SCHEDULE,
    PROTOBUF_HISTORICAL_SCHEDULE,
    PROTOBUF_HISTORY,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.date_format import DateFormat
from ibkr_actors.classes.enum.historical_data_type import HistoricalDataType
from ibkr_actors.classes.histogram_bin import HistogramBin
from ibkr_actors.classes.historical_session import HistoricalSession, time_of_schedule
from ibkr_actors.classes.moment import moment_or_epoch
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Number, Word
from ibkr_actors.wire.fields import each, layout, within


@message(88, protobuf_since=PROTOBUF_HISTORY)
class HeadTimestamp(Reply, frozen=True):
    """The first moment of which there is history."""

    request_id: Annotated[int, Wire(1)] = -1
    head_timestamp: Annotated[str, Wire(2)] = ""
    """"YYYYMMDD-HH:MM:SS" in UTC, or epoch seconds when the request asked for them."""

    @property
    def at(self) -> datetime | None:
        """The moment, aware; None when the bridge sent neither form."""
        return moment_or_epoch(self.head_timestamp)


@message(90, protobuf_since=PROTOBUF_HISTORY)
class CancelHeadTimestamp(Cancellation, frozen=True):
    """End a request for the first moment. The bridge keeps the request's id reserved until then, answered or not."""


@message(
    87,
    protobuf_since=PROTOBUF_HISTORY,
    text=layout(
        "request_id",
        within("contract", CONTRACT_QUERY, "include_expired"),
        "use_regular_trading_hours",
        "what_to_show",
        "format_date",
    ),
    replies=one(HeadTimestamp, cancel=CancelHeadTimestamp, is_reserved=True),
)
class HeadTimestampRequest(IdentifiedRequest, frozen=True):
    """Ask for the first moment of which there is history of a kind."""

    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
    what_to_show: Annotated[Word[HistoricalDataType], Wire(4)] = HistoricalDataType.TRADES
    use_regular_trading_hours: Annotated[bool, Wire(3)] = True
    format_date: Annotated[Number[DateFormat], Wire(5)] = DateFormat.TEXT
    """How the answer spells the moment."""


@message(89, protobuf_since=PROTOBUF_HISTORY, text=layout("request_id", each("bins", "price", "size")))
class HistogramData(Reply, frozen=True):
    """How much was traded at which price."""

    request_id: Annotated[int, Wire(1)] = -1
    bins: Annotated[tuple[HistogramBin, ...], Wire(2)] = ()


@message(89, protobuf_since=PROTOBUF_HISTORY)
class CancelHistogramData(Cancellation, frozen=True):
    """End a request for a histogram."""


@message(
    88,
    protobuf_since=PROTOBUF_HISTORY,
    text=layout(
        "request_id",
        within("contract", CONTRACT_QUERY, "include_expired"),
        "use_regular_trading_hours",
        "time_period",
    ),
    replies=one(HistogramData, cancel=CancelHistogramData),
)
class HistogramDataRequest(IdentifiedRequest, frozen=True):
    """Ask how much was traded at which price."""

    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
    use_regular_trading_hours: Annotated[bool, Wire(3)] = True
    time_period: Annotated[str, Wire(4)] = "3 days"
    """A number and seconds, minutes, hours, days, weeks, months or years, up to now."""


@message(
    106,
    since=HISTORICAL_SCHEDULE,
    protobuf_since=PROTOBUF_HISTORICAL_SCHEDULE,
    text=layout(
        "request_id", "start", "end", "time_zone", each("sessions", "start", "end", "reference_date")
    ),
)
class HistoricalSchedule(Reply, frozen=True):
    """When a contract was traded: the answer to a request for bars that shows SCHEDULE."""

    request_id: Annotated[int, Wire(1)] = -1
    start: Annotated[str, Wire(2)] = ""
    """"YYYYMMDD-HH:MM:SS" in the `time_zone`, as the end."""
    end: Annotated[str, Wire(3)] = ""
    time_zone: Annotated[str, Wire(4)] = ""
    """Name of a time zone: US/Eastern."""
    sessions: Annotated[tuple[HistoricalSession, ...], Wire(5)] = ()

    def __post_init__(self) -> None:
        """A session knows its times only with the schedule's zone, which it does not carry on the wire."""
        zoned = tuple(msgspec.structs.replace(session, time_zone=self.time_zone) for session in self.sessions)
        msgspec.structs.force_setattr(self, "sessions", zoned)

    @property
    def starts_at(self) -> datetime | None:
        """The start, aware; None where the texts tell no time, as the end."""
        return time_of_schedule(self.start, self.time_zone)

    @property
    def ends_at(self) -> datetime | None:
        """The end, aware."""
        return time_of_schedule(self.end, self.time_zone)
