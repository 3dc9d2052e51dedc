"""Conditions: how they are joined, and that every class travels."""

from __future__ import annotations

import pytest

from ibkr_actors.base.codec import codec_for
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.session import Role
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.condition_type import ConditionType
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.enum.trigger_method import TriggerMethod
from ibkr_actors.classes.orders.conditions import (
    CONDITION_OF_TYPE,
    ExecutionCondition,
    MarginCondition,
    PercentChangeCondition,
    PriceCondition,
    TimeCondition,
    VolumeCondition,
)
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.value import snapshot
from ibkr_actors.errors import InvalidRequest

CHEAP = PriceCondition(price=170.5, contract_id=265598, exchange="SMART", trigger_method=TriggerMethod.LAST)
LATE = TimeCondition(time="20261123 15:00:00 US/Eastern", is_more=True)
BUSY = VolumeCondition(volume=1000000, is_more=True, contract_id=265598, exchange="SMART")


def joints(conditions: object) -> list[bool]:
    """How each condition is joined to the next: True for "and"."""
    return [condition.conjunction for condition in tuple(conditions)[:-1]]  # type: ignore[call-overload]


class TestJoining:
    def test_and_and_or_make_the_row_that_an_order_takes(self) -> None:
        order = Order(conditions=CHEAP & LATE | BUSY)

        assert [type(each) for each in order.conditions] == [PriceCondition, TimeCondition, VolumeCondition]
        assert joints(order.conditions) == [True, False]

    def test_and_binds_stronger_on_either_side(self) -> None:
        assert joints(CHEAP | LATE & BUSY) == [False, True]
        assert joints(CHEAP & LATE | BUSY & LATE) == [True, False, True]

    def test_a_row_goes_on(self) -> None:
        assert joints(CHEAP & LATE & BUSY) == [True, True]
        assert joints((CHEAP | LATE) | (BUSY | CHEAP)) == [False, False, False]

    def test_alternatives_joined_by_and_are_refused_for_there_are_no_parentheses(self) -> None:
        with pytest.raises(InvalidRequest, match="no parentheses"):
            (CHEAP | LATE) & BUSY
        with pytest.raises(InvalidRequest, match="no parentheses"):
            CHEAP & (LATE | BUSY)

    def test_joining_changes_none_of_the_conditions(self) -> None:
        assert (CHEAP | LATE)[0] == PriceCondition(
            conjunction=False, price=170.5, contract_id=265598, exchange="SMART", trigger_method=2
        )
        assert CHEAP.conjunction

    def test_what_is_joined_is_equal_to_a_tuple_once_it_was_sent(self) -> None:
        taken = snapshot(Order(conditions=CHEAP & LATE), Order)

        assert type(taken.conditions) is tuple
        assert taken.conditions == (CHEAP, LATE)


class TestTypes:
    def test_each_type_has_a_class(self) -> None:
        assert set(CONDITION_OF_TYPE) == set(ConditionType)
        assert all(kind().type is ConditionType(number) for number, kind in CONDITION_OF_TYPE.items())

    @pytest.mark.parametrize("version", [157, 200, 203, 226])
    @pytest.mark.parametrize(
        "condition",
        [
            CHEAP,
            LATE,
            MarginCondition(percent=10, is_more=True),
            ExecutionCondition(security_type=SecurityType.STOCK, exchange="SMART", symbol="IBM"),
            BUSY,
            PercentChangeCondition(change_percent=-2.5, contract_id=265598, exchange="SMART"),
        ],
    )
    def test_each_arrives_with_the_members_of_its_enumerations(self, version: int, condition: object) -> None:
        request = PlaceOrderRequest(7, Contract(), Order(conditions=(condition,)))
        frame = codec_for(Role.CLIENT, version).encode(request)

        arrived = codec_for(Role.GATEWAY, version).decode(frame[4:])

        assert arrived.order.conditions == (condition,)
        assert repr(arrived.order.conditions) == repr((condition,))
