"""Ticks one by one of the running market: what a change of the quote is told by."""

from __future__ import annotations

from dataclasses import dataclass

from ibkr_actors.base.messages.tick_by_tick import TickByTick
from ibkr_actors.classes.enum.tick_by_tick_type import TickByTickType
from ibkr_actors.classes.tick import (
    BidAskAttributes,
    HistoricalTick,
    HistoricalTickBidAsk,
    HistoricalTickLast,
)
from ibkr_actors.simulated_gateway.instruments.instrument import (
    CONTINUOUS,
    FUTURES_OPTION,
    INDEX,
    OPTION,
    Instrument,
)
from ibkr_actors.simulated_gateway.market.market import Quote


def shown_by(kind: TickByTickType) -> str:
    """What ticks of the past show of the same."""
    if kind == TickByTickType.BID_ASK:
        return "BID_ASK"
    return "MIDPOINT" if kind == TickByTickType.MID_POINT else "TRADES"


def has_ticks(instrument: Instrument, what_to_show: str) -> bool:
    """A currency pair has no trades, an index no quotes."""
    return instrument.kind.has_trades if what_to_show == "TRADES" else instrument.kind.has_quotes


def can_stream(instrument: Instrument, kind: TickByTickType) -> bool:
    """There are such ticks one by one; options and continuous futures have none at all."""
    return instrument.security_type not in (OPTION, FUTURES_OPTION, CONTINUOUS) and has_ticks(
        instrument, shown_by(kind)
    )


@dataclass(slots=True)
class TickStream:
    """A subscription to the ticks of one contract."""

    request_id: int
    instrument: Instrument
    kind: TickByTickType
    ignore_size: bool
    seen: Quote
    """The quote that was looked at last."""

    def tick(self, quote: Quote, now: float) -> TickByTick | None:
        """What tells of the new quote; None when nothing changed that this subscription is about."""
        before, self.seen = self.seen, quote
        if self.kind == TickByTickType.BID_ASK:
            return self._quote(quote, before, int(now))
        if self.kind == TickByTickType.MID_POINT:
            return self._middle(quote, before, int(now))
        return self._trade(quote, before)

    def _trade(self, quote: Quote, before: Quote) -> TickByTick | None:
        """What was traded since, as one trade. An index is not traded: it has a tick when it moves."""
        # With a new trading day the volume begins anew.
        size = round(quote.volume - before.volume, 9) if quote.volume >= before.volume else quote.volume
        has_moved = self.instrument.security_type == INDEX and quote.last != before.last
        if not (size or has_moved):
            return None
        exchange = self.instrument.listing_exchange
        trade = HistoricalTickLast(quote.last_time, price=quote.last, size=size, exchange=exchange)
        return TickByTick(self.request_id, self.kind.number, last=trade)

    def _quote(self, quote: Quote, before: Quote, now: int) -> TickByTick | None:
        is_same = (quote.bid, quote.ask) == (before.bid, before.ask)
        if is_same and (self.ignore_size or _sizes(quote) == _sizes(before)):
            return None
        attributes = BidAskAttributes(quote.bid < quote.low, quote.ask > quote.high)
        shown = HistoricalTickBidAsk(now, attributes, quote.bid, quote.ask, quote.bid_size, quote.ask_size)
        return TickByTick(self.request_id, self.kind.number, bid_ask=shown)

    def _middle(self, quote: Quote, before: Quote, now: int) -> TickByTick | None:
        middle = _middle(quote)
        if middle == _middle(before):
            return None
        return TickByTick(self.request_id, self.kind.number, mid_point=HistoricalTick(now, middle))


def _sizes(quote: Quote) -> tuple[float, float]:
    return quote.bid_size, quote.ask_size


def _middle(quote: Quote) -> float:
    return round((quote.bid + quote.ask) / 2, 10)
