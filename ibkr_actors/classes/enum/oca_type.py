"""What becomes of the orders of a group when one of them fills."""

from __future__ import annotations

from ibkr_actors.wire.codes import Numbers


class OcaType(Numbers):
    """`Order.oca_type`. With block, one order of the group works at a time, so that they can't overfill."""

    NONE = 0
    """The bridge's own choice."""
    CANCEL_WITH_BLOCK = 1
    """The others are cancelled."""
    REDUCE_WITH_BLOCK = 2
    """The others shrink by what is filled."""
    REDUCE_WITHOUT_BLOCK = 3
