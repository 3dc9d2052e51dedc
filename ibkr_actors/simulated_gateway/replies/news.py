"""News: providers, articles, headlines of the past, bulletins."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice, takewhile
from typing import Final

from ibkr_actors.base.messages.news import (
    CancelNewsBulletins,
    HistoricalNews,
    HistoricalNewsEnd,
    HistoricalNewsRequest,
    NewsArticle,
    NewsArticleRequest,
    NewsBulletinsRequest,
    NewsProviders,
    NewsProvidersRequest,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.news import NewsArticleType
from ibkr_actors.classes.moment import moment_of_news
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue
from ibkr_actors.simulated_gateway.refusals import Refusal, invalid
from ibkr_actors.simulated_gateway.replies.newsroom import PROVIDERS, Headline, Newsroom
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service

MOST_HEADLINES: Final = 300
"""In one answer."""
CODES: Final = frozenset(str(provider.code) for provider in PROVIDERS)


def no_article(reason: str) -> Refusal:
    """An article that can't be had."""
    return Refusal(10172, f"Failed to request news article:{reason}")


class NewsReplies(Service):
    """Answers everything about news but the headlines that come with market data.

    Responsible for: who follows the bulletins, and which of them it has been told.
    """

    def __init__(self, catalogue: Catalogue, newsroom: Newsroom) -> None:
        self._catalogue = catalogue
        self._newsroom = newsroom
        self._told: dict[Client, int] = {}
        """Those who follow the bulletins, with the number of the last one that they know."""

    def handlers(self) -> Handlers:
        """Providers, articles, headlines, bulletins."""
        return {
            NewsProvidersRequest: _send_providers,
            NewsArticleRequest: self._send_article,
            HistoricalNewsRequest: self._send_headlines,
            NewsBulletinsRequest: self._subscribe,
            CancelNewsBulletins: self._unsubscribe,
        }

    def forget(self, client: Client) -> None:
        """End the bulletins of a client."""
        self._told.pop(client, None)

    # ---------------------------------------------------------------------------------------------------- bulletins

    def advance(self, now: float) -> None:
        """Send the bulletins that came out meanwhile."""
        if not self._told:
            return
        bulletins = self._newsroom.bulletins_of_day(now)
        for client, last in self._told.items():
            client.tell_all([bulletin for bulletin in bulletins if bulletin.bulletin_id > last])
        self._told = {client: max(last, bulletins[-1].bulletin_id) for client, last in self._told.items()}

    def _subscribe(self, client: Client, request: NewsBulletinsRequest) -> None:
        bulletins = self._newsroom.bulletins_of_day(client.now)
        if request.all_messages:
            client.tell_all(bulletins)
        self._told[client] = bulletins[-1].bulletin_id

    def _unsubscribe(self, client: Client, _: CancelNewsBulletins) -> None:
        """Silent, also when there was nothing to end."""
        self._told.pop(client, None)

    # ----------------------------------------------------------------------------------------- articles and headlines

    def _send_article(self, client: Client, request: NewsArticleRequest) -> None:
        if request.provider_code not in CODES:
            raise no_article(f"Provider is not allowed: {request.provider_code}")
        text = self._newsroom.article(str(request.provider_code), request.article_id, client.now)
        if text is None:
            raise no_article(f"Article is not found: {request.article_id}")
        client.tell(NewsArticle(request.request_id, NewsArticleType.TEXT, text))

    def _send_headlines(self, client: Client, request: HistoricalNewsRequest) -> None:
        instrument = self._catalogue.identify(Contract(contract_id=request.contract_id))
        codes = provider_codes(str(request.provider_codes))
        if request.total_results < 1:
            raise invalid(f"Invalid number of results: {request.total_results}")
        start = _time_of(str(request.start), otherwise=0.0)
        end = min(client.now, _time_of(str(request.end), otherwise=client.now))
        headlines = takewhile(lambda each: each.time > start, self._newsroom.headlines_back(instrument, end))
        of_providers = (headline for headline in headlines if headline.provider in codes)
        number = min(request.total_results, MOST_HEADLINES)
        found = list(islice(of_providers, number + 1))
        client.tell_all([_row(request.request_id, headline) for headline in found[:number]])
        client.tell(HistoricalNewsEnd(request.request_id, len(found) > number))


def provider_codes(joined: str) -> frozenset[str]:
    """The codes that a request joins by a plus. Raises Refusal for none, and for one that the login does not have."""
    codes = frozenset(filter(None, joined.split("+")))
    unknown = ", ".join(sorted(codes - CODES)) or ("" if codes else "none given")
    if unknown:
        raise invalid(f"Invalid news provider codes: {unknown}")
    return codes


def _time_of(text: str, *, otherwise: float) -> float:
    """Epoch seconds of a bound, which may lack its tenths; `otherwise` for none."""
    if not text:
        return otherwise
    moment = moment_of_news(text)
    if moment is None:
        raise invalid(f"Invalid date and time: {text}")
    return moment.timestamp()


def _row(request_id: int, headline: Headline) -> HistoricalNews:
    when = datetime.fromtimestamp(headline.time, UTC)
    return HistoricalNews(
        request_id,
        f"{when:%Y-%m-%d %H:%M:%S}.0",
        headline.provider,
        headline.article_id,
        f"{{{headline.extra_data}}}!{headline.text}",
    )


def _send_providers(client: Client, _: NewsProvidersRequest) -> None:
    client.tell(NewsProviders(PROVIDERS))
