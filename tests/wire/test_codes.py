"""Coded fields: members and what they stand for, codes that nobody knows yet, and that all ways in agree."""

from __future__ import annotations

import copy
import pickle
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Struct

from ibkr_actors.base.codec import codec_for
from ibkr_actors.base.messages.declaration import DECLARED
from ibkr_actors.base.messages.orders import OpenOrder, PlaceOrderRequest
from ibkr_actors.base.session import Role
from ibkr_actors.classes.contracts.contract import ComboLeg, Contract
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.orders.order_state import OrderState
from ibkr_actors.classes.value import snapshot
from ibkr_actors.errors import InvalidRequest
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Number, Numbers, Word, Words, codes_of, enumeration_of
from ibkr_actors.wire.fields import specification_of

VERSIONS = pytest.mark.parametrize("version", [157, 200, 203, 226])


class Colour(Words):
    RED = "R"
    GREEN = "G"


class Size(Numbers):
    SMALL = 0
    LARGE = 10


class Shirt(Struct, frozen=True, repr_omit_defaults=True):
    colour: Annotated[Word[Colour], Wire(1)] = ""
    size: Annotated[Number[Size], Wire(2)] = Size.SMALL
    sleeves: Annotated[Number[Size] | None, Wire(3)] = None


PLAIN = {"colour": "R", "size": 10, "sleeves": 0}


def ways_in(fields: dict[str, Any]) -> list[Shirt]:
    """A shirt by each way in which msgspec makes one."""
    return [
        msgspec.convert(fields, Shirt),
        msgspec.json.decode(msgspec.json.encode(fields), type=Shirt),
        msgspec.msgpack.decode(msgspec.msgpack.encode(fields), type=Shirt),
        snapshot(Shirt(**fields), Shirt),
    ]


class TestMembers:
    def test_are_handed_over_by_every_way_in(self) -> None:
        for shirt in ways_in(PLAIN):
            assert (shirt.colour, shirt.size, shirt.sleeves) == ("R", 10, 0)
            assert shirt.colour is Colour.RED
            assert shirt.size is Size.LARGE
            assert shirt.sleeves is Size.SMALL

    def test_are_shown_as_one_writes_them(self) -> None:
        assert repr(msgspec.convert(PLAIN, Shirt)) == (
            "Shirt(colour=Colour.RED, size=Size.LARGE, sleeves=Size.SMALL)"
        )

    def test_are_written_as_what_they_stand_for(self) -> None:
        shirt = Shirt(Colour.RED, Size.LARGE, Size.SMALL)

        assert msgspec.to_builtins(shirt) == PLAIN
        assert msgspec.json.encode(shirt) == msgspec.json.encode(PLAIN)
        assert msgspec.msgpack.encode(shirt) == msgspec.msgpack.encode(PLAIN)

    def test_survive_copying_and_pickling(self) -> None:
        shirt = msgspec.convert(PLAIN, Shirt)

        for again in (copy.deepcopy(shirt), pickle.loads(pickle.dumps(shirt))):  # noqa: S301  # our own bytes
            assert again == shirt
            assert again.colour is Colour.RED


class TestCodesWithoutAMember:
    def test_are_kept_as_they_came(self) -> None:
        unknown = {"colour": "MAUVE", "size": 7, "sleeves": 8}

        for shirt in ways_in(unknown):
            assert msgspec.to_builtins(shirt) == unknown
            assert {type(shirt.colour), type(shirt.size), type(shirt.sleeves)} == {str, int}

    def test_include_the_empty_text_which_stays_unset(self) -> None:
        for shirt in ways_in({}):
            assert repr(shirt) == "Shirt()"

    @pytest.mark.parametrize("fields", [{"colour": 5}, {"size": "large"}, {"sleeves": 1.5}])
    def test_of_another_type_are_refused(self, fields: dict[str, Any]) -> None:
        with pytest.raises(InvalidRequest, match=next(iter(fields))):
            snapshot(Shirt(**fields), Shirt)

    def test_are_no_members_of_the_enumeration(self) -> None:
        with pytest.raises(ValueError, match="'MAUVE' is not a valid Colour"):
            Colour("MAUVE")


class TestLookingUp:
    def test_a_number_is_found_by_its_text_too(self) -> None:
        sizes = codes_of(Size)

        assert sizes["10"] is sizes[10] is sizes["+10"] is Size.LARGE
        assert sizes[""] is Size.SMALL
        assert sizes["-7"] == -7

    def test_an_optional_number_is_none_where_the_wire_says_unset(self) -> None:
        sizes = codes_of(Size, optional=True)

        assert [sizes[""], sizes["2147483647"], sizes["9223372036854775807"]] == [None] * 3
        assert sizes["0"] is Size.SMALL

    def test_a_text_that_is_no_number_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="invalid literal"):
            codes_of(Size)["ten"]

    def test_what_is_not_known_is_not_remembered(self) -> None:
        colours = codes_of(Colour)
        known = len(colours)

        assert colours["MAUVE"] == "MAUVE"
        assert len(colours) == known


class TestDeclarations:
    def test_name_the_enumeration_of_each_coded_field(self) -> None:
        kinds = [field.kind for field in specification_of(Shirt).values()]

        assert [kind.codes for kind in kinds if kind is not None] == [Colour, Size, Size]

    def test_have_a_default_that_a_reader_would_make(self) -> None:
        """Otherwise a value that was read and one that was never set would be shown differently."""
        for struct in structs():
            for name, field in specification_of(struct).items():
                if field.kind is not None and field.kind.codes is not None and field.default is not None:
                    codes = codes_of(field.kind.codes, optional=field.optional)
                    assert codes[field.default] is field.default, f"{struct.__name__}.{name}"

    def test_of_other_types_have_no_codes(self) -> None:
        assert enumeration_of(str) is None
        assert enumeration_of(Colour) is None


def structs() -> set[type[Struct]]:
    """Every Struct that a declared message holds, the messages included."""
    found: set[type[Struct]] = set()
    waiting: list[Any] = list(DECLARED)
    while waiting:
        struct = waiting.pop()
        if struct not in found:
            found.add(struct)
            for field in specification_of(struct).values():
                waiting += field.union or filter(None, [field.struct])
    return found


class TestOnTheWire:
    @VERSIONS
    def test_an_open_order_comes_with_members(self, version: int) -> None:
        order = Order(action="SELL", order_type="STP LMT", time_in_force="GTC", oca_type=3, volatility_type=2)
        leg = ComboLeg(8314, 1, "BUY", "SMART", open_close=1)
        contract = Contract(security_type="BAG", combo_legs=(leg,))
        sent = OpenOrder(7, contract, order, OrderState(status="PreSubmitted"))

        frame = codec_for(Role.GATEWAY, version).encode(sent)
        came = codec_for(Role.CLIENT, version).decode(frame[4:])

        assert repr(came.order.action) == "OrderAction.SELL"
        assert repr(came.order.order_type) == "OrderType.STOP_LIMIT"
        assert repr(came.order.time_in_force) == "TimeInForce.GOOD_TILL_CANCELLED"
        assert repr(came.order.oca_type) == "OcaType.REDUCE_WITHOUT_BLOCK"
        assert repr(came.order.volatility_type) == "VolatilityType.ANNUAL"
        assert repr(came.order.trigger_method) == "TriggerMethod.DEFAULT"
        assert repr(came.order_state.status) == "Status.PRE_SUBMITTED"
        assert repr(came.contract.security_type) == "SecurityType.BAG"
        assert repr(came.contract.combo_legs[0].open_close) == "LegOpenClose.OPEN"

    @VERSIONS
    def test_members_and_what_they_stand_for_are_the_same_bytes(self, version: int) -> None:
        codec = codec_for(Role.CLIENT, version)
        plain = Order(action="BUY", order_type="PEG BENCH", trigger_method=8, hedge_type="B")

        def frame(order: Order) -> bytes:
            return codec.encode(PlaceOrderRequest(7, Contract(), order))

        assert frame(snapshot(plain, Order)) == frame(plain)

    @VERSIONS
    def test_codes_of_tomorrow_come_and_go(self, version: int) -> None:
        order = Order(action="HOLD", order_type="TELEPATHY", origin=9, reference_price_type=77)

        frame = codec_for(Role.CLIENT, version).encode(PlaceOrderRequest(7, Contract(), order))
        came = codec_for(Role.GATEWAY, version).decode(frame[4:]).order

        assert (came.action, came.order_type, came.origin, came.reference_price_type) == (
            "HOLD",
            "TELEPATHY",
            9,
            77,
        )
