"""What the conditions of an order watch."""

from __future__ import annotations

from ibkr_actors.wire.codes import Numbers


class ConditionType(Numbers):
    """`OrderCondition.type`; each has a class of its own in `classes.orders.conditions`."""

    PRICE = 1
    TIME = 3
    MARGIN = 4
    EXECUTION = 5
    VOLUME = 6
    PERCENT_CHANGE = 7
