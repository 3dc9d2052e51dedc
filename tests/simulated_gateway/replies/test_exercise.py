"""Exercise of options: accepted, refused, cancelled, carried out."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ibkr_actors.base.messages.accounts import Position, PositionsRequest
from ibkr_actors.base.messages.completed_orders import CompletedOrder, CompletedOrdersRequest
from ibkr_actors.base.messages.connection import IdsRequest, NextValidId, Notice
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.executions import ExecutionDetails
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import (
    CancelOrderRequest,
    OpenOrder,
    OpenOrdersRequest,
    OrderStatus,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.exercise_action import ExerciseAction
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.instruments.instrument import Instrument
from tests.simulated_gateway.helpers import (
    AAPL,
    ACCOUNT,
    NOW,
    Desk,
    Wire,
    apple,
    codes,
    only,
    order,
    statuses,
)

STRIKE = 260.0
NOT_IN_THE_MONEY = (
    "Error processing request.-'bF' : cause - Exercise ignored because option is not in-the-money."
)
IN_THE_MONEY = "Error processing request.-'bF' : cause - Lapse ignored because option is in-the-money."
NEW_DAY = datetime(2026, 11, 24, 5, 0, 1, tzinfo=UTC).timestamp()
"""A second past midnight in New York."""


@pytest.fixture
def desk() -> Desk:
    """AAPL is at 270: a call at 260 is in the money, a put is not."""
    desk = Desk()
    desk.quote(270.0, 270.02)
    return desk


def option(desk: Desk, right: str) -> Instrument:
    options = desk.gateway.catalogue.options_on(AAPL)
    return [each for each in options if each.right == right and each.strike == STRIKE][-1]


def owner(desk: Desk, right: str, quantity: int = 3) -> tuple[Client, Contract]:
    """A client that has bought options."""
    client, contract = desk.connect(), option(desk, right).contract()
    desk.gateway.market.set_quote(contract.contract_id, bid=12.0, ask=12.05, last=12.0, ask_size=100)
    desk.place(client, 1, order("BUY", quantity), contract)
    desk.step()
    desk.heard(client)
    assert position(desk, contract.contract_id) == quantity
    return client, contract


def exercise(
    contract: Contract, quantity: int = 2, order_id: int = 2, **more: object
) -> ExerciseOptionsRequest:
    return ExerciseOptionsRequest(order_id, contract, ExerciseAction.EXERCISE, quantity, **more)  # type: ignore[arg-type]


def lapse(contract: Contract, quantity: int = 2, order_id: int = 2, **more: object) -> ExerciseOptionsRequest:
    return ExerciseOptionsRequest(order_id, contract, ExerciseAction.LAPSE, quantity, **more)  # type: ignore[arg-type]


def position(desk: Desk, contract_id: int) -> Decimal:
    return desk.gateway.accounts[ACCOUNT].position(contract_id)


def cash(desk: Desk) -> Decimal:
    return desk.gateway.accounts[ACCOUNT].cash["USD"]


def in_the_money(desk: Desk, kind: str, symbol: str = "ES") -> Instrument:
    """The last call of a kind whose strike is well below its underlying's price."""
    catalogue, market = desk.gateway.catalogue, desk.gateway.market
    return [
        each
        for each in catalogue
        if (each.security_type, each.symbol, each.right) == (kind, symbol, "C")
        and each.strike < market.value(each.underlying_contract_id) - 60
    ][-1]


def buy(desk: Desk, client: Client, instrument: Instrument, quantity: int) -> None:
    ask = desk.gateway.market.quote(instrument.contract_id).ask
    desk.gateway.market.set_quote(instrument.contract_id, ask=ask, ask_size=100)
    desk.place(client, 1, order("BUY", quantity), instrument.contract())
    desk.step()
    desk.heard(client)
    assert position(desk, instrument.contract_id) == quantity


def end_the_day(desk: Desk, client: Client) -> list[Message]:
    desk.step(NEW_DAY - desk.now)
    return desk.heard(client)


class TestAnInstruction:
    def test_works_until_the_end_of_the_day_with_the_preset_said(self, desk: Desk) -> None:
        client, contract = owner(desk, "C")

        told = desk.ask(client, exercise(contract))

        assert statuses(told) == ["(PreSubmitted)", "PreSubmitted", "10349"]
        (opened,) = only(OpenOrder, told)
        assert (opened.order_id, opened.contract.contract_id) == (2, contract.contract_id)
        assert (opened.order.order_type, opened.order.total_quantity) == ("EXERCISE", 2)
        assert (opened.order.time_in_force, opened.order.account) == ("DAY", ACCOUNT)
        desk.step(3600)
        assert desk.heard(client) == []
        assert position(desk, contract.contract_id) == 3

    def test_is_among_the_open_orders_and_uses_its_id(self, desk: Desk) -> None:
        client, contract = owner(desk, "C")
        desk.ask(client, exercise(contract))

        listed = desk.ask(client, OpenOrdersRequest())

        assert [opened.order_id for opened in only(OpenOrder, listed)] == [2]
        assert desk.ask(client, IdsRequest()) == [NextValidId(3)]
        assert codes(desk.ask(client, exercise(contract, quantity=1, order_id=2))) == [103]

    def test_can_be_cancelled_and_then_nothing_happens(self, desk: Desk) -> None:
        client, contract = owner(desk, "C")
        desk.ask(client, exercise(contract))

        told = desk.ask(client, CancelOrderRequest(2))

        assert statuses(told) == ["PendingCancel", "Cancelled", "202"]
        end_the_day(desk, client)
        assert position(desk, contract.contract_id) == 3
        assert position(desk, AAPL) == 0

    def test_is_not_matched_by_the_market(self, desk: Desk) -> None:
        client, contract = owner(desk, "C")
        desk.ask(client, exercise(contract))

        desk.gateway.market.set_quote(contract.contract_id, bid=13.0, ask=13.05, bid_size=100)
        desk.step()

        assert position(desk, contract.contract_id) == 3
        assert only(OrderStatus, desk.heard(client)) == []

    @pytest.mark.parametrize("version", [157, 178, 200, 203, 211, 226])
    def test_is_understood_at_every_version(self, desk: Desk, version: int) -> None:
        client, contract = owner(desk, "C")
        desk.gateway.disconnect(client)

        told = Wire(desk, version).ask(exercise(contract, account=ACCOUNT))

        assert statuses(told) == ["(PreSubmitted)", "PreSubmitted", "10349"]


class TestAtTheEndOfTheDay:
    def test_a_call_brings_shares_for_the_strike(self, desk: Desk) -> None:
        client, contract = owner(desk, "C")
        desk.ask(client, exercise(contract))
        before = cash(desk)

        told = end_the_day(desk, client)

        assert position(desk, contract.contract_id) == 1
        assert position(desk, AAPL) == 200
        assert cash(desk) == before - 200 * 260
        executions = [(each.contract.security_type, each.execution) for each in only(ExecutionDetails, told)]
        assert [
            (kind, execution.side, execution.shares, execution.price, execution.order_id)
            for kind, execution in executions
        ] == [("OPT", "SLD", 2, 0.0, 2), ("STK", "BOT", 200, 260.0, 0)]
        assert only(OrderStatus, told)[-1].status == "Filled"

    def test_a_put_takes_shares_for_the_strike(self, desk: Desk) -> None:
        desk.quote(250.0, 250.02)
        client, contract = owner(desk, "P")
        desk.ask(client, exercise(contract, quantity=3))
        before = cash(desk)

        end_the_day(desk, client)

        assert position(desk, contract.contract_id) == 0
        assert position(desk, AAPL) == -300
        assert cash(desk) == before + 300 * 260

    def test_the_account_is_worth_what_cash_and_positions_say(self, desk: Desk) -> None:
        client, contract = owner(desk, "C")
        worth = desk.gateway.accounts.value(ACCOUNT).net_liquidation
        option_price = Decimal("12.0")
        desk.ask(client, exercise(contract))

        end_the_day(desk, client)

        intrinsic = Decimal(10)
        gain = (intrinsic - option_price) * 200
        assert desk.gateway.accounts.value(ACCOUNT).net_liquidation == worth + gain

    def test_an_option_on_a_future_brings_the_future_at_the_strike_and_moves_no_cash(
        self, desk: Desk
    ) -> None:
        client, bought = desk.connect(), in_the_money(desk, "FOP")
        buy(desk, client, bought, 2)
        desk.ask(client, exercise(bought.contract()))
        before = cash(desk)

        end_the_day(desk, client)

        assert position(desk, bought.contract_id) == 0
        future = desk.gateway.accounts[ACCOUNT].holdings[bought.underlying_contract_id]
        assert future.quantity == 2
        assert future.cost == 2 * Decimal(str(bought.strike)) * Decimal(bought.multiplier)
        assert cash(desk) == before

    def test_an_option_on_an_index_brings_what_it_is_worth_in_cash(self, desk: Desk) -> None:
        client, bought = desk.connect(), in_the_money(desk, "OPT", "SPX")
        buy(desk, client, bought, 2)
        desk.ask(client, exercise(bought.contract()))
        desk.gateway.market.set_quote(bought.underlying_contract_id, last=bought.strike + 50)
        before = cash(desk)

        end_the_day(desk, client)

        assert position(desk, bought.contract_id) == 0
        assert position(desk, bought.underlying_contract_id) == 0
        assert cash(desk) == before + 2 * 50 * 100

    def test_a_lapse_takes_the_option_and_moves_no_cash(self, desk: Desk) -> None:
        client, contract = owner(desk, "P")
        told = desk.ask(client, lapse(contract))
        before = cash(desk)

        ended = end_the_day(desk, client)

        assert only(OpenOrder, told)[0].order.order_type == "LAPSE"
        assert position(desk, contract.contract_id) == 1
        assert (position(desk, AAPL), cash(desk)) == (0, before)
        assert only(OrderStatus, ended)[-1].status == "Filled"

    def test_followers_of_positions_hear_of_both(self, desk: Desk) -> None:
        client, contract = owner(desk, "C")
        desk.ask(client, PositionsRequest())
        desk.ask(client, exercise(contract))

        told = end_the_day(desk, client)

        heard = {each.contract.contract_id: each.position for each in only(Position, told)}
        assert heard == {contract.contract_id: 1, AAPL: 200}

    def test_it_is_a_completed_order_then(self, desk: Desk) -> None:
        client, contract = owner(desk, "C")
        desk.ask(client, exercise(contract))
        end_the_day(desk, client)

        told = desk.ask(client, CompletedOrdersRequest())

        assert [completed.order.order_type for completed in only(CompletedOrder, told)] == ["EXERCISE"]

    def test_an_instruction_whose_options_were_sold_ends_unfulfilled(self, desk: Desk) -> None:
        client, contract = owner(desk, "C", quantity=2)
        desk.ask(client, exercise(contract))
        desk.gateway.market.set_quote(contract.contract_id, bid_size=100)
        desk.place(client, 3, order("SELL", 1), contract)
        desk.step()
        desk.heard(client)

        told = end_the_day(desk, client)

        assert position(desk, AAPL) == 0
        assert only(OrderStatus, told)[-1].status == "Cancelled"

    def test_it_happens_though_its_client_has_left(self, desk: Desk) -> None:
        client, contract = owner(desk, "C")
        desk.ask(client, exercise(contract))
        desk.gateway.disconnect(client)

        desk.step(NEW_DAY - NOW)

        assert position(desk, AAPL) == 200


class TestRefusals:
    def test_out_of_the_money_it_is_ignored_with_the_recorded_text(self, desk: Desk) -> None:
        client, contract = owner(desk, "P")

        (notice,) = only(Notice, desk.ask(client, exercise(contract)))

        assert (notice.request_id, notice.code, notice.text) == (2, 322, NOT_IN_THE_MONEY)
        assert only(OpenOrder, desk.ask(client, OpenOrdersRequest())) == []

    def test_in_the_money_a_lapse_is_ignored(self, desk: Desk) -> None:
        client, contract = owner(desk, "C")

        (notice,) = only(Notice, desk.ask(client, lapse(contract)))

        assert (notice.request_id, notice.code, notice.text) == (2, 322, IN_THE_MONEY)

    def test_an_override_goes_against_what_would_happen(self, desk: Desk) -> None:
        client, contract = owner(desk, "P")

        assert codes(desk.ask(client, exercise(contract, override=True))) == [10349]

    def test_only_what_is_owned_and_not_instructed_yet_can_be_exercised(self, desk: Desk) -> None:
        client, contract = owner(desk, "C")

        assert codes(desk.ask(client, exercise(contract, quantity=4))) == [322]
        assert codes(desk.ask(client, exercise(contract, quantity=2))) == [10349]
        assert codes(desk.ask(client, exercise(contract, quantity=2, order_id=3))) == [322]
        assert codes(desk.ask(client, exercise(contract, quantity=1, order_id=3))) == [10349]

    def test_what_is_no_option_or_no_instruction_is_not_valid(self, desk: Desk) -> None:
        client, contract = owner(desk, "C")

        assert codes(desk.ask(client, exercise(apple()))) == [321]
        assert codes(desk.ask(client, exercise(contract, quantity=0))) == [321]
        assert codes(desk.ask(client, ExerciseOptionsRequest(2, contract, 7, 1))) == [321]
        assert codes(desk.ask(client, exercise(contract, account="DU9"))) == [321]
