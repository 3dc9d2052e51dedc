"""Market rules: increments by price, and rounding that is exact."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_actors.base.messages.reference_data import MarketRule as MarketRuleReply
from ibkr_actors.classes.contracts.market_rule import MarketRule
from ibkr_actors.classes.price_increment import PriceIncrement
from ibkr_actors.errors import InvalidRequest
from tests.helpers import generated

OPTIONS = MarketRule(109, (PriceIncrement(0.0, 0.01), PriceIncrement(3.0, 0.05), PriceIncrement(100.0, 0.25)))
UNEVEN = MarketRule(1, (PriceIncrement(0.0, 0.3), PriceIncrement(1.0, 0.5)))
"""Its edge is no multiple of the increment below it."""
PRICES = st.floats(-1000, 1000, allow_nan=False) | st.integers(-1000, 1000).map(float)


class TestIncrements:
    @pytest.mark.parametrize(
        ("price", "increment"),
        [(0.0, 0.01), (2.999, 0.01), (3.0, 0.05), (99.9, 0.05), (100.0, 0.25), (-5.0, 0.05)],
    )
    def test_are_those_of_the_highest_edge_that_is_not_above_the_price(
        self, price: float, increment: float
    ) -> None:
        assert OPTIONS.increment_at(price) == increment

    def test_come_in_any_order(self) -> None:
        backwards = MarketRule(109, OPTIONS.price_increments[::-1])

        assert backwards.increment_at(5.0) == 0.05

    def test_a_price_below_the_lowest_edge_has_the_lowest_increment(self) -> None:
        assert MarketRule(1, (PriceIncrement(1.0, 0.5),)).increment_at(0.2) == 0.5

    def test_a_decimal_is_answered_in_decimals(self) -> None:
        assert repr(OPTIONS.increment_at(Decimal("3.2"))) == "Decimal('0.05')"
        assert repr(OPTIONS.rounded(Decimal("3.21"))) == "Decimal('3.20')"


class TestRounding:
    @pytest.mark.parametrize(
        ("price", "nearest", "down", "up"),
        [
            (2.994, 2.99, 2.99, 3.0),
            (3.02, 3.0, 3.0, 3.05),
            (3.025, 3.05, 3.0, 3.05),
            (-3.025, -3.05, -3.05, -3.0),
            (99.99, 100.0, 99.95, 100.0),
            (100.1, 100.0, 100.0, 100.25),
            (0.1 + 0.2, 0.3, 0.3, 0.31),
            (0.0, 0.0, 0.0, 0.0),
        ],
    )
    def test_goes_to_legal_prices(self, price: float, nearest: float, down: float, up: float) -> None:
        assert (OPTIONS.rounded(price), OPTIONS.rounded_down(price), OPTIONS.rounded_up(price)) == (
            nearest,
            down,
            up,
        )

    def test_never_ends_beyond_an_edge_in_increments_of_the_wrong_side(self) -> None:
        assert (UNEVEN.rounded_down(0.95), UNEVEN.rounded_up(0.95)) == (0.9, 1.0)
        assert UNEVEN.rounded_down(1.2) == 1.0

    def test_of_almost_nothing_is_a_zero_without_a_sign(self) -> None:
        assert repr(OPTIONS.rounded(-0.001)) == "0.0"

    def test_is_exact_in_fractions_of_a_point(self) -> None:
        bonds = MarketRule.of_tick(0.015625)

        assert bonds.rounded(110.02) == 110.015625

    def test_does_not_depend_on_the_precision_that_the_user_has_set(self) -> None:
        with localcontext() as context:
            context.prec = 3

            assert OPTIONS.rounded(Decimal("98765.4321")) == Decimal("98765.50")

    @pytest.mark.parametrize("rule", [OPTIONS, UNEVEN])
    def test_is_legal_near_and_on_the_right_side_whatever_the_price(self, rule: MarketRule) -> None:
        @generated(examples=300)
        @given(PRICES)
        def check(price: float) -> None:
            down, nearest, up = rule.rounded_down(price), rule.rounded(price), rule.rounded_up(price)

            assert down <= price <= up
            assert nearest in (down, up)
            assert all(map(rule.allows, (down, nearest, up)))
            assert abs(nearest - price) <= min(price - down, up - price) + 1e-9

        check()


class TestLegalPrices:
    @pytest.mark.parametrize(
        ("price", "legal"), [(2.99, True), (3.01, False), (3.05, True), (0.1 + 0.2, False)]
    )
    def test_are_told_from_others(self, price: float, legal: bool) -> None:
        assert OPTIONS.allows(price) is legal


class TestRefusals:
    @pytest.mark.parametrize("price", [float("nan"), float("inf"), Decimal("NaN"), "3.0", None, True])
    def test_what_is_no_price_is_refused(self, price: object) -> None:
        with pytest.raises(InvalidRequest, match="is no price"):
            OPTIONS.rounded(price)  # type: ignore[type-var]

    def test_a_rule_without_increments_rounds_nothing(self) -> None:
        with pytest.raises(InvalidRequest, match="without price increments"):
            MarketRule(5).rounded(1.0)

    @pytest.mark.parametrize("increment", [0.0, -0.01])
    def test_an_increment_that_is_not_positive_is_refused(self, increment: float) -> None:
        with pytest.raises(InvalidRequest, match="positive price increments"):
            MarketRule.of_tick(increment).rounded(1.0)


def test_the_bridges_own_answer_rounds_too() -> None:
    assert MarketRuleReply(26, (PriceIncrement(0.0, 0.01),)).rounded(101.237) == 101.24
