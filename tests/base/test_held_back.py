"""Families of orders: from when on those that were held back count as transmitted."""

from __future__ import annotations

import pytest

from ibkr_actors.base.held_back import HeldBack
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.orders import OrderStatus, PlaceOrderRequest
from ibkr_actors.base.order_tracking import TrackedOrder
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.orders.limit_orders import LimitOrder


def sent(held_back, order_id, *, parent=0, transmit=False):
    order = LimitOrder("BUY", Stock("IBM"), 10, 187.25, parent_id=parent, transmit=transmit)
    tracked = TrackedOrder(order_id, PlaceOrderRequest(order_id, Stock("IBM"), order), 0.0)
    held_back.note(tracked)
    return tracked


def told(held_back, tracked, status="PreSubmitted"):
    tracked.hear_status(OrderStatus(tracked.order_id, status))
    held_back.hear(tracked)


@pytest.fixture
def held_back():
    return HeldBack()


@pytest.fixture
def family(held_back):
    return sent(held_back, 7), sent(held_back, 8, parent=7), sent(held_back, 9, parent=7, transmit=True)


def transmitted(*orders):
    return [each.request.order.transmit for each in orders]


def test_all_are_transmitted_when_the_bridge_has_the_last_one(held_back, family):
    told(held_back, family[-1])

    assert transmitted(*family) == [True, True, True]


def test_what_was_sent_is_not_changed(held_back, family):
    before = family[0].request
    told(held_back, family[-1])

    assert before.order.transmit is False
    assert family[0].opening is before


def test_none_is_before_the_bridge_has_said_anything(family):
    assert transmitted(*family) == [False, False, True]


def test_none_is_because_of_one_that_is_held_back_too(held_back, family):
    told(held_back, family[1])
    told(held_back, family[0])

    assert transmitted(*family) == [False, False, True]


@pytest.mark.parametrize("code", [201, 110])
def test_none_is_when_the_last_one_is_refused(held_back, family, code):
    family[-1].hear_notice(Notice(9, None, code, "no"))
    held_back.hear(family[-1])

    assert transmitted(*family) == [False, False, True]


def test_another_family_stays_held_back(held_back, family):
    others = sent(held_back, 17), sent(held_back, 18, parent=17, transmit=True)
    told(held_back, family[-1])

    assert transmitted(*others) == [False, True]
