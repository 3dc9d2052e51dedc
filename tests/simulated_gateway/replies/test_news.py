"""News: providers, headlines, articles, bulletins, and headlines that come with market data."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.market_data import CancelMarketData, MarketDataRequest, TickPrice
from ibkr_actors.base.messages.news import (
    CancelNewsBulletins,
    HistoricalNews,
    HistoricalNewsEnd,
    HistoricalNewsRequest,
    NewsArticle,
    NewsArticleRequest,
    NewsBulletin,
    NewsBulletinsRequest,
    NewsProviders,
    NewsProvidersRequest,
    TickNews,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.simulated_gateway.replies.newsroom import PROVIDERS
from tests.simulated_gateway.helpers import AAPL, NOW, Desk, Wire, apple, codes, only

ALL = "BRFG+BRFUPDN+DJNL"
DAY, HOUR = 86_400, 3_600
MIDNIGHT = datetime(2026, 11, 23, 5, 0, tzinfo=UTC).timestamp()
"""In New York, before NOW."""


@pytest.fixture(params=[157, 200, 226])
def wire(request: pytest.FixtureRequest) -> Wire:
    return Wire(Desk(), request.param)


def news(
    number: int = 10, providers: str = ALL, contract_id: int = AAPL, start: str = "", end: str = ""
) -> HistoricalNewsRequest:
    return HistoricalNewsRequest(contract_id, providers, start, end, number, request_id=6)


def headlines(wire: Wire, request: HistoricalNewsRequest) -> list[HistoricalNews]:
    """The headlines, in front of their end."""
    *rows, end = wire.ask(request)
    assert isinstance(end, HistoricalNewsEnd)
    assert len(only(HistoricalNews, rows)) == len(rows)
    return only(HistoricalNews, rows)


def test_the_providers_are_those_of_a_login_without_subscriptions(wire: Wire) -> None:
    assert wire.ask(NewsProvidersRequest()) == [NewsProviders(PROVIDERS)]


class TestHeadlinesOfThePast:
    def test_come_newest_first_and_then_the_end(self, wire: Wire) -> None:
        rows = headlines(wire, news(12))

        assert len(rows) == 12
        assert {row.request_id for row in rows} == {6}
        assert all(newer.time > older.time for newer, older in pairwise(rows))
        assert rows[0].time <= f"{datetime.fromtimestamp(NOW, UTC):%Y-%m-%d %H:%M:%S.0}"
        assert all(row.time.endswith(".0") and row.at is not None for row in rows)
        assert all(row.headline.startswith("{A:8") and "}!" in row.headline for row in rows)

    def test_the_end_says_whether_there_are_more(self, wire: Wire) -> None:
        rows = headlines(wire, news(5))

        assert wire.ask(news(5))[-1] == HistoricalNewsEnd(6, True)
        start = rows[-1].time
        assert wire.ask(news(5, start=start))[-1] == HistoricalNewsEnd(6, False)

    def test_three_hundred_are_the_most(self, wire: Wire) -> None:
        assert len(headlines(wire, news(1000))) == 300

    def test_lie_behind_the_start_and_up_to_the_end(self, wire: Wire) -> None:
        rows = headlines(wire, news(10))

        between = headlines(wire, news(10, start=rows[6].time, end=rows[2].time))

        assert between == rows[2:6]

    def test_a_bound_may_lack_its_tenths(self, wire: Wire) -> None:
        rows = headlines(wire, news(10))
        start, end = (row.time.removesuffix(".0") for row in (rows[6], rows[2]))

        assert headlines(wire, news(10, start=start, end=end)) == rows[2:6]

    def test_are_those_of_the_providers_asked_for(self, wire: Wire) -> None:
        rows = headlines(wire, news(10, "DJNL+BRFG"))

        assert {row.provider_code for row in rows} == {"DJNL", "BRFG"}
        assert all(row.article_id.startswith(f"{row.provider_code}$") for row in rows)

    def test_are_the_same_for_the_same_seed_only(self) -> None:
        first, same, other = (Wire(Desk(seed=seed), 200) for seed in (1, 1, 2))

        assert headlines(first, news()) == headlines(same, news())
        assert headlines(first, news()) != headlines(other, news())

    def test_there_are_none_about_an_option(self, wire: Wire) -> None:
        option = wire.desk.gateway.catalogue.options_on(AAPL)[0]

        assert wire.ask(news(contract_id=option.contract_id)) == [HistoricalNewsEnd(6, False)]

    @pytest.mark.parametrize(
        ("request_", "code"),
        [
            (news(contract_id=5), 200),
            (news(providers=""), 321),
            (news(providers="BRFG+NONE"), 321),
            (news(0), 321),
            (news(end="yesterday"), 321),
        ],
    )
    def test_a_wrong_request_is_refused(self, wire: Wire, request_: HistoricalNewsRequest, code: int) -> None:
        (notice,) = only(Notice, wire.ask(request_))

        assert (notice.request_id, notice.code) == (6, code)


class TestArticles:
    def test_the_article_of_a_headline_is_about_it(self, wire: Wire) -> None:
        row = headlines(wire, news(1))[0]

        (article,) = wire.ask(NewsArticleRequest(row.provider_code, row.article_id, request_id=7))

        assert isinstance(article, NewsArticle)
        assert (article.request_id, article.article_type) == (7, 0)
        assert "Apple Inc" in article.text

    @pytest.mark.parametrize(
        ("provider", "article_id"),
        [
            ("NONE", "NONE$00000000"),
            ("BRFG", "BRFG$ffffffff"),
            ("BRFG", "BRFG$no number"),
            ("BRFG", "BRFG"),
            ("", ""),
        ],
    )
    def test_what_is_no_article_is_refused(self, wire: Wire, provider: str, article_id: str) -> None:
        (notice,) = only(Notice, wire.ask(NewsArticleRequest(provider, article_id, request_id=7)))

        assert (notice.request_id, notice.code) == (7, 10172)
        assert notice.text.startswith("Failed to request news article:")

    def test_an_article_of_another_provider_is_refused(self, wire: Wire) -> None:
        row = headlines(wire, news(1, "DJNL"))[0]

        assert codes(wire.ask(NewsArticleRequest("BRFG", row.article_id, request_id=7))) == [10172]

    def test_an_article_of_tomorrow_is_not_there_yet(self) -> None:
        later = Wire(Desk(), 200)
        later.step(DAY)
        row = headlines(later, news(1))[0]
        request = NewsArticleRequest(row.provider_code, row.article_id, request_id=7)

        assert codes(Wire(Desk(), 200).ask(request)) == [10172]
        assert isinstance(later.ask(request)[0], NewsArticle)


class TestHeadlinesWithMarketData:
    def test_mdoff_and_292_bring_news_alone(self, wire: Wire) -> None:
        told = wire.ask(MarketDataRequest(apple(), "mdoff,292:BRFG+DJNL", request_id=2))
        for _ in range(24):
            told += wire.step(HOUR)

        heard = only(TickNews, told)
        assert {tick.provider_code for tick in heard} == {"BRFG", "DJNL"}
        assert only(TickPrice, told) == []
        assert {tick.request_id for tick in heard} == {2}
        assert all(older.time < newer.time for older, newer in pairwise(heard))

    def test_they_are_the_headlines_that_history_has_later(self, wire: Wire) -> None:
        told = wire.ask(MarketDataRequest(apple(), "292", request_id=2))
        for _ in range(24):
            told += wire.step(HOUR)

        heard = [tick.article_id for tick in only(TickNews, told)]
        assert heard[::-1] == [row.article_id for row in headlines(wire, news(len(heard)))]
        assert only(TickPrice, told)

    def test_first_comes_the_newest_one(self, wire: Wire) -> None:
        told = wire.ask(MarketDataRequest(apple(), "mdoff,292", request_id=2))

        (tick,) = only(TickNews, told)
        newest = headlines(wire, news(1))[0]
        assert (tick.article_id, tick.at) == (newest.article_id, newest.at)
        assert newest.headline == f"{{{tick.extra_data}}}!{tick.headline}"

    def test_they_end_with_the_request(self, wire: Wire) -> None:
        wire.ask(MarketDataRequest(apple(), "mdoff,292", request_id=2))

        wire.ask(CancelMarketData(2))

        assert only(TickNews, [tick for _ in range(24) for tick in wire.step(HOUR)]) == []

    def test_an_unknown_provider_is_refused_and_the_id_stays_free(self, wire: Wire) -> None:
        told = wire.ask(MarketDataRequest(apple(), "292:NONE", request_id=2))

        assert codes(told) == [321]
        assert only(TickNews, wire.ask(MarketDataRequest(apple(), "mdoff,292", request_id=2)))

    def test_what_has_no_news_brings_none(self, wire: Wire) -> None:
        euro = Contract(symbol="EUR", security_type="CASH", exchange="IDEALPRO", currency="USD")

        assert only(TickNews, wire.ask(MarketDataRequest(euro, "292", request_id=2))) == []


class TestBulletins:
    def test_all_of_the_day_come_first_when_they_are_wanted(self, wire: Wire) -> None:
        told = wire.ask(NewsBulletinsRequest(True))

        bulletins = only(NewsBulletin, told)
        assert len(bulletins) == len(told) == 3
        assert [bulletin.bulletin_type for bulletin in bulletins] == [1, 2, 3]
        assert bulletins[1].originating_exchange == "HKFE,SGX"
        assert len({bulletin.bulletin_id for bulletin in bulletins}) == 3

    def test_otherwise_only_those_to_come(self, wire: Wire) -> None:
        assert wire.ask(NewsBulletinsRequest(False)) == []
        told = wire.step(MIDNIGHT + DAY + 1 - NOW)

        assert len(only(NewsBulletin, told)) == 1
        assert only(NewsBulletin, wire.step(HOUR)) == []
        assert len(only(NewsBulletin, wire.step(7 * HOUR))) == 2

    def test_after_the_cancellation_there_are_none(self, wire: Wire) -> None:
        wire.ask(NewsBulletinsRequest(False))

        assert wire.ask(CancelNewsBulletins()) == []
        assert only(NewsBulletin, wire.step(DAY)) == []
        assert wire.ask(CancelNewsBulletins()) == []

    def test_a_client_that_left_is_told_nothing(self) -> None:
        desk = Desk()
        client = desk.connect()
        desk.ask(client, NewsBulletinsRequest(False))
        desk.gateway.disconnect(client)

        desk.step(DAY)

        assert desk.heard(client) == []
