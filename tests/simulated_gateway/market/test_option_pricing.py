"""The option model, against the textbook."""

from __future__ import annotations

from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from ibkr_actors.simulated_gateway.market.option_pricing import (
    INTEREST,
    OptionTerms,
    implied_volatility,
    smile,
)

NOW = 1_800_000_000.0
YEAR = 365 * 86_400.0


def option(
    *, strike: float = 100.0, is_call: bool = True, years: float = 1.0, volatility: float = 0.2
) -> OptionTerms:
    return OptionTerms(strike, is_call, NOW + years * YEAR, volatility)


def test_an_option_at_the_money_costs_what_the_textbook_says():
    """S = K = 100, one year, 20 %, interest 4 %: 9.9251 for the call, 6.0040 for the put."""
    assert option().value(100.0, NOW) == pytest.approx(9.9251, abs=1e-4)
    assert option(is_call=False).value(100.0, NOW) == pytest.approx(6.0040, abs=1e-4)


@settings(deadline=None)
@given(
    price=st.floats(50, 200),
    strike=st.floats(50, 200),
    years=st.floats(0.01, 2),
    volatility=st.floats(0.05, 1),
)
def test_call_and_put_are_in_parity(price, strike, years, volatility):
    call = option(strike=strike, years=years, volatility=volatility)
    put = structs.replace(call, is_call=False)
    forward = price - strike * exp(-INTEREST * years)
    assert call.value(price, NOW) - put.value(price, NOW) == pytest.approx(forward, abs=1e-6)


def test_an_option_on_a_future_costs_what_black_says():
    """F = K = 100, one year, 20 %, interest 4 %: both cost 7.6532, as the forward is at the strike."""
    call = structs.replace(option(), is_on_future=True)
    put = structs.replace(call, is_call=False)
    assert call.value(100.0, NOW) == pytest.approx(7.6532, abs=1e-4)
    assert put.value(100.0, NOW) == pytest.approx(7.6532, abs=1e-4)


@settings(deadline=None)
@given(price=st.floats(50, 200), strike=st.floats(50, 200), years=st.floats(0.01, 2))
def test_call_and_put_on_a_future_are_in_parity(price, strike, years):
    call = structs.replace(option(strike=strike, years=years), is_on_future=True)
    put = structs.replace(call, is_call=False)
    forward = (price - strike) * exp(-INTEREST * years)
    assert call.value(price, NOW) - put.value(price, NOW) == pytest.approx(forward, abs=1e-6)


@pytest.mark.parametrize("is_on_future", [True, False])
@pytest.mark.parametrize("is_call", [True, False])
def test_greeks_are_the_slopes_of_the_value(is_call, is_on_future):
    terms, step = option(strike=105.0, is_call=is_call, years=0.3), 1e-3
    terms = structs.replace(terms, is_on_future=is_on_future)
    values = terms.values(100.0, NOW)
    up, down = terms.values(100.0 + step, NOW), terms.values(100.0 - step, NOW)
    stirred = structs.replace(terms, volatility=terms.volatility + 0.01)
    assert values.delta == pytest.approx((up.option_price - down.option_price) / (2 * step), rel=1e-5)
    assert values.gamma == pytest.approx((up.delta - down.delta) / (2 * step), rel=1e-4)
    assert values.vega == pytest.approx(stirred.value(100.0, NOW) - values.option_price, rel=0.02)
    day_later = terms.value(100.0, NOW + 86_400) - values.option_price
    assert values.theta == pytest.approx(day_later, rel=0.02)


@settings(deadline=None)
@given(volatility=st.floats(0.08, 1.5), strike=st.floats(85, 115))
def test_implied_volatility_undoes_the_value(volatility, strike):
    terms = option(strike=strike, years=0.5, volatility=volatility)
    found = implied_volatility(structs.replace(terms, volatility=0.3), terms.value(100.0, NOW), 100.0, NOW)
    assert found == pytest.approx(volatility, abs=1e-3)


def test_a_price_that_no_volatility_explains_has_none():
    assert implied_volatility(option(strike=50.0, years=0.02), 40.0, 100.0, NOW) is None


def test_at_its_end_an_option_is_worth_what_exercise_brings():
    assert option(strike=90.0, years=0.0).value(100.0, NOW) == 10.0
    assert option(strike=110.0, years=-0.1).value(100.0, NOW) == 0.0
    assert option(strike=110.0, is_call=False, years=-0.1).value(100.0, NOW) == 10.0


def test_puts_below_the_price_are_dearer_in_volatility_than_calls_above():
    assert smile(0.2, 90.0, 100.0) > smile(0.2, 110.0, 100.0)
    assert smile(0.2, 100.0, 100.0) == 0.2
