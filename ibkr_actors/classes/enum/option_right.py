"""Rights of an option."""

from __future__ import annotations

from enum import StrEnum


class OptionRight(StrEnum):
    """`Contract.right`."""

    CALL = "C"
    PUT = "P"
