"""Ticks of the past out of a replay: the events themselves, as they are in the data."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, groupby
from math import inf, isnan

from ibkr_actors.classes.tick import HistoricalTick, HistoricalTickBidAsk, HistoricalTickLast
from ibkr_actors.simulated_gateway.hours.trading_hours import Session
from ibkr_actors.simulated_gateway.instruments.instrument import Instrument
from ibkr_actors.simulated_gateway.market.price_series import TickGrid
from ibkr_actors.simulated_gateway.market.replayed_events import Event
from ibkr_actors.simulated_gateway.market.replayed_series import Replay

Tick = HistoricalTick | HistoricalTickBidAsk | HistoricalTickLast


class ReplayedTicks:
    """Answers of one instrument: whole seconds, of one session, up to the last second that is complete.

    Data without quotes show those that are streamed: around each price.
    """

    def __init__(self, replay: Replay, instrument: Instrument, grid: TickGrid) -> None:
        self._replay = replay
        self._instrument = instrument
        self._grid = grid

    def ticks(
        self,
        kind: str,
        count: int,
        now: float,
        *,
        start: float | None,
        end: float | None,
        use_rth: bool,
        ignore_size: bool,
    ) -> tuple[Tick, ...]:
        """The first ticks from `start` on, or else the last ones before `end`; the oldest first."""
        before = min(float(int(now)), inf if start is not None or end is None else float(int(end)))
        events = self._replay.within(start or 0.0, before)
        if start is None:
            events.reverse()
        seconds = self._seconds(events, kind, use_rth=use_rth, ignore_size=ignore_size)
        found: list[list[Tick]] = []
        for second in seconds:
            found.append(second)
            count -= len(second)
            if count <= 0:
                break
        return tuple(chain.from_iterable(found if start is not None else found[::-1]))

    def _seconds(
        self, events: list[Event], kind: str, *, use_rth: bool, ignore_size: bool
    ) -> Iterator[list[Tick]]:
        """The ticks of second after second of one session, each second's in the order of time."""
        session: Session | None = None
        for _, together in groupby(events, lambda event: int(event.time)):
            members = sorted(together, key=lambda event: event.time)
            at = self._instrument.hours.latest(members[0].time, liquid=use_rth)
            if members[0].time >= at.end or members[0].time < at.start:
                continue
            if session is not None and at != session:
                return
            ticks = [tick for event in members for tick in self._ticks_of(event, kind)]
            if ignore_size:
                ticks = [next(same) for _, same in groupby(ticks, _prices_of)]
            if ticks:
                session = at
                yield ticks

    def _ticks_of(self, event: Event, kind: str) -> Iterator[Tick]:
        second = int(event.time)
        if kind == "TRADES":
            if not isnan(event.price):
                exchange = self._instrument.listing_exchange
                price = self._grid.price(event.price)
                yield HistoricalTickLast(second, price=price, size=event.size, exchange=exchange)
            return
        quote = self._quote_of(event)
        if quote is None:
            return
        bid, ask = quote
        if kind == "MIDPOINT":
            yield HistoricalTick(second, round((bid + ask) / 2, 10))
        else:
            sizes = (0.0 if isnan(size) else size for size in (event.bid_size, event.ask_size))
            bid_size, ask_size = sizes
            yield HistoricalTickBidAsk(
                second, bid_price=bid, ask_price=ask, bid_size=bid_size, ask_size=ask_size
            )

    def _quote_of(self, event: Event) -> tuple[float, float] | None:
        grid = self._grid
        if self._replay.has_quotes:
            return None if isnan(event.bid) else (grid.price(event.bid), grid.price(event.ask))
        return None if isnan(event.price) else (grid.bid(event.price), grid.ask(event.price))


def _prices_of(tick: Tick) -> tuple[float, ...]:
    return (tick.bid_price, tick.ask_price) if isinstance(tick, HistoricalTickBidAsk) else (tick.price,)
