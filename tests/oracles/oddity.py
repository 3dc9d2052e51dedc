"""What a forgiven difference of reading looks like, and the usual ones.

Responsible for: `Oddity`, which says where a difference is the vendor's alone, and why.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Oddity:
    """A difference of reading that is the vendor's alone: where (a pattern of paths), what it looks like, and why."""

    paths: str
    looks: Callable[[Any, Any], bool]
    reason: str

    def explains(self, path: str, ours: Any, theirs: Any) -> bool:
        """Whether it is the reason of a disagreement."""
        return re.fullmatch(self.paths, path) is not None and self.looks(ours, theirs)


def zero_for_unset(ours: Any, theirs: Any) -> bool:
    """It says zero where we say that nothing came."""
    return ours is None and theirs in (0, 0.0, False)


def nothing_read(_ours: Any, theirs: Any) -> bool:
    """It has nothing where something came."""
    return theirs in (None, "", False, 0)
