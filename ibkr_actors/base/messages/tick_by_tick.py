"""The running market one tick at a time: every trade, or every change of the quote or of the midpoint."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from msgspec import field

from ibkr_actors.base.messages.declaration import (
    LOST_WITH_MARKET_DATA,
    Cancellation,
    IdentifiedRequest,
    Reply,
    message,
    stream,
)
from ibkr_actors.base.messages.historical_ticks import (
    LAST_ATTRIBUTES,
    HistoricalTicks,
    HistoricalTicksBidAsk,
    HistoricalTicksLast,
)
from ibkr_actors.base.messages.layouts import CONTRACT_QUERY
from ibkr_actors.base.server_versions import PROTOBUF_HISTORY
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.tick_by_tick_type import TickByTickType
from ibkr_actors.classes.tick import (
    BidAskAttributes,
    HistoricalTick,
    HistoricalTickBidAsk,
    HistoricalTickLast,
)
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Word
from ibkr_actors.wire.fields import Test, at, constant, equals, layout, when, whole, within
from ibkr_actors.wire.flags import flags

_LAST: Final = (TickByTickType.LAST.number, TickByTickType.ALL_LAST.number)
_BID_ASK: Final = TickByTickType.BID_ASK.number
_MID_POINT: Final = TickByTickType.MID_POINT.number

_OF_NO_TYPE: Final = Test(f"{{0}} not in {(*_LAST, _BID_ASK, _MID_POINT)}", "is of no tick")

# Quotes of the past count the same two bits the other way round.
_BID_ASK_ATTRIBUTES: Final = at("attributes", kind=flags(BidAskAttributes, "bid_past_low", "ask_past_high"))


@message(
    99,
    protobuf_since=PROTOBUF_HISTORY,
    text=layout(
        "request_id",
        "tick_type",
        when(
            "tick_type",
            equals(*_LAST),
            whole("last", "time", "price", "size", LAST_ATTRIBUTES, "exchange", "special_conditions"),
        ),
        when(
            "tick_type",
            equals(_BID_ASK),
            whole("bid_ask", "time", "bid_price", "ask_price", "bid_size", "ask_size", _BID_ASK_ATTRIBUTES),
        ),
        when("tick_type", equals(_MID_POINT), whole("mid_point", "time", "price")),
        # A time comes in any case.
        when("tick_type", _OF_NO_TYPE, constant("0")),
    ),
)
class TickByTick(Reply, frozen=True, gc=False):
    """One trade, one quote or one midpoint: the one of `last`, `bid_ask` and `mid_point` that is not None."""

    request_id: Annotated[int, Wire(1)] = -1
    tick_type: Annotated[int, Wire(2)] = 0
    """1 Last, 2 AllLast, 3 BidAsk, 4 MidPoint; see `kind`."""
    last: Annotated[HistoricalTickLast | None, Wire(3)] = None
    bid_ask: Annotated[HistoricalTickBidAsk | None, Wire(4)] = None
    mid_point: Annotated[HistoricalTick | None, Wire(5)] = None

    @property
    def kind(self) -> TickByTickType | None:
        """The type by name."""
        return TickByTickType.of_number(self.tick_type)

    @property
    def tick(self) -> HistoricalTickLast | HistoricalTickBidAsk | HistoricalTick | None:
        """The trade, the quote or the midpoint, whichever came."""
        return self.last or self.bid_ask or self.mid_point

    @property
    def at(self) -> datetime | None:
        """The time of what came, aware."""
        tick = self.tick
        return tick.at if tick is not None else None


@message(98, protobuf_since=PROTOBUF_HISTORY)
class CancelTickByTick(Cancellation, frozen=True):
    """End a subscription to ticks one by one. Nothing answers."""


@message(
    97,
    protobuf_since=PROTOBUF_HISTORY,
    text=layout(
        "request_id",
        within("contract", CONTRACT_QUERY),
        "tick_type",
        "number_of_ticks",
        "ignore_size",
    ),
    replies=stream(
        HistoricalTicks,
        HistoricalTicksBidAsk,
        HistoricalTicksLast,
        TickByTick,
        cancel=CancelTickByTick,
        also_ended_by=LOST_WITH_MARKET_DATA,
    ),
)
class TickByTickRequest(IdentifiedRequest, frozen=True):
    """Subscribe to ticks one by one, after the last ones of the past where `number_of_ticks` asks for them."""

    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
    tick_type: Annotated[Word[TickByTickType], Wire(3)] = TickByTickType.LAST
    number_of_ticks: Annotated[int, Wire(4)] = 0
    """How many ticks of the past come first; 0 for none."""
    ignore_size: Annotated[bool, Wire(5)] = False
    """Leave out quotes that change in size only."""
