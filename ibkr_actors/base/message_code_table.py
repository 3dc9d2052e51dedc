"""The table behind `message_codes`: codes, severity, scope, what they end, meaning; the words are its enumerations'.

Where the bridge uses one code for a new order (an error) and for the change of an order (a warning), the row is that
of the new order: an order that has a status stays, whatever a code says.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

Row = tuple[int | Iterable[int], str, str, str, str]

_REFUSED: Final = ("error", "order", "request or new order")
"""A new order is refused."""
_REFUSED_EITHER: Final = ("error", "request", "request or new order")
"""A request or a new order is refused, as the id says."""
_ENDED: Final = ("error", "request", "request")
"""A request is refused, or ends."""
_NEWCOMER: Final = ("error", "request", "newcomer")
"""The id is taken."""
_UNCHANGED: Final = ("error", "order", "change")
"""A change or a cancellation is refused."""
_UNCHANGED_WARNING: Final = ("warning", "order", "change")
_WARNED: Final = ("warning", "request", "nothing")
_ORDER_WARNED: Final = ("warning", "order", "nothing")
_FARM_BROKEN: Final = ("warning", "farm", "nothing")
_FARM_FINE: Final = ("information", "farm", "nothing")

ROWS: Final[tuple[Row, ...]] = (
    # the connection
    (100, "error", "connection", "connection", "more messages per second than allowed"),
    (326, "error", "connection", "connection", "client id in use"),
    (1100, "error", "connection", "data flow", "the bridge has lost its servers"),
    (1101, "warning", "connection", "market data", "the bridge has its servers again; market data is lost"),
    (1102, "information", "connection", "nothing", "the bridge has its servers again; nothing is lost"),
    (1300, "error", "connection", "connection", "the bridge listens at another port now"),
    (2110, "warning", "connection", "nothing", "the bridge has lost its servers, and tries again"),
    (range(501, 600), "error", "client", "nothing", "raised inside of a client"),
    # farms
    (2103, *_FARM_BROKEN, "market data farm broken"),
    (2104, *_FARM_FINE, "market data farm connected"),
    (2105, *_FARM_BROKEN, "historical data farm broken"),
    (2106, *_FARM_FINE, "historical data farm connected"),
    (2107, *_FARM_FINE, "historical data farm inactive, connects on demand"),
    (2108, *_FARM_FINE, "market data farm inactive, connects on demand"),
    (2119, *_FARM_FINE, "market data farm connecting"),
    (2157, *_FARM_BROKEN, "security definition farm broken"),
    (2158, *_FARM_FINE, "security definition farm connected"),
    # accounts
    (2100, "warning", "account", "account subscription", "account updates: replaced by a later subscription"),
    (2101, "error", "account", "request", "account updates refused: another client has another account"),
    # market data and depth
    (101, *_ENDED, "more market data lines than allowed"),
    (102, *_NEWCOMER, "request id in use"),
    (300, *_WARNED, "no market data request of this id"),
    (309, *_ENDED, "more market depth requests than allowed"),
    (310, *_ENDED, "no market depth request of this id"),
    (316, *_WARNED, "market depth halted"),
    (317, *_WARNED, "market depth reset: clear the book"),
    (354, *_ENDED, "market data not subscribed"),
    (414, *_ENDED, "a snapshot has no generic ticks"),
    (492, *_WARNED, "part of the market data not subscribed"),
    (2152, "information", "request", "nothing", "exchanges that market depth comes from"),
    (10089, *_ENDED, "market data needs another subscription; delayed data may be available"),
    (10090, *_WARNED, "part of the market data not subscribed"),
    (10092, *_ENDED, "no market depth for this combination of contract and exchange"),
    (10167, *_WARNED, "market data not subscribed; delayed data comes instead"),
    ((10168, 10186), *_ENDED, "market data not subscribed, delayed data not enabled"),
    (10189, *_ENDED, "tick-by-tick data failed"),
    (10190, *_ENDED, "more tick-by-tick requests than allowed"),
    (10197, "error", "request", "data flow", "another live session of this user takes the market data"),
    # history, bars, scans, news, fundamental data
    (162, *_ENDED, "historical data, scan: refused, failed, empty or cancelled"),
    (165, *_WARNED, "historical data, scan: a message about the query"),
    (365, *_WARNED, "no scan of this id"),
    (366, *_WARNED, "no historical data request of this id"),
    (385, *_NEWCOMER, "scan: request id in use"),
    (386, *_NEWCOMER, "historical data: request id in use"),
    (420, *_ENDED, "real-time query refused"),
    (430, *_ENDED, "no fundamental data"),
    (490, *_ENDED, "scan not permitted"),
    (2188, *_ENDED, "historical data needs a subscription"),
    (10172, *_ENDED, "news article failed"),
    (10182, *_ENDED, "live updates of historical data failed: disconnected"),
    (10187, *_ENDED, "historical ticks failed"),
    (10225, *_ENDED, "trades were busted: subscribe to the bars again"),
    ((10276, 10277), *_ENDED, "Wall Street Horizon: not allowed, or without permission"),
    (10278, *_ENDED, "Wall Street Horizon: the metadata are being asked for already"),
    ((10279, 10280, 10283, 10284), *_ENDED, "Wall Street Horizon: request or cancellation failed"),
    (10281, *_ENDED, "Wall Street Horizon: the events are being asked for already"),
    (10282, *_ENDED, "Wall Street Horizon: the metadata have to be asked for first"),
    (10295, *_ENDED, "a schedule needs daily bars"),
    (10299, *_ENDED, "historical data: another kind of data is expected"),
    (10314, *_ENDED, "historical data: end date not understood"),
    (10339, *_ENDED, "historical data: a continuous future takes no end date"),
    (10358, *_ENDED, "fundamental data is no longer provided"),
    # any request, any order
    (166, *_REFUSED_EITHER, "expired contract"),
    (200, *_REFUSED_EITHER, "no contract fits the description, or several do"),
    (203, *_REFUSED_EITHER, "security not available to this account"),
    (319, "error", "request", "nothing", "log level out of range"),
    (320, *_REFUSED_EITHER, "request not understood"),
    (321, *_REFUSED_EITHER, "request not valid"),
    (322, *_REFUSED_EITHER, "request failed while it was processed"),
    (327, *_ENDED, "only client 0 binds orders by itself"),
    (344, *_REFUSED_EITHER, "not an advisor's account"),
    (357, *_REFUSED_EITHER, "client too old"),
    ((334, 336, 337, 343, 391), *_REFUSED_EITHER, "a date or time not understood"),
    (2148, *_WARNED, "trades were busted, or a subscription has to be made again"),
    (2174, *_WARNED, "a date or time without its time zone"),
    (2176, *_WARNED, "client too old for fractional sizes, which are trimmed"),
    (10230, *_ENDED, "changes of the advisor's settings are pending"),
    (10231, *_ENDED, "the advisor's settings are not valid"),
    (10285, *_REFUSED_EITHER, "client too old for fractional sizes"),
    (10337, *_REFUSED_EITHER, "key of an option not valid"),
    (10338, *_REFUSED_EITHER, "value of an option not valid"),
    # orders refused
    (103, *_REFUSED, "order id in use, or lower than one used before"),
    (106, *_REFUSED, "the order can't be transmitted"),
    (107, *_REFUSED, "the order is incomplete"),
    ((109, 163), *_REFUSED, "price further from the market than the presets allow"),
    (382, *_REFUSED, "price more ticks from the market than the presets allow"),
    (383, *_REFUSED, "size larger than the presets allow"),
    (110, *_REFUSED, "price is no multiple of the smallest increment"),
    ((111, 113), *_REFUSED, "time in force and order type do not go together"),
    (116, *_REFUSED, "the exchange is dead"),
    (117, *_REFUSED, "too small for a block order"),
    (201, *_REFUSED, "order rejected"),
    (range(312, 316), *_REFUSED, "legs of the combination missing or not valid"),
    (328, *_REFUSED, "trailing stops attach to limit orders only"),
    ((361, 362, 363, 364), *_REFUSED, "a price of the adjustment of a stop missing or not valid"),
    (387, *_REFUSED, "order type not supported for this contract and exchange"),
    (388, *_REFUSED, "size smaller than the smallest allowed"),
    (392, *_REFUSED, "the contract has expired"),
    (412, *_REFUSED, "contract not tradable"),
    (413, *_REFUSED, "a what-if order has to be transmitted"),
    (434, *_REFUSED, "size of the order is zero"),
    ((435, 436), *_REFUSED, "account or allocation missing or not valid"),
    (439, *_REFUSED, "algorithm not known"),
    ((441, 442, 443), *_REFUSED, "parameters of the algorithm not valid"),
    (
        (*range(421, 430), *range(431, 434), 437, 438, 440, *range(444, 450)),
        *_REFUSED,
        "a field of the order is not valid",
    ),
    (10006, *_REFUSED, "no parent order of this id"),
    ((*range(10000, 10006), *range(10007, 10028)), *_REFUSED, "combination or hedge not valid"),
    (10032, *_REFUSED, "a hedge order has no size of its own"),
    (10063, *_REFUSED, "not a pair that hedges a currency"),
    (10052, *_REFUSED, "time in force not valid"),
    (range(10241, 10253), *_REFUSED, "quantity in fractions or in cash not valid"),
    (10255, *_REFUSED, "display size not allowed"),
    (range(10268, 10271), *_REFUSED, "an attribute of the order is no longer supported"),
    (10318, *_REFUSED, "quantity in fractions is not supported"),
    (10340, *_REFUSED, "an attribute of the order is not supported"),
    (10342, *_REFUSED, "orders against an imbalance only are not allowed"),
    # changes and cancellations refused: the order stays
    (104, *_UNCHANGED, "a filled order can't be changed"),
    (105, *_UNCHANGED_WARNING, "the change does not fit the order"),
    (135, *_UNCHANGED, "no order of this id"),
    (136, *_UNCHANGED, "the order can't be cancelled"),
    (161, *_ORDER_WARNED, "the order is in no state to be cancelled"),
    (329, *_UNCHANGED_WARNING, "the order can't take another type"),
    (462, *_UNCHANGED_WARNING, "the order can't take another time in force"),
    (2102, *_UNCHANGED_WARNING, "the order is still being processed, and can't be changed yet"),
    (10147, *_UNCHANGED, "no order of this id to cancel"),
    (10148, *_UNCHANGED, "the order is in no state to be cancelled"),
    (10341, *_UNCHANGED_WARNING, "the parent of an order can't be changed"),
    # orders that live on
    (202, "information", "order", "nothing", "order cancelled; its status says so"),
    (399, *_ORDER_WARNED, "a message about the order"),
    (404, *_ORDER_WARNED, "held: no shares to sell short are found yet"),
    (481, *_ORDER_WARNED, "size of the order reduced"),
    (2109, *_ORDER_WARNED, "the order does not work outside regular trading hours"),
    ((2129, 2130, 2131), *_ORDER_WARNED, "about the product or its pricing"),
    (2137, *_ORDER_WARNED, "the order closes more than the position, or crosses it"),
    (2150, *_ORDER_WARNED, "a value derived from the position is not valid"),
    ((2161, 2168, 2169), *_ORDER_WARNED, "an old attribute of the order is ignored"),
    (10233, *_ORDER_WARNED, "defaults of the preset were taken over"),
    ((10311, 10329), *_ORDER_WARNED, "routed directly"),
    (10349, *_ORDER_WARNED, "time in force set by the preset"),
)
