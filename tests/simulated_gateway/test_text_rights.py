"""How contracts that are no options are told from options: with a word in text frames, with nothing in protobuf."""

from __future__ import annotations

import pytest

from ibkr_actors.base.messages.accounts import AccountDataRequest, PortfolioValue, Position, PositionsRequest
from ibkr_actors.base.messages.completed_orders import CompletedOrder, CompletedOrdersRequest
from ibkr_actors.base.messages.executions import ExecutionDetails, ExecutionRequest
from ibkr_actors.base.messages.orders import OpenOrder, OpenOrdersRequest
from ibkr_actors.classes.contracts.contract import Contract
from tests.simulated_gateway.helpers import ACCOUNT, Desk, Wire, limit, only, order


def right_of(kind: type, messages: list) -> str:  # type: ignore[type-arg]
    """The right in the first message of a kind."""
    return str(only(kind, messages)[0].contract.right)


@pytest.mark.parametrize(
    ("version", "of_open_order", "of_completed_order", "of_portfolio"),
    [
        (157, "?", "?", "0"),
        (200, "?", "?", "0"),
        (202, "?", "?", "0"),
        (203, "", "?", "0"),
        (204, "", "", "0"),
        (207, "", "", ""),
        (226, "", "", ""),
    ],
)
def test_a_stock_has_a_word_for_no_right_where_orders_and_portfolio_travel_as_text(
    version: int, of_open_order: str, of_completed_order: str, of_portfolio: str
) -> None:
    desk = Desk()
    wire = Wire(desk, version)
    desk.place(wire.client, 1, order("BUY", 10))
    desk.place(wire.client, 2, limit("BUY", 10, 90.0))
    wire.step()

    assert right_of(OpenOrder, wire.ask(OpenOrdersRequest())) == of_open_order
    assert right_of(CompletedOrder, wire.ask(CompletedOrdersRequest())) == of_completed_order
    assert right_of(PortfolioValue, wire.ask(AccountDataRequest(True, ACCOUNT))) == of_portfolio
    assert right_of(Position, wire.ask(PositionsRequest())) == ""
    assert right_of(ExecutionDetails, wire.ask(ExecutionRequest(request_id=3))) == ""


def test_an_option_has_its_own_right() -> None:
    desk = Desk()
    wire = Wire(desk, 200)
    call = next(
        instrument.contract("SMART")
        for instrument in desk.gateway.catalogue
        if instrument.security_type == "OPT" and instrument.contract().right == "C"
    )
    desk.place(
        wire.client, 1, limit("BUY", 1, 0.01), Contract(contract_id=call.contract_id, exchange="SMART")
    )

    assert right_of(OpenOrder, wire.ask(OpenOrdersRequest())) == "C"


def test_what_the_gateway_holds_does_not_change() -> None:
    """One order is told to clients of several versions."""
    desk = Desk()
    old, new = Wire(desk, 200, client_id=1), Wire(desk, 226, client_id=2)
    desk.place(old.client, 1, limit("BUY", 10, 90.0))
    old.ask(OpenOrdersRequest())

    assert desk.held(1).contract.right == ""
    new.step()
    assert desk.held(1).open_order_message().contract.right == ""
