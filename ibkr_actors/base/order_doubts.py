"""Orders of which the bridge has refused something, the order itself or a change of it, and did not say which."""

from __future__ import annotations

from typing import Final

from ibkr_actors.base.order_tracking import TrackedOrder

ANSWER_WITHIN: Final = 5.0
"""Seconds in which the bridge tells of an order that it has taken."""


class OrderDoubts:
    """Which orders it is time to ask the bridge about: it tells of those that exist among its open orders.

    One that something is heard of, or that has ended, is in doubt no more; nor is one of a connection that was lost,
    for then all are asked about. Not thread-safe; times are monotonic seconds.
    """

    def __init__(self) -> None:
        self._since: dict[int, tuple[TrackedOrder, float]] = {}

    def note(self, order: TrackedOrder, now: float) -> None:
        """Something was said about an order that may be its refusal."""
        if order.is_in_doubt:
            self._since.setdefault(order.order_id, (order, now))

    def due(self, now: float) -> list[TrackedOrder]:
        """Those that have been in doubt for long enough; each again after as long, while it is."""
        self._since = {key: each for key, each in self._since.items() if each[0].is_in_doubt}
        due = [order for order, since in self._since.values() if now - since >= ANSWER_WITHIN]
        self._since |= {order.order_id: (order, now) for order in due}
        return due
