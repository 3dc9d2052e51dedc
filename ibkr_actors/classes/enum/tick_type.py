"""Types of ticks: which value of market data a tick tells."""

from __future__ import annotations

from typing import Final

from ibkr_actors.wire.codes import Numbers, Words


class TickKind(Words):
    """The message that carries a type of tick."""

    PRICE = "price"
    SIZE = "size"
    GENERIC = "generic"
    """A number that is neither a price nor a size."""
    STRING = "string"
    OPTION_COMPUTATION = "option computation"
    EXCHANGE_FOR_PHYSICAL = "exchange for physical"


class TickType(Numbers):
    """`Tick.tick_type`. Exchange for physical trades a stock against its future."""

    BID_SIZE = 0
    BID = 1
    ASK = 2
    ASK_SIZE = 3
    LAST = 4
    LAST_SIZE = 5
    HIGH = 6
    LOW = 7
    VOLUME = 8
    CLOSE = 9
    """Of the day before."""
    BID_OPTION_COMPUTATION = 10
    ASK_OPTION_COMPUTATION = 11
    LAST_OPTION_COMPUTATION = 12
    MODEL_OPTION_COMPUTATION = 13
    """By the bridge's model."""
    OPEN = 14
    LOW_13_WEEKS = 15
    HIGH_13_WEEKS = 16
    LOW_26_WEEKS = 17
    HIGH_26_WEEKS = 18
    LOW_52_WEEKS = 19
    HIGH_52_WEEKS = 20
    AVERAGE_VOLUME = 21
    """Of 90 days."""
    OPEN_INTEREST = 22
    OPTION_HISTORICAL_VOLATILITY = 23
    OPTION_IMPLIED_VOLATILITY = 24
    OPTION_BID_EXCHANGE = 25
    OPTION_ASK_EXCHANGE = 26
    OPTION_CALL_OPEN_INTEREST = 27
    OPTION_PUT_OPEN_INTEREST = 28
    OPTION_CALL_VOLUME = 29
    OPTION_PUT_VOLUME = 30
    INDEX_FUTURE_PREMIUM = 31
    BID_EXCHANGE = 32
    """Codes of the exchanges at the bid."""
    ASK_EXCHANGE = 33
    AUCTION_VOLUME = 34
    AUCTION_PRICE = 35
    AUCTION_IMBALANCE = 36
    MARK_PRICE = 37
    """The price that positions are valued at."""
    BID_EXCHANGE_FOR_PHYSICAL = 38
    ASK_EXCHANGE_FOR_PHYSICAL = 39
    LAST_EXCHANGE_FOR_PHYSICAL = 40
    OPEN_EXCHANGE_FOR_PHYSICAL = 41
    HIGH_EXCHANGE_FOR_PHYSICAL = 42
    LOW_EXCHANGE_FOR_PHYSICAL = 43
    CLOSE_EXCHANGE_FOR_PHYSICAL = 44
    LAST_TIMESTAMP = 45
    """Epoch seconds, as text."""
    SHORTABLE = 46
    """Above 2.5: at least 1000 shares; above 1.5: if they can be located; else none."""
    FUNDAMENTAL_RATIOS = 47
    """No longer sent."""
    REAL_TIME_VOLUME = 48
    """Joined by semicolons: price, size, milliseconds, total volume, average price, single trade."""
    HALTED = 49
    """-1 unknown, 0 no, 1 by the exchange, 2 for volatility."""
    BID_YIELD = 50
    ASK_YIELD = 51
    LAST_YIELD = 52
    CUSTOM_OPTION_COMPUTATION = 53
    """Answers a calculation that was asked for."""
    TRADE_COUNT = 54
    TRADE_RATE = 55
    VOLUME_RATE = 56
    LAST_REGULAR_HOURS_TRADE = 57
    REAL_TIME_HISTORICAL_VOLATILITY = 58
    DIVIDENDS = 59
    """Joined by commas: past and next twelve months, next date, next amount."""
    BOND_FACTOR_MULTIPLIER = 60
    REGULATORY_IMBALANCE = 61
    NEWS = 62
    SHORT_TERM_VOLUME_3_MINUTES = 63
    SHORT_TERM_VOLUME_5_MINUTES = 64
    SHORT_TERM_VOLUME_10_MINUTES = 65
    DELAYED_BID = 66
    DELAYED_ASK = 67
    DELAYED_LAST = 68
    DELAYED_BID_SIZE = 69
    DELAYED_ASK_SIZE = 70
    DELAYED_LAST_SIZE = 71
    DELAYED_HIGH = 72
    DELAYED_LOW = 73
    DELAYED_VOLUME = 74
    DELAYED_CLOSE = 75
    DELAYED_OPEN = 76
    REAL_TIME_TRADE_VOLUME = 77
    """As REAL_TIME_VOLUME, without trades that are not reported as such."""
    CREDITMAN_MARK_PRICE = 78
    CREDITMAN_SLOW_MARK_PRICE = 79
    DELAYED_BID_OPTION_COMPUTATION = 80
    DELAYED_ASK_OPTION_COMPUTATION = 81
    DELAYED_LAST_OPTION_COMPUTATION = 82
    DELAYED_MODEL_OPTION_COMPUTATION = 83
    LAST_EXCHANGE = 84
    LAST_REGULATORY_TIME = 85
    """Epoch seconds, as text."""
    FUTURES_OPEN_INTEREST = 86
    AVERAGE_OPTION_VOLUME = 87
    DELAYED_LAST_TIMESTAMP = 88
    """Epoch seconds, as text."""
    SHORTABLE_SHARES = 89
    DELAYED_HALTED = 90
    REUTERS_2_MUTUAL_FUNDS = 91
    ETF_NET_ASSET_VALUE_CLOSE = 92
    ETF_NET_ASSET_VALUE_PRIOR_CLOSE = 93
    ETF_NET_ASSET_VALUE_BID = 94
    ETF_NET_ASSET_VALUE_ASK = 95
    ETF_NET_ASSET_VALUE_LAST = 96
    ETF_FROZEN_NET_ASSET_VALUE_LAST = 97
    ETF_NET_ASSET_VALUE_HIGH = 98
    ETF_NET_ASSET_VALUE_LOW = 99
    SOCIAL_MARKET_ANALYTICS = 100
    ESTIMATED_IPO_MIDPOINT = 101
    FINAL_IPO_PRICE = 102
    DELAYED_BID_YIELD = 103
    DELAYED_ASK_YIELD = 104
    ODD_LOT_BID = 105
    ODD_LOT_ASK = 106
    ODD_LOT_BID_SIZE = 107
    ODD_LOT_ASK_SIZE = 108
    ODD_LOT_BID_EXCHANGE = 109
    ODD_LOT_ASK_EXCHANGE = 110

    @property
    def kind(self) -> TickKind:
        """The message that carries it."""
        return _KINDS.get(self, TickKind.STRING)

    @property
    def is_delayed(self) -> bool:
        """It tells what a live type told some 15 minutes ago."""
        return self in _LIVE

    @property
    def live(self) -> TickType:
        """The live twin of a delayed type; any other type itself."""
        return _LIVE.get(self, self)

    @property
    def delayed(self) -> TickType | None:
        """The delayed twin of a live type, a delayed type itself; None for a type that never comes delayed."""
        return self if self in _LIVE else _DELAYED.get(self)


_LIVE: Final = {
    kind: TickType[kind.name.removeprefix("DELAYED_")]
    for kind in TickType
    if kind.name.startswith("DELAYED_")
}
_DELAYED: Final = {live: delayed for delayed, live in _LIVE.items()}

_NUMBERS: Final[dict[TickKind, tuple[int, ...] | range]] = {
    TickKind.PRICE: (
        *(1, 2, 4, 6, 7, 9, *range(14, 21), 35, 37, 50, 51, 52, 57, 66, 67, 68, 72, 73, 75, 76, 78, 79),
        *(*range(92, 100), *range(101, 107)),
    ),
    TickKind.SIZE: (
        *(0, 3, 5, 8, 21, 22, *range(27, 31), 34, 36, 61, 63, 64, 65, 69, 70, 71, 74, 86, 87, 89, 107, 108),
    ),
    TickKind.GENERIC: (23, 24, 31, 46, 49, 54, 55, 56, 58, 60, 90),
    TickKind.OPTION_COMPUTATION: (10, 11, 12, 13, 53, 80, 81, 82, 83),
    TickKind.EXCHANGE_FOR_PHYSICAL: range(38, 45),
}
"""Every other type comes as a text."""

_KINDS: Final = {TickType(number): kind for kind, numbers in _NUMBERS.items() for number in numbers}
