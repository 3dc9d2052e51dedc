"""Black-Scholes for options on stocks without dividends, Black-76 for options on futures: values and Greeks.

Both are one formula, in which the underlying's price grows with the interest rate, or not at all. A call and a put of
one strike and expiry have one volatility, so that they are in parity.
"""

from __future__ import annotations

from math import erf, exp, log, pi, sqrt
from typing import Final

from msgspec import Struct, structs

INTEREST: Final = 0.04
"""Per year, for all maturities."""
_YEAR: Final = 365.0
_SHORTEST: Final = 1.0 / (_YEAR * 24 * 60)
"""A minute: what is left of an option at its end, so that nothing divides by zero."""
_SMILE: Final = 0.35
_SKEW: Final = 0.12
_TRIALS: Final = 12
_EXACT: Final = 1e-5
_BLIND: Final = 1e-6
"""A price that changes no more than this with volatility says nothing about it."""


class OptionValues(Struct, frozen=True, gc=False):
    """What the option model says of one price of an option."""

    implied_volatility: float
    option_price: float
    delta: float
    gamma: float
    vega: float
    """For one percent of volatility."""
    theta: float
    """For one day."""
    underlying_price: float
    present_value_of_dividend: float = 0.0


class OptionTerms(Struct, frozen=True):
    """What the model has to know of one option."""

    strike: float
    is_call: bool
    expires: float
    """Epoch seconds."""
    volatility: float
    """Implied, per year."""
    is_on_future: bool = False
    """Its underlying is a future, whose price does not grow with the interest rate."""

    def intrinsic(self, underlying: float) -> float:
        """What exercise brings."""
        return max(0.0, underlying - self.strike if self.is_call else self.strike - underlying)

    def value(self, underlying: float, now: float) -> float:
        """The price for one unit of the underlying; from its expiry on what exercise brings."""
        if now >= self.expires:
            return self.intrinsic(underlying)
        years = self._years(now)
        first, second = self._distances(underlying, self.volatility, years)
        present, discounted = underlying * self._shrinks(years), self.strike * exp(-INTEREST * years)
        if self.is_call:
            return present * _normal(first) - discounted * _normal(second)
        return discounted * _normal(-second) - present * _normal(-first)

    def values(self, underlying: float, now: float) -> OptionValues:
        """Price and Greeks at the underlying's price."""
        years, volatility = self._years(now), self.volatility
        first, second = self._distances(underlying, volatility, years)
        density = exp(-first * first / 2) / sqrt(2 * pi)
        present, discounted = underlying * self._shrinks(years), self.strike * exp(-INTEREST * years)
        sign = 1.0 if self.is_call else -1.0
        decay = present * density * volatility / (2 * sqrt(years))
        growth = sign * (self._growth - INTEREST) * present * _normal(sign * first)
        return OptionValues(
            implied_volatility=volatility,
            option_price=max(0.0, self.value(underlying, now)),
            delta=sign * self._shrinks(years) * _normal(sign * first),
            gamma=self._shrinks(years) * density / (underlying * volatility * sqrt(years)),
            vega=present * density * sqrt(years) / 100,
            theta=-(decay + growth + sign * INTEREST * discounted * _normal(sign * second)) / _YEAR,
            underlying_price=underlying,
        )

    @property
    def _growth(self) -> float:
        """How much the underlying's price is expected to grow, per year."""
        return 0.0 if self.is_on_future else INTEREST

    def _shrinks(self, years: float) -> float:
        return exp((self._growth - INTEREST) * years)

    def _years(self, now: float) -> float:
        return max((self.expires - now) / (_YEAR * 86_400), _SHORTEST)

    def _distances(self, underlying: float, volatility: float, years: float) -> tuple[float, float]:
        spread = volatility * sqrt(years)
        drift = (self._growth + volatility * volatility / 2) * years
        first = (log(underlying / self.strike) + drift) / spread
        return first, first - spread


def smile(volatility: float, strike: float, price: float) -> float:
    """Implied volatility by strike: dearer away from the price, and more so below it."""
    moneyness = log(strike / price)
    return volatility * (1 + _SMILE * moneyness * moneyness / volatility - _SKEW * moneyness / volatility)


def implied_volatility(terms: OptionTerms, price: float, underlying: float, now: float) -> float | None:
    """The volatility at which the model gives the price, by Newton's method; None when there is none."""
    volatility = terms.volatility
    for _ in range(_TRIALS):
        values = structs.replace(terms, volatility=volatility).values(underlying, now)
        if values.vega < _BLIND:
            return None
        step = (price - values.option_price) / (values.vega * 100)
        volatility = min(5.0, max(0.01, volatility + step))
        if abs(step) < _EXACT:
            return volatility
    return None


def _normal(distance: float) -> float:
    return 0.5 * (1.0 + erf(distance / sqrt(2.0)))
