"""Ticks of the past, second by second, made of the same paths as the bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import chain, groupby, islice
from typing import Final, TypeAlias

from msgspec import Struct

from ibkr_actors.base.messages.declaration import Reply
from ibkr_actors.base.messages.historical_ticks import (
    HistoricalTicks,
    HistoricalTicksBidAsk,
    HistoricalTicksLast,
)
from ibkr_actors.classes.tick import HistoricalTick, HistoricalTickBidAsk, HistoricalTickLast
from ibkr_actors.simulated_gateway.hours.trading_hours import Session
from ibkr_actors.simulated_gateway.instruments.instrument import Instrument
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.market.price_paths import STEPS_PER_SECOND
from ibkr_actors.simulated_gateway.market.quotes import quoted_size
from ibkr_actors.simulated_gateway.market.replayed_ticks import ReplayedTicks
from ibkr_actors.simulated_gateway.market.schedules import first_session

Tick: TypeAlias = HistoricalTick | HistoricalTickBidAsk | HistoricalTickLast
_Maker: TypeAlias = Callable[[Instrument, int], list[Tick]]

_ONE_DAY: Final = timedelta(days=1)
_MOST_SECONDS: Final = 20_000
"""How much of the past is searched for one answer: what trades more rarely has fewer ticks than were asked for."""
_REPLIES: Final[dict[str, Callable[..., Reply]]] = {
    "TRADES": HistoricalTicksLast,
    "BID_ASK": HistoricalTicksBidAsk,
    "MIDPOINT": HistoricalTicks,
}
KINDS: Final = tuple(_REPLIES)
"""What ticks of the past can show."""


class TickQuery(Struct, frozen=True):
    """A request for ticks: from `start` on, or else before `end`, both in epoch seconds."""

    contract_id: int
    what_to_show: str
    count: int
    start: float | None = None
    end: float | None = None
    """None for now, if there is no start."""
    use_rth: bool = False
    ignore_size: bool = False


class PastTicks:
    """Ticks of a market, up to the last second that is complete.

    The trades of one second add up to its bar: the same open, high, low, close and volume, as long as there is volume
    enough for so many trades. Likewise the quotes. All ticks of an answer are of one session, as the vendor has it.

    Not responsible for: whether an instrument has such ticks, request ids.
    """

    def __init__(self, market: Market) -> None:
        self._market = market

    def reply(self, request_id: int, query: TickQuery) -> Reply:
        """The whole answer, oldest tick first: as many as are asked for, and the last second complete."""
        return _REPLIES[query.what_to_show](request_id, self.ticks(query), True)

    def ticks(self, query: TickQuery) -> tuple[Tick, ...]:
        """The same without the message around it."""
        instrument = self._market.catalogue[query.contract_id]
        replay = self._market.replay(query.contract_id)
        if replay is not None:
            return ReplayedTicks(replay, instrument, self._market.grid(query.contract_id)).ticks(
                query.what_to_show,
                query.count,
                self._market.now,
                start=query.start,
                end=query.end,
                use_rth=query.use_rth,
                ignore_size=query.ignore_size,
            )
        seconds = (
            self._seconds_back(instrument, query)
            if query.start is None
            else self._seconds_on(instrument, query)
        )
        found = _so_many(seconds, self._maker(query), instrument, query.count)
        return tuple(chain.from_iterable(found[::-1] if query.start is None else found))

    # which time

    @property
    def _now(self) -> int:
        return int(self._market.now)

    def _seconds_back(self, instrument: Instrument, query: TickQuery) -> Iterator[int]:
        hours = instrument.hours
        first = first_session(hours, liquid=query.use_rth).start
        end = self._now if query.end is None else min(int(query.end), self._now)
        if end <= first:
            return
        for session in hours.sessions_back(end, liquid=query.use_rth):
            last = min(self._end(instrument, query, session), end)
            if session.start < last:
                yield from reversed(range(max(session.start, first), last))
                return

    def _seconds_on(self, instrument: Instrument, query: TickQuery) -> Iterator[int]:
        hours, liquid = instrument.hours, query.use_rth
        start = max(int(query.start or 0), first_session(hours, liquid=liquid).start)
        if start >= self._now:
            return
        day, last = hours.latest(start, liquid=liquid).day, hours.latest(self._now, liquid=liquid).day
        while day <= last:
            session = hours.session(day, liquid=liquid)
            if session is not None:
                seconds = range(
                    max(session.start, start), min(self._end(instrument, query, session), self._now)
                )
                if seconds:
                    yield from seconds
                    return
            day += _ONE_DAY

    def _end(self, instrument: Instrument, query: TickQuery, session: Session) -> int:
        """Where a session ends: the latest one goes on while the market never closes."""
        runs_on = self._market.always_open and not query.use_rth
        if runs_on and session == instrument.hours.latest(self._now):
            return max(session.end, self._now)
        return session.end

    # which ticks

    def _maker(self, query: TickQuery) -> _Maker:
        if query.what_to_show == "TRADES":
            return self._trades
        if query.what_to_show == "MIDPOINT":
            return self._middles
        return self._moved_quotes if query.ignore_size else self._quotes

    def _prices(self, instrument: Instrument, second: int) -> tuple[list[float], float]:
        """Open, the extremes in the likelier order, close; and the volume."""
        first = second * STEPS_PER_SECOND
        prices = self._market.series(instrument.contract_id).between(first, first + STEPS_PER_SECOND)
        extremes = [prices.low, prices.high]
        if prices.close < prices.open:
            extremes.reverse()
        return [prices.open, *extremes, prices.close], prices.volume

    def _trades(self, instrument: Instrument, second: int) -> list[Tick]:
        values, volume = self._prices(instrument, second)
        price = self._market.grid(instrument.contract_id).price
        prices = [shown for shown, _ in groupby(map(price, values))]
        if volume < len(prices):
            prices = prices[-1:] if volume else []
        return [
            HistoricalTickLast(second, price=shown, size=size, exchange=instrument.listing_exchange)
            for shown, size in zip(prices, _divided(volume, len(prices)), strict=True)
        ]

    def _quotes(self, instrument: Instrument, second: int) -> list[Tick]:
        values, _ = self._prices(instrument, second)
        grid, step = self._market.grid(instrument.contract_id), second * STEPS_PER_SECOND
        bid_size, ask_size = (quoted_size(instrument, step, part) for part in (1, 2))
        prices = (quote for quote, _ in groupby((grid.bid(value), grid.ask(value)) for value in values))
        return [
            HistoricalTickBidAsk(second, bid_price=bid, ask_price=ask, bid_size=bid_size, ask_size=ask_size)
            for bid, ask in prices
        ]

    def _moved_quotes(self, instrument: Instrument, second: int) -> list[Tick]:
        # A second begins with the price at which the one before it ended.
        return self._quotes(instrument, second)[1:]

    def _middles(self, instrument: Instrument, second: int) -> list[Tick]:
        values, _ = self._prices(instrument, second)
        middle = self._market.grid(instrument.contract_id).middle
        return [HistoricalTick(second, price) for price, _ in groupby(map(middle, values))]


def _so_many(seconds: Iterator[int], make: _Maker, instrument: Instrument, count: int) -> list[list[Tick]]:
    """The ticks of second after second, until there are enough."""
    found: list[list[Tick]] = []
    for second in islice(seconds, _MOST_SECONDS):
        found.append(make(instrument, second))
        count -= len(found[-1])
        if count <= 0:
            break
    return found


def _divided(volume: float, count: int) -> list[float]:
    """The volume in so many parts; the last one takes the rest."""
    if not count:
        return []
    share = volume // count
    return [*(float(share) for _ in range(count - 1)), float(volume - share * (count - 1))]
