"""Market data: the request, its cancellation, and every kind of tick."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, cast

from msgspec import field

from ibkr_actors.base.messages.declaration import (
    LOST_WITH_MARKET_DATA,
    Cancellation,
    IdentifiedRequest,
    Reply,
    Request,
    message,
    stream,
)
from ibkr_actors.base.messages.layouts import COMBO_LEGS, CONTRACT_QUERY, DELTA_NEUTRAL
from ibkr_actors.base.messages.news import TickNews
from ibkr_actors.base.server_versions import PROTOBUF_MARKET_DATA, PROTOBUF_REROUTES
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.market_data_type import MarketDataType as MarketDataKind
from ibkr_actors.classes.enum.tick_type import TickType
from ibkr_actors.classes.moment import epoch_seconds
from ibkr_actors.classes.spelling import CommaSeparated
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Number, codes_of
from ibkr_actors.wire.fields import layout, within
from ibkr_actors.wire.kinds import FLOAT_AS_TEXT, OPTIONAL_FLOAT_AS_TEXT, OPTIONAL_NUMBER, SIZE
from ibkr_actors.wire.tags import TagValue

_TYPES: Final = cast(dict[int, TickType | int], codes_of(TickType))
_TIMES: Final = frozenset(
    (TickType.LAST_TIMESTAMP, TickType.LAST_REGULATORY_TIME, TickType.DELAYED_LAST_TIMESTAMP)
)


class Tick(Reply, frozen=True, gc=False):
    """One change of one value of one contract's market data: `tick_type` says which value."""

    request_id: Annotated[int, Wire(1)] = -1
    tick_type: Annotated[int, Wire(2)] = 0
    """The number of a `TickType`; `type` is the member."""

    @property
    def type(self) -> TickType | int:
        """The type by name; the plain number where it has none."""
        return _TYPES[self.tick_type]


@message(1, protobuf_since=PROTOBUF_MARKET_DATA, legacy_version=6)
class TickPrice(Tick, frozen=True, gc=False):
    """A price, with the size that goes with it: bid, ask, last, high, low, close, open, ..."""

    price: Annotated[float, Wire(3)] = 0.0
    """-1 when there is no value now."""
    size: Annotated[float, Wire(4, SIZE)] = 0.0
    attributes: Annotated[int, Wire(5)] = 0
    """1 can be executed automatically, 2 past the limit, 4 before the opening; added up."""

    @property
    def can_auto_execute(self) -> bool:
        """The quote can be executed automatically."""
        return bool(self.attributes & 1)

    @property
    def past_limit(self) -> bool:
        """The bid is below the day's lower limit, or the ask above the upper one."""
        return bool(self.attributes & 2)

    @property
    def pre_open(self) -> bool:
        """The quote is from before the opening."""
        return bool(self.attributes & 4)


@message(2, protobuf_since=PROTOBUF_MARKET_DATA, legacy_version=6)
class TickSize(Tick, frozen=True, gc=False):
    """A size: of bid, ask or last, or a volume or an open interest."""

    size: Annotated[float, Wire(3, SIZE)] = 0.0


@message(45, protobuf_since=PROTOBUF_MARKET_DATA, legacy_version=6)
class TickGeneric(Tick, frozen=True, gc=False):
    """A number that is neither a price nor a size: shortable, halted, implied volatility, ..."""

    value: Annotated[float, Wire(3)] = 0.0


@message(46, protobuf_since=PROTOBUF_MARKET_DATA, legacy_version=6)
class TickString(Tick, frozen=True, gc=False):
    """A text: time of the last trade, exchanges of bid and ask, dividends, ..."""

    value: Annotated[str, Wire(3)] = ""

    @property
    def at(self) -> datetime | None:
        """The time that a tick of a time tells, aware; None for the other types."""
        return epoch_seconds(self.value) if self.tick_type in _TIMES else None


@message(21, protobuf_since=PROTOBUF_MARKET_DATA)
class TickOptionComputation(Tick, frozen=True, gc=False):
    """Greeks, implied volatility and prices of an option. The wire's own values are kept: see the properties."""

    tick_attribute: Annotated[int, Wire(3)] = 0
    """0 based on returns, 1 based on prices."""
    implied_volatility: Annotated[float | None, Wire(4, OPTIONAL_NUMBER)] = None
    """Per year; negative when not computed."""
    delta: Annotated[float | None, Wire(5, OPTIONAL_NUMBER)] = None
    """-2 when not computed, as gamma, vega and theta."""
    option_price: Annotated[float | None, Wire(6, OPTIONAL_NUMBER)] = None
    """-1 when not computed, as the dividend and the underlying's price."""
    present_value_of_dividend: Annotated[float | None, Wire(7, OPTIONAL_NUMBER)] = None
    gamma: Annotated[float | None, Wire(8, OPTIONAL_NUMBER)] = None
    vega: Annotated[float | None, Wire(9, OPTIONAL_NUMBER)] = None
    theta: Annotated[float | None, Wire(10, OPTIONAL_NUMBER)] = None
    underlying_price: Annotated[float | None, Wire(11, OPTIONAL_NUMBER)] = None


@message(47, legacy_version=6)
class TickEfp(Tick, frozen=True, gc=False):
    """An exchange for physical: a stock against its future. The one kind of tick that never became protobuf."""

    basis_points: Annotated[float, Wire()] = 0.0
    """The financing rate that the price means, per year."""
    formatted_basis_points: Annotated[str, Wire()] = ""
    """The same as a text, in percent."""
    implied_future_price: Annotated[float, Wire()] = 0.0
    """The vendor's Python client calls it total dividends."""
    hold_days: Annotated[int, Wire()] = 0
    """Days until the future's last trade."""
    future_last_trade_date: Annotated[str, Wire()] = ""
    dividend_impact: Annotated[float, Wire()] = 0.0
    """Of the dividends on the rate, in basis points."""
    dividends_to_last_trade_date: Annotated[float, Wire()] = 0.0
    """Expected until the future's last trade."""


@message(91, protobuf_since=PROTOBUF_REROUTES)
class RerouteMarketData(Reply, frozen=True):
    """The contract has no data of its own (a CFD): the request is over, ask for those of this contract and exchange."""

    request_id: Annotated[int, Wire(1)] = -1
    contract_id: Annotated[int, Wire(2)] = 0
    exchange: Annotated[str, Wire(3)] = ""


@message(81, protobuf_since=PROTOBUF_MARKET_DATA)
class TickRequestParameters(Reply, frozen=True, gc=False):
    """Facts about the stream of ticks that starts."""

    request_id: Annotated[int, Wire(1)] = -1
    minimum_tick: Annotated[float, Wire(2, FLOAT_AS_TEXT)] = 0.0
    bbo_exchange: Annotated[str, Wire(3)] = ""
    """Code of the exchanges that make up the best bid and offer."""
    snapshot_permissions: Annotated[int, Wire(4)] = 0
    last_price_precision: Annotated[float | None, Wire(5, OPTIONAL_FLOAT_AS_TEXT, since=224)] = None
    last_size_precision: Annotated[float | None, Wire(6, OPTIONAL_FLOAT_AS_TEXT, since=224)] = None


@message(57, protobuf_since=PROTOBUF_MARKET_DATA, legacy_version=1)
class TickSnapshotEnd(Reply, frozen=True, gc=False):
    """A snapshot is complete; its request id is free again."""

    request_id: Annotated[int, Wire(1)] = -1


@message(58, protobuf_since=PROTOBUF_MARKET_DATA, legacy_version=1)
class MarketDataType(Reply, frozen=True, gc=False):
    """The kind of data that a request gets: 1 live, 2 frozen, 3 delayed, 4 delayed and frozen."""

    request_id: Annotated[int, Wire(1)] = -1
    market_data_type: Annotated[Number[MarketDataKind], Wire(2)] = MarketDataKind.LIVE


@message(2, protobuf_since=PROTOBUF_MARKET_DATA, legacy_version=2)
class CancelMarketData(Cancellation, frozen=True):
    """End the stream of ticks of a request. Nothing answers; a tick on its way may still arrive."""


@message(
    1,
    protobuf_since=PROTOBUF_MARKET_DATA,
    legacy_version=11,
    text=layout(
        "request_id",
        within("contract", CONTRACT_QUERY, COMBO_LEGS, DELTA_NEUTRAL),
        "generic_ticks",
        "snapshot",
        "regulatory_snapshot",
        "options",
    ),
    replies=stream(
        MarketDataType,
        TickRequestParameters,
        TickPrice,
        TickSize,
        TickGeneric,
        TickString,
        TickOptionComputation,
        TickNews,
        TickEfp,
        RerouteMarketData,
        end=TickSnapshotEnd,
        cancel=CancelMarketData,
        end_is_final=lambda request: request.snapshot or request.regulatory_snapshot,
        whole=(RerouteMarketData,),
        also_ended_by=LOST_WITH_MARKET_DATA,
    ),
)
class MarketDataRequest(IdentifiedRequest, frozen=True):
    """Start the stream of ticks of one contract."""

    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
    generic_ticks: Annotated[CommaSeparated, Wire(3)] = ""
    """Additional ticks: members of `GenericTick`, or numbers in a list or comma separated.

    `mdoff` switches the usual ones off.
    """
    snapshot: Annotated[bool, Wire(4)] = False
    """One round of ticks, closed by `TickSnapshotEnd`."""
    regulatory_snapshot: Annotated[bool, Wire(5)] = False
    """A snapshot of the regulator's feed, which costs a fee."""
    options: Annotated[tuple[TagValue, ...], Wire(6)] = ()


@message(59, protobuf_since=PROTOBUF_MARKET_DATA, legacy_version=1)
class MarketDataTypeRequest(Request, frozen=True):
    """Choose live (1), frozen (2), delayed (3) or delayed frozen (4) data for the requests that follow."""

    market_data_type: Annotated[Number[MarketDataKind], Wire(1)] = MarketDataKind.LIVE
