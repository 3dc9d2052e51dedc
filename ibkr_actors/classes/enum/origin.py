"""Who an order is for."""

from __future__ import annotations

from ibkr_actors.wire.codes import Numbers


class Origin(Numbers):
    """`Order.origin`, for institutions."""

    CUSTOMER = 0
    FIRM = 1
    UNKNOWN = 2
