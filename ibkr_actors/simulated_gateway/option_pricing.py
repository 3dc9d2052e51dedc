"""Black-Scholes for options on stocks without dividends: values and Greeks from the underlying's price."""

from __future__ import annotations

from math import erf, exp, log, pi, sqrt
from typing import Final

from msgspec import Struct

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

    def value(self, underlying: float, now: float) -> float:
        """The price for one unit of the underlying."""
        years = self._years(now)
        first, second = self._distances(underlying, self.volatility, years)
        discounted = self.strike * exp(-INTEREST * years)
        if self.is_call:
            return underlying * _normal(first) - discounted * _normal(second)
        return discounted * _normal(-second) - underlying * _normal(-first)

    def values(self, underlying: float, now: float) -> OptionValues:
        """Price and Greeks at the underlying's price."""
        years, volatility = self._years(now), self.volatility
        first, second = self._distances(underlying, volatility, years)
        density = exp(-first * first / 2) / sqrt(2 * pi)
        discounted = self.strike * exp(-INTEREST * years)
        sign = 1.0 if self.is_call else -1.0
        decay = underlying * density * volatility / (2 * sqrt(years))
        return OptionValues(
            implied_volatility=volatility,
            option_price=max(0.0, self.value(underlying, now)),
            delta=sign * _normal(sign * first),
            gamma=density / (underlying * volatility * sqrt(years)),
            vega=underlying * density * sqrt(years) / 100,
            theta=-(decay + sign * INTEREST * discounted * _normal(sign * second)) / _YEAR,
            underlying_price=underlying,
        )

    def _years(self, now: float) -> float:
        return max((self.expires - now) / (_YEAR * 86_400), _SHORTEST)

    def _distances(self, underlying: float, volatility: float, years: float) -> tuple[float, float]:
        spread = volatility * sqrt(years)
        first = (log(underlying / self.strike) + (INTEREST + volatility * volatility / 2) * years) / spread
        return first, first - spread


def smile(volatility: float, strike: float, price: float) -> float:
    """Implied volatility by strike: dearer away from the price, and more so below it."""
    moneyness = log(strike / price)
    return volatility * (1 + _SMILE * moneyness * moneyness / volatility - _SKEW * moneyness / volatility)


def implied_volatility(terms: OptionTerms, price: float, underlying: float, now: float) -> float | None:
    """The volatility at which the model gives the price, by Newton's method; None when there is none."""
    volatility = terms.volatility
    for _ in range(_TRIALS):
        values = OptionTerms(terms.strike, terms.is_call, terms.expires, volatility).values(underlying, now)
        if values.vega < _BLIND:
            return None
        step = (price - values.option_price) / (values.vega * 100)
        volatility = min(5.0, max(0.01, volatility + step))
        if abs(step) < _EXACT:
            return volatility
    return None


def _normal(distance: float) -> float:
    return 0.5 * (1.0 + erf(distance / sqrt(2.0)))
