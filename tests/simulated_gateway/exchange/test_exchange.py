"""The exchange: what becomes of orders as the market moves. A listener stands in for the clients."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.liquidity import Liquidity
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.orders.order_states import check_way
from ibkr_actors.simulated_gateway.refusals import Refusal
from tests.simulated_gateway.floor import Floor
from tests.simulated_gateway.helpers import AAPL, limit, order


@pytest.fixture
def floor() -> Floor:
    return Floor()


class TestFills:
    def test_a_market_order_buys_at_the_ask_and_sells_at_the_bid(self, floor: Floor) -> None:
        assert floor.place(1, order("BUY", 10)) == ["order PreSubmitted", "filled 10 at 100.02"]
        assert floor.place(2, order("SELL", 10)) == ["order PreSubmitted", "filled 10 at 100.0"]

    def test_a_limit_order_rests_until_the_market_comes_to_it(self, floor: Floor) -> None:
        assert floor.place(1, limit("BUY", 10, 99.5)) == ["order Submitted"]

        floor.quote(99.48, 99.50)

        assert floor.told(1)[1:] == ["filled 10 at 99.5"]

    def test_a_post_only_order_takes_nothing_as_it_arrives(self, floor: Floor) -> None:
        assert floor.place(1, limit("BUY", 10, 100.02, post_only=True)) == ["order Submitted"]

        floor.quote(99.98, 100.0)

        assert floor.witness.trades[0].execution.last_liquidity == Liquidity.ADDED

    def test_no_order_fills_beyond_its_limit(self, floor: Floor) -> None:
        """It gets the market's price when that is better."""
        assert floor.place(1, limit("BUY", 10, 101.0))[-1] == "filled 10 at 100.02"
        assert floor.place(2, limit("SELL", 10, 99.0))[-1] == "filled 10 at 100.0"
        assert floor.place(3, limit("SELL", 10, 100.01)) == ["order Submitted"]

    def test_a_fill_of_a_displayed_size_is_a_whole_number(self, floor: Floor) -> None:
        """Not `60.0`, which real gateways never say."""
        floor.quote(100.0, 100.02, size=60.0)

        assert floor.place(1, order("BUY", 100))[-1] == "filled 60 at 100.02"

    def test_an_order_takes_what_is_displayed_and_the_rest_waits_for_the_next_quote(
        self, floor: Floor
    ) -> None:
        floor.quote(100.0, 100.02, size=60)

        assert floor.place(1, order("BUY", 100))[-1] == "filled 60 at 100.02"
        assert floor.order(1).status is Status.SUBMITTED

        floor.quote(100.0, 100.03, size=60)

        assert floor.told(1)[-1] == "filled 40 at 100.03"
        assert floor.order(1).status is Status.FILLED
        assert floor.order(1).average_fill_price == pytest.approx(100.024)

    def test_two_orders_share_one_displayed_size(self, floor: Floor) -> None:
        floor.quote(100.0, 100.02, size=60)

        floor.place(1, order("BUY", 50))

        assert floor.place(2, order("BUY", 50))[-1] == "filled 10 at 100.02"

    def test_nothing_fills_while_trading_is_halted(self, floor: Floor) -> None:
        floor.market.set_quote(AAPL, halted=1)

        assert floor.place(1, order("BUY", 10)) == ["order PreSubmitted"]

    def test_positions_and_cash_move_by_the_fill_and_its_commission(self, floor: Floor) -> None:
        floor.place(1, order("BUY", 1000))

        ledger = floor.accounts["DU1000001"]
        assert ledger.position(AAPL) == 1000
        assert ledger.cash["USD"] == Decimal(1000000) - Decimal(100020) - Decimal("5.00")

    def test_the_minimum_commission_is_charged_once_an_order(self, floor: Floor) -> None:
        floor.quote(100.0, 100.02, size=60)
        floor.place(1, order("BUY", 100))
        floor.quote(100.0, 100.03, size=60)

        assert [trade.report.commission_and_fees for trade in floor.witness.trades] == [1.0, 0.0]


class TestTimeInForce:
    def test_an_immediate_order_that_finds_nothing_ends_without_a_notice(self, floor: Floor) -> None:
        told = floor.place(1, limit("BUY", 10, 99.0, time_in_force="IOC"))

        assert told == ["order PendingCancel", "Cancelled"]

    def test_an_immediate_order_keeps_what_it_got(self, floor: Floor) -> None:
        floor.quote(100.0, 100.02, size=60)

        told = floor.place(1, order("BUY", 100, time_in_force="IOC"))

        assert told == ["order PreSubmitted", "filled 60 at 100.02", "PendingCancel", "Cancelled"]
        assert floor.order(1).filled == 60

    def test_a_fill_or_kill_order_is_filled_whole_or_becomes_inactive(self, floor: Floor) -> None:
        floor.quote(100.0, 100.02, size=60)

        assert floor.place(1, order("BUY", 100, time_in_force="FOK")) == ["order Inactive"]
        assert floor.place(2, order("BUY", 50, time_in_force="FOK"))[-1] == "filled 50 at 100.02"

    def test_a_day_order_ends_with_the_day_and_one_until_cancelled_does_not(self, floor: Floor) -> None:
        floor.place(1, limit("BUY", 10, 99.0))
        floor.place(2, limit("BUY", 10, 99.0, time_in_force="GTC"))

        floor.exchange.advance([], floor.now + 24 * 3600)

        assert floor.order(1).status is Status.CANCELLED
        assert floor.order(2).status is Status.SUBMITTED


class TestStops:
    def test_a_stop_waits_for_its_price_and_then_takes_the_market(self, floor: Floor) -> None:
        assert floor.place(1, order("SELL", 10, "STP", auxiliary_price=99.0)) == ["order PreSubmitted"]
        assert floor.order(1).why_held == "trigger"

        floor.quote(98.95, 98.97, last=98.96)

        assert floor.told(1)[1:] == ["order Submitted", "filled 10 at 98.95"]

    def test_an_elected_stop_limit_still_keeps_its_limit(self, floor: Floor) -> None:
        floor.place(1, order("SELL", 10, "STP LMT", auxiliary_price=99.0, limit_price=98.9))

        floor.quote(98.80, 98.82, last=98.81)
        assert floor.told(1)[1:] == ["order Submitted"]

        floor.quote(98.90, 98.92)
        assert floor.told(1)[2:] == ["filled 10 at 98.9"]

    def test_a_trailing_stop_follows_the_market_up_and_never_down(self, floor: Floor) -> None:
        floor.place(1, order("SELL", 10, "TRAIL", auxiliary_price=1.0))
        floor.quote(105.0, 105.02, last=105.0)
        floor.quote(104.5, 104.52, last=104.5)
        assert floor.order(1).order.trail_stop_price == 104.0

        floor.quote(103.9, 103.92, last=103.9)

        assert floor.told(1)[-1] == "filled 10 at 103.9"

    def test_a_trailing_stop_may_trail_by_percent(self, floor: Floor) -> None:
        floor.place(1, order("BUY", 10, "TRAIL", trailing_percent=2.0))

        assert floor.order(1).order.trail_stop_price == 102.0

    def test_a_trailing_limit_keeps_its_distance_from_the_stop(self, floor: Floor) -> None:
        floor.place(1, order("SELL", 10, "TRAIL LIMIT", auxiliary_price=1.0, limit_price_offset=0.1))

        floor.quote(105.0, 105.02, last=105.0)

        assert floor.order(1).order.trail_stop_price == 104.0
        assert floor.order(1).order.limit_price == 103.9

    def test_an_order_if_touched_waits_for_the_market_to_come_back(self, floor: Floor) -> None:
        floor.place(1, order("BUY", 10, "MIT", auxiliary_price=99.0))
        floor.place(2, order("BUY", 10, "LIT", auxiliary_price=99.0, limit_price=98.0))

        floor.quote(98.9, 98.92, last=98.9)

        assert floor.told(1)[-1] == "filled 10 at 98.92"
        assert floor.told(2)[-1] == "order Submitted"

    @pytest.mark.parametrize(
        ("method", "last", "elected"), [(2, 99.5, False), (4, 99.5, True), (7, 99.5, True), (8, 99.5, True)]
    )
    def test_the_trigger_method_says_which_price_counts(
        self, floor: Floor, method: int, last: float, elected: bool
    ) -> None:
        """The bid and the ask are through the stop here, the last price is not."""
        floor.place(1, order("SELL", 10, "STP", auxiliary_price=99.0, trigger_method=method))

        floor.quote(98.5, 98.6, last=last)

        assert (floor.order(1).status is Status.FILLED) is elected


class TestChanges:
    def test_price_and_quantity_may_change(self, floor: Floor) -> None:
        floor.place(1, limit("BUY", 10, 99.0))

        assert floor.place(1, limit("BUY", 20, 99.5)) == ["order Submitted"]
        assert floor.order(1).total == 20
        assert floor.order(1).order.limit_price == 99.5

    def test_a_change_to_a_marketable_price_fills_at_once(self, floor: Floor) -> None:
        floor.place(1, limit("BUY", 10, 99.0))

        assert floor.place(1, limit("BUY", 10, 100.5))[-1] == "filled 10 at 100.02"

    def test_a_change_keeps_the_permanent_id(self, floor: Floor) -> None:
        floor.place(1, limit("BUY", 10, 99.0))
        before = floor.order(1).permanent_id
        floor.place(1, limit("BUY", 10, 99.1))

        assert floor.order(1).order.permanent_id == before

    def test_a_limit_may_become_a_stop_and_waits_then(self, floor: Floor) -> None:
        floor.place(1, limit("SELL", 10, 101.0))

        assert floor.place(1, order("SELL", 10, "STP", auxiliary_price=99.0)) == ["order PreSubmitted"]

    def test_another_side_is_refused_and_the_order_stays(self, floor: Floor) -> None:
        floor.place(1, limit("BUY", 10, 99.0))

        with pytest.raises(Refusal, match=r"^105"):
            floor.place(1, limit("SELL", 10, 99.0))
        assert floor.order(1).status is Status.SUBMITTED

    def test_a_change_that_the_account_can_not_carry_is_refused_and_the_order_stays(
        self, floor: Floor
    ) -> None:
        floor.place(1, limit("BUY", 10, 99.0))

        with pytest.raises(Refusal, match=r"^201 .*EXCEED THE INITIAL MARGIN"):
            floor.place(1, limit("BUY", 90_000, 99.0))
        assert floor.order(1).total == 10
        assert floor.order(1).status is Status.SUBMITTED

    def test_a_filled_order_can_not_change(self, floor: Floor) -> None:
        floor.place(1, order("BUY", 10))

        with pytest.raises(Refusal, match=r"^104 Cannot modify a filled order"):
            floor.place(1, order("BUY", 20))

    def test_the_id_of_a_cancelled_order_is_used_up(self, floor: Floor) -> None:
        floor.place(1, limit("BUY", 10, 99.0))
        floor.exchange.cancel(1, 1)

        with pytest.raises(Refusal, match=r"^103 Duplicate order id"):
            floor.place(1, limit("BUY", 20, 99.0))

    def test_less_than_what_is_filled_is_refused(self, floor: Floor) -> None:
        floor.quote(100.0, 100.02, size=60)
        floor.place(1, limit("BUY", 100, 100.02))

        with pytest.raises(Refusal, match=r"^321"):
            floor.place(1, limit("BUY", 50, 100.02))


class TestRefusals:
    @pytest.mark.parametrize(
        ("wanted", "code"),
        [
            (order("BUY", 10, "FEELINGS"), 321),
            (order("BUY", 10, "MKT PRT"), 387),
            (order("HOLD", 10), 321),
            (order("BUY", 0), 434),
            (order("BUY", 10, "LMT"), 321),
            (order("BUY", 10, "STP"), 321),
            (order("BUY", 10, "TRAIL"), 321),
            (limit("BUY", 10, 99.001), 110),
            (order("BUY", 10, "STP", auxiliary_price=99.005), 110),
            (order("BUY", 10, time_in_force="FOREVER"), 10052),
            (order("SELL", 10, "STP", auxiliary_price=99.0, time_in_force="IOC"), 111),
            (order("BUY", 10, what_if=True, transmit=False), 413),
            (order("BUY", 10, account="DU0"), 321),
            (order("BUY", 10, parent_id=77), 10006),
            (order("BUY", 10, cash_quantity=Decimal(500)), 10244),
        ],
    )
    def test_what_can_not_be_an_order_never_becomes_one(self, floor: Floor, wanted: Order, code: int) -> None:
        with pytest.raises(Refusal, match=f"^{code} "):
            floor.place(1, wanted)

        assert floor.exchange.book.find(1, 1) is None
        assert floor.witness.told == []

    @pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1E+400"])
    def test_what_is_no_number_is_refused(self, floor: Floor, number: str) -> None:
        with pytest.raises(Refusal, match=r"^321 .*limit_price"):
            floor.place(1, limit("BUY", 10, float(number)))
        with pytest.raises(Refusal, match=r"^321 .*total_quantity"):
            floor.place(1, limit("BUY", Decimal(number), 99.0))

    def test_an_id_that_was_used_is_refused(self, floor: Floor) -> None:
        """Also for another order than the one that was filled under it."""
        floor.place(5, order("BUY", 10))

        for order_id, side in ((5, "SELL"), (4, "BUY")):
            with pytest.raises(Refusal, match=r"^103 Duplicate order id"):
                floor.place(order_id, order(side, 10))

    def test_each_client_has_ids_of_its_own(self, floor: Floor) -> None:
        floor.place(5, order("BUY", 10), client_id=1)
        floor.place(5, order("BUY", 10), client_id=2)

        assert floor.exchange.book.next_valid_id(1) == 6
        assert floor.exchange.book.next_valid_id(3) == 1


class TestCredit:
    def test_an_order_that_the_account_can_not_carry_is_rejected_inactive(self, floor: Floor) -> None:
        told = floor.place(1, limit("BUY", 50_000, 100.0))

        assert told == ["order Inactive", "201"]
        assert "EXCEED THE INITIAL MARGIN" in floor.order(1).rejection

    def test_working_orders_count_against_what_is_left(self, floor: Floor) -> None:
        assert floor.place(1, limit("BUY", 15_000, 99.0)) == ["order Submitted"]
        assert floor.place(2, limit("BUY", 15_000, 99.0))[0] == "order Inactive"

    def test_working_orders_of_another_account_do_not_count(self) -> None:
        floor = Floor(accounts=("DU1", "DU2"))
        assert floor.place(1, limit("BUY", 15_000, 99.0, account="DU1")) == ["order Submitted"]

        assert floor.place(2, limit("BUY", 15_000, 99.0, account="DU2")) == ["order Submitted"]

    def test_a_short_sale_is_carried_within_the_margin(self, floor: Floor) -> None:
        assert floor.place(1, order("SELL", 100))[-1] == "filled 100 at 100.0"
        assert floor.place(2, order("SELL", 50_000))[0] == "order Inactive"

    def test_closing_is_always_allowed(self, floor: Floor) -> None:
        floor.quote(100.0, 100.02, size=20_000)
        floor.place(1, order("BUY", 19_000))
        floor.quote(60.0, 60.02, size=20_000)

        assert floor.place(2, order("SELL", 19_000))[-1] == "filled 19000 at 60.0"

    def test_a_rejected_order_may_be_changed_to_one_that_can_be_carried(self, floor: Floor) -> None:
        floor.place(1, limit("BUY", 50_000, 99.0))

        assert floor.place(1, limit("BUY", 50, 99.0)) == ["order Submitted"]

    def test_a_preview_shows_the_margins_and_leaves_nothing_behind(self, floor: Floor) -> None:
        assert floor.place(1, order("BUY", 100, what_if=True)) == []

        (state,) = floor.witness.previews
        assert state.initial_margin_change == pytest.approx(5000, rel=0.01)
        assert state.equity_with_loan_change == -1.0
        assert state.commission_and_fees == 1.0
        assert state.minimum_commission_and_fees is None
        assert floor.exchange.book.find(1, 1) is None


class TestCancelling:
    def test_a_cancelled_order_is_told_in_two_steps_and_a_notice(self, floor: Floor) -> None:
        floor.place(1, limit("BUY", 10, 99.0))
        floor.exchange.cancel(1, 1)

        assert floor.told(1)[1:] == ["PendingCancel", "Cancelled", "202"]

    def test_an_order_of_another_client_is_not_found(self, floor: Floor) -> None:
        floor.place(1, limit("BUY", 10, 99.0))

        with pytest.raises(Refusal, match=r"^10147 OrderId 1 that needs to be cancelled is not found"):
            floor.exchange.cancel(2, 1)

    def test_a_filled_order_can_not_be_cancelled(self, floor: Floor) -> None:
        floor.place(1, order("BUY", 10))

        with pytest.raises(Refusal, match=r"^10148 OrderId 1 .* cannot be cancelled, state: Filled"):
            floor.exchange.cancel(1, 1)

    def test_a_global_cancel_reaches_the_orders_of_all_clients(self, floor: Floor) -> None:
        floor.place(1, limit("BUY", 10, 99.0), client_id=1)
        floor.place(1, limit("BUY", 10, 99.0), client_id=2)

        floor.exchange.cancel_all()

        assert list(floor.exchange.book.open_orders()) == []

    def test_a_partly_filled_order_keeps_its_fills_when_cancelled(self, floor: Floor) -> None:
        floor.quote(100.0, 100.02, size=60)
        floor.place(1, limit("BUY", 100, 100.02))
        floor.exchange.cancel(1, 1)

        assert floor.order(1).status is Status.CANCELLED
        assert floor.order(1).filled == 60


class TestBrackets:
    def place_bracket(self, floor: Floor, entry: Order) -> list[str]:
        entry.transmit = False
        floor.place(1, entry)
        floor.place(2, limit("SELL", 10, 105.0, parent_id=1, transmit=False))
        return floor.place(3, order("SELL", 10, "STP", auxiliary_price=95.0, parent_id=1))

    def test_nothing_is_told_before_the_last_leg(self, floor: Floor) -> None:
        told = self.place_bracket(floor, limit("BUY", 10, 99.0))

        assert told == ["order Submitted", "order PreSubmitted", "order PreSubmitted"]
        assert [floor.order(number).why_held for number in (1, 2, 3)] == ["", "child", "child,trigger"]

    def test_the_children_form_a_group_named_after_the_parent(self, floor: Floor) -> None:
        self.place_bracket(floor, limit("BUY", 10, 99.0))

        parent, child = floor.order(1), floor.order(2).order
        assert child.oca_group == str(parent.permanent_id)
        assert child.parent_permanent_id == parent.permanent_id
        assert child.oca_type == 3

    def test_the_children_work_when_the_parent_is_filled(self, floor: Floor) -> None:
        self.place_bracket(floor, order("BUY", 10))

        assert floor.told(1)[-1] == "filled 10 at 100.02"
        assert floor.told(2)[-1] == "order Submitted"
        assert floor.told(3)[-1] == "order PreSubmitted"
        assert floor.order(3).why_held == "trigger"

    def test_the_fill_of_one_child_cancels_the_other(self, floor: Floor) -> None:
        self.place_bracket(floor, order("BUY", 10))

        floor.quote(105.0, 105.02)

        assert floor.told(2)[-1] == "filled 10 at 105.0"
        assert floor.told(3)[-3:] == ["PendingCancel", "Cancelled", "202"]

    def test_the_children_end_with_their_parent(self, floor: Floor) -> None:
        self.place_bracket(floor, limit("BUY", 10, 99.0))

        floor.exchange.cancel(1, 1)

        assert {floor.order(number).status for number in (1, 2, 3)} == {Status.CANCELLED}

    def test_the_children_of_a_killed_parent_end_too(self, floor: Floor) -> None:
        self.place_bracket(floor, limit("BUY", 10, 99.0, time_in_force="FOK"))

        assert [floor.order(number).status for number in (1, 2, 3)] == [
            Status.INACTIVE,
            Status.CANCELLED,
            Status.CANCELLED,
        ]

    def test_a_draft_may_be_sent_again_until_it_is_cancelled(self, floor: Floor) -> None:
        floor.place(1, limit("BUY", 10, 99.0, transmit=False))
        floor.place(1, limit("SELL", 20, 101.0, transmit=False))
        floor.exchange.cancel(1, 1)

        assert floor.order(1).total == 20
        with pytest.raises(Refusal, match=r"^103"):
            floor.place(1, limit("BUY", 10, 99.0))

    def test_a_draft_is_sent_on_for_no_other_contract(self, floor: Floor) -> None:
        floor.place(1, limit("BUY", 10, 99.0, transmit=False))
        ibm = Contract(symbol="IBM", security_type="STK", exchange="SMART", currency="USD")

        with pytest.raises(Refusal, match=r"^105"):
            floor.place(1, limit("BUY", 10, 99.0), contract=ibm)

        assert floor.place(1, limit("BUY", 10, 99.0)) == ["order Submitted"]

    def test_a_family_is_rejected_as_a_whole(self, floor: Floor) -> None:
        self.place_bracket(floor, limit("BUY", 50_000, 99.0))

        assert {floor.order(number).status for number in (1, 2, 3)} == {Status.INACTIVE}

    def test_a_trailing_child_of_a_market_order_is_refused(self, floor: Floor) -> None:
        floor.place(1, order("BUY", 10, transmit=False))

        with pytest.raises(Refusal, match=r"^328"):
            floor.place(2, order("SELL", 10, "TRAIL", auxiliary_price=1.0, parent_id=1))


class TestOneCancelsAll:
    def test_a_fill_cancels_the_others_of_its_group(self, floor: Floor) -> None:
        floor.place(1, limit("BUY", 10, 99.0, oca_group="either", oca_type=1))
        floor.place(2, limit("BUY", 20, 98.0, oca_group="either", oca_type=1))

        floor.quote(98.98, 99.0, size=5)

        assert floor.order(1).filled == 5
        assert floor.order(2).status is Status.CANCELLED

    def test_reducing_is_proportional(self, floor: Floor) -> None:
        floor.place(1, limit("BUY", 10, 99.0, oca_group="either", oca_type=2))
        floor.place(2, limit("BUY", 20, 98.0, oca_group="either", oca_type=2))

        floor.quote(98.98, 99.0, size=5)

        assert floor.order(2).total == 10


class TestStates:
    def test_a_final_status_is_final(self) -> None:
        with pytest.raises(RuntimeError, match="can't go from Filled to Cancelled"):
            check_way(Status.FILLED, Status.CANCELLED)
