"""Quotes as ticks: which tick types a change of a quote is told by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from ibkr_actors.base.frame_templates import FrameTemplate, template_of
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.market_data import (
    Tick,
    TickGeneric,
    TickOptionComputation,
    TickPrice,
    TickSize,
    TickString,
)
from ibkr_actors.classes.enum.tick_type import TickType
from ibkr_actors.simulated_gateway.market.market import OptionValues, Quote

COMPUTATIONS: Final = {
    "bid": TickType.BID_OPTION_COMPUTATION,
    "ask": TickType.ASK_OPTION_COMPUTATION,
    "last": TickType.LAST_OPTION_COMPUTATION,
    "model": TickType.MODEL_OPTION_COMPUTATION,
}

CAN_AUTO_EXECUTE: Final = 1
LOT: Final = 100
DELAY: Final = 900
"""Seconds that the time of the last trade lies back in delayed data; their prices are the present ones."""

_FEW: Final = 8
"""Followers of a contract for whom a template is too dear: to make it costs as much as several frames."""

Form: TypeAlias = tuple[int | None, bool, bool]
"""The server version, whether it is delayed data, whether volumes are in lots: what a frame depends on."""


class TickValue:
    """One tick without its request id, so that all who follow a contract share it, and share its frame."""

    __slots__ = ("_uses", "message", "templates", "tick_type", "values")

    def __init__(
        self, message: type[Tick], tick_type: TickType, values: tuple[float | str | None, ...]
    ) -> None:
        self.message, self.tick_type, self.values = message, tick_type, values
        self.templates: dict[Form, FrameTemplate | None] = {}
        """Its frame in each form in which it was needed often."""
        self._uses = 0

    @property
    def told(self) -> tuple[type[Tick], TickType, tuple[float | str | None, ...]]:
        """What it says; two ticks that say the same are still two, each with its frames."""
        return self.message, self.tick_type, self.values

    def for_request(self, request_id: int, *, delayed: bool = False, in_lots: bool = False) -> Tick | None:
        """The message for one request; None for what delayed data doesn't have."""
        number, values = self.tick_type, self.values
        if in_lots and number == TickType.VOLUME:
            values = (float(int(float(values[0] or 0) / LOT)),)
        if delayed:
            twin = number.delayed
            if self.message is TickPrice:
                values = (*values[:2], 0)  # nobody trades at a price of the past
            elif number == TickType.LAST_TIMESTAMP:
                values = (str(int(values[0] or 0) - DELAY),)
            return None if twin is None else self.message(request_id, twin, *values)
        return self.message(request_id, number, *values)

    def first_frame(self, request_id: int, form: Form, encode: Callable[[Message], bytes]) -> bytes:
        """The frame for one request while there is no template; empty for what delayed data doesn't have.

        Raises what `encode` raises.
        """
        _, delayed, in_lots = form
        message = self.for_request(request_id, delayed=delayed, in_lots=in_lots)
        if message is None:
            return b""
        self._uses += 1
        if self._uses > _FEW and form not in self.templates:
            self.templates[form] = template_of(message, encode)
        return encode(message)


def all_ticks(quote: Quote) -> list[TickValue]:
    """What someone who begins to follow a contract is told first."""
    return [*_prices(quote, None), *_trades(quote, None), *_day(quote, None), _halted(quote)]


def changed_ticks(quote: Quote, before: Quote) -> list[TickValue]:
    """What differs from the quote before."""
    ticks = [*_prices(quote, before), *_trades(quote, before), *_day(quote, before)]
    if quote.halted != before.halted:
        ticks.append(_halted(quote))
    return ticks


def venue_ticks(venue: str) -> list[TickValue]:
    """The exchanges of bid, ask and last; told once."""
    return [
        TickValue(TickString, number, (venue,))
        for number in (TickType.BID_EXCHANGE, TickType.ASK_EXCHANGE, TickType.LAST_EXCHANGE)
    ]


def computation_ticks(values: dict[str, OptionValues]) -> list[TickValue]:
    """The option model's results."""
    return [
        TickValue(TickOptionComputation, number, _computation(values[name]))
        for name, number in COMPUTATIONS.items()
        if name in values
    ]


def _computation(of: OptionValues) -> tuple[float, ...]:
    based_on_prices = 1
    return (
        based_on_prices,
        of.implied_volatility,
        of.delta,
        of.option_price,
        of.present_value_of_dividend,
        of.gamma,
        of.vega,
        of.theta,
        of.underlying_price,
    )


def _priced(
    price_type: TickType, size_type: TickType, now: tuple[float, float], before: tuple[float, float] | None
) -> list[TickValue]:
    """A price brings its size along; a size alone is told when only it changed."""
    price, size = now
    if before is None or before[0] != price:
        attributes = CAN_AUTO_EXECUTE if price_type in (TickType.BID, TickType.ASK) and price > 0 else 0
        return [TickValue(TickPrice, price_type, (price, size, attributes))]
    if before[1] != size:
        return [TickValue(TickSize, size_type, (size,))]
    return []


def _prices(quote: Quote, before: Quote | None) -> list[TickValue]:
    earlier_bid = (before.bid, before.bid_size) if before else None
    earlier_ask = (before.ask, before.ask_size) if before else None
    return _priced(TickType.BID, TickType.BID_SIZE, (quote.bid, quote.bid_size), earlier_bid) + _priced(
        TickType.ASK, TickType.ASK_SIZE, (quote.ask, quote.ask_size), earlier_ask
    )


def _trades(quote: Quote, before: Quote | None) -> list[TickValue]:
    if quote.last <= 0:  # currencies are quoted, not traded
        return []
    earlier = (before.last, before.last_size) if before else None
    ticks = _priced(TickType.LAST, TickType.LAST_SIZE, (quote.last, quote.last_size), earlier)
    if before is None or before.volume != quote.volume:
        ticks.append(TickValue(TickSize, TickType.VOLUME, (quote.volume,)))
    if before is None or before.last_time != quote.last_time:
        ticks.append(TickValue(TickString, TickType.LAST_TIMESTAMP, (str(quote.last_time),)))
    return ticks


def _day(quote: Quote, before: Quote | None) -> list[TickValue]:
    return [
        TickValue(TickPrice, number, (price, 0.0, 0))
        for number, price, earlier in (
            (TickType.HIGH, quote.high, before and before.high),
            (TickType.LOW, quote.low, before and before.low),
            (TickType.CLOSE, quote.close, before and before.close),
            (TickType.OPEN, quote.open, before and before.open),
        )
        if price > 0 and price != earlier
    ]


def _halted(quote: Quote) -> TickValue:
    return TickValue(TickGeneric, TickType.HALTED, (float(quote.halted),))
