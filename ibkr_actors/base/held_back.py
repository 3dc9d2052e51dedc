"""Orders that the bridge holds back until the last of their family has come."""

from __future__ import annotations

from ibkr_actors.base.order_tracking import TrackedOrder


class HeldBack:
    """The orders that were sent with `transmit=False`: a parent and its children, but for the last child.

    With that one the bridge transmits the whole family, unless it refuses it. From then on they count as transmitted: a
    copy of one that is changed and sent again must not have it held back once more.
    """

    def __init__(self) -> None:
        self._families: dict[int, list[TrackedOrder]] = {}
        """By the parent's order id."""

    def note(self, order: TrackedOrder) -> None:
        """A new order is sent."""
        terms = order.request.order
        if not terms.transmit:
            self._families.setdefault(terms.parent_id or order.order_id, []).append(order)

    def hear(self, order: TrackedOrder) -> None:
        """The bridge has an order, so it has transmitted that one's family."""
        terms = order.request.order
        if self._families and terms.transmit and terms.parent_id and order.heard and not order.ended:
            for member in self._families.pop(terms.parent_id, ()):
                member.transmit()
