"""The vendor's calls for news and for the calendar of corporate events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ibapi.common import WshEventData

from ibkr_actors.base.messages import news, wall_street_horizon
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.wire.fields import specification_of
from tests.oracles.vendor_names import to_vendor, vendor_tags


def _events(request: wall_street_horizon.WallStreetHorizonEventDataRequest) -> Any:
    names = specification_of(type(request)).keys() - {"request_id"}
    return to_vendor(WshEventData, **{name: getattr(request, name) for name in names})


CALLS: Final[dict[type[Message], Callable[[Any, Any], object]]] = {
    news.NewsBulletinsRequest: lambda client, request: client.reqNewsBulletins(request.all_messages),
    news.CancelNewsBulletins: lambda client, _: client.cancelNewsBulletins(),
    news.NewsArticleRequest: lambda client, request: client.reqNewsArticle(
        request.request_id, request.provider_code, request.article_id, vendor_tags(request.options)
    ),
    news.NewsProvidersRequest: lambda client, _: client.reqNewsProviders(),
    news.HistoricalNewsRequest: lambda client, request: client.reqHistoricalNews(
        request.request_id,
        request.contract_id,
        request.provider_codes,
        request.start,
        request.end,
        request.total_results,
        vendor_tags(request.options),
    ),
    wall_street_horizon.WallStreetHorizonMetaDataRequest: lambda client, request: client.reqWshMetaData(
        request.request_id
    ),
    wall_street_horizon.CancelWallStreetHorizonMetaData: lambda client, request: client.cancelWshMetaData(
        request.request_id
    ),
    wall_street_horizon.WallStreetHorizonEventDataRequest: lambda client, request: client.reqWshEventData(
        request.request_id, _events(request)
    ),
    wall_street_horizon.CancelWallStreetHorizonEventData: lambda client, request: client.cancelWshEventData(
        request.request_id
    ),
}
"""The vendor's call for each request of ours."""
