"""The vendor's callbacks for market depth, ticks one by one, ticks of the past and what market data gained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ibkr_actors.base.messages import depth, historical_ticks, market_data, tick_by_tick
from ibkr_actors.base.messages.declaration import Message

Expected = list[tuple[str, tuple[Any, ...]]]


def _fields(name: str) -> Callable[[Any], Expected]:
    return lambda reply: [(name, tuple(getattr(reply, field) for field in reply.__struct_fields__))]


def _row(reply: depth.MarketDepth) -> Expected:
    row = reply.row
    return [
        ("updateMktDepth", (reply.request_id, row.position, row.operation, row.side, row.price, row.size))
    ]


def _row_with_maker(reply: depth.MarketDepthL2) -> Expected:
    row = reply.row
    values = (row.position, row.market_maker, row.operation, row.side, row.price, row.size)
    return [("updateMktDepthL2", (reply.request_id, *values, row.is_smart_depth))]


def _tick(reply: tick_by_tick.TickByTick) -> Expected:
    # A one-of for the vendor: of several it keeps the one that comes last.
    last, quote, mid_point = reply.last, reply.bid_ask, reply.mid_point
    match reply.tick_type:
        case 1 | 2 if last is not None and quote is None and mid_point is None:
            values = (last.time, last.price, last.size, last.attributes, last.exchange)
            arguments = (reply.request_id, reply.tick_type, *values, last.special_conditions)
            return [("tickByTickAllLast", arguments)]
        case 3 if quote is not None and mid_point is None:
            values = (quote.time, quote.bid_price, quote.ask_price, quote.bid_size, quote.ask_size)
            return [("tickByTickBidAsk", (reply.request_id, *values, quote.attributes))]
        case 4 if mid_point is not None:
            return [("tickByTickMidPoint", (reply.request_id, mid_point.time, mid_point.price))]
        case _:
            return []


CALLBACKS: Final[dict[type[Message], Callable[[Any], Expected]]] = {
    depth.MarketDepth: _row,
    depth.MarketDepthL2: _row_with_maker,
    depth.MarketDepthExchanges: _fields("mktDepthExchanges"),
    depth.RerouteMarketDepth: _fields("rerouteMktDepthReq"),
    market_data.RerouteMarketData: _fields("rerouteMktDataReq"),
    market_data.TickEfp: _fields("tickEFP"),
    tick_by_tick.TickByTick: _tick,
    historical_ticks.HistoricalTicks: _fields("historicalTicks"),
    historical_ticks.HistoricalTicksBidAsk: _fields("historicalTicksBidAsk"),
    historical_ticks.HistoricalTicksLast: _fields("historicalTicksLast"),
}
