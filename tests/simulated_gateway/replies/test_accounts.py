"""Account values, summaries, positions, profit and loss."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.base.messages.accounts import (
    AccountDataRequest,
    AccountSummary,
    AccountSummaryRequest,
    AccountValue,
    CancelAccountSummary,
    CancelPositions,
    CancelProfitAndLoss,
    PortfolioValue,
    Position,
    PositionsRequest,
    ProfitAndLoss,
    ProfitAndLossRequest,
    ProfitAndLossSingle,
    ProfitAndLossSingleRequest,
)
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.orders import OpenOrder, OrderStatus
from tests.simulated_gateway.helpers import AAPL, ACCOUNT, Desk, Wire, codes, limit, names, only, order


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestDownload:
    def test_it_is_values_positions_a_time_and_an_end(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, order("BUY", 100))

        told = desk.ask(client, AccountDataRequest(True, ACCOUNT))

        assert names(told)[-3:] == ["PortfolioValue", "AccountUpdateTime", "AccountDownloadEnd"]
        values = {(value.key, value.currency): value.value for value in only(AccountValue, told)}
        assert values["AccountCode", ""] == ACCOUNT
        assert values["TotalCashValue", "USD"] == "989997.00"
        assert values["NetLiquidation", "USD"] == "999997.00"  # the position is worth the bid, its last price

    def test_afterwards_a_fill_brings_what_changed(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, AccountDataRequest(True, ACCOUNT))
        desk.step()
        desk.heard(client)
        desk.place(client, 1, order("BUY", 100))
        desk.step()

        told = desk.heard(client)

        assert only(PortfolioValue, told)[0].position == 100
        assert "TotalCashValue" in {value.key for value in only(AccountValue, told)}
        assert "AccountCode" not in {value.key for value in only(AccountValue, told)}
        assert names(told)[-1] == "AccountUpdateTime"

    def test_a_closed_position_is_told_once_as_zero(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, order("BUY", 100))
        desk.ask(client, AccountDataRequest(True, ACCOUNT))
        desk.place(client, 2, order("SELL", 100))
        desk.step()

        assert [value.position for value in only(PortfolioValue, desk.heard(client))] == [0]

    def test_a_position_that_was_closed_today_is_in_a_new_download_for_what_it_realised(
        self, desk: Desk
    ) -> None:
        """So the rows of the portfolio add up to the realised profit of the account."""
        client = desk.connect()
        desk.place(client, 1, order("BUY", 100))
        desk.place(client, 2, order("SELL", 100))

        told = desk.ask(client, AccountDataRequest(True, ACCOUNT))

        values = {(value.key, value.currency): value.value for value in only(AccountValue, told)}
        (row,) = only(PortfolioValue, told)
        assert row.position == 0
        assert f"{row.realized_profit_and_loss:.2f}" == values["RealizedPnL", "USD"]

    def test_prices_alone_are_told_every_three_minutes(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, order("BUY", 100))
        desk.step()
        desk.ask(client, AccountDataRequest(True, ACCOUNT))
        desk.quote(101.0, 101.02)
        desk.step(170)
        assert only(PortfolioValue, desk.heard(client)) == []

        desk.step(20)

        assert [value.market_price for value in only(PortfolioValue, desk.heard(client))] == [101.0]

    def test_it_ends_silently(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, AccountDataRequest(True, ACCOUNT))

        assert desk.ask(client, AccountDataRequest(False, ACCOUNT)) == []
        desk.step(400)
        assert desk.heard(client) == []

    def test_an_unknown_account_is_refused(self, desk: Desk) -> None:
        assert codes(desk.ask(desk.connect(), AccountDataRequest(True, "DU0"))) == [321]

    def test_another_account_of_the_same_client_replaces_the_former(self) -> None:
        desk = Desk(accounts=("DU1000001", "DU1000002"))
        client = desk.connect()
        desk.ask(client, AccountDataRequest(True, "DU1000001"))

        told = desk.ask(client, AccountDataRequest(True, "DU1000002"))

        assert codes(told) == [2100]
        assert {value.account for value in only(AccountValue, told)} == {"DU1000002"}

    def test_another_account_than_that_of_another_client_is_refused(self) -> None:
        desk = Desk(accounts=("DU1000001", "DU1000002"))
        first, second = desk.connect(1), desk.connect(2)
        desk.ask(first, AccountDataRequest(True, "DU1000001"))

        assert codes(desk.ask(second, AccountDataRequest(True, "DU1000002"))) == [2101]
        assert codes(desk.ask(second, AccountDataRequest(True, "DU1000001"))) == []
        desk.ask(first, AccountDataRequest(False, "DU1000001"))
        assert codes(desk.ask(second, AccountDataRequest(True, "DU1000002"))) == [2100]

    def test_the_same_account_again_is_told_anew_without_a_notice(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, AccountDataRequest(True, ACCOUNT))

        told = desk.ask(client, AccountDataRequest(True, ACCOUNT))

        assert codes(told) == []
        assert only(AccountValue, told)


class TestSummary:
    def test_it_is_a_row_for_each_account_and_tag_and_an_end(self) -> None:
        desk = Desk(accounts=("DU1", "DU2"))
        request = AccountSummaryRequest("All", "NetLiquidation,BuyingPower,Nonsense", request_id=4)

        told = desk.ask(desk.connect(), request)

        rows = [(row.account, row.tag, row.value, row.currency) for row in only(AccountSummary, told)]
        assert rows == [
            ("DU1", "NetLiquidation", "1000000.00", "USD"),
            ("DU1", "BuyingPower", "2000000.00", "USD"),
            ("DU2", "NetLiquidation", "1000000.00", "USD"),
            ("DU2", "BuyingPower", "2000000.00", "USD"),
        ]
        assert names(told)[-1] == "AccountSummaryEnd"

    def test_ledger_tags_bring_the_values_by_currency(self, desk: Desk) -> None:
        told = desk.ask(desk.connect(), AccountSummaryRequest("All", "$LEDGER:ALL", request_id=4))

        rows = {(row.tag, row.currency): row.value for row in only(AccountSummary, told)}
        assert rows["CashBalance", "USD"] == rows["CashBalance", "BASE"] == "1000000.00"

    def test_a_third_one_at_a_time_is_refused(self, desk: Desk) -> None:
        client = desk.connect()
        for number in (1, 2):
            desk.ask(client, AccountSummaryRequest("All", "NetLiquidation", request_id=number))
        third = AccountSummaryRequest("All", "NetLiquidation", request_id=3)

        (notice,) = only(Notice, desk.ask(client, third))
        assert (notice.request_id, notice.code) == (3, 322)
        assert notice.text.endswith("Maximum number of account summary requests exceeded")

        desk.ask(client, CancelAccountSummary(request_id=1))
        assert codes(desk.ask(client, third)) == []

    def test_changed_rows_follow(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, AccountSummaryRequest("All", "TotalCashValue,AccruedCash", request_id=4))
        desk.place(client, 1, order("BUY", 100))
        desk.step()

        assert [row.tag for row in only(AccountSummary, desk.heard(client))] == ["TotalCashValue"]


class TestGroups:
    def test_a_login_that_is_no_advisors_has_no_groups(self, desk: Desk) -> None:
        told = desk.ask(desk.connect(), AccountSummaryRequest("Family", "NetLiquidation", request_id=4))

        assert codes(told) == [321]


class TestPositions:
    def test_they_are_told_with_an_end_and_at_each_fill(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, order("BUY", 100))

        told = desk.ask(client, PositionsRequest())

        assert names(told) == ["Position", "PositionEnd"]
        position = only(Position, told)[0]
        assert position.position == 100
        assert (position.account, position.average_cost) == (ACCOUNT, 100.03)
        assert (position.contract.contract_id, position.contract.exchange) == (AAPL, "NASDAQ")
        closed = only(Position, desk.place(client, 2, order("SELL", 100)))
        assert [position.position for position in closed] == [0]

    def test_a_fill_of_another_client_is_told_too(self, desk: Desk) -> None:
        """Positions belong to the account."""
        watcher, trader = desk.connect(1), desk.connect(2)
        desk.ask(watcher, PositionsRequest())
        desk.place(trader, 1, order("SELL", 5))

        assert [position.position for position in only(Position, desk.heard(watcher))] == [Decimal(-5)]

    def test_they_end_silently(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, PositionsRequest())

        assert desk.ask(client, CancelPositions()) == []
        assert only(Position, desk.place(client, 1, order("BUY", 1))) == []

    @pytest.mark.parametrize("quantities", [[200.0], [0.5, 0.5, 199.0]])
    def test_a_whole_quantity_is_spelled_without_a_point_however_it_came_about(
        self, desk: Desk, quantities: list[float]
    ) -> None:
        """As in every recorded frame; `ibapi` 9.81 reads the position of `pnlSingle` as an integer."""
        client = desk.connect()
        for number, quantity in enumerate(quantities, 1):
            desk.place(client, number, order("BUY", quantity))

        position = only(Position, desk.ask(client, PositionsRequest()))[0]
        profit = desk.ask(client, ProfitAndLossSingleRequest(ACCOUNT, "", AAPL, request_id=5))

        assert str(position.position) == str(only(ProfitAndLossSingle, profit)[0].position) == "200"

    def test_an_order_is_told_of_with_its_quantity_spelled_so_too(self, desk: Desk) -> None:
        told = desk.place(desk.connect(), 1, limit("BUY", 200.0, 50.0))

        assert str(only(OpenOrder, told)[0].order.total_quantity) == "200"
        assert str(only(OrderStatus, told)[0].remaining) == "200"


class TestProfitAndLoss:
    def test_it_is_told_about_once_a_second(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, order("BUY", 100))
        desk.ask(client, ProfitAndLossRequest(ACCOUNT, request_id=5))
        desk.step()
        desk.heard(client)
        desk.quote(101.0, 101.02)
        for _ in range(8):
            desk.step()

        told = only(ProfitAndLoss, desk.heard(client))

        assert len(told) == 2
        assert told[-1] == ProfitAndLoss(5, daily=97.0, unrealized=97.0, realized=0.0)

    def test_a_single_position_has_one_of_its_own(self, desk: Desk) -> None:
        client = desk.connect()
        desk.place(client, 1, order("BUY", 100))
        desk.place(client, 2, order("SELL", 40))

        (told,) = desk.ask(client, ProfitAndLossSingleRequest(ACCOUNT, contract_id=AAPL, request_id=5))

        assert told == ProfitAndLossSingle(5, Decimal(60), -4.0, -1.8, -2.2, 6000.0)

    def test_an_unknown_contract_has_position_zero_and_no_numbers(self, desk: Desk) -> None:
        (told,) = desk.ask(desk.connect(), ProfitAndLossSingleRequest(ACCOUNT, contract_id=1, request_id=5))

        assert told == ProfitAndLossSingle(5)

    def test_an_unknown_account_is_refused(self, desk: Desk) -> None:
        assert codes(desk.ask(desk.connect(), ProfitAndLossRequest("DU0", request_id=5))) == [321]

    def test_it_ends_when_cancelled(self, desk: Desk) -> None:
        client = desk.connect()
        desk.ask(client, ProfitAndLossRequest(ACCOUNT, request_id=5))

        assert desk.ask(client, CancelProfitAndLoss(request_id=5)) == []
        desk.step(5)
        assert desk.heard(client) == []


@pytest.mark.parametrize("version", [157, 178, 200, 207, 210, 226])
def test_accounts_survive_the_wire_at(version: int) -> None:
    desk = Desk()
    desk.place(desk.connect(9), 1, order("BUY", 100))
    wire = Wire(desk, version)

    told = [
        *wire.ask(AccountDataRequest(True, ACCOUNT)),
        *wire.ask(AccountSummaryRequest("All", "NetLiquidation", request_id=4)),
        *wire.ask(PositionsRequest()),
        *wire.ask(ProfitAndLossRequest(ACCOUNT, request_id=5)),
        *wire.ask(ProfitAndLossSingleRequest(ACCOUNT, contract_id=AAPL, request_id=6)),
    ]

    assert only(PortfolioValue, told)[0].market_value == 10_000.0
    assert only(AccountSummary, told)[0].value == "999997.00"
    assert only(Position, told)[0].position == 100
    assert only(ProfitAndLoss, told)[0].unrealized == -3.0
    assert only(ProfitAndLossSingle, told)[0].value == 10_000.0
