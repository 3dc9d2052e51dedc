"""Market rules: which prices an exchange takes for a contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext
from functools import wraps
from itertools import pairwise
from typing import Annotated, Final, NamedTuple, ParamSpec, Self, TypeVar

from ibkr_actors.classes.price_increment import PriceIncrement
from ibkr_actors.classes.value import FrozenValue
from ibkr_actors.errors import InvalidRequest
from ibkr_actors.wire.annotation import Wire

Price = TypeVar("Price", float, Decimal)
_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

_UNBOUNDED: Final = Decimal("Infinity")
_EXACT: Final = Context(prec=700)
"""Digits for any float over any other, whatever precision the user's own context has."""


def _exactly(method: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Runs a method with enough digits."""

    @wraps(method)
    def run(*arguments: _Parameters.args, **named: _Parameters.kwargs) -> _Result:
        with localcontext(_EXACT):
            return method(*arguments, **named)

    return run


class _Band(NamedTuple):
    """Prices from `low` until before `high`, which are multiples of `step`."""

    low: Decimal
    high: Decimal
    step: Decimal

    def floor(self, price: Decimal) -> Decimal:
        """The highest legal price here that is not above `price`; below `low` where there is none."""
        if price >= self.high:
            # The upper edge is the next band's, so the highest price here is strictly below it.
            return ((self.high / self.step).to_integral_value(ROUND_CEILING) - 1) * self.step
        return (price / self.step).to_integral_value(ROUND_FLOOR) * self.step

    def ceiling(self, price: Decimal) -> Decimal:
        """The lowest legal price here that is not below `price`; `high` or above where there is none."""
        return (max(price, self.low) / self.step).to_integral_value(ROUND_CEILING) * self.step


class PriceGrid:
    """Which prices are legal: what every form of a market rule can do.

    Responsible for: increments by price, and rounding to them. Computed in Decimal, so that what comes out is exactly
    a multiple of the increment as the bridge prints it (0.1, not the nearest binary fraction). A Decimal gives a
    Decimal; a float or an integer gives a float, which prints as that multiple.

    The increment at a price is that of the highest low edge which is not above it. Negative prices, which
    combinations and some futures have, are the mirror image of positive ones.

    Raises, from every method: InvalidRequest for a price that is no finite number, and for a rule without increments
    or with one that is not positive.
    """

    __slots__ = ()
    price_increments: tuple[PriceIncrement, ...]

    @_exactly
    def increment_at(self, price: Price) -> Price:
        """The smallest change of a price at this height."""
        exact = abs(_exact(price))
        band = next(band for band in reversed(self._bands()) if band.low <= exact)
        return _like(price, band.step)

    @_exactly
    def rounded(self, price: Price) -> Price:
        """The legal price nearest to this one; of two that are equally near, the one further from zero."""
        exact = _exact(price)
        below, above = self._floor(exact), self._ceiling(exact)
        nearer_to_zero, further = (below, above) if exact >= 0 else (above, below)
        is_further = abs(further - exact) <= abs(exact - nearer_to_zero)
        return _like(price, further if is_further else nearer_to_zero)

    @_exactly
    def rounded_down(self, price: Price) -> Price:
        """The highest legal price that is not above this one: a buyer's limit rounded so never pays more."""
        return _like(price, self._floor(_exact(price)))

    @_exactly
    def rounded_up(self, price: Price) -> Price:
        """The lowest legal price that is not below this one: a seller's limit rounded so never gets less."""
        return _like(price, self._ceiling(_exact(price)))

    @_exactly
    def allows(self, price: float | Decimal) -> bool:
        """Whether an order may have this price."""
        exact = _exact(price)
        return self._floor(exact) == exact

    def _floor(self, price: Decimal) -> Decimal:
        if price < 0:
            return -self._ceiling(-price)
        return next(
            legal
            for band in reversed(self._bands())
            if band.low <= price and (legal := band.floor(price)) >= band.low
        )

    def _ceiling(self, price: Decimal) -> Decimal:
        if price < 0:
            return -self._floor(-price)
        return next(
            legal
            for band in self._bands()
            if price < band.high and (legal := band.ceiling(price)) < band.high
        )

    def _bands(self) -> list[_Band]:
        steps = sorted((_exact(step.low_edge), _exact(step.increment)) for step in self.price_increments)
        if not steps:
            raise InvalidRequest("a market rule without price increments says nothing about prices")
        if bad := [str(step) for _, step in steps if step <= 0]:
            raise InvalidRequest(f"a market rule needs positive price increments, got {', '.join(bad)}")
        return list(_joined(steps))


class MarketRule(PriceGrid, FrozenValue, frozen=True):
    """Which prices are legal: `MarketRule(26, (PriceIncrement(0.0, 0.01),))`.

    What `request_market_rule` returns can do the same; this one is for rules that one knows without asking.
    """

    market_rule_id: Annotated[int, Wire(1)] = 0
    """Number of the rule; 0 for one that the bridge does not know."""
    price_increments: Annotated[tuple[PriceIncrement, ...], Wire(2)] = ()
    """In any order."""

    @classmethod
    def of_tick(cls, minimum_tick: float) -> Self:
        """The rule of one increment for all prices, such as `details.minimum_tick` where there is no other."""
        return cls(price_increments=(PriceIncrement(0.0, minimum_tick),))


def _joined(steps: list[tuple[Decimal, Decimal]]) -> Iterator[_Band]:
    """The bands between edges; the lowest one reaches down to zero."""
    (_, first), *others = steps
    for (low, step), (high, _) in pairwise([(Decimal(0), first), *others, (_UNBOUNDED, first)]):
        yield _Band(low, high, step)


def _exact(number: float | Decimal) -> Decimal:
    """The number as it is printed. Raises InvalidRequest."""
    if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
        raise InvalidRequest(f"{number!r} is no price")
    exact = number if isinstance(number, Decimal) else Decimal(repr(number))
    if not exact.is_finite():
        raise InvalidRequest(f"{number!r} is no price")
    return exact


def _like(price: Price, exact: Decimal) -> Price:
    """A number of the same type as the price that was asked about; zero is never negative."""
    plain = exact + 0
    return plain if isinstance(price, Decimal) else float(plain)
