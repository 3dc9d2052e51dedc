"""Headlines that come with market data: the generic tick 292."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from ibkr_actors.base.messages.news import TickNews
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.instruments.catalogue import Instrument
from ibkr_actors.simulated_gateway.replies.news import CODES, provider_codes
from ibkr_actors.simulated_gateway.replies.newsroom import Headline, Newsroom

NEWS: Final = "292"
"""The generic tick: alone for all providers, `292:BRFG` or `292:BRFG+DJNL` for some."""
FIRST_HEADLINES: Final = 1
"""What somebody who begins to follow is told of the past."""


def wanted_providers(generics: Iterable[str]) -> frozenset[str]:
    """The providers that a list of generic ticks asks for; none without 292. Raises Refusal for unknown ones."""
    codes: frozenset[str] = frozenset()
    for name in generics:
        number, colon, joined = name.partition(":")
        if number == NEWS:
            codes |= provider_codes(joined) if colon else CODES
    return codes


@dataclass(slots=True)
class _Follower:
    client: Client
    request_id: int
    instrument: Instrument
    codes: frozenset[str]
    told_until: float

    def send(self, headlines: Iterable[Headline]) -> None:
        self.client.tell_all(
            [
                TickNews(
                    self.request_id,
                    headline.time * 1000,
                    headline.provider,
                    headline.article_id,
                    headline.text,
                    headline.extra_data,
                )
                for headline in headlines
                if headline.provider in self.codes
            ]
        )


class NewsTicks:
    """Tells headlines under the ids of market data requests, first the newest one, then each as it comes out."""

    def __init__(self, newsroom: Newsroom) -> None:
        self._newsroom = newsroom
        self._followers: dict[tuple[Client, int], _Follower] = {}

    def follow(self, client: Client, request_id: int, instrument: Instrument, codes: frozenset[str]) -> None:
        """Begin to tell, if there is any provider to hear of."""
        if not codes:
            return
        follower = _Follower(client, request_id, instrument, codes, client.now)
        self._followers[client, request_id] = follower
        past = self._newsroom.headlines_back(instrument, client.now)
        follower.send(islice((headline for headline in past if headline.provider in codes), FIRST_HEADLINES))

    def end(self, client: Client, request_id: int) -> None:
        """Tell no more; also when nothing was told."""
        self._followers.pop((client, request_id), None)

    def advance(self, now: float) -> None:
        """Tell what came out meanwhile."""
        for follower in self._followers.values():
            follower.send(self._newsroom.headlines_since(follower.instrument, follower.told_until, now))
            follower.told_until = now
