"""What the press has to say: headlines, articles and bulletins as a function of the seed and the time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from html import escape
from random import Random
from typing import Final, NamedTuple

from ibkr_actors.base.messages.news import NewsBulletin
from ibkr_actors.classes.enum.news import NewsBulletinType
from ibkr_actors.classes.enum.news_provider_code import NewsProviderCode
from ibkr_actors.classes.news_provider import NewsProvider
from ibkr_actors.simulated_gateway.hours.market_time import EASTERN
from ibkr_actors.simulated_gateway.instruments.instrument import STOCK, Instrument

PROVIDERS: Final = (
    NewsProvider(NewsProviderCode.BRIEFING_GENERAL, "Briefing.com General Market Columns"),
    NewsProvider(NewsProviderCode.BRIEFING_ANALYST_ACTIONS, "Briefing.com Analyst Actions"),
    NewsProvider(NewsProviderCode.DOW_JONES_NEWSLETTERS, "Dow Jones Newsletters"),
)
"""What a login has without a subscription, as recorded."""

SLOT: Final = 900
"""Seconds within which there is at most one headline about an instrument."""
_ONE_IN: Final = 8
"""So many slots have one headline among them."""
_SLOT_BITS: Final = 22
"""Of an article's number; the rest is the instrument's place in the catalogue."""

_ACTIONS: Final = (
    "{house} reiterated {name} ({symbol}) coverage with {rating} and target ${target}",
    "{house} upgraded {name} ({symbol}) to {rating}, target ${target}",
    "{house} initiated {name} ({symbol}) coverage with {rating} and target ${target}",
)
_COLUMNS: Final = (
    "{name} ({symbol}) in focus ahead of the close",
    "{name} ({symbol}) moves with its sector",
    "Stocks to watch: {name} ({symbol}) among the most active",
)
_NEWSLETTERS: Final = (
    "What {name} ({symbol}) tells about the quarter",
    "{name} ({symbol}): three questions for investors",
)
_TEMPLATES: Final = {
    NewsProviderCode.BRIEFING_GENERAL: _COLUMNS,
    NewsProviderCode.BRIEFING_ANALYST_ACTIONS: _ACTIONS,
    NewsProviderCode.DOW_JONES_NEWSLETTERS: _NEWSLETTERS,
}
_HOUSES: Final = ("Alder & Finch", "Northgate Securities", "Bellweather", "Harbour Lane")
_RATINGS: Final = ("Buy", "Hold", "Outperform", "Neutral")


class Headline(NamedTuple):
    """One headline about one instrument."""

    instrument: Instrument
    time: int
    """Epoch seconds when it came out."""
    provider: NewsProviderCode
    article_id: str
    text: str
    extra_data: str
    """Facts about the headline, which come in braces before headlines of the past: A:800015:L:en."""


class Newsroom:
    """The headlines about all stocks, the articles behind them, and the broker's bulletins.

    Responsible for: that whoever asks, and whenever, finds the same headlines; those of the future don't exist yet.
    Not responsible for: who may read what.
    """

    def __init__(self, instruments: Iterable[Instrument], seed: int) -> None:
        self._stocks = [instrument for instrument in instruments if instrument.security_type == STOCK]
        self._places = {instrument.contract_id: place for place, instrument in enumerate(self._stocks)}
        self._seed = seed

    def headlines_back(self, instrument: Instrument, now: float) -> Iterator[Headline]:
        """The headlines about an instrument up to now, the newest first, back to the epoch; none but about stocks."""
        if instrument.contract_id not in self._places:
            return
        for slot in range(int(now // SLOT), -1, -1):
            headline = self._headline(instrument, slot)
            if headline is not None and headline.time <= now:
                yield headline

    def headlines_since(self, instrument: Instrument, before: float, now: float) -> list[Headline]:
        """The headlines behind one time and up to another, the oldest first."""
        found = []
        for headline in self.headlines_back(instrument, now):
            if headline.time <= before:
                break
            found.append(headline)
        return found[::-1]

    def article(self, provider: str, article_id: str, now: float) -> str | None:
        """The text behind a headline, in HTML; None when there is no such article."""
        prefix, _, number = article_id.partition("$")
        try:
            place, slot = divmod(int(number, 16), 1 << _SLOT_BITS)
        except ValueError:
            return None
        if prefix != provider or not 0 <= place < len(self._stocks):
            return None
        headline = self._headline(self._stocks[place], slot)
        if headline is None or headline.article_id != article_id or headline.time > now:
            return None
        return _article(headline)

    def _headline(self, instrument: Instrument, slot: int) -> Headline | None:
        random = Random(f"{self._seed} news {instrument.contract_id} {slot}")  # noqa: S311  # it is a game
        if random.randrange(_ONE_IN):
            return None
        place = self._places[instrument.contract_id]
        provider = random.choice(PROVIDERS).code
        assert isinstance(provider, NewsProviderCode)
        text = random.choice(_TEMPLATES[provider]).format(
            name=instrument.name.title(),
            symbol=instrument.symbol,
            house=random.choice(_HOUSES),
            rating=random.choice(_RATINGS),
            target=round(instrument.price * random.uniform(0.9, 1.3)),
        )
        return Headline(
            instrument,
            slot * SLOT + random.randrange(SLOT),
            provider,
            f"{provider}${place << _SLOT_BITS | slot:08x}",
            text,
            f"A:{800_001 + place}:L:en",
        )

    # ---------------------------------------------------------------------------------------------------- bulletins

    def bulletins_of_day(self, now: float) -> list[NewsBulletin]:
        """The bulletins of the day in New York up to now, the oldest first. There is one at midnight already."""
        day = datetime.fromtimestamp(now, EASTERN).date()
        begin = datetime(day.year, day.month, day.day, tzinfo=EASTERN).timestamp()
        return [
            NewsBulletin(day.toordinal() * len(_BULLETINS) + number, kind, text, exchanges)
            for number, (seconds, kind, text, exchanges) in enumerate(_BULLETINS)
            if begin + seconds <= now
        ]


_HOUR: Final = 3600
_BULLETINS: Final = (
    (0, NewsBulletinType.REGULAR, "The simulated market is open around the clock.", ""),
    (
        7 * _HOUR,
        NewsBulletinType.EXCHANGE_UNAVAILABLE,
        "HKFE and SGX are unavailable for routing until further notice.",
        "HKFE,SGX",
    ),
    (
        8 * _HOUR,
        NewsBulletinType.EXCHANGE_AVAILABLE,
        "HKFE and SGX are available for routing again.",
        "HKFE,SGX",
    ),
)
"""Of every day: seconds behind midnight in New York, what it is, text, exchanges that it is about."""


def _article(headline: Headline) -> str:
    when = datetime.fromtimestamp(headline.time, UTC)
    title = escape(headline.text)
    body = f"This article is about {escape(headline.instrument.name.title())}, and made up: nothing of it happened."
    return f"<html><body><h1>{title}</h1><p>{when:%Y-%m-%d %H:%M} UTC</p><p>{body}</p></body></html>"
