"""Expiry: what is found before and after, and what becomes of orders and positions."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ibkr_actors.base.messages.accounts import Position, PositionsRequest
from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.messages.history import HistoricalData, HistoricalDataRequest
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.future import ContinuousFuture, Future
from ibkr_actors.classes.contracts.option import FuturesOption, Option
from ibkr_actors.classes.enum.exercise_action import ExerciseAction
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue
from ibkr_actors.simulated_gateway.instruments.instrument import Instrument
from tests.simulated_gateway.helpers import AAPL, ACCOUNT, Desk, codes, limit, only, order, statuses

END_OF_FRIDAY = datetime(2026, 11, 27, 18, 0, tzinfo=UTC).timestamp()
"""13:00 in New York, where options of that Friday end: it is the short day after Thanksgiving."""
ES_LAST_TRADE = datetime(2026, 12, 18, 14, 30, tzinfo=UTC).timestamp()


def found(desk: Desk, contract: Contract) -> list[Instrument]:
    return desk.gateway.catalogue.find(contract)


def hold(desk: Desk, client: Client, contract: Contract, quantity: int, price: float) -> Instrument:
    """Trade a contract at a price; negative quantities are sold."""
    (instrument,) = found(desk, contract)
    number = instrument.contract_id
    tick = instrument.minimum_tick
    bid, ask = (price - tick, price) if quantity > 0 else (price, price + tick)
    desk.gateway.market.set_quote(number, bid=round(bid, 5), ask=round(ask, 5), bid_size=1e4, ask_size=1e4)
    next_id = desk.gateway.exchange.book.next_valid_id(client.number)
    told = desk.place(client, next_id, order("BUY" if quantity > 0 else "SELL", abs(quantity)), contract)
    assert "Filled" in statuses(told)
    desk.gateway.market.release(number)
    return instrument


def pass_to(desk: Desk, moment: float) -> None:
    desk.step(moment - desk.now)


def call(strike: float) -> Option:
    return Option("AAPL", "20261127", strike, "C")


class TestFinding:
    def test_until_its_last_trade_an_option_is_found_and_then_no_more(self):
        desk = Desk()
        client, option = desk.connect(), call(270)

        pass_to(desk, END_OF_FRIDAY - 1)
        assert codes(desk.ask(client, ContractDataRequest(contract=option, request_id=1))) == []
        pass_to(desk, END_OF_FRIDAY)
        assert codes(desk.ask(client, ContractDataRequest(contract=option, request_id=1))) == [200]

    def test_an_expired_future_is_found_with_its_history_by_whoever_asks_for_expired_ones(self):
        desk = Desk()
        client, future = desk.connect(), Future("ES", "202612", "CME")
        pass_to(desk, ES_LAST_TRADE + 86_400)
        request = HistoricalDataRequest(
            future, duration="1 D", bar_size="1 hour", use_regular_trading_hours=False, request_id=2
        )

        assert codes(desk.ask(client, request)) == [200]
        future.include_expired = True
        bars = only(HistoricalData, desk.ask(client, request))[0].bars

        assert bars[-1].date == "20261218 08:00:00 US/Central"

    def test_the_next_contracts_are_listed_as_the_days_pass(self):
        catalogue = Catalogue(date(2026, 11, 23))
        catalogue.advance(datetime(2026, 12, 19, 15, 0, tzinfo=UTC).timestamp())

        months = [
            each.contract_month
            for each in catalogue.find(Contract(symbol="ES", security_type="FUT", exchange="CME"))
        ]

        assert months == ["202703", "202706", "202709", "202712"]
        assert catalogue.identify(ContinuousFuture("ES", "CME")).contract_month == "202703"
        assert {each.expiry for each in catalogue.options_on(AAPL)} > {"20270108"}

    def test_what_was_listed_keeps_its_price_when_the_front_month_goes(self):
        catalogue, march = Catalogue(date(2026, 11, 23)), Future("ES", "202703", "CME")
        before = catalogue.identify(march)

        catalogue.advance(datetime(2026, 12, 19, 15, 0, tzinfo=UTC).timestamp())

        assert catalogue.identify(march) == before
        december = catalogue.identify(Future("ES", "202712", "CME"))
        assert december.price == pytest.approx(6915 * (1 + 0.036 * 364 / 365), rel=1e-3)


class TestPositions:
    def test_options_in_the_money_are_settled_at_their_intrinsic_value(self):
        desk = Desk()
        desk.quote(280.0, 280.02, last=280.0)
        client = desk.connect()
        option = hold(desk, client, call(270), 2, 11.0)
        cash = desk.gateway.accounts[ACCOUNT].cash["USD"]

        pass_to(desk, END_OF_FRIDAY)

        assert desk.gateway.accounts[ACCOUNT].position(option.contract_id) == 0
        assert desk.gateway.accounts[ACCOUNT].cash["USD"] - cash == Decimal("2000.0")

    def test_those_out_of_the_money_are_worth_nothing(self):
        desk = Desk()
        desk.quote(280.0, 280.02, last=280.0)
        client = desk.connect()
        option = hold(desk, client, call(300), 1, 0.5)
        cash = desk.gateway.accounts[ACCOUNT].cash["USD"]

        pass_to(desk, END_OF_FRIDAY)

        assert desk.gateway.accounts[ACCOUNT].position(option.contract_id) == 0
        assert desk.gateway.accounts[ACCOUNT].cash["USD"] == cash

    def test_an_option_that_was_sold_costs_its_intrinsic_value(self):
        desk = Desk()
        desk.quote(280.0, 280.02, last=280.0)
        client = desk.connect()
        hold(desk, client, Option("AAPL", "20261127", 300, "P"), -1, 20.5)
        cash = desk.gateway.accounts[ACCOUNT].cash["USD"]

        pass_to(desk, END_OF_FRIDAY)

        assert desk.gateway.accounts[ACCOUNT].cash["USD"] - cash == Decimal("-2000.0")

    def test_a_future_ends_in_the_profit_since_it_was_bought(self):
        desk = Desk()
        client = desk.connect()
        es = hold(desk, client, Future("ES", "202612", "CME"), 1, 6900.0)
        desk.gateway.market.set_quote(es.contract_id, last=6950.0)
        before = desk.gateway.accounts[ACCOUNT].cash["USD"]

        pass_to(desk, ES_LAST_TRADE)

        assert desk.gateway.accounts[ACCOUNT].position(es.contract_id) == 0
        assert desk.gateway.accounts[ACCOUNT].cash["USD"] - before == Decimal(2500)

    def test_an_option_on_a_future_that_ends_with_it_is_settled_off_the_same_price(self):
        desk = Desk()
        client = desk.connect()
        (es,) = found(desk, Future("ES", "202612", "CME"))
        option = hold(desk, client, FuturesOption("ES", "20261218", 6900, "C", "CME"), 1, 80.0)
        desk.gateway.market.set_quote(es.contract_id, last=6950.0)
        cash = desk.gateway.accounts[ACCOUNT].cash["USD"]

        pass_to(desk, ES_LAST_TRADE)

        assert desk.gateway.accounts[ACCOUNT].position(option.contract_id) == 0
        assert desk.gateway.accounts[ACCOUNT].cash["USD"] - cash == Decimal(2500)

    def test_followers_of_positions_hear_that_they_are_gone(self):
        desk = Desk()
        client = desk.connect()
        option = hold(desk, client, call(270), 1, 11.0)
        desk.ask(client, PositionsRequest())

        pass_to(desk, END_OF_FRIDAY)

        gone = only(Position, desk.heard(client))[-1]
        assert (gone.contract.contract_id, gone.position) == (option.contract_id, 0)

    def test_an_instruction_to_exercise_comes_before_the_settlement(self):
        desk = Desk()
        desk.quote(280.0, 280.02, last=280.0)
        client = desk.connect()
        option = hold(desk, client, call(270), 1, 11.0)
        pass_to(desk, END_OF_FRIDAY - 3_600)
        desk.ask(
            client,
            ExerciseOptionsRequest(
                order_id=desk.gateway.exchange.book.next_valid_id(client.number),
                contract=option.contract(),
                exercise_action=ExerciseAction.EXERCISE,
                exercise_quantity=1,
                account=ACCOUNT,
            ),
        )

        pass_to(desk, END_OF_FRIDAY)

        ledger = desk.gateway.accounts[ACCOUNT]
        assert ledger.position(option.contract_id) == 0
        assert ledger.position(AAPL) == 100

    def test_orders_of_what_has_expired_are_cancelled(self):
        desk = Desk()
        client = desk.connect()
        desk.place(client, 1, limit("BUY", 1, 0.01, time_in_force="GTC"), call(270))

        pass_to(desk, END_OF_FRIDAY)

        assert statuses(desk.heard(client))[-3:] == ["PendingCancel", "Cancelled", "202"]

    def test_what_has_expired_keeps_its_last_price(self):
        desk = Desk()
        (option,) = found(desk, call(270))
        pass_to(desk, END_OF_FRIDAY)
        quote = desk.gateway.market.quote(option.contract_id)

        pass_to(desk, END_OF_FRIDAY + 7 * 86_400)

        assert desk.gateway.market.quote(option.contract_id) == quote
        assert not desk.gateway.market.is_open(option.contract_id)
