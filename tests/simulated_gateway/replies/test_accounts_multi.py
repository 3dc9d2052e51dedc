"""Account values and positions under request ids of their own."""

from __future__ import annotations

import pytest

from ibkr_actors.base.messages.accounts_multi import (
    AccountUpdateMulti,
    AccountUpdatesMultiRequest,
    CancelAccountUpdatesMulti,
    CancelPositionsMulti,
    PositionMulti,
    PositionMultiEnd,
    PositionsMultiRequest,
)
from tests.simulated_gateway.helpers import AAPL, ACCOUNT, Desk, Wire, codes, names, only, order

VALUES = AccountUpdatesMultiRequest(ACCOUNT, request_id=4)
POSITIONS = PositionsMultiRequest(ACCOUNT, request_id=5)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def two() -> Desk:
    return Desk(accounts=("DU1", "DU2"))


class TestValues:
    def test_they_are_the_values_of_a_download_and_an_end(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, order("BUY", 100))

        told = desk.ask(client, VALUES)

        assert set(names(told[:-1])) == {"AccountUpdateMulti"}
        assert names(told)[-1] == "AccountUpdateMultiEnd"
        assert {row.request_id for row in only(AccountUpdateMulti, told)} == {4}
        values = {(row.key, row.currency): row.value for row in only(AccountUpdateMulti, told)}
        assert values["AccountCode", ""] == ACCOUNT
        assert values["TotalCashValue", "USD"] == "989997.00"
        assert values["CashBalance", "BASE"] == "989997.00"

    def test_a_fill_brings_what_changed(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, VALUES)
        desk.step()
        desk.heard(client)
        desk.place(client, 1, order("BUY", 100))
        desk.step()

        keys = {row.key for row in only(AccountUpdateMulti, desk.heard(client))}

        assert "TotalCashValue" in keys
        assert "AccountCode" not in keys

    def test_prices_alone_are_told_every_three_minutes(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, order("BUY", 100))
        desk.step()
        desk.ask(client, VALUES)
        desk.quote(101.0, 101.02)
        desk.step(170)
        assert only(AccountUpdateMulti, desk.heard(client)) == []

        desk.step(20)

        values = {(row.key, row.currency): row.value for row in only(AccountUpdateMulti, desk.heard(client))}
        assert values["StockMarketValue", "USD"] == "10100.00"

    def test_without_an_account_they_are_those_of_all(self, two: Desk) -> None:
        told = two.ask(two.connect(), AccountUpdatesMultiRequest(request_id=4))

        codes_told = [row.value for row in only(AccountUpdateMulti, told) if row.key == "AccountCode"]
        assert codes_told == ["DU1", "DU2"]

    def test_each_account_can_be_followed_by_itself(self, two: Desk) -> None:
        """That is what the request is for: a download is of one account at a time."""
        client = two.connect()
        for number, account in enumerate(("DU1", "DU2"), 4):
            two.ask(client, AccountUpdatesMultiRequest(account, request_id=number))
        two.step()
        two.heard(client)
        two.place(client, 1, order("BUY", 100, account="DU2"))
        two.step()

        changed = only(AccountUpdateMulti, two.heard(client))

        assert {(row.request_id, row.account) for row in changed} == {(5, "DU2")}

    def test_they_can_be_reduced_to_the_ledger_and_the_net_liquidation_value(self, desk: Desk) -> None:
        request = AccountUpdatesMultiRequest(ACCOUNT, ledger_and_net_liquidation=True, request_id=4)

        keys = {row.key for row in only(AccountUpdateMulti, desk.ask(desk.connect(), request))}

        assert {"NetLiquidation", "CashBalance", "ExchangeRate"} <= keys
        assert not {"BuyingPower", "AccountCode"} & keys

    def test_they_end_silently(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, VALUES)

        assert desk.ask(client, CancelAccountUpdatesMulti(4)) == []
        desk.place(client, 1, order("BUY", 100))
        desk.step()
        assert only(AccountUpdateMulti, desk.heard(client)) == []


class TestPositions:
    def test_they_are_told_with_an_end_and_at_each_fill(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, order("BUY", 100))

        told = desk.ask(client, POSITIONS)

        assert names(told) == ["PositionMulti", "PositionMultiEnd"]
        position = only(PositionMulti, told)[0]
        assert (position.request_id, position.account, position.model_code) == (5, ACCOUNT, "")
        assert (position.position, position.average_cost) == (100, 100.03)
        assert (position.contract.contract_id, position.contract.exchange) == (AAPL, "NASDAQ")
        closed = only(PositionMulti, desk.place(client, 2, order("SELL", 100)))
        assert [position.position for position in closed] == [0]

    def test_a_fill_in_another_account_is_not_told(self, two: Desk) -> None:
        client = two.connect()
        two.ask(client, PositionsMultiRequest("DU1", request_id=5))
        two.ask(client, PositionsMultiRequest("All", request_id=6))

        told = only(PositionMulti, two.place(client, 1, order("BUY", 7, account="DU2")))

        assert [(position.request_id, position.account) for position in told] == [(6, "DU2")]

    def test_no_model_holds_anything(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, order("BUY", 100))

        request = PositionsMultiRequest(ACCOUNT, "Aggressive", request_id=5)

        assert desk.ask(client, request) == [PositionMultiEnd(5)]

    def test_they_end_silently(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, POSITIONS)

        assert desk.ask(client, CancelPositionsMulti(5)) == []
        assert only(PositionMulti, desk.place(client, 1, order("BUY", 1))) == []


class TestRefusals:
    @pytest.mark.parametrize("request_type", [AccountUpdatesMultiRequest, PositionsMultiRequest])
    def test_an_unknown_account_is_refused(self, desk: Desk, request_type: type) -> None:
        assert codes(desk.ask(desk.connect(), request_type("DU0", request_id=4))) == [321]

    @pytest.mark.parametrize("request_", [VALUES, POSITIONS])
    def test_an_id_in_use_is_refused(
        self, desk: Desk, request_: AccountUpdatesMultiRequest | PositionsMultiRequest
    ) -> None:
        client = desk.connect()
        desk.ask(client, request_)

        assert codes(desk.ask(client, request_)) == [102]

    def test_clients_may_use_the_same_id_and_are_forgotten_when_they_leave(self, desk: Desk) -> None:
        leaving, staying = desk.connect(1), desk.connect(2)
        for client in (leaving, staying):
            desk.ask(client, VALUES)
            desk.ask(client, POSITIONS)
        desk.gateway.disconnect(leaving)

        told = desk.place(staying, 1, order("BUY", 1))
        desk.step()

        assert leaving.take_outbox() == []
        assert names(told).count("PositionMulti") == 1
        assert only(AccountUpdateMulti, desk.heard(staying)) != []


@pytest.mark.parametrize("version", [157, 178, 200, 207, 210, 226])
def test_they_survive_the_wire_at(version: int) -> None:
    desk = Desk()
    desk.place(desk.connect(9), 1, order("BUY", 100))
    wire = Wire(desk, version)

    told = [*wire.ask(VALUES), *wire.ask(POSITIONS)]

    values = {(row.key, row.currency): row.value for row in only(AccountUpdateMulti, told)}
    assert values["NetLiquidation", "USD"] == "999997.00"
    assert only(PositionMulti, told)[0].average_cost == 100.03
