"""How an order takes part in an auction of the Boston Options Exchange."""

from __future__ import annotations

from ibkr_actors.wire.codes import Numbers


class AuctionStrategy(Numbers):
    """`Order.auction_strategy`."""

    NONE = 0
    MATCH = 1
    IMPROVEMENT = 2
    TRANSPARENT = 3
