"""Every order of `docs/orders.md`: shown as promised, sendable, the vendor's bytes, and known to the gateway."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

import pytest
from msgspec import structs

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.orders import OpenOrder, PlaceOrderRequest
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.algo_strategy import AlgoStrategy
from ibkr_actors.classes.enum.condition_type import ConditionType
from ibkr_actors.classes.enum.hedge_type import HedgeType
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.algo import Algo
from ibkr_actors.classes.orders.auction_orders import AuctionLimitOrder
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.orders.simple_order import SimpleOrder
from ibkr_actors.classes.value import snapshot
from ibkr_actors.errors import UnsupportedByServer
from ibkr_actors.simulated_gateway.orders.order_kinds import IN_OPENING, KNOWN, PROTECTED
from ibkr_actors.simulated_gateway.refusals import MISSING_PARENT, TIME_IN_FORCE, TYPE_UNSUPPORTED
from tests.classes.orders.page import ORDERS, PRINTED, SAMPLES, promised
from tests.oracles.test_requests import our_bytes, vendor_sends
from tests.simulated_gateway.helpers import Desk

EACH_ORDER = pytest.mark.parametrize(
    "order", [pytest.param(order, id=f"{type(order).__name__}-{index}") for index, order in enumerate(ORDERS)]
)
VERSIONS = (178, 200, 226)
NO_SECURITY, INVALID = 200, 321
QUOTED = ("SMART", "IDEALPRO", "BOX")
"""Exchanges of the page that the simulated gateway has."""


def placing(order: Order) -> PlaceOrderRequest:
    """The request that places an order of the page."""
    assert order.contract is not None
    return PlaceOrderRequest(7, snapshot(order.contract, Contract), snapshot(order, Order))


class TestThePage:
    @pytest.mark.parametrize("number", range(len(SAMPLES)))
    def test_shows_what_its_samples_print(self, number: int) -> None:
        assert PRINTED[number] == promised(SAMPLES[number])

    def test_has_a_sample_of_every_class(self) -> None:
        """A class that only others derive from has no constructor that asks for a type of its own."""
        shown = {type(order) for order in ORDERS}

        assert {kind for kind in _below(SimpleOrder) if hasattr(kind, "type_of_class")} - shown <= {
            kind for kind in _below(SimpleOrder) if kind.__subclasses__()
        }

    def test_has_a_sample_of_every_type(self) -> None:
        assert {order.order_type for order in ORDERS} == set(OrderType)

    def test_has_a_sample_of_every_algorithm(self) -> None:
        assert {order.algo_strategy for order in ORDERS} - {""} == set(AlgoStrategy)
        assert {kind.strategy for kind in Algo.__subclasses__()} == set(AlgoStrategy)

    def test_has_a_sample_of_every_hedge_and_every_condition(self) -> None:
        assert {order.hedge_type for order in ORDERS} - {""} == set(HedgeType)
        types = {condition.type for order in ORDERS for condition in order.conditions}
        assert types == set(ConditionType)


def _below(kind: type) -> Iterable[Any]:
    for below in kind.__subclasses__():
        yield below
        yield from _below(below)


def _can_be_told(order: Order, version: int) -> bool:
    return not (isinstance(order, AuctionLimitOrder) and version > 202)


@EACH_ORDER
@pytest.mark.parametrize("version", VERSIONS)
def test_each_is_the_same_bytes_as_the_vendors(order: Order, version: int) -> None:
    """An order that the version can't carry is refused, never sent without what it says."""
    request = placing(order)

    if _can_be_told(order, version):
        assert our_bytes(request, version) == vendor_sends(request, version)
    else:
        with pytest.raises(UnsupportedByServer, match="auction_strategy"):
            codec_for(Role.CLIENT, version).encode(request)


@EACH_ORDER
@pytest.mark.parametrize("version", VERSIONS)
def test_each_arrives_as_it_was_made(order: Order, version: int) -> None:
    if not _can_be_told(order, version):
        return
    frame = codec_for(Role.CLIENT, version).encode(placing(order))

    arrived = codec_for(Role.GATEWAY, version).decode(frame[4:]).order

    sent = structs.replace(snapshot(order, Order), contract=None, order_id=0)
    assert _comparable(arrived) == _comparable(sent)


def _comparable(order: Order) -> Order:
    """Without what the wire has no place for: the order of the parameters of an algorithm."""
    return structs.replace(order, algo_parameters=tuple(sorted(order.algo_parameters, key=attrgetter("tag"))))


def expected_code(order: Order) -> int | None:
    """By which code the simulated gateway refuses an order; None for one that it takes."""
    assert order.contract is not None
    if order.contract.security_type == SecurityType.BAG or order.contract.exchange not in QUOTED:
        return NO_SECURITY
    if order.order_type not in KNOWN - PROTECTED:  # the page's protected orders are for a stock
        return TYPE_UNSUPPORTED[0]
    if order.time_in_force not in {TimeInForce.DAY, TimeInForce.GOOD_TILL_CANCELLED, *IN_OPENING}:
        return TIME_IN_FORCE[0]
    if order.delta_neutral_order_type:
        return INVALID
    return MISSING_PARENT[0] if order.parent_id else None


def answer(heard: list[Message]) -> int | None:
    """The code of a refusal; None when the order is there, is previewed, or is silently held for its children."""
    if any(isinstance(message, OpenOrder) for message in heard):
        return None
    return next((message.code for message in heard if isinstance(message, Notice)), None)


@EACH_ORDER
def test_each_is_taken_or_refused_by_its_code_on_the_simulated_gateway(order: Order) -> None:
    desk = Desk()
    request = placing(order)

    heard = desk.place(desk.connect(), 7, request.order, request.contract)

    assert answer(heard) == expected_code(order)
