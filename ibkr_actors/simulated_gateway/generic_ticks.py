"""Additional ticks that a client asks for by number, as far as this market knows them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from ibkr_actors.base.messages.market_data import TickGeneric, TickPrice, TickSize, TickString
from ibkr_actors.simulated_gateway.instruments import Instrument
from ibkr_actors.simulated_gateway.market import Quote
from ibkr_actors.simulated_gateway.ticks import TickValue

NO_DEFAULTS: Final = "mdoff"
"""In a list of generic ticks: without the usual ones."""

_Maker: TypeAlias = Callable[[Instrument, Quote], list[TickValue]]


def generic_ticks(instrument: Instrument, names: Iterable[str], quote: Quote) -> list[TickValue]:
    """The first round of the ticks that a list names.

    Facts that the market has no path for (volatilities, open interest, what can be borrowed) are steady numbers of
    the instrument: the same in every run, and plausible.
    """
    makers = [maker for name in names for maker in _FIRST.get(_number(name), ())]
    return [tick for maker in makers for tick in maker(instrument, quote)]


def changed_generic_ticks(
    instrument: Instrument, names: Iterable[str], quote: Quote, before: Quote
) -> list[TickValue]:
    """What a new quote changes; steady facts don't."""
    ticks: list[TickValue] = []
    for maker in [maker for name in names for maker in _MOVING.get(_number(name), ())]:
        earlier = maker(instrument, before)
        ticks += [tick for tick in maker(instrument, quote) if tick not in earlier]
    return ticks


def _number(name: str) -> int:
    """The number of a generic tick; `292:BRFG` is 292, words are none."""
    digits = name.partition(":")[0]
    return int(digits) if digits.isdigit() else 0


def _steady(instrument: Instrument, what: str, low: float, high: float) -> float:
    """A number between two, the same for ever for one instrument and fact."""
    share = zlib.crc32(f"{instrument.contract_id} {what}".encode()) / 0xFFFFFFFF
    return low + (high - low) * share


def _steady_sizes(what: str, low: int, high: int, *types: int) -> _Maker:
    def make(instrument: Instrument, _: Quote) -> list[TickValue]:
        return [
            TickValue(TickSize, number, (float(int(_steady(instrument, f"{what} {number}", low, high))),))
            for number in types
        ]

    return make


def _steady_number(what: str, low: float, high: float, number: int) -> _Maker:
    def make(instrument: Instrument, _: Quote) -> list[TickValue]:
        return [TickValue(TickGeneric, number, (round(_steady(instrument, what, low, high), 6),))]

    return make


def _ranges(instrument: Instrument, quote: Quote) -> list[TickValue]:
    """Low and high of 13, 26 and 52 weeks."""
    ticks = []
    for number, weeks in ((15, 13), (17, 26), (19, 52)):
        reach = _steady(instrument, "range", 0.04, 0.10) * (weeks / 13) ** 0.5
        low, high = round(quote.low * (1 - reach), 2), round(quote.high * (1 + reach), 2)
        ticks += [
            TickValue(TickPrice, number, (low, 0.0, 0)),
            TickValue(TickPrice, number + 1, (high, 0.0, 0)),
        ]
    return ticks


def _mark(_: Instrument, quote: Quote) -> list[TickValue]:
    return [TickValue(TickPrice, 37, (quote.mark, 0.0, 0))]


def _last_in_hours(_: Instrument, quote: Quote) -> list[TickValue]:
    return [TickValue(TickPrice, 57, (quote.last, 0.0, 0))] if quote.last > 0 else []


def _volume_text(number: int) -> _Maker:
    """`price;size;time;total;average;single`, once a trade."""

    def make(_: Instrument, quote: Quote) -> list[TickValue]:
        if quote.last <= 0:
            return []
        average = (quote.open + quote.high + quote.low + quote.last) / 4
        parts = (quote.last, quote.last_size, quote.last_time * 1000, quote.volume, round(average, 6), "true")
        return [TickValue(TickString, number, (";".join(map(str, parts)),))]

    return make


def _trade_count(_: Instrument, quote: Quote) -> list[TickValue]:
    return [TickValue(TickGeneric, 54, (float(int(quote.volume // 100)),))]


_STEADY: Final[dict[int, tuple[_Maker, ...]]] = {
    100: (_steady_sizes("option volume", 1_000, 400_000, 29, 30),),
    101: (_steady_sizes("option interest", 50_000, 3_000_000, 27, 28),),
    104: (_steady_number("historical volatility", 0.12, 0.45, 23),),
    105: (_steady_sizes("average option volume", 5_000, 900_000, 87),),
    106: (_steady_number("implied volatility", 0.12, 0.45, 24),),
    165: (_ranges, _steady_sizes("average volume", 2_000_000, 60_000_000, 21)),
    236: (_steady_number("shortable", 3.0, 3.0, 46), _steady_sizes("shortable", 500_000, 90_000_000, 89)),
    411: (_steady_number("recent volatility", 0.10, 0.40, 58),),
    588: (_steady_sizes("futures interest", 100_000, 2_500_000, 86),),
}

_MOVING: Final[dict[int, tuple[_Maker, ...]]] = {
    221: (_mark,),
    232: (_mark,),
    233: (_volume_text(48),),
    293: (_trade_count,),
    318: (_last_in_hours,),
    375: (_volume_text(77),),
}

_FIRST: Final = _STEADY | _MOVING
