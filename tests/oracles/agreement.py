"""Do a value of ours and one of the vendor's, read from the same bytes, say the same?

Responsible for: walking both by our names and listing where they differ. It forgives how a value is held
(Decimal, float or text of a number; tuple, list or None when empty; bool or 0 and 1), never what it is.

Not responsible for: forgiving what the vendor's client merely reads oddly. The test that meets it says so.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from google.protobuf.message import Message

from tests.oracles.vendor_client import plain
from tests.oracles.vendor_names import NAMED, our_names


def differences(ours: Any, theirs: Any) -> dict[str, tuple[Any, Any]]:
    """Both values (ours first) by dotted path, wherever they differ; empty when they agree.

    `ours` is one of our Structs, a tuple or a scalar; `theirs` the vendor's counterpart, as in a callback.
    """
    return dict(_compare("", ours, theirs))


def _compare(path: str, ours: Any, theirs: Any) -> list[tuple[str, tuple[Any, Any]]]:
    if type(theirs) in NAMED and ours is not None:
        return [
            difference
            for attribute, name in our_names(type(theirs)).items()
            if hasattr(ours, name)
            for difference in _compare(
                f"{path}.{name}" if path else name, getattr(ours, name), getattr(theirs, attribute)
            )
        ]
    if isinstance(ours, tuple) and isinstance(theirs, list) and len(ours) == len(theirs):
        return [
            difference
            for index, (one, other) in enumerate(zip(ours, theirs, strict=True))
            for difference in _compare(f"{path}[{index}]", one, other)
        ]
    theirs = plain(theirs)
    return [] if _same(ours, theirs) else [(path, (ours, theirs))]


def _same(ours: Any, theirs: Any) -> bool:
    match ours, theirs:
        case (tuple() | None, list() | None):
            return not ours and not theirs
        case (float() | Decimal() | None, str()):
            return ours is None if not theirs else ours is not None and float(ours) == float(theirs)
        case (str(), int()):
            return int(ours or 0) == theirs
        case (str(), str()) | (None, None) | (Message(), Message()):
            return bool(ours == theirs)
        case (bool() | int() | float() | Decimal(), bool() | int() | float() | Decimal()):
            return ours == theirs or float(ours) == float(theirs)
        case _:
            return False
