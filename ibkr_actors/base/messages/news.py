"""News: bulletins, articles, who provides them, and headlines of the past and of the running market."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from ibkr_actors.base.messages.declaration import (
    IdentifiedRequest,
    Reply,
    Request,
    many,
    message,
    one,
    stream,
)
from ibkr_actors.base.server_versions import PROTOBUF_NEWS
from ibkr_actors.classes.enum.news import NewsArticleType, NewsBulletinType
from ibkr_actors.classes.enum.news_provider_code import NewsProviderCode
from ibkr_actors.classes.moment import moment_of_news
from ibkr_actors.classes.news_provider import NewsProvider
from ibkr_actors.classes.spelling import NewsEnd, NewsStart, PlusSeparated
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Number, Word
from ibkr_actors.wire.fields import each, layout
from ibkr_actors.wire.kinds import LONG
from ibkr_actors.wire.tags import TagValue

_EPOCH: Final = datetime.fromtimestamp(0, UTC)

# ------------------------------------------------------------------------------------------------------- bulletins


@message(14, protobuf_since=PROTOBUF_NEWS, legacy_version=1)
class NewsBulletin(Reply, frozen=True):
    """A bulletin of the broker: about an exchange, or about its systems."""

    bulletin_id: Annotated[int, Wire(1)] = 0
    bulletin_type: Annotated[Number[NewsBulletinType], Wire(2)] = 0
    text: Annotated[str, Wire(3)] = ""
    originating_exchange: Annotated[str, Wire(4)] = ""
    """Exchanges that it is about, comma separated."""


@message(13, protobuf_since=PROTOBUF_NEWS, legacy_version=1)
class CancelNewsBulletins(Request, frozen=True):
    """End the subscription to bulletins. Nothing answers."""


@message(
    12,
    protobuf_since=PROTOBUF_NEWS,
    legacy_version=1,
    replies=stream(NewsBulletin, cancel=CancelNewsBulletins, unidentified=True),
)
class NewsBulletinsRequest(Request, frozen=True):
    """Subscribe to the broker's bulletins."""

    all_messages: Annotated[bool, Wire(1)] = False
    """Begin with all bulletins of the day; otherwise only with those that are new."""


# -------------------------------------------------------------------------------------------------------- articles


@message(83, protobuf_since=PROTOBUF_NEWS)
class NewsArticle(Reply, frozen=True):
    """The body of an article."""

    request_id: Annotated[int, Wire(1)] = -1
    article_type: Annotated[Number[NewsArticleType], Wire(2)] = NewsArticleType.TEXT
    text: Annotated[str, Wire(3)] = ""


@message(84, protobuf_since=PROTOBUF_NEWS, replies=one(NewsArticle))
class NewsArticleRequest(IdentifiedRequest, frozen=True):
    """Ask for the body of an article; error 10172 says that it can't be had."""

    provider_code: Annotated[Word[NewsProviderCode], Wire(2)] = ""
    article_id: Annotated[str, Wire(3)] = ""
    """As the headline has it: BRFUPDN$1e1f54ec."""
    options: Annotated[tuple[TagValue, ...], Wire(4)] = ()


@message(85, protobuf_since=PROTOBUF_NEWS, text=layout(each("providers", "code", "name")))
class NewsProviders(Reply, frozen=True):
    """The providers whose news the login may read."""

    providers: Annotated[tuple[NewsProvider, ...], Wire(1)] = ()


@message(85, protobuf_since=PROTOBUF_NEWS, replies=one(NewsProviders, unidentified=True))
class NewsProvidersRequest(Request, frozen=True):
    """Ask whose news the login may read."""


# ------------------------------------------------------------------------------------------------------- headlines


@message(84, protobuf_since=PROTOBUF_NEWS)
class TickNews(Reply, frozen=True):
    """A headline about a contract whose market data is subscribed to with the generic tick 292."""

    request_id: Annotated[int, Wire(1)] = -1
    time: Annotated[int, Wire(2, LONG)] = 0
    """Epoch milliseconds."""
    provider_code: Annotated[Word[NewsProviderCode], Wire(3)] = ""
    article_id: Annotated[str, Wire(4)] = ""
    """What a `NewsArticleRequest` asks for."""
    headline: Annotated[str, Wire(5)] = ""
    extra_data: Annotated[str, Wire(6)] = ""

    @property
    def at(self) -> datetime:
        """When it came out, aware."""
        return _EPOCH + timedelta(milliseconds=self.time)


@message(86, protobuf_since=PROTOBUF_NEWS)
class HistoricalNews(Reply, frozen=True):
    """A headline of the past; the newest comes first."""

    request_id: Annotated[int, Wire(1)] = -1
    time: Annotated[str, Wire(2)] = ""
    """"YYYY-MM-DD HH:MM:SS.0", as the bridge sends it: it names no zone, and is taken for UTC."""
    provider_code: Annotated[Word[NewsProviderCode], Wire(3)] = ""
    article_id: Annotated[str, Wire(4)] = ""
    """What a `NewsArticleRequest` asks for."""
    headline: Annotated[str, Wire(5)] = ""
    """May begin with facts about itself in braces: {A:800015:L:en}."""

    @property
    def at(self) -> datetime | None:
        """When it came out, aware: the text, taken for UTC. None where the text is no time."""
        return moment_of_news(self.time)


@message(87, protobuf_since=PROTOBUF_NEWS)
class HistoricalNewsEnd(Reply, frozen=True):
    """All headlines that were asked for have been sent."""

    request_id: Annotated[int, Wire(1)] = -1
    has_more: Annotated[bool, Wire(2)] = False
    """There are more than were asked for."""


@message(86, protobuf_since=PROTOBUF_NEWS, replies=many(HistoricalNews, end=HistoricalNewsEnd))
class HistoricalNewsRequest(IdentifiedRequest, frozen=True):
    """Ask for the headlines about a contract."""

    contract_id: Annotated[int, Wire(2)] = 0
    provider_codes: Annotated[PlusSeparated, Wire(3)] = ""
    """Codes of providers, one by one, or joined by a plus: BRFG+DJNL."""
    start: Annotated[NewsStart, Wire(4)] = ""
    """Only headlines after it: an aware `datetime`, a `date` (of UTC), or "YYYY-MM-DD HH:MM:SS.0"; empty for none."""
    end: Annotated[NewsEnd, Wire(5)] = ""
    """Only headlines up to it, likewise; empty for none."""
    total_results: Annotated[int, Wire(6)] = 10
    """How many headlines at most; the bridge sends no more than 300."""
    options: Annotated[tuple[TagValue, ...], Wire(7)] = ()
