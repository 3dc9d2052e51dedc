"""What constructors of orders and algorithms demand of their parameters.

Each check takes whose parameter it is, its name and its value, and returns the value in its type. Each raises
InvalidRequest that says which order, which parameter, what it is and what was expected.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ibkr_actors.classes.construction import as_number
from ibkr_actors.errors import InvalidRequest


def refusal(owner: object, parameter: str, value: object, expected: str) -> InvalidRequest:
    """The error of a parameter, to be raised. The owner is an order, an algorithm, or the name of a function."""
    found = "is missing" if value is None else f"is {value!r}"
    name = owner if isinstance(owner, str) else type(owner).__name__
    return InvalidRequest(f"{name}: {parameter} {found}; expected {expected}")


def price(owner: object, parameter: str, value: Any) -> float:
    """A price: any finite number, for combinations and some futures trade at zero and below."""
    return _number(owner, parameter, value, "a price", math.isfinite)


def number(owner: object, parameter: str, value: Any) -> float:
    """Any finite number."""
    return _number(owner, parameter, value, "a number", math.isfinite)


def positive(owner: object, parameter: str, value: Any) -> float:
    """A number above zero, such as the distance of a trailing stop."""
    return _number(owner, parameter, value, "a number above zero", lambda given: 0 < given < math.inf)


def distance(owner: object, parameter: str, value: Any) -> float:
    """An offset from a price, whose direction the order type knows."""
    return _number(owner, parameter, value, "a distance of zero or more", lambda given: 0 <= given < math.inf)


def percentage(owner: object, parameter: str, value: Any) -> float:
    """A part of a price in percent."""
    expected = "a percentage above 0 and below 100 (2.5 is 2.5%)"
    return _number(owner, parameter, value, expected, lambda given: 0 < given < 100)


def share(owner: object, parameter: str, value: Any) -> float:
    """A share of the volume; algorithms go up to half of it."""
    expected = "a fraction above 0 and up to 0.5 (0.1 is 10%)"
    return _number(owner, parameter, value, expected, lambda given: 0 < given <= 0.5)


def whole(owner: object, parameter: str, value: Any, *, least: int = 1) -> int:
    """A whole number from `least` on."""
    expected = f"a whole number from {least} on"
    return int(
        _number(owner, parameter, value, expected, lambda given: given >= least and given == int(given))
    )


def optional(
    check: Callable[[object, str, Any], float], owner: object, parameter: str, value: Any
) -> float | None:
    """What a check returns, or None for a parameter that is not given."""
    return None if value is None else check(owner, parameter, value)


def given_once(owner: object, **parameters: object) -> None:
    """Refuse it when none of the parameters is given, or several: each says the same in another way."""
    given = [name for name, value in parameters.items() if value is not None]
    if len(given) != 1:
        found = f"got {' and '.join(given)}" if given else "got none"
        raise InvalidRequest(f"{type(owner).__name__}: expected one of {', '.join(parameters)}; {found}")


def _number(
    owner: object, parameter: str, value: Any, expected: str, holds: Callable[[float], bool]
) -> float:
    wanted = as_number(value)
    if wanted is None or not holds(wanted):
        raise refusal(owner, parameter, value, expected)
    return wanted
