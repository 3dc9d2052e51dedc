"""Additional ticks that a client asks for by number, as far as this market knows them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from ibkr_actors.base.messages.market_data import TickGeneric, TickPrice, TickSize, TickString
from ibkr_actors.classes.enum.tick_type import TickType
from ibkr_actors.simulated_gateway.instruments.instrument import BOND, INDEX, STOCK, Instrument
from ibkr_actors.simulated_gateway.market.market import Quote
from ibkr_actors.simulated_gateway.market.short_supply import difficulty
from ibkr_actors.simulated_gateway.market.ticks import TickValue
from ibkr_actors.simulated_gateway.refusals import invalid

NO_DEFAULTS: Final = "mdoff"
"""In a list of generic ticks: without the usual ones."""

_RANGES: Final = (
    (TickType.LOW_13_WEEKS, TickType.HIGH_13_WEEKS, 13),
    (TickType.LOW_26_WEEKS, TickType.HIGH_26_WEEKS, 26),
    (TickType.LOW_52_WEEKS, TickType.HIGH_52_WEEKS, 52),
)

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
        earlier = {tick.told for tick in maker(instrument, before)}
        ticks += [tick for tick in maker(instrument, quote) if tick.told not in earlier]
    return ticks


def check_generic_ticks(instrument: Instrument, names: Iterable[str]) -> None:
    """Raises Refusal for a list with words in it that are no generic ticks.

    Gateways know more numbers than are documented, so any of three digits passes, and brings nothing.
    """
    wrong = sorted(name for name in names if name != NO_DEFAULTS and not 100 <= _number(name) <= 999)
    if wrong:
        legal = ",".join(str(number) for number in sorted(_FIRST))
        raise invalid(
            f"Incorrect generic tick list of {','.join(wrong)}.  "
            f"Legal ones for ({instrument.security_type}) are: {legal}"
        )


def _number(name: str) -> int:
    """The number of a generic tick; `292:BRFG` is 292, words are none."""
    digits = name.partition(":")[0]
    return int(digits) if digits.isdigit() else 0


def _steady(instrument: Instrument, what: TickType, low: float, high: float) -> float:
    """A number between two, the same for ever for one instrument and fact."""
    share = zlib.crc32(f"{instrument.contract_id} {what.name}".encode()) / 0xFFFFFFFF
    return low + (high - low) * share


def _steady_sizes(low: int, high: int, *types: TickType) -> _Maker:
    def make(instrument: Instrument, _: Quote) -> list[TickValue]:
        return [
            TickValue(TickSize, number, (float(int(_steady(instrument, number, low, high))),))
            for number in types
        ]

    return make


def _steady_number(low: float, high: float, number: TickType) -> _Maker:
    def make(instrument: Instrument, _: Quote) -> list[TickValue]:
        return [TickValue(TickGeneric, number, (round(_steady(instrument, number, low, high), 6),))]

    return make


def _ranges(instrument: Instrument, quote: Quote) -> list[TickValue]:
    """Low and high of 13, 26 and 52 weeks."""
    ticks: list[TickValue] = []
    if quote.low <= 0:  # nothing is known yet
        return ticks
    for low_type, high_type, weeks in _RANGES:
        reach = _steady(instrument, TickType.LOW_13_WEEKS, 0.04, 0.10) * (weeks / 13) ** 0.5
        low, high = round(quote.low * (1 - reach), 2), round(quote.high * (1 + reach), 2)
        ticks += [
            TickValue(TickPrice, low_type, (low, 0.0, 0)),
            TickValue(TickPrice, high_type, (high, 0.0, 0)),
        ]
    return ticks


def _mark(_: Instrument, quote: Quote) -> list[TickValue]:
    return [TickValue(TickPrice, TickType.MARK_PRICE, (quote.mark, 0.0, 0))]


def _last_in_hours(_: Instrument, quote: Quote) -> list[TickValue]:
    return (
        [TickValue(TickPrice, TickType.LAST_REGULAR_HOURS_TRADE, (quote.last, 0.0, 0))]
        if quote.last > 0
        else []
    )


def _volume_text(number: TickType) -> _Maker:
    """`price;size;time;total;average;single`, once a trade."""

    def make(_: Instrument, quote: Quote) -> list[TickValue]:
        if quote.last <= 0:
            return []
        average = (quote.open + quote.high + quote.low + quote.last) / 4
        parts = (quote.last, quote.last_size, quote.last_time * 1000, quote.volume, round(average, 6), "true")
        return [TickValue(TickString, number, (";".join(map(str, parts)),))]

    return make


def _trade_count(_: Instrument, quote: Quote) -> list[TickValue]:
    return [TickValue(TickGeneric, TickType.TRADE_COUNT, (float(int(quote.volume // 100)),))]


def _shortable(_: Instrument, quote: Quote) -> list[TickValue]:
    """How easily shares are borrowed, and how many; the same that decides whether a short sale has to wait."""
    shares = quote.shortable_shares
    if shares is None:
        return []
    return [
        TickValue(TickGeneric, TickType.SHORTABLE, (difficulty(shares),)),
        TickValue(TickSize, TickType.SHORTABLE_SHARES, (shares,)),
    ]


def _of(security_type: str, maker: _Maker) -> _Maker:
    """A maker that only instruments of one type have."""

    def make(instrument: Instrument, quote: Quote) -> list[TickValue]:
        return maker(instrument, quote) if instrument.security_type == security_type else []

    return make


def _of_funds(maker: _Maker) -> _Maker:
    """A maker that only funds traded at exchanges have."""

    def make(instrument: Instrument, quote: Quote) -> list[TickValue]:
        return maker(instrument, quote) if instrument.stock_type == "ETF" else []

    return make


def _price_near(price_of: Callable[[Quote], float], *types: TickType) -> _Maker:
    """Prices that a quote gives, but for what is not quoted."""

    def make(_: Instrument, quote: Quote) -> list[TickValue]:
        price = price_of(quote)
        return [TickValue(TickPrice, number, (price, 0.0, 0)) for number in types] if price > 0 else []

    return make


def _rate(number: TickType, share: float) -> _Maker:
    """How much happens in a minute of an average day."""

    def make(instrument: Instrument, _: Quote) -> list[TickValue]:
        a_minute = instrument.daily_volume / _MINUTES_OF_A_DAY
        return [TickValue(TickGeneric, number, (float(int(a_minute * share)),))]

    return make


def _short_term_volumes(instrument: Instrument, quote: Quote) -> list[TickValue]:
    """The volume of the last minutes, at the pace of the day so far."""
    a_minute = min(quote.volume, instrument.daily_volume) / _MINUTES_OF_A_DAY
    return [
        TickValue(TickSize, number, (float(int(a_minute * minutes)),)) for number, minutes in _SHORT_TERMS
    ]


def _dividends(instrument: Instrument, _: Quote) -> list[TickValue]:
    """`past year,next year,next date,next amount`; a quarter of the next year's comes next."""
    past = round(instrument.price * _steady(instrument, TickType.DIVIDENDS, 0.002, 0.03), 2)
    text = f"{past},{round(past * 1.05, 2)},,{round(past * 1.05 / 4, 4)}"
    return [TickValue(TickString, TickType.DIVIDENDS, (text,))]


def _odd_lots(_: Instrument, quote: Quote) -> list[TickValue]:
    """Odd lots stand a little better than the quote, where they stand at all."""
    if quote.bid <= 0:
        return []
    step = round((quote.ask - quote.bid) / 4, 4)
    return [
        TickValue(TickPrice, TickType.ODD_LOT_BID, (round(quote.bid + step, 4), 0.0, 0)),
        TickValue(TickPrice, TickType.ODD_LOT_ASK, (round(quote.ask - step, 4), 0.0, 0)),
        TickValue(TickSize, TickType.ODD_LOT_BID_SIZE, (float(1 + int(quote.bid_size) % 99),)),
        TickValue(TickSize, TickType.ODD_LOT_ASK_SIZE, (float(1 + int(quote.ask_size) % 99),)),
    ]


def _odd_lot_exchanges(instrument: Instrument, _: Quote) -> list[TickValue]:
    where = instrument.primary_exchange or instrument.exchange
    return [
        TickValue(TickString, number, (where,))
        for number in (TickType.ODD_LOT_BID_EXCHANGE, TickType.ODD_LOT_ASK_EXCHANGE)
    ]


_MINUTES_OF_A_DAY: Final = 390
_SHORT_TERMS: Final = (
    (TickType.SHORT_TERM_VOLUME_3_MINUTES, 3),
    (TickType.SHORT_TERM_VOLUME_5_MINUTES, 5),
    (TickType.SHORT_TERM_VOLUME_10_MINUTES, 10),
)

_STEADY: Final[dict[int, tuple[_Maker, ...]]] = {
    100: (_steady_sizes(1_000, 400_000, TickType.OPTION_CALL_VOLUME, TickType.OPTION_PUT_VOLUME),),
    101: (
        _steady_sizes(
            50_000, 3_000_000, TickType.OPTION_CALL_OPEN_INTEREST, TickType.OPTION_PUT_OPEN_INTEREST
        ),
    ),
    104: (_steady_number(0.12, 0.45, TickType.OPTION_HISTORICAL_VOLATILITY),),
    105: (_steady_sizes(5_000, 900_000, TickType.AVERAGE_OPTION_VOLUME),),
    106: (_steady_number(0.12, 0.45, TickType.OPTION_IMPLIED_VOLATILITY),),
    162: (_of(INDEX, _steady_number(1.0, 30.0, TickType.INDEX_FUTURE_PREMIUM)),),
    165: (_ranges, _steady_sizes(2_000_000, 60_000_000, TickType.AVERAGE_VOLUME)),
    294: (_rate(TickType.TRADE_RATE, 0.01),),
    295: (_rate(TickType.VOLUME_RATE, 1.0),),
    411: (_steady_number(0.10, 0.40, TickType.REAL_TIME_HISTORICAL_VOLATILITY),),
    456: (_of(STOCK, _dividends),),
    460: (_of(BOND, _steady_number(1.0, 1.0, TickType.BOND_FACTOR_MULTIPLIER)),),
    578: (
        _of_funds(
            _price_near(
                lambda quote: quote.close,
                TickType.ETF_NET_ASSET_VALUE_CLOSE,
                TickType.ETF_NET_ASSET_VALUE_PRIOR_CLOSE,
            )
        ),
    ),
    588: (_steady_sizes(100_000, 2_500_000, TickType.FUTURES_OPEN_INTEREST),),
}
"""Generic tick numbers of facts that stay."""

_MOVING: Final[dict[int, tuple[_Maker, ...]]] = {
    221: (_mark,),
    232: (_mark,),
    236: (_shortable,),
    225: (
        _of(
            STOCK,
            _steady_sizes(
                10_000,
                900_000,
                TickType.AUCTION_VOLUME,
                TickType.AUCTION_IMBALANCE,
                TickType.REGULATORY_IMBALANCE,
            ),
        ),
        _of(STOCK, _price_near(lambda quote: quote.last, TickType.AUCTION_PRICE)),
    ),
    233: (_volume_text(TickType.REAL_TIME_VOLUME),),
    293: (_trade_count,),
    318: (_last_in_hours,),
    375: (_volume_text(TickType.REAL_TIME_TRADE_VOLUME),),
    576: (
        _of_funds(_price_near(lambda quote: quote.bid, TickType.ETF_NET_ASSET_VALUE_BID)),
        _of_funds(_price_near(lambda quote: quote.ask, TickType.ETF_NET_ASSET_VALUE_ASK)),
    ),
    577: (_of_funds(_price_near(lambda quote: quote.last, TickType.ETF_NET_ASSET_VALUE_LAST)),),
    595: (_short_term_volumes,),
    614: (
        _of_funds(_price_near(lambda quote: quote.high, TickType.ETF_NET_ASSET_VALUE_HIGH)),
        _of_funds(_price_near(lambda quote: quote.low, TickType.ETF_NET_ASSET_VALUE_LOW)),
    ),
    623: (_of_funds(_price_near(lambda quote: quote.last, TickType.ETF_FROZEN_NET_ASSET_VALUE_LAST)),),
    787: (_of(STOCK, _odd_lots), _of(STOCK, _odd_lot_exchanges)),
}
"""Generic tick numbers of what moves with the market."""

_FIRST: Final = _STEADY | _MOVING
