"""The vendor's callbacks for news and for the calendar of corporate events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ibkr_actors.base.messages import news, wall_street_horizon
from ibkr_actors.base.messages.declaration import Message

Expected = list[tuple[str, tuple[Any, ...]]]


def _fields(name: str) -> Callable[[Any], Expected]:
    return lambda reply: [(name, tuple(getattr(reply, field) for field in reply.__struct_fields__))]


CALLBACKS: Final[dict[type[Message], Callable[[Any], Expected]]] = {
    news.NewsBulletin: _fields("updateNewsBulletin"),
    news.NewsArticle: _fields("newsArticle"),
    news.NewsProviders: _fields("newsProviders"),
    news.TickNews: _fields("tickNews"),
    news.HistoricalNews: _fields("historicalNews"),
    news.HistoricalNewsEnd: _fields("historicalNewsEnd"),
    wall_street_horizon.WallStreetHorizonMetaData: _fields("wshMetaData"),
    wall_street_horizon.WallStreetHorizonEventData: _fields("wshEventData"),
}
"""The vendor's callbacks for each reply of ours."""
