"""Rights of an option."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class OptionRight(Words):
    """`Contract.right`."""

    CALL = "C"
    PUT = "P"
