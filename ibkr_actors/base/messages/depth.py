"""Market depth: the rows of the book of orders, and which exchanges show theirs."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from ibkr_actors.base.messages.declaration import (
    LOST_WITH_MARKET_DATA,
    Cancellation,
    IdentifiedRequest,
    Reply,
    Request,
    message,
    one,
    stream,
)
from ibkr_actors.base.messages.layouts import CONTRACT_QUERY
from ibkr_actors.base.server_versions import (
    PROTOBUF_CONNECTION,
    PROTOBUF_MARKET_DATA,
    PROTOBUF_REROUTES,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.market_depth import DepthExchange, MarketDepthRow
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.fields import at, each, layout, within
from ibkr_actors.wire.kinds import MAX_INT32
from ibkr_actors.wire.tags import TagValue


class _BookChange(Reply, frozen=True, gc=False):
    """One row of the book changes. Only all changes in their order make up the book: none may be left out."""

    request_id: Annotated[int, Wire(1)] = -1
    row: Annotated[MarketDepthRow, Wire(2)] = MarketDepthRow()


@message(
    12,
    protobuf_since=PROTOBUF_MARKET_DATA,
    legacy_version=1,
    text=layout("request_id", within("row", "position", "operation", "side", "price", "size")),
)
class MarketDepth(_BookChange, frozen=True, gc=False):
    """A row of the book of an exchange without market makers changes."""


@message(
    13,
    protobuf_since=PROTOBUF_MARKET_DATA,
    legacy_version=1,
    text=layout(
        "request_id",
        within("row", "position", "market_maker", "operation", "side", "price", "size", "is_smart_depth"),
    ),
)
class MarketDepthL2(_BookChange, frozen=True, gc=False):
    """A row of a book with market makers changes, or of one that is put together from several exchanges."""


@message(92, protobuf_since=PROTOBUF_REROUTES)
class RerouteMarketDepth(Reply, frozen=True):
    """The contract has no book of its own (a CFD): the request is over, ask for that of this contract and exchange."""

    request_id: Annotated[int, Wire(1)] = -1
    contract_id: Annotated[int, Wire(2)] = 0
    exchange: Annotated[str, Wire(3)] = ""


@message(
    80,
    protobuf_since=PROTOBUF_CONNECTION,
    text=layout(
        each(
            "exchanges",
            "exchange",
            "security_type",
            "listing_exchange",
            "service_data_type",
            at("aggregation_group", unset=str(MAX_INT32)),
        )
    ),
)
class MarketDepthExchanges(Reply, frozen=True):
    """The exchanges that show their books."""

    exchanges: Annotated[tuple[DepthExchange, ...], Wire(1)] = ()


@message(11, protobuf_since=PROTOBUF_MARKET_DATA, legacy_version=1)
class CancelMarketDepth(Cancellation, frozen=True):
    """End a subscription to a book. Nothing answers."""

    is_smart_depth: Annotated[bool, Wire(2)] = False
    """As in the request that it ends."""


@message(
    10,
    protobuf_since=PROTOBUF_MARKET_DATA,
    legacy_version=5,
    text=layout(
        "request_id", within("contract", CONTRACT_QUERY), "number_of_rows", "is_smart_depth", "options"
    ),
    replies=stream(
        MarketDepth,
        MarketDepthL2,
        RerouteMarketDepth,
        cancel=CancelMarketDepth,
        whole=(RerouteMarketDepth,),
        also_ended_by=LOST_WITH_MARKET_DATA,
    ),
)
class MarketDepthRequest(IdentifiedRequest, frozen=True):
    """Subscribe to a contract's book: first its rows, then every change. Three at a time without more packs.

    Notice 317 resets the book: whoever keeps it clears it then.
    """

    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
    number_of_rows: Annotated[int, Wire(3)] = 5
    """On each side."""
    is_smart_depth: Annotated[bool, Wire(4)] = False
    """One book put together from all exchanges; `contract.exchange` is SMART then."""
    options: Annotated[tuple[TagValue, ...], Wire(5)] = ()


@message(82, protobuf_since=PROTOBUF_CONNECTION, replies=one(MarketDepthExchanges, unidentified=True))
class MarketDepthExchangesRequest(Request, frozen=True):
    """Ask which exchanges show their books."""
