"""Copies that convert nothing: what they give is what a conversion would have given, or they leave it to that."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.base.messages.catalog import REQUESTS
from ibkr_actors.base.server_versions import NEWEST
from ibkr_actors.classes import value as values
from ibkr_actors.classes.contracts.contract import ComboLeg, Contract
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.order import Order, SoftDollarTier
from ibkr_actors.classes.plain_copies import PlainCopies, plain_copies
from ibkr_actors.classes.value import snapshot
from tests.helpers import in_full
from tests.wire.generated import bare, filled


class NothingIsPlain:
    """In the place of `plain_copies`: every value goes the long way."""

    def __init__(self, kind):
        pass

    def copy(self, value):
        return None


@pytest.fixture
def converted(monkeypatch):
    """Copies a value the long way."""

    def convert(value, kind):
        with monkeypatch.context() as patch:
            patch.setattr(values, "plain_copies", NothingIsPlain)
            return snapshot(value, kind)

    return convert


class TestACopyIsWhatAConversionMakes:
    @pytest.mark.parametrize("struct", REQUESTS.values(), ids=lambda struct: struct.__name__)
    @pytest.mark.parametrize("made", [filled, bare], ids=["filled", "bare"])
    def test_of_every_request(self, struct, made, converted):
        request = made(struct, NEWEST)

        assert in_full(snapshot(request, struct)) == in_full(converted(request, struct))

    def test_of_an_order_with_its_contract(self, converted):
        order = LimitOrder("BUY", Stock("AAPL"), 100, 187.25, soft_dollar_tier=SoftDollarTier("tier"))

        assert in_full(plain_copies(Order).copy(order)) == in_full(converted(order, Order))

    def test_of_a_contract_to_the_class(self):
        copy = plain_copies(Order).copy(LimitOrder("BUY", Stock("AAPL"), 100, 187.25))

        assert (type(copy), type(copy.contract)) == (Order, Contract)


def test_a_copy_is_independent():
    order = LimitOrder("BUY", Stock("AAPL"), 100, 187.25)
    copy = plain_copies(Order).copy(order)

    order.contract.symbol, order.limit_price = "IBM", 1.0

    assert (copy.contract.symbol, copy.limit_price) == ("AAPL", 187.25)


@pytest.mark.parametrize(
    ("field", "content"),
    [
        pytest.param("action", "BUY", id="a text that stands for a member"),
        pytest.param("action", "SLANT", id="a text that stands for none"),
        pytest.param("limit_price", 187, id="a whole number for a price"),
        pytest.param("total_quantity", 100, id="a whole number for a quantity"),
        pytest.param("parent_id", True, id="a truth value for a number"),
        pytest.param("account", None, id="nothing for a text"),
        pytest.param("account", b"DU1", id="bytes for a text"),
        pytest.param("algo_parameters", [], id="a list"),
        pytest.param("contract", "AAPL", id="a text for a contract"),
        pytest.param("contract", Contract(strike=5), id="a contract with something to convert"),
        pytest.param("contract", Contract(combo_legs=(ComboLeg(contract_id=1),)), id="legs"),
    ],
)
def test_what_has_to_be_converted_is_not_copied(field, content):
    order = Order(total_quantity=Decimal(1))
    setattr(order, field, content)

    assert plain_copies(Order).copy(order) is None


def test_fields_that_are_given_by_name_only_keep_their_places():
    struct = next(struct for struct in REQUESTS.values() if struct.__name__ == "CancelMarketData")

    assert PlainCopies(struct).copy(struct(request_id=7)) == struct(request_id=7)


def test_a_constructor_takes_over_the_member_that_a_text_stands_for():
    assert LimitOrder("BUY", None, 100, 187.25).action is OrderAction.BUY
