"""Kinds of news."""

from __future__ import annotations

from ibkr_actors.wire.codes import Numbers


class NewsBulletinType(Numbers):
    """`NewsBulletin.bulletin_type`."""

    REGULAR = 1
    EXCHANGE_UNAVAILABLE = 2
    """An exchange can't be traded at any more."""
    EXCHANGE_AVAILABLE = 3
    """It can be traded at again."""


class NewsArticleType(Numbers):
    """`NewsArticle.article_type`."""

    TEXT = 0
    """Plain text or HTML."""
    BINARY = 1
    """A PDF in base64."""
