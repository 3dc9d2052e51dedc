"""Additional ticks that a request for market data can ask for."""

from __future__ import annotations

from typing import Final

from ibkr_actors.classes.enum.tick_type import TickType
from ibkr_actors.wire.codes import Numbers


class GenericTick(Numbers):
    """A number in `MarketDataRequest.generic_ticks`."""

    OPTION_VOLUME = 100
    OPTION_OPEN_INTEREST = 101
    HISTORICAL_VOLATILITY = 104
    AVERAGE_OPTION_VOLUME = 105
    OPTION_IMPLIED_VOLATILITY = 106
    INDEX_FUTURE_PREMIUM = 162
    MISCELLANEOUS_STATISTICS = 165
    MARK_PRICE = 221
    AUCTION = 225
    MARK_PRICE_OF_POSITIONS = 232
    REAL_TIME_VOLUME = 233
    SHORTABLE = 236
    FUNDAMENTAL_RATIOS = 258
    """No longer served."""
    NEWS = 292
    """Headlines; they come as a message of their own."""
    TRADE_COUNT = 293
    TRADE_RATE = 294
    VOLUME_RATE = 295
    LAST_REGULAR_HOURS_TRADE = 318
    REAL_TIME_TRADE_VOLUME = 375
    """Without trades that are not reported as such."""
    REAL_TIME_HISTORICAL_VOLATILITY = 411
    DIVIDENDS = 456
    BOND_FACTOR_MULTIPLIER = 460
    ETF_NET_ASSET_VALUE_BID_AND_ASK = 576
    ETF_NET_ASSET_VALUE_LAST = 577
    ETF_NET_ASSET_VALUE_CLOSE = 578
    IPO_PRICES = 586
    FUTURES_OPEN_INTEREST = 588
    SHORT_TERM_VOLUME = 595
    ETF_NET_ASSET_VALUE_HIGH_AND_LOW = 614
    ETF_FROZEN_NET_ASSET_VALUE = 623
    ODD_LOTS = 787
    """Since server version 225."""

    @property
    def tick_types(self) -> tuple[TickType, ...]:
        """The types of ticks that it brings."""
        return tuple(TickType(number) for number in _BRINGS[self])


_BRINGS: Final[dict[GenericTick, tuple[int, ...] | range]] = {
    GenericTick.OPTION_VOLUME: (29, 30),
    GenericTick.OPTION_OPEN_INTEREST: (27, 28),
    GenericTick.HISTORICAL_VOLATILITY: (23,),
    GenericTick.AVERAGE_OPTION_VOLUME: (87,),
    GenericTick.OPTION_IMPLIED_VOLATILITY: (24,),
    GenericTick.INDEX_FUTURE_PREMIUM: (31,),
    GenericTick.MISCELLANEOUS_STATISTICS: range(15, 22),
    GenericTick.MARK_PRICE: (37,),
    GenericTick.AUCTION: (34, 35, 36, 61),
    GenericTick.MARK_PRICE_OF_POSITIONS: (37,),
    GenericTick.REAL_TIME_VOLUME: (48,),
    GenericTick.SHORTABLE: (46, 89),
    GenericTick.FUNDAMENTAL_RATIOS: (47,),
    GenericTick.NEWS: (62,),
    GenericTick.TRADE_COUNT: (54,),
    GenericTick.TRADE_RATE: (55,),
    GenericTick.VOLUME_RATE: (56,),
    GenericTick.LAST_REGULAR_HOURS_TRADE: (57,),
    GenericTick.REAL_TIME_TRADE_VOLUME: (77,),
    GenericTick.REAL_TIME_HISTORICAL_VOLATILITY: (58,),
    GenericTick.DIVIDENDS: (59,),
    GenericTick.BOND_FACTOR_MULTIPLIER: (60,),
    GenericTick.ETF_NET_ASSET_VALUE_BID_AND_ASK: (94, 95),
    GenericTick.ETF_NET_ASSET_VALUE_LAST: (96,),
    GenericTick.ETF_NET_ASSET_VALUE_CLOSE: (92, 93),
    GenericTick.IPO_PRICES: (101, 102),
    GenericTick.FUTURES_OPEN_INTEREST: (86,),
    GenericTick.SHORT_TERM_VOLUME: (63, 64, 65),
    GenericTick.ETF_NET_ASSET_VALUE_HIGH_AND_LOW: (98, 99),
    GenericTick.ETF_FROZEN_NET_ASSET_VALUE: (97,),
    GenericTick.ODD_LOTS: range(105, 111),
}
