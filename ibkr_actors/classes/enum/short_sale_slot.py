"""Where the shares of a short sale come from."""

from __future__ import annotations

from ibkr_actors.wire.codes import Numbers


class ShortSaleSlot(Numbers):
    """`short_sale_slot` of an order and of a leg, and `Order.delta_neutral_short_sale_slot`; for institutions."""

    NONE = 0
    """No short sale, or one of a customer who is no institution."""
    HELD = 1
    """They are held already."""
    ELSEWHERE = 2
    """They come from the place that `designated_location` names."""
