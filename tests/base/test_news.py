"""Headlines of the running market, and how bulletins are subscribed to."""

from __future__ import annotations

from datetime import UTC, datetime

from ibkr_actors.base.messages.market_data import MarketDataRequest
from ibkr_actors.base.messages.news import CancelNewsBulletins, NewsBulletin, NewsBulletinsRequest, TickNews


class TestAHeadline:
    def test_came_out_at_an_aware_time_to_the_millisecond(self):
        assert TickNews(time=1775425766350).at == datetime(2026, 4, 5, 21, 49, 26, 350000, tzinfo=UTC)

    def test_answers_a_request_for_market_data_and_never_ends_it(self):
        request = MarketDataRequest(generic_ticks="mdoff,292:BRFG")

        assert TickNews in request.facts.replies.every_type()
        assert not request.facts.replies.closes(request, TickNews())


class TestBulletins:
    def test_come_until_they_are_cancelled(self):
        request = NewsBulletinsRequest(all_messages=True)

        assert not request.facts.replies.closes(request, NewsBulletin())
        assert request.facts.replies.keeps_on(request)
        assert request.facts.replies.cancel is CancelNewsBulletins
