"""The state of one order: everything heard about it, in whatever order, however often."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails
from ibkr_actors.base.messages.orders import OpenOrder, OrderStatus, PlaceOrderRequest
from ibkr_actors.base.order_tracking import PREVIEWED, REFUSED, SENT, UNKNOWN, TrackedOrder
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_status import Status
from tests.actors.helpers import commission, fill, ibm, limit_order, open_order, status


def an_order(**fields):
    request = PlaceOrderRequest(1, ibm(), limit_order(**fields))
    return TrackedOrder(1, request, sent_at=0.0)


def tell(order, *messages):
    hear = {
        OrderStatus: order.hear_status,
        OpenOrder: order.hear_open_order,
        ExecutionDetails: order.hear_execution,
        CommissionAndFeesReport: order.hear_commission,
        Notice: order.hear_notice,
    }
    for message in messages:
        hear[type(message)](message)
    return order


A_FILL = (
    fill(1, 40, execution_id="a.b.01.01"),
    open_order(1),
    status(1, "Submitted", 40, 60),
    fill(1, 60, cumulative=100, execution_id="a.b.02.01"),
    status(1, "Filled", 100, 0),
    open_order(1, "Filled"),
)


class TestTheOrderOfCallbacks:
    def test_makes_no_difference(self):
        for messages in itertools.permutations(A_FILL):
            order = tell(an_order(), *messages)

            assert (order.status, order.filled, order.remaining) == ("Filled", 100, 0), messages
            assert order.average_price == 187.25
            assert sum(execution.shares for execution in order.executions.values()) == 100

    def test_hearing_everything_twice_is_hearing_it_once(self):
        once, twice = tell(an_order(), *A_FILL), tell(an_order(), *A_FILL, *A_FILL)
        assert twice.facts() == once.facts()
        assert twice.executions == once.executions

    def test_executions_alone_fill_an_order(self):
        """After a lost connection they may be all that the bridge still tells of it."""
        assert tell(an_order(), fill(1, 100)).status == "Filled"

    def test_the_status_that_follows_from_executions_is_the_member_that_the_bridge_s_own_is(self):
        assert tell(an_order(), fill(1, 100)).status is Status.FILLED

    def test_a_status_older_than_the_executions_turns_nothing_back(self):
        order = tell(an_order(), fill(1, 60), status(1, "Submitted", 20, 80))
        assert (order.filled, order.remaining) == (60, 40)

    def test_nothing_leaves_a_terminal_status(self):
        order = tell(
            an_order(), status(1, "Cancelled"), status(1, "Submitted"), open_order(1, "PreSubmitted")
        )
        assert order.status == "Cancelled"

    def test_a_commission_told_twice_counts_once(self):
        order = tell(an_order(), fill(1), commission(amount=1.25), commission(amount=1.25))
        assert order.commission == 1.25


class TestCorrections:
    def test_a_corrected_execution_replaces_the_one_it_corrects(self):
        order = tell(
            an_order(),
            fill(1, 100, price=10.0, execution_id="a.b.01.01"),
            fill(1, 100, price=11.0, execution_id="a.b.01.02"),
        )
        (execution,) = order.executions.values()
        assert execution.price == 11.0

    def test_ids_without_parts_correct_nothing(self):
        order = tell(
            an_order(), fill(1, 50, execution_id="one"), fill(1, 50, cumulative=100, execution_id="two")
        )
        assert len(order.executions) == 2


class TestACorrectionToASmallerQuantity:
    """Forty at 10 were thirty. The running sum that comes with it may be that of then, corrected or not, or of now."""

    sums = pytest.mark.parametrize("cumulative", [30, 40, 90])

    def told(self, cumulative):
        return (
            fill(1, 40, price=10.0, execution_id="a.b.01.01"),
            fill(1, 60, price=11.0, cumulative=100, execution_id="a.b.02.01"),
            fill(1, 30, price=10.0, cumulative=cumulative, execution_id="a.b.01.02"),
        )

    @sums
    def test_lowers_what_is_filled_whatever_comes_first(self, cumulative):
        for messages in itertools.permutations((*self.told(cumulative), status(1, "Submitted", 100, 100))):
            order = tell(an_order(quantity=200), *messages)
            assert (order.filled, order.remaining) == (90, 110), messages
            assert order.average_price == pytest.approx((30 * 10 + 60 * 11) / 90)

    @sums
    def test_is_not_counted_once_more_by_what_the_bridge_says_of_it(self, cumulative):
        """Statuses and later fills from behind the correction hold it already."""
        first, second, corrected = self.told(cumulative)
        second = fill(1, 60, price=11.0, cumulative=90, execution_id="a.b.02.01")
        statuses = [status(1, "Submitted", filled, 200 - filled) for filled in (40, 30, 90)]
        for messages in itertools.permutations((first, corrected, second, *statuses)):
            order = tell(an_order(quantity=200), *messages)
            assert (order.filled, order.remaining) == (90, 110), messages

    def test_ends_no_order_that_works_on(self):
        for messages in itertools.permutations((*self.told(30), status(1, "Submitted", 90, 10))):
            order = tell(an_order(), *messages)
            assert (order.status, order.filled, order.remaining) == ("Submitted", 90, 10), messages

    def test_leaves_filled_what_the_bridge_says_is_filled(self):
        for messages in itertools.permutations((*self.told(30), status(1, "Filled", 100, 0))):
            order = tell(an_order(), *messages)
            assert (order.status, order.filled, order.remaining) == ("Filled", 90, 10), messages

    def test_to_nothing_leaves_no_price(self):
        busted = fill(1, 0, price=10.0, execution_id="a.b.01.02")
        for messages in itertools.permutations((fill(1, 40, price=10.0, execution_id="a.b.01.01"), busted)):
            order = tell(an_order(), *messages)
            assert (order.filled, order.remaining, order.average_price) == (0, 100, None)

    def test_of_an_order_that_does_not_work_any_more_brings_none_back(self):
        """The bridge, asked after a lost connection, has it neither among the open orders nor otherwise."""
        filled, corrected = tell(an_order(), *self.told(30)[:2]), self.told(30)[2]
        filled.lose("the bridge knows it not")
        assert (tell(filled, corrected).status, filled.filled) == ("Filled", 90)

    def test_counts_also_while_an_execution_is_missing(self):
        order = tell(an_order(quantity=200), status(1, "Submitted", 100, 100), *self.told(30)[::2])
        assert (order.filled, order.remaining) == (90, 110)


def test_a_correction_to_more_counts_what_the_bridge_says():
    more = fill(1, 50, execution_id="a.b.01.02")
    for messages in itertools.permutations((fill(1, 40, execution_id="a.b.01.01"), more)):
        assert tell(an_order(), *messages).filled == 50


def test_executions_told_of_each_part_of_an_allocation_are_no_more_than_their_running_sum():
    """An advisor hears of the whole and of the shares of his clients, all under one order."""
    parts = [fill(1, 50, cumulative=100, execution_id=f"a.{part}.01") for part in ("c", "d")]
    assert tell(an_order(quantity=200), fill(1, 100, execution_id="a.b.01"), *parts).filled == 100


class TestNotices:
    def test_an_error_refuses_an_order_that_never_had_a_status(self):
        order = tell(an_order(), Notice(1, code=201, text="Order rejected"))
        assert (order.status, order.reason, order.ended) == (REFUSED, "201 Order rejected", True)

    def test_the_same_error_leaves_a_working_order_as_it_is(self):
        order = tell(an_order(), status(1, "Submitted"), Notice(1, code=201, text="Order rejected"))
        assert (order.status, order.ended) == ("Submitted", False)
        assert order.reason == "201 Order rejected"

    @pytest.mark.parametrize("code", [399, 202, 2109, 10147, 161])
    def test_warnings_and_confirmations_end_nothing(self, code):
        assert tell(an_order(), Notice(1, code=code, text="")).status == SENT

    def test_a_refusal_that_came_too_early_is_taken_back_by_a_status(self):
        order = tell(an_order(), Notice(1, code=201, text=""), status(1, "Submitted"))
        assert order.status == "Submitted"


class TestAFillOfAnOrderThatCountsAsRefused:
    def test_shows_that_there_is_one(self):
        order = an_order()
        order.lose("the bridge knows it not")
        assert tell(order, fill(1, 40)).status == UNKNOWN
        assert tell(order, status(1, "Submitted", 40, 60)).status == "Submitted"


class TestLoss:
    def test_an_order_that_worked_becomes_unknown(self):
        order = tell(an_order(), status(1, "Submitted"))
        order.lose("gone")
        assert (order.status, order.reason) == (UNKNOWN, "gone")

    def test_an_order_nobody_heard_of_was_refused(self):
        order = an_order()
        order.lose("never arrived")
        assert order.status == REFUSED

    def test_an_order_that_is_held_back_is_looked_for_when_the_bridge_has_spoken_of_it(self):
        order = TrackedOrder.made_by(PlaceOrderRequest(1, ibm(), limit_order(transmit=False)), 0.0)
        assert not order.is_expected
        assert tell(order, status(1, "PreSubmitted")).is_expected
        assert not tell(order, status(1, "Cancelled")).is_expected

    def test_an_order_that_has_ended_can_t_be_lost(self):
        order = tell(an_order(), fill(1))
        order.lose("gone")
        assert (order.status, order.reason) == ("Filled", "")

    def test_an_unknown_order_that_is_heard_of_again_is_known_again(self):
        order = tell(an_order(), status(1, "Submitted"))
        order.lose("gone")
        assert tell(order, status(1, "Submitted")).status == "Submitted"


class TestWhatIf:
    def test_its_answer_ends_it(self):
        """It only asks: there is no order that could work, fill, or get lost."""
        order = tell(an_order(what_if=True), open_order(1, "PreSubmitted", what_if=True))
        assert (order.status, order.ended) == (PREVIEWED, True)
        assert tell(order, Notice(1, code=201, text="margin")).status == PREVIEWED


def test_a_cash_order_is_filled_when_its_status_says_so():
    order = an_order(quantity=None, cash_quantity=Decimal(1000))
    assert tell(order, fill(1, 5)).status == SENT
    assert tell(order, status(1, "Filled", 5, 0)).status == "Filled"


class TestAChangeOfTheQuantity:
    def test_that_was_refused_does_not_fill_the_order_early(self):
        order = tell(an_order(), open_order(1), fill(1, 40, execution_id="a.b.01.01"))
        order.change(PlaceOrderRequest(1, ibm(), limit_order(quantity=60)))

        tell(order, fill(1, 20, cumulative=60, execution_id="a.b.02.01"))

        assert (order.status, order.remaining) == ("Submitted", 40)

    def test_counts_once_the_bridge_repeats_it(self):
        order = tell(an_order(), open_order(1), fill(1, 40, execution_id="a.b.01.01"))

        tell(order, open_order(1, quantity=60), fill(1, 20, cumulative=60, execution_id="a.b.02.01"))

        assert (order.status, order.remaining) == ("Filled", 0)

    def test_to_more_that_fills_overtake_does_not_end_it(self):
        """The bridge takes the change and fills the old quantity before it repeats the order: the rest works still."""
        order = tell(an_order(), open_order(1))
        order.change(PlaceOrderRequest(1, ibm(), limit_order(quantity=200)))

        tell(order, fill(1, 100))
        assert (order.status, order.filled) == ("Submitted", 100)

        tell(order, open_order(1, quantity=200), status(1, "Submitted", 100, 100))
        assert (order.status, order.remaining) == ("Submitted", 100)

    def test_to_more_before_anything_was_heard_does_not_end_it(self):
        order = an_order()
        order.change(PlaceOrderRequest(1, ibm(), limit_order(quantity=200)))

        assert tell(order, fill(1, 100)).status == SENT

    def test_to_nonsense_that_never_left_does_not_end_it(self):
        order = an_order()
        order.change(PlaceOrderRequest(1, ibm(), limit_order(quantity=-1)))

        assert tell(order, fill(1, 10)).status == SENT


class TestACombination:
    def test_counts_its_own_fills_and_not_those_of_its_legs(self):
        """Five of ten sets trade ten of a leg of which a set has two: five sets work still."""
        spread = Contract(symbol="IBM", security_type="BAG")
        legs = (
            fill(1, 5, price=3.0, execution_id="a.1.02.01"),
            fill(1, 10, price=1.0, execution_id="a.1.03.01"),
        )
        whole = fill(1, 5, price=2.5, execution_id="a.1.01.01", contract=spread)
        for messages in itertools.permutations(
            (*legs, whole, status(1, "Submitted", 5, 5, average_fill_price=2.5))
        ):
            order = TrackedOrder(1, PlaceOrderRequest(1, spread, limit_order(quantity=10)), sent_at=0.0)
            tell(order, *messages)
            assert (order.status, order.filled, order.remaining, order.average_price) == (
                "Submitted",
                5,
                5,
                2.5,
            )
            assert len(order.executions) == len(order.contracts) == 3


class TestAChangeThatFails:
    """It is the change that fails; an order that is on its way is not called back by it."""

    def changed(self):
        order = an_order()
        order.change(PlaceOrderRequest(1, ibm(), limit_order(price=190.0)))
        return order

    def test_to_leave_is_told_also_when_it_was_in_doubt_before(self):
        order = self.changed()
        (change,) = order.lose_changes()
        order.fail(change, "there is no connection")
        assert (order.status, order.reason) == (SENT, "there is no connection")

    def test_to_leave_does_not_refuse_the_order(self):
        order = self.changed()
        order.fail(order.request, "field not supported")
        assert (order.status, order.ended) == (SENT, False)

    def test_at_the_bridge_does_not_refuse_an_order_that_was_not_heard_of_yet(self):
        """A check at the bridge takes no time, an order's way to the exchange does: the code comes first."""
        order = tell(self.changed(), Notice(1, code=110, text="price"))
        assert (order.status, order.reason, order.heard) == (SENT, "110 price", False)

    def test_as_the_order_itself_refuses_it(self):
        order = self.changed()
        order.fail(order.opening, "there is no connection")
        assert (order.status, order.reason) == (REFUSED, "there is no connection")

    @pytest.mark.parametrize("code", [104, 105, 462, 2102, 10148])
    def test_tells_why(self, code):
        order = tell(an_order(), status(1, "Submitted"), Notice(1, code=code, text="not now"))
        assert (order.status, order.reason) == ("Submitted", f"{code} not now")


class TestWhatIfOfAnOrderThatWorks:
    def test_ends_nothing(self):
        order = tell(an_order(), open_order(1))
        order.change(PlaceOrderRequest(1, ibm(), limit_order(what_if=True)))

        assert tell(order, open_order(1, "PreSubmitted", what_if=True)).status == "Submitted"

    def test_nor_when_its_answer_comes_before_the_order_s(self):
        order = an_order()
        order.change(PlaceOrderRequest(1, ibm(), limit_order(what_if=True)))

        assert tell(order, open_order(1, "PreSubmitted", what_if=True)).status == SENT


class TestACancellationThatRacesAFill:
    def test_ends_as_filled_when_all_of_it_was(self):
        for messages in itertools.permutations((status(1, "Cancelled", 0, 100), fill(1, 100))):
            order = tell(an_order(), *messages)
            assert (order.status, order.filled, order.remaining) == ("Filled", 100, 0), messages

    def test_ends_as_cancelled_with_what_was_filled(self):
        for messages in itertools.permutations((status(1, "Cancelled", 0, 100), fill(1, 40))):
            order = tell(an_order(), *messages)
            assert (order.status, order.filled, order.remaining) == ("Cancelled", 40, 60), messages


class TestCorrectionsToldAgain:
    def test_an_execution_that_was_corrected_does_not_come_back(self):
        first = fill(1, 100, price=10.0, execution_id="a.b.01.09")
        corrected = fill(1, 100, price=11.0, execution_id="a.b.01.10")
        for messages in itertools.permutations((first, corrected, first, corrected)):
            order = tell(an_order(), *messages)
            assert [execution.price for execution in order.executions.values()] == [11.0], messages
            assert order.average_price == 11.0
            assert order.executions.knows("a.b.01.09")

    def test_nor_does_what_it_cost(self):
        first, corrected = commission("a.b.01.01", 1.0), commission("a.b.01.02", 1.5)
        for messages in itertools.permutations((first, corrected, first)):
            assert tell(an_order(), fill(1, execution_id="a.b.01.02"), *messages).commission == 1.5
