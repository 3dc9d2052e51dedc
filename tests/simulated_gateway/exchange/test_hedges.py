"""Hedges: children whose quantity the gateway works out from what their parent filled."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ibkr_actors.base.messages.orders import OpenOrder, OrderStatus
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.clients.client import Client
from tests.simulated_gateway.helpers import Desk, codes, limit, only, order, statuses


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def client(desk: Desk) -> Client:
    return desk.connect()


def stock(symbol: str) -> Contract:
    return Contract(symbol=symbol, security_type="STK", exchange="SMART", currency="USD")


EURO = Contract(symbol="EUR", security_type="CASH", exchange="IDEALPRO", currency="USD")


def hedge(action: str, kind: str, parameter: str = "", **fields: Any) -> Order:
    return order(action, 0, "MKT", hedge_type=kind, hedge_parameter=parameter, parent_id=1, **fields)


def place_both(desk: Desk, client: Client, parent: Order, child: Order, contract: Contract) -> list[Any]:
    parent.transmit = False
    desk.place(client, 1, parent)
    return desk.place(client, 2, child, contract)


class TestQuantities:
    def test_a_hedge_waits_without_a_quantity_and_is_in_no_group(self, desk: Desk, client: Client) -> None:
        told = place_both(desk, client, limit("BUY", 100, 99.0), hedge("SELL", "P", "ratio=2"), stock("IBM"))

        assert [each.why_held for each in only(OrderStatus, told)] == ["", "child"]
        child = only(OpenOrder, told)[1].order
        assert (child.total_quantity, child.oca_group) == (Decimal(0), "")

    def test_a_pair_is_traded_in_its_ratio(self, desk: Desk, client: Client) -> None:
        place_both(desk, client, order("BUY", 100), hedge("SELL", "P", "ratio=0.5"), stock("IBM"))

        assert (desk.held(2).total, desk.held(2).filled, desk.held(2).is_buy) == (50, 50, False)

    def test_a_beta_hedge_is_worth_beta_times_its_parent(self, desk: Desk, client: Client) -> None:
        desk.gateway.market.set_quote(8314, bid=200.0, ask=200.02, last=200.0)

        place_both(desk, client, order("BUY", 100), hedge("SELL", "B", "beta=1.2"), stock("IBM"))

        assert desk.held(2).total == 60  # 1.2 times 10,002 dollars, at 200

    def test_a_currency_hedge_takes_what_the_parent_cost(self, desk: Desk, client: Client) -> None:
        desk.gateway.market.set_quote(12087792, bid=1.25, ask=1.25005)

        place_both(desk, client, order("BUY", 1000), hedge("SELL", "F"), EURO)

        assert desk.held(2).total == pytest.approx(80016, abs=5)  # 100,020 dollars in euros

    def test_a_delta_hedge_moves_as_the_options_do(self, desk: Desk, client: Client) -> None:
        option = next(
            each
            for each in desk.gateway.catalogue.options_on(265598)
            if each.right == "C" and each.strike >= 100.0
        )
        desk.place(client, 1, order("BUY", 10, transmit=False), option.contract())
        desk.gateway.market.set_quote(option.contract_id, bid=1.0, ask=1.1, bid_size=50, ask_size=50)

        desk.place(client, 2, hedge("SELL", "D"), stock("AAPL"))

        delta = desk.gateway.market.option_values(option.contract_id)["model"].delta
        assert desk.held(2).total == round(Decimal(str(delta)) * 1000)

    def test_a_largest_size_is_kept(self, desk: Desk, client: Client) -> None:
        place_both(
            desk, client, order("BUY", 100), hedge("SELL", "P", "ratio=1", hedge_max_size=30), stock("IBM")
        )

        assert desk.held(2).total == 30

    def test_a_hedge_of_nothing_ends(self, desk: Desk, client: Client) -> None:
        place_both(desk, client, order("BUY", 1), hedge("SELL", "P", "ratio=0.1"), stock("IBM"))

        assert desk.held(2).status == "Cancelled"

    def test_it_may_change_while_it_waits(self, desk: Desk, client: Client) -> None:
        place_both(desk, client, limit("BUY", 100, 99.0), hedge("SELL", "P", "ratio=2"), stock("IBM"))

        told = desk.place(client, 2, hedge("SELL", "P", "ratio=3"), stock("IBM"))
        assert statuses(told) == ["(PreSubmitted)", "PreSubmitted"]
        desk.quote(98.9, 98.95)
        desk.step()

        assert desk.held(2).total == 300

    def test_its_preview_changes_nothing(self, desk: Desk, client: Client) -> None:
        desk.place(client, 1, limit("BUY", 100, 99.0))

        told = desk.place(client, 2, hedge("SELL", "P", "ratio=1", what_if=True), stock("IBM"))

        (preview,) = only(OpenOrder, told)
        assert preview.order_state.initial_margin_change == 0
        assert preview.order_state.commission_and_fees == 0

    def test_the_siblings_of_a_bracket_stay_when_the_hedge_fills(self, desk: Desk, client: Client) -> None:
        desk.place(client, 1, order("BUY", 100, transmit=False))
        desk.place(client, 2, hedge("SELL", "P", "ratio=0.5", transmit=False), stock("IBM"))
        desk.place(client, 3, limit("SELL", 100, 105.0, parent_id=1))

        assert desk.held(3).status == "Submitted"


class TestErrors:
    @pytest.mark.parametrize(
        ("wanted", "code"),
        [
            (hedge("SELL", "X"), 10007),
            (hedge("SELL", "B", "beta=much"), 10008),
            (hedge("SELL", "B"), 10008),
            (hedge("SELL", "P", "beta=1"), 10009),
            (hedge("SELL", "D"), 10010),  # its parent is no option
            (hedge("SELL", "F"), 10063),  # its contract is no pair
        ],
    )
    def test_a_hedge_that_nobody_can_work_out_is_refused(
        self, desk: Desk, client: Client, wanted: Order, code: int
    ) -> None:
        assert codes(place_both(desk, client, order("BUY", 100), wanted, stock("IBM"))) == [code]

    def test_its_size_must_not_be_set(self, desk: Desk, client: Client) -> None:
        wanted = hedge("SELL", "P", "ratio=1")
        wanted.total_quantity = Decimal(10)

        assert codes(place_both(desk, client, order("BUY", 100), wanted, stock("IBM"))) == [10032]

    def test_without_a_parent_it_hedges_nothing(self, desk: Desk, client: Client) -> None:
        wanted = hedge("SELL", "P", "ratio=1")
        wanted.parent_id = 0

        assert codes(desk.place(client, 2, wanted, stock("IBM"))) == [10006]
        wanted.what_if = True
        assert codes(desk.place(client, 2, wanted, stock("IBM"))) == [10006]
