"""The vendor's calls for market depth, ticks one by one and ticks of the past."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ibkr_actors.base.messages import depth, historical_ticks, tick_by_tick
from ibkr_actors.base.messages.declaration import Message
from tests.oracles.vendor_names import vendor_contract, vendor_tags

CALLS: Final[dict[type[Message], Callable[[Any, Any], object]]] = {
    depth.MarketDepthRequest: lambda client, request: client.reqMktDepth(
        request.request_id,
        vendor_contract(request.contract),
        request.number_of_rows,
        request.is_smart_depth,
        vendor_tags(request.options),
    ),
    depth.CancelMarketDepth: lambda client, request: client.cancelMktDepth(
        request.request_id, request.is_smart_depth
    ),
    depth.MarketDepthExchangesRequest: lambda client, _: client.reqMktDepthExchanges(),
    tick_by_tick.TickByTickRequest: lambda client, request: client.reqTickByTickData(
        request.request_id,
        vendor_contract(request.contract),
        request.tick_type,
        request.number_of_ticks,
        request.ignore_size,
    ),
    tick_by_tick.CancelTickByTick: lambda client, request: client.cancelTickByTickData(request.request_id),
    historical_ticks.HistoricalTicksRequest: lambda client, request: client.reqHistoricalTicks(
        request.request_id,
        vendor_contract(request.contract),
        request.start,
        request.end,
        request.number_of_ticks,
        request.what_to_show,
        request.use_regular_trading_hours,
        request.ignore_size,
        vendor_tags(request.options),
    ),
    historical_ticks.CancelHistoricalTicks: lambda client, request: client.cancelHistoricalTicks(
        request.request_id
    ),
}

NOT_SENT: Final[dict[type[Message], dict[str, str]]] = {
    depth.MarketDepthRequest: {"options": "the vendor's client refuses its market depth options in text"},
}
