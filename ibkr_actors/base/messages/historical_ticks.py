"""Ticks of the past one by one: trades, quotes or midpoints."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import field

from ibkr_actors.base.messages.declaration import Cancellation, IdentifiedRequest, Reply, message, until
from ibkr_actors.base.messages.layouts import CONTRACT_QUERY
from ibkr_actors.base.server_versions import CANCEL_HISTORICAL_TICKS, PROTOBUF_HISTORY
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.historical_data_type import HistoricalDataType
from ibkr_actors.classes.spelling import RangeEnd, RangeStart
from ibkr_actors.classes.tick import (
    BidAskAttributes,
    HistoricalTick,
    HistoricalTickBidAsk,
    HistoricalTickLast,
    LastAttributes,
)
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Word
from ibkr_actors.wire.fields import at, constant, each, layout, within
from ibkr_actors.wire.flags import flags
from ibkr_actors.wire.tags import TagValue

LAST_ATTRIBUTES: Final = at("attributes", kind=flags(LastAttributes, "past_limit", "unreported"))
"""What is remarkable about a trade, as text frames spell it, here and live."""

# Live quotes count the same two bits the other way round.
_BID_ASK_ATTRIBUTES: Final = at("attributes", kind=flags(BidAskAttributes, "ask_past_high", "bid_past_low"))

_NO_ATTRIBUTES: Final = constant("0")
"""A midpoint has none; text frames keep their place."""


@message(
    96,
    protobuf_since=PROTOBUF_HISTORY,
    text=layout("request_id", each("ticks", "time", _NO_ATTRIBUTES, "price", "size"), "done"),
)
class HistoricalTicks(Reply, frozen=True):
    """Midpoints of the past."""

    request_id: Annotated[int, Wire(1)] = -1
    ticks: Annotated[tuple[HistoricalTick, ...], Wire(2)] = ()
    done: Annotated[bool, Wire(3)] = False
    """No more come for this request."""


@message(
    97,
    protobuf_since=PROTOBUF_HISTORY,
    text=layout(
        "request_id",
        each("ticks", "time", _BID_ASK_ATTRIBUTES, "bid_price", "ask_price", "bid_size", "ask_size"),
        "done",
    ),
)
class HistoricalTicksBidAsk(Reply, frozen=True):
    """Quotes of the past."""

    request_id: Annotated[int, Wire(1)] = -1
    ticks: Annotated[tuple[HistoricalTickBidAsk, ...], Wire(2)] = ()
    done: Annotated[bool, Wire(3)] = False
    """No more come for this request."""


@message(
    98,
    protobuf_since=PROTOBUF_HISTORY,
    text=layout(
        "request_id",
        each("ticks", "time", LAST_ATTRIBUTES, "price", "size", "exchange", "special_conditions"),
        "done",
    ),
)
class HistoricalTicksLast(Reply, frozen=True):
    """Trades of the past."""

    request_id: Annotated[int, Wire(1)] = -1
    ticks: Annotated[tuple[HistoricalTickLast, ...], Wire(2)] = ()
    done: Annotated[bool, Wire(3)] = False
    """No more come for this request."""


@message(107, since=CANCEL_HISTORICAL_TICKS, protobuf_since=CANCEL_HISTORICAL_TICKS)
class CancelHistoricalTicks(Cancellation, frozen=True):
    """Ask for no more ticks of the past."""


@message(
    96,
    protobuf_since=PROTOBUF_HISTORY,
    text=layout(
        "request_id",
        within("contract", CONTRACT_QUERY, "include_expired"),
        "start",
        "end",
        "number_of_ticks",
        "what_to_show",
        "use_regular_trading_hours",
        "ignore_size",
        "options",
    ),
    replies=until(
        lambda reply: reply.done,
        HistoricalTicks,
        HistoricalTicksBidAsk,
        HistoricalTicksLast,
        cancel=CancelHistoricalTicks,
    ),
)
class HistoricalTicksRequest(IdentifiedRequest, frozen=True):
    """Ask for ticks from a moment on, or up to one: either `start` or `end` is given, and the other is empty.

    The last second comes complete, so that there may be more ticks than were asked for.
    """

    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
    start: Annotated[RangeStart, Wire(3)] = ""
    """An aware `datetime`, a `date` (of UTC), "YYYYMMDD HH:MM:SS zone" or "YYYYMMDD-HH:MM:SS" in UTC."""
    end: Annotated[RangeEnd, Wire(4)] = ""
    """Likewise."""
    number_of_ticks: Annotated[int, Wire(5)] = 1000
    """At most 1000."""
    what_to_show: Annotated[Word[HistoricalDataType], Wire(6)] = HistoricalDataType.TRADES
    """TRADES, BID_ASK or MIDPOINT: answered by `HistoricalTicksLast`, `...BidAsk` or `HistoricalTicks`."""
    use_regular_trading_hours: Annotated[bool, Wire(7)] = True
    ignore_size: Annotated[bool, Wire(8)] = False
    """Leave out quotes that change in size only."""
    options: Annotated[tuple[TagValue, ...], Wire(9)] = ()
