"""What speaks against an order before it leaves."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.base.order_checks import objection_to
from ibkr_actors.classes.orders.order import Order
from tests.actors.helpers import limit_order

ACCOUNTS = ("DU1",)


def objection(**fields: object) -> str:
    order = limit_order()
    for name, value in fields.items():
        setattr(order, name, value)
    return objection_to(order, ACCOUNTS, ())


SIZES = (
    "total_quantity",
    "cash_quantity",
    "display_size",
    "minimum_quantity",
    "minimum_trade_quantity",
    "minimum_compete_size",
    "scale_initial_level_size",
    "scale_subsequent_level_size",
    "scale_initial_fill_quantity",
    "hedge_max_size",
)


class TestSizes:
    @pytest.mark.parametrize("name", SIZES)
    def test_below_zero_is_none(self, name):
        assert objection(hedge_type="D", **{name: -100}) == f"{name} -100 is no size"

    @pytest.mark.parametrize("name", ["total_quantity", "cash_quantity"])
    @pytest.mark.parametrize("size", ["NaN", "sNaN", "Infinity", "-Infinity"])
    def test_what_is_no_finite_number_is_none(self, name, size):
        assert objection(hedge_type="D", **{name: Decimal(size)}) == f"{name} {size} is no size"

    @pytest.mark.parametrize("cash", ["-1", "NaN", "0"])
    def test_cash_that_is_no_size_does_not_stand_for_a_quantity(self, cash):
        assert objection(total_quantity=None, cash_quantity=Decimal(cash))

    def test_cash_and_hedges_stand_for_a_quantity(self):
        assert not objection(total_quantity=None, cash_quantity=Decimal(100))
        assert not objection(total_quantity=Decimal(0), hedge_type="D")

    def test_every_field_that_is_a_size_is_looked_at(self):
        """What is filled is the bridge's to say; the position that a scale order begins with may be short."""
        named = {name for name in Order.__struct_fields__ if name.endswith(("quantity", "size"))}

        assert named - set(SIZES) == {"filled_quantity", "randomize_size"}


@pytest.mark.parametrize("name", ["limit_price", "auxiliary_price"])
def test_what_is_no_number_is_no_price(name):
    assert objection(**{name: float("nan")}) == f"{name} nan is no price"
