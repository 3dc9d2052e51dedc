"""The vendor's calls for the first moment of history and for histograms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ibkr_actors.base.messages import history_queries
from ibkr_actors.base.messages.declaration import Message
from tests.oracles.vendor_names import vendor_contract

CALLS: Final[dict[type[Message], Callable[[Any, Any], object]]] = {
    history_queries.HeadTimestampRequest: lambda client, request: client.reqHeadTimeStamp(
        request.request_id,
        vendor_contract(request.contract),
        request.what_to_show,
        int(request.use_regular_trading_hours),
        request.format_date,
    ),
    history_queries.CancelHeadTimestamp: lambda client, request: client.cancelHeadTimeStamp(
        request.request_id
    ),
    history_queries.HistogramDataRequest: lambda client, request: client.reqHistogramData(
        request.request_id,
        vendor_contract(request.contract),
        request.use_regular_trading_hours,
        request.time_period,
    ),
    history_queries.CancelHistogramData: lambda client, request: client.cancelHistogramData(
        request.request_id
    ),
}
"""The vendor's call for each request of ours."""
