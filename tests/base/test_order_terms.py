"""The terms of an order: what it is built on while changes are under way, and which of them the bridge has taken."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.order_tracking import REFUSED, SENT, TrackedOrder
from ibkr_actors.classes.enum.oca_type import OcaType
from ibkr_actors.classes.orders.order import Order
from tests.actors.helpers import fill, ibm, limit_order, open_order, status

REFUSAL = Notice(1, code=110, text="price")
UNKNOWN_ERROR = Notice(1, code=12_345, text="no idea")


def a_change(**fields):
    return PlaceOrderRequest(1, ibm(), limit_order(**fields))


def placed(**fields):
    return TrackedOrder(1, a_change(**fields), sent_at=0.0)


@pytest.fixture
def order():
    """An order at 187.25 that the bridge holds."""
    order = placed()
    order.hear_open_order(open_order(1))
    return order


@pytest.fixture
def changed(order):
    """The same with a change to 190 on its way."""
    order.change(a_change(price=190.0))
    return order


class TestWhatIsBuiltOn:
    def test_is_the_last_change_while_it_is_on_its_way(self, changed):
        """Whoever changes it once more means to keep the first change."""
        assert changed.order.limit_price == 190.0

    def test_stays_that_when_the_bridge_repeats_the_order_as_it_was(self, changed):
        """It says everything several times."""
        changed.hear_open_order(open_order(1))
        assert changed.order.limit_price == 190.0

    @pytest.mark.parametrize("code", [104, 105, 110, 201, 321, 329, 462, 2102])
    def test_is_no_change_that_was_refused(self, changed, code):
        changed.hear_notice(Notice(1, code=code, text="no"))
        assert changed.order.limit_price == 187.25
        assert changed.terms.under_way == ()

    @pytest.mark.parametrize("code", [135, 136, 161, 202, 399, 2109, 2199, 10147, 10148])
    def test_is_a_change_that_a_code_is_not_about(self, changed, code):
        """It warns, or speaks of a cancellation."""
        changed.hear_notice(Notice(1, code=code, text="well"))
        assert changed.order.limit_price == 190.0

    def test_is_no_change_behind_an_error_that_nobody_knows(self, changed):
        changed.hear_notice(UNKNOWN_ERROR)
        assert changed.order.limit_price == 187.25
        changed.hear_open_order(open_order(1, price=190.0, hidden=True))
        assert changed.order.limit_price == 190.0

    def test_is_no_change_that_was_not_sent(self, order):
        change = a_change(price=190.0)
        order.change(change)
        order.fail(change, "there is no connection")
        assert (order.order.limit_price, order.reason) == (187.25, "there is no connection")

    def test_is_no_change_that_a_lost_connection_left_in_doubt(self, changed):
        (lost,) = changed.lose_changes()
        assert (lost.order.limit_price, changed.order.limit_price) == (190.0, 187.25)
        changed.hear_open_order(open_order(1, price=190.0))
        assert changed.order.limit_price == 190.0

    def test_is_the_last_change_that_was_confirmed_when_a_later_one_is_refused(self, changed):
        changed.hear_open_order(open_order(1, price=190.0))
        changed.change(a_change(price=191.0))
        changed.hear_notice(REFUSAL)
        assert changed.order.limit_price == 190.0

    def test_has_all_of_a_change_that_was_confirmed(self, order):
        """Also what the bridge does not tell as it was asked."""
        order.change(a_change(price=190.0, good_till_date="20261123-21:00:00"))
        order.hear_open_order(open_order(1, price=190.0, good_till_date="20261123 16:00:00 US/Eastern"))
        order.change(a_change(price=191.0))
        order.hear_notice(REFUSAL)
        assert (order.order.limit_price, order.order.good_till_date) == (190.0, "20261123-21:00:00")

    def test_is_no_order_that_its_holder_has_changed_for_himself(self):
        """He may have got hold of it elsewhere than as a copy."""
        order, held = placed(), 187.25
        order.hear_status(status(1, "Submitted"))
        for price in (190.0, 191.0):
            order.order.limit_price = order.request.order.limit_price = 1.0
            order.change(a_change(price=192.0))
            order.hear_notice(REFUSAL)
            assert order.order.limit_price == held
            order.change(a_change(price=price))
            order.hear_open_order(open_order(1, price=price))
            held = price


class TestSeveralChanges:
    @pytest.fixture
    def twice(self, changed):
        changed.change(a_change(price=191.0))
        return changed

    def test_of_which_one_is_refused_are_not_built_on(self, twice):
        """A check at the bridge takes no time, and a change that it lets pass does: the code may be of the second."""
        twice.hear_notice(REFUSAL)
        assert twice.order.limit_price == 187.25

    @pytest.mark.parametrize("taken", [190.0, 191.0])
    def test_of_which_one_is_refused_and_the_other_repeated(self, twice, taken):
        for messages in itertools.permutations((REFUSAL, open_order(1, price=taken))):
            order = placed()
            order.hear_open_order(open_order(1))
            order.change(a_change(price=190.0))
            order.change(a_change(price=191.0))
            for message in messages:
                order.hear_notice(message) if message is REFUSAL else order.hear_open_order(message)
            assert (order.order.limit_price, order.terms.under_way) == (taken, ())

    def test_that_are_all_refused_leave_what_was(self, twice):
        twice.hear_notice(REFUSAL)
        twice.hear_notice(REFUSAL)
        assert (twice.order.limit_price, twice.terms.under_way) == (187.25, ())

    def test_are_confirmed_one_after_the_other(self, twice):
        twice.hear_open_order(open_order(1, price=190.0))
        assert twice.order.limit_price == 191.0
        assert [change.order.limit_price for change in twice.terms.under_way] == [191.0]
        twice.hear_open_order(open_order(1, price=191.0))
        assert twice.terms.under_way == ()

    def test_are_confirmed_by_the_last_one(self, twice):
        twice.hear_open_order(open_order(1, price=191.0))
        assert (twice.order.limit_price, twice.terms.under_way) == (191.0, ())

    def test_and_back_again_are_told_apart(self, changed):
        changed.change(a_change())
        changed.hear_open_order(open_order(1, price=190.0))
        assert [change.order.limit_price for change in changed.terms.under_way] == [187.25]

    def test_that_could_not_be_sent_leave_the_others(self, changed):
        changed.fail(a_change(price=190.0), "no connection")
        change = a_change(price=191.0)
        changed.change(change)
        changed.change(change)
        changed.fail(change, "no connection")
        assert [each.order.limit_price for each in changed.terms.under_way] == [191.0]

    def test_of_which_one_is_refused_do_not_speak_against_one_that_is_sent_later(self, twice):
        twice.hear_notice(REFUSAL)
        twice.change(a_change(price=192.0))
        assert twice.order.limit_price == 192.0
        twice.hear_open_order(open_order(1, price=191.0))
        assert [change.order.limit_price for change in twice.terms.under_way] == [192.0]

    def test_of_which_the_first_comes_once_more_lose_the_later_one(self, twice):
        twice.change(a_change(price=190.0))
        twice.fail(a_change(price=190.0), "no connection")
        assert twice.order.limit_price == 191.0

    def test_are_none_to_refuse_any_more_when_one_is_sent_later(self, changed):
        changed.hear_notice(REFUSAL)
        changed.hear_notice(REFUSAL)
        changed.change(a_change(price=192.0))
        assert changed.order.limit_price == 192.0
        changed.hear_open_order(open_order(1))
        assert changed.order.limit_price == 192.0


class TestAnOrderThatNothingWasHeardOf:
    """What is refused may be the order or its change; the bridge does not say which."""

    @pytest.fixture
    def changed(self):
        order = placed()
        order.change(a_change(price=190.0))
        return order

    def test_is_refused_when_both_are(self, changed):
        changed.hear_notice(Notice(1, code=201, text="margin"))
        assert changed.status == SENT
        changed.hear_notice(Notice(1, code=103, text="duplicate order id"))
        assert (changed.status, changed.reason) == (REFUSED, "103 duplicate order id")

    @pytest.mark.parametrize("codes", [(2102, 201), (201, 2102)])
    def test_is_refused_when_the_other_code_is_of_the_change_for_certain(self, changed, codes):
        for code in codes:
            changed.hear_notice(Notice(1, code=code, text="no"))
        assert changed.status == REFUSED

    def test_is_refused_when_its_change_was_not_sent(self, changed):
        for refused_first in (False, True):
            order, change = placed(), a_change(price=190.0)
            order.change(change)
            steps = [
                lambda order=order: order.hear_notice(Notice(1, code=201, text="margin")),
                lambda order=order, change=change: order.fail(change, "no connection"),
            ]
            for step in reversed(steps) if not refused_first else steps:
                step()
            assert (order.status, order.reason) == (REFUSED, "201 margin")

    def test_is_not_for_a_connection_that_was_lost_meanwhile(self, changed):
        changed.hear_notice(Notice(1, code=201, text="margin"))
        changed.lose_changes()
        assert changed.status == SENT

    @pytest.mark.parametrize("told", [187.25, 190.0])
    def test_is_what_the_bridge_then_tells(self, changed, told):
        """It has taken the order and refused the change, or the other way round."""
        changed.hear_notice(Notice(1, code=110, text="price"))
        assert changed.order.limit_price == 187.25
        changed.hear_open_order(open_order(1, price=told))
        assert (changed.order.limit_price, changed.status, changed.terms.under_way) == (told, "Submitted", ())

    @pytest.mark.parametrize("heard", [status(1, "Submitted"), fill(1, 10)])
    def test_waits_for_the_open_order_when_something_else_comes_first(self, changed, heard):
        changed.hear_notice(Notice(1, code=110, text="price"))
        changed.hear_execution(heard) if hasattr(heard, "execution") else changed.hear_status(heard)
        changed.hear_open_order(open_order(1, price=190.0))
        assert changed.order.limit_price == 190.0

    @pytest.mark.parametrize("code", [104, 105, 329, 2102])
    def test_is_not_refused_by_a_code_about_changes(self, code):
        order = placed()
        order.hear_notice(Notice(1, code=code, text="no"))
        assert order.status == SENT

    def test_has_no_change_any_more_when_that_is_refused_for_certain(self, changed):
        changed.hear_notice(Notice(1, code=2102, text="still being processed"))
        assert (changed.order.limit_price, changed.terms.under_way) == (187.25, ())

    def test_is_not_taken_for_its_change_when_the_bridge_can_t_tell_them_apart(self):
        """It has refused something; an open order that fits both says nothing for the change."""
        order = placed()
        order.change(a_change(good_till_date="20261123-21:00:00"))
        order.hear_notice(REFUSAL)
        order.hear_open_order(open_order(1))
        assert (order.order.good_till_date, order.terms.under_way) == ("", ())

    def test_forgets_its_refusal_when_it_is_heard_of_all_the_same(self):
        order = placed()
        order.hear_notice(REFUSAL)
        order.hear_status(status(1, "Submitted"))
        order.change(a_change(price=190.0))
        order.hear_open_order(open_order(1))
        assert order.order.limit_price == 190.0


class TestWhatTheBridgeTells:
    def test_of_a_change_by_hand_is_taken_over(self, order):
        order.hear_open_order(open_order(1, price=180.0, quantity=50, time_in_force="GTC"))
        assert (order.order.limit_price, order.order.total_quantity) == (180.0, 50)

    def test_is_built_on_when_it_is_neither_what_was_nor_what_was_asked(self, changed):
        """It has made the order smaller (481), or somebody has changed it by hand."""
        changed.hear_open_order(open_order(1, price=185.0))
        assert changed.order.limit_price == 185.0
        changed.hear_open_order(open_order(1, price=190.0, quantity=60))
        assert (changed.order.limit_price, changed.order.total_quantity) == (190.0, 60)

    def test_by_itself_is_not_taken_over(self, order):
        """Sent back, it would be refused, or mean something."""
        before = order.order
        told = replace(
            open_order(1).order, auxiliary_price=0.0, trail_stop_price=188.25, time_in_force="DAY",
            oca_type=OcaType.REDUCE_WITHOUT_BLOCK, clearing_intent="IB", adjusted_order_type="None",
            account="DU1", permanent_id=77,
        )  # fmt: skip
        before.time_in_force = ""
        order = placed(time_in_force="")
        order.hear_open_order(replace(open_order(1), order=told))
        assert order.order == before

    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            ({"order_type": "PEG MID"}, {"limit_price": 1.0, "auxiliary_price": 1.0}),
            ({"order_type": "TRAIL LIMIT", "auxiliary_price": 1.0}, {"limit_price": 190.0}),
            ({"order_type": "TRAIL", "trailing_percent": 2.0}, {"auxiliary_price": 3.7}),
            (
                {"price": None, "cash_quantity": Decimal(1000), "quantity": None},
                {"total_quantity": Decimal(5)},
            ),
            ({"hedge_type": "D", "quantity": 0}, {"total_quantity": Decimal(5)}),
        ],
    )
    def test_of_prices_and_quantities_that_it_makes_itself_is_not_taken_over(self, fields, told):
        order = placed(**fields)
        before = order.order
        order.hear_open_order(replace(open_order(1), order=replace(before, **told)))
        assert order.order == before

    def test_of_another_type_brings_the_prices_of_that(self, order):
        stop = Order(total_quantity=Decimal(100), order_type="STP", limit_price=0.0, auxiliary_price=180.0)
        order.hear_open_order(replace(open_order(1), order=stop))
        assert (order.order.order_type, order.order.auxiliary_price) == ("STP", 180.0)

    def test_of_a_question_is_nothing_of_the_order(self, changed):
        changed.hear_open_order(open_order(1, "PreSubmitted", price=1.0, what_if=True))
        assert changed.order.limit_price == 190.0


REPEATED = [
    ({}, {"quantity": 50}),
    ({}, {"price": 190.0}),
    ({"order_type": "STP", "auxiliary_price": 180.0}, {"auxiliary_price": 181.0}),
    ({"order_type": "TRAIL", "auxiliary_price": 1.0}, {"auxiliary_price": 2.0}),
    ({"order_type": "TRAIL", "trailing_percent": 1.0}, {"trailing_percent": 2.0}),
    ({"order_type": "TRAIL LIMIT", "limit_price_offset": 0.05}, {"limit_price_offset": 0.1}),
    ({"order_type": "STP", "trigger_price": 1.0}, {"trigger_price": 2.0}),
    ({"order_type": "STP", "adjusted_stop_price": 1.0}, {"adjusted_stop_price": 2.0}),
    ({"order_type": "STP"}, {"trigger_method": 2}),
    ({}, {"order_type": "MKT"}),
    ({"time_in_force": "DAY"}, {"time_in_force": "GTC"}),
    ({}, {"outside_regular_trading_hours": True}),
    ({}, {"order_reference": "mine"}),
    ({"display_size": 10}, {"display_size": 0}),
]
"""An order, and what is changed in it."""


class TestAChange:
    @pytest.mark.parametrize(("fields", "change"), REPEATED)
    def test_is_confirmed_by_what_tells_it_from_the_order_and_by_nothing_else(self, fields, change):
        order = placed(**fields)
        order.hear_open_order(open_order(1, **fields))
        order.change(a_change(**fields | change))

        order.hear_open_order(open_order(1, **fields))
        assert len(order.terms.under_way) == 1

        order.hear_open_order(open_order(1, **fields | change))
        assert order.terms.under_way == ()

    def test_is_confirmed_though_the_bridge_tells_something_else_in_other_words(self, order):
        told = replace(
            open_order(1, price=190.0).order, auxiliary_price=0.0, display_size=None, order_reference=""
        )
        order.change(a_change(price=190.0, auxiliary_price=None))
        order.hear_open_order(replace(open_order(1), order=told))
        assert order.terms.under_way == ()

    def test_of_a_limit_that_trails_is_confirmed_wherever_that_has_got_to(self):
        trailing = {"order_type": "TRAIL LIMIT", "auxiliary_price": 1.0}
        order = placed(**trailing)
        order.change(a_change(price=188.0, **trailing | {"auxiliary_price": 2.0}))
        order.hear_open_order(open_order(1, price=195.0, **trailing | {"auxiliary_price": 2.0}))
        assert order.terms.under_way == ()

    @pytest.mark.parametrize("fields", [{"time_in_force": ""}, {"quantity": 0, "price": 190.0}])
    def test_that_leaves_out_what_the_bridge_fills_in_is_confirmed_whatever_that_is(self, fields):
        order = placed(time_in_force="GTC")
        order.hear_open_order(open_order(1, time_in_force="GTC"))
        order.change(a_change(**{"time_in_force": "GTC"} | fields))
        order.hear_open_order(open_order(1, **{"time_in_force": "DAY"} | fields | {"quantity": 100}))
        assert order.terms.under_way == ()

    def test_of_what_the_bridge_does_not_repeat_is_confirmed_by_any_open_order(self, order):
        order.change(a_change(good_till_date="20261123-21:00:00"))
        order.hear_open_order(open_order(1))
        assert order.terms.under_way == ()
        assert order.order.good_till_date == "20261123-21:00:00"
