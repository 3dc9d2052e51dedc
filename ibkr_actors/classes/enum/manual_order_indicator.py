"""Whether a person or a program entered an order."""

from __future__ import annotations

from ibkr_actors.wire.codes import Numbers


class ManualOrderIndicator(Numbers):
    """`Order.manual_order_indicator`, which the exchanges of CME want to know."""

    AUTOMATED = 0
    MANUAL = 1
