"""Claims about the orders of a client's day, and what they do to its account. `test_every_client.py` makes them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.clients.conftest import Kind
from tests.clients.judging import (
    ACCOUNT,
    CENT,
    NEVER_PLACED,
    UNKNOWN_CONTRACT,
    WAYS_TO_FILLED,
    before_and_after,
    own_orders,
)
from tests.clients.sightings import (
    Account,
    Executions,
    Holdings,
    Limits,
    Notice,
    OpenOrder,
    Prices,
    Profit,
    Summary,
    Traded,
    Transcript,
)

FILLED_ORDERS = ("buy", "sell", "buy 700", "stock", "sale", "option", "filled", "PG")


class TestAnOrderThatRests:
    def test_it_works_at_once_and_ends_when_it_is_cancelled(self, seen: Transcript) -> None:
        story = seen.order("rests")

        assert [status for status in story.statuses if status != "PendingSubmit"] == [
            "Submitted",
            "PendingCancel",
            "Cancelled",
        ]
        nothing = Decimal(0)
        assert {(told.filled, told.remaining, told.average_price) for told in story.told} == {
            (nothing, Decimal(200), nothing)
        }
        assert story.codes == [202]

    def test_the_client_says_pending_submit_on_its_own_account_only(
        self, seen: Transcript, kind: Kind
    ) -> None:
        """`ib_insync` and `ib_async` do, when they have sent an order; the gateway does not."""
        said = "PendingSubmit" in seen.order("rests").statuses

        assert not said or kind.environment in ("ib_insync", "ib_async")

    def test_others_see_it_as_it_was_placed_and_changed_and_then_no_more(self, seen: Transcript) -> None:
        limits, story = seen.the(Limits), seen.order("rests")

        for moment, limit in (("placed", limits.placed), ("changed", limits.changed)):
            expected = OpenOrder(story.client, story.number, limit, Decimal(200), "Submitted")
            assert own_orders(seen, moment, "rests") == [expected]
        assert own_orders(seen, "cancelled", "rests") == []

    def test_its_cancellation_is_confirmed_in_the_recorded_words(self, seen: Transcript) -> None:
        told = seen.the(Notice, number=seen.order("rests").number, client=seen.order("rests").client)

        assert (told.code, told.text) == (202, "Order Canceled - reason:")

    def test_it_outlives_the_connection_of_its_client(self, seen: Transcript) -> None:
        left, returned = own_orders(seen, "left", "left behind"), own_orders(seen, "returned", "left behind")

        assert [order.order for order in left] == [seen.order("left behind").number]
        assert left == returned


class TestAnOrderAtTheMarket:
    @pytest.mark.parametrize(("label", "side"), [("buy", "BOT"), ("sell", "SLD"), ("buy 700", "BOT")])
    def test_it_fills_at_a_price_that_was_shown(self, seen: Transcript, label: str, side: str) -> None:
        story, prices = seen.order(label), seen.the(Prices, asked=label)

        shown = prices.asks if side == "BOT" else prices.bids
        assert {float(fill.price) for fill in story.fills} <= set(shown)
        assert {fill.side for fill in story.fills} == {side}

    @pytest.mark.parametrize("label", FILLED_ORDERS)
    def test_every_execution_is_told_once_and_has_its_commission(self, seen: Transcript, label: str) -> None:
        story = seen.order(label)

        executions = [fill.id for fill in story.fills]
        assert executions
        assert len(set(executions)) == len(executions)
        assert sorted(cost.execution for cost in story.commissions) == sorted(executions)
        assert {cost.currency for cost in story.commissions} == {"USD"}

    @pytest.mark.parametrize("label", FILLED_ORDERS)
    def test_its_statuses_lead_to_filled_and_count_what_is_filled(self, seen: Transcript, label: str) -> None:
        story = seen.order(label)

        total = sum((fill.quantity for fill in story.fills), nothing := Decimal(0))
        filled = [told.filled for told in story.told]
        assert [status for status in story.statuses if status != "PendingSubmit"] in WAYS_TO_FILLED
        assert filled == sorted(filled)
        assert {told.filled + told.remaining for told in story.told if told.status != "PendingSubmit"} == {
            total
        }
        assert (story.told[-1].filled, story.told[-1].remaining) == (total, nothing)

    def test_its_last_status_tells_the_average_of_its_fills(self, seen: Transcript) -> None:
        story = seen.order("buy 700")

        assert sum(fill.quantity for fill in story.fills) == 700
        assert story.told[-1].average_price == pytest.approx(story.value / 700, abs=Decimal("0.000001"))

    @pytest.mark.parametrize(
        ("label", "published"),  # half a cent a share, a dollar at least; by contract for options
        [
            ("buy", "1.00"),
            ("200 for a commission", "1.00"),
            ("300 for a commission", "1.50"),
            ("500 for a commission", "2.50"),
            ("option", "1.30"),
        ],
    )
    def test_it_costs_the_published_commission(self, seen: Transcript, label: str, published: str) -> None:
        assert seen.order(label).commission == Decimal(published)

    def test_the_list_of_executions_tells_the_same_to_another_client(self, seen: Transcript) -> None:
        listed = {row.id: row for row in seen.the(Executions).executions}

        for label in ("buy", "sell", "buy 700", "stock", "sale", "option"):
            for fill in seen.order(label).fills:
                assert listed[fill.id] == fill.row


class TestPositionsAndCash:
    @pytest.mark.parametrize(("label", "sign"), [("stock", 1), ("sale", -1), ("option", 1)])
    def test_the_position_changes_by_what_was_traded(self, seen: Transcript, label: str, sign: int) -> None:
        traded = seen.the(Traded, label=label)
        before, after = before_and_after(seen, Holdings, label)

        gained = after.of(traded.contract_id).quantity - before.of(traded.contract_id).quantity
        assert gained == sign * traded.quantity

    @pytest.mark.parametrize(("label", "multiplier"), [("stock", 1), ("option", 100)])
    def test_its_cost_grows_by_price_and_commission(
        self, seen: Transcript, label: str, multiplier: int
    ) -> None:
        traded, story = seen.the(Traded, label=label), seen.order(label)
        before, after = before_and_after(seen, Holdings, label)

        spent = story.value * multiplier + story.commission
        grown = after.of(traded.contract_id).cost - before.of(traded.contract_id).cost
        assert grown == pytest.approx(spent, abs=CENT)

    @pytest.mark.parametrize(("label", "factor"), [("stock", -1), ("sale", 1), ("option", -100)])
    def test_the_cash_changes_by_price_and_commission(
        self, seen: Transcript, label: str, factor: int
    ) -> None:
        before, after = before_and_after(seen, Account, label)

        story = seen.order(label)
        changed = after.money("TotalCashValue") - before.money("TotalCashValue")
        assert changed == pytest.approx(factor * story.value - story.commission, abs=CENT)

    def test_what_a_position_gained_is_its_value_less_its_cost(self, seen: Transcript) -> None:
        profit = seen.the(Profit)
        holding = seen.the(Holdings, moment="PG").of(profit.contract_id)

        assert profit.position == holding.quantity
        assert profit.unrealized == pytest.approx(profit.value - holding.cost, abs=CENT)


class TestTheAccount:
    def test_its_net_liquidation_is_cash_and_positions(self, seen: Transcript) -> None:
        account = seen.the(Account, moment="PG")

        held = sum(account.portfolio.values(), Decimal(0))
        assert held > 0
        assert account.money("NetLiquidation") == pytest.approx(
            account.money("TotalCashValue") + held, abs=CENT
        )
        assert account.money("GrossPositionValue") == pytest.approx(held, abs=CENT)
        assert account.text("AccountCode", "") == ACCOUNT

    def test_its_summary_has_each_value_once_and_the_cash_of_the_download(self, seen: Transcript) -> None:
        rows = seen.the(Summary).rows

        assert sorted((row.account, row.tag, row.currency) for row in rows) == [
            (ACCOUNT, "AccountType", ""),
            (ACCOUNT, "NetLiquidation", "USD"),
            (ACCOUNT, "TotalCashValue", "USD"),
        ]
        cash = next(row.value for row in rows if row.tag == "TotalCashValue")
        assert cash == seen.the(Account, moment="PG").text("TotalCashValue")


class TestRefusals:
    def test_an_order_for_an_unknown_contract_is_error_200(self, seen: Transcript) -> None:
        assert self._told(seen, "unknown contract") == (200, UNKNOWN_CONTRACT)

    def test_an_order_beyond_the_means_of_the_account_is_error_201(self, seen: Transcript) -> None:
        code, text = self._told(seen, "beyond means")

        assert code == 201
        assert text.startswith("Order rejected - reason:YOUR ORDER IS NOT ACCEPTED.")
        assert not seen.order("beyond means").fills

    def test_the_cancellation_of_what_was_never_placed_is_error_10147(self, seen: Transcript) -> None:
        told = seen.the(Notice, number=NEVER_PLACED)

        assert told.code == 10147
        assert told.text == f"OrderId {NEVER_PLACED} that needs to be cancelled is not found."

    def test_the_cancellation_of_a_filled_order_is_error_10148(self, seen: Transcript) -> None:
        number = seen.order("filled").number

        assert self._told(seen, "filled") == (
            10148,
            f"OrderId {number} that needs to be cancelled cannot be cancelled, state: Filled.",
        )

    def _told(self, seen: Transcript, label: str) -> tuple[int, str]:
        story = seen.order(label)
        told = seen.the(Notice, client=story.client, number=story.number)
        return told.code, told.text
