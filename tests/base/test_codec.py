"""The codec: what a version can't carry is refused, and hostile bytes are about their own frame only."""

from __future__ import annotations

import math
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from ibkr_actors.base.codec import Codec, Role, codec_for
from ibkr_actors.base.messages.catalog import REQUESTS
from ibkr_actors.base.messages.connection import CurrentTime, IdsRequest, NextValidId
from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.messages.declaration import Message, Reply
from ibkr_actors.base.messages.history import HistoricalDataEnd
from ibkr_actors.base.messages.market_data import MarketDataRequest, TickPrice, TickSize
from ibkr_actors.base.messages.orders import OpenOrder, OrderStatus, PlaceOrderRequest
from ibkr_actors.base.server_versions import OLDEST
from ibkr_actors.classes.contracts.contract import ComboLeg, Contract
from ibkr_actors.classes.orders.conditions import PriceCondition
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.errors import (
    InapplicableField,
    InvalidRequest,
    LocalProtocolError,
    RemoteProtocolError,
    UnsupportedByServer,
)
from ibkr_actors.wire.fields import When, specification_of
from ibkr_actors.wire.tags import TagValue
from tests.wire.generated import filled, value_at, versions_of_change


def encoded(request: Message, version: int) -> bytes:
    """The frame that a client sends."""
    return codec_for(Role.CLIENT, version).encode(request)


def with_value(owner: Struct, path: str, value: Any) -> Any:
    """The Struct with another value at a dotted path."""
    head, _, rest = path.partition(".")
    return replace(owner, **{head: with_value(getattr(owner, head), rest, value) if rest else value})


# ------------------------------------------------------------------------------------------------- version gates


SHAPES = ("LMT", "PEG BENCH", "PEG BEST", "PEG MID")
"""Order types that make different fields travel."""


@cache
def carried_at(struct: type[Message], version: int) -> dict[str, Message]:
    """The paths of the fields that a version carries, each with a request that has a value there."""
    found: dict[str, Message] = {}
    for shape in SHAPES:
        request = filled(struct, version, {"order.order_type": shape})
        for path in leaves_of(struct):
            if value_at(request, path) not in (value_at(struct(), path), None):
                found.setdefault(path, request)
    return found


@cache
def leaves_of(struct: type[Struct]) -> list[str]:
    """The paths of the fields that hold a value, and that a user may set in a request."""
    found = []
    for name, specification in specification_of(struct).items():
        nested = specification.struct is not None and specification.kind is None
        if not nested or specification.repeated or specification.optional:
            found += [] if specification.wire.bridge_only else [name]
        else:
            found += [f"{name}.{path}" for path in leaves_of(specification.struct)]
    return found


def gated_fields() -> list[Any]:
    """Every field of every request that is not there at all versions, and the first version that carries it."""
    found = []
    for struct in REQUESTS.values():
        for path in leaves_of(struct):
            versions = (
                version for version in versions_of_change(struct) if path in carried_at(struct, version)
            )
            since = next(versions, OLDEST)  # a bool that is true by default is filled with its default
            if since > max(OLDEST, struct.facts.since):
                found.append(pytest.param(struct, path, since, id=f"{struct.__name__}-{path}-{since}"))
    return found


GATED = gated_fields()


class TestVersionGates:
    def test_there_are_such_fields(self):
        names = {param.values[1] for param in GATED}

        assert {"order.duration", "order.post_only", "contract.issuer_id", "filter.last_days"} <= names

    @pytest.mark.parametrize(("struct", "path", "since"), GATED)
    def test_a_field_set_below_its_version_is_refused_by_name(self, struct, path, since):
        """A value that the user set never vanishes silently."""
        value = value_at(carried_at(struct, since)[path], path)
        request = with_value(struct(), path, value)

        with pytest.raises(UnsupportedByServer) as refused:
            encoded(request, since - 1)

        assert refused.value.request == struct.__name__
        assert refused.value.field == path
        assert refused.value.server_version == since - 1
        assert f"{path} needs server version {since} or newer" in str(refused.value)

    @pytest.mark.parametrize(("struct", "path", "since"), GATED)
    def test_from_its_version_on_it_is_carried(self, struct, path, since):
        request = carried_at(struct, since)[path]

        read = codec_for(Role.GATEWAY, since).decode(encoded(request, since)[4:])

        assert value_at(read, path) == value_at(request, path) != value_at(struct(), path)

    @pytest.mark.parametrize(("struct", "path", "since"), GATED)
    def test_left_at_its_default_it_is_no_obstacle(self, struct, path, since):
        request = with_value(struct(), path, value_at(struct(), path))

        assert encoded(request, since - 1)


class TestRequestsAndReplies:
    def test_a_reply_leaves_out_what_an_older_client_cannot_read(self):
        """A gateway serves clients of any age: what they can't know is no mistake of anybody."""
        order = OpenOrder(1, order=Order(imbalance_only=True))

        assert codec_for(Role.GATEWAY, 198).encode(order)

    def test_a_message_that_a_version_does_not_know_is_refused(self):
        with pytest.raises(UnsupportedByServer, match="HistoricalDataEnd needs server version 196 or newer"):
            codec_for(Role.GATEWAY, 195).encode(HistoricalDataEnd(1))

    def test_what_is_no_declared_message_is_refused(self):
        with pytest.raises(LocalProtocolError, match="Undeclared is not declared"):
            codec_for(Role.GATEWAY, 200).encode(Undeclared())

    def test_codecs_are_shared(self):
        assert codec_for(Role.CLIENT, 200) is codec_for(Role.CLIENT, 200)


class Undeclared(Reply, frozen=True):
    """Nothing that travels."""


# -------------------------------------------------------------------------------------------------- inapplicable


def conditional_fields() -> list[Any]:
    """Every field of every request that travels only when another one has a certain value."""
    return [
        pytest.param(struct, path, id=f"{struct.__name__}-{path}")
        for struct in REQUESTS.values()
        for path in dict.fromkeys(_conditional(struct.facts.layout))
    ]


def _conditional(items: Any) -> list[str]:
    found = []
    for item in items:
        if isinstance(item, When):
            found += [part.path for part in item.items if not isinstance(part, When)]
            found += _conditional(item.items)
    return found


class TestConditionalFields:
    @pytest.mark.parametrize(("struct", "path"), conditional_fields())
    def test_set_without_its_condition_it_is_refused_by_name(self, struct, path):
        request = with_value(struct(), path, value_at(carried_at(struct, 200)[path], path))

        with pytest.raises(InapplicableField) as refused:
            encoded(request, 200)

        assert (refused.value.request, refused.value.field) == (struct.__name__, path)
        assert refused.value.condition

    @pytest.mark.parametrize(("struct", "path"), conditional_fields())
    def test_with_its_condition_it_travels(self, struct, path):
        request = carried_at(struct, 200)[path]

        read = codec_for(Role.GATEWAY, 200).decode(encoded(request, 200)[4:])

        assert value_at(read, path) == value_at(request, path) != value_at(struct(), path)

    def test_the_error_says_what_to_do(self):
        request = PlaceOrderRequest(1, order=Order(hedge_parameter="beta=2"))

        with pytest.raises(
            InapplicableField, match=r"order.hedge_parameter is set, but .* only when order.hedge_type is set"
        ):
            encoded(request, 200)

    def test_one_of_several_conditions_is_enough(self):
        """The offsets from the midpoint go with PEG MID, and with PEG BEST when it goes up to the midpoint."""
        offsets = {"mid_offset_at_whole": 0.01, "mid_offset_at_half": 0.02}
        best = Order(order_type="PEG BEST", compete_against_best_offset=math.inf, **offsets)

        assert encoded(PlaceOrderRequest(1, order=Order(order_type="PEG MID", **offsets)), 200)
        assert encoded(PlaceOrderRequest(1, order=best), 200)
        with pytest.raises(InapplicableField, match=r"is infinity or order\.order_type is PEG MID"):
            encoded(PlaceOrderRequest(1, order=replace(best, compete_against_best_offset=0.5)), 200)

    def test_legs_without_a_combo_are_refused_rather_than_dropped(self):
        contract = Contract(security_type="STK", combo_legs=(ComboLeg(1),))

        with pytest.raises(InapplicableField, match=r"contract\.combo_legs is set"):
            encoded(MarketDataRequest(contract), 200)


# --------------------------------------------------------------------------------------- values without a form


class TestValuesThatHaveNoForm:
    @pytest.mark.parametrize("version", [157, 200, 201])
    def test_a_nul_in_a_text_is_refused(self, version):
        """It would end the field, and everything behind it would shift."""
        with pytest.raises(InvalidRequest, match="holds a NUL"):
            encoded(ContractDataRequest(Contract(symbol="A\0B")), version)

    @pytest.mark.parametrize("version", [200, 226])
    @pytest.mark.parametrize(
        ("order", "field"),
        [
            (Order(limit_price=math.nan), "order.limit_price"),
            (Order(total_quantity=Decimal("NaN")), "order.total_quantity"),
            (Order(total_quantity=Decimal("Infinity")), "order.total_quantity"),
            (Order(cash_quantity=Decimal("NaN")), "order.cash_quantity"),
            (Order(discretionary_amount=math.nan), "order.discretionary_amount"),
            (Order(limit_price=math.inf), "order.limit_price"),
            (Order(trailing_percent=-math.inf), "order.trailing_percent"),
            (Order(discretionary_amount=math.inf), "order.discretionary_amount"),
            (Order(order_type="PEG BEST", compete_against_best_offset=-math.inf), "order.compete_against"),
            (Order(conditions=(PriceCondition(price=math.inf),)), "order.conditions"),
            (Order(conditions=(PriceCondition(price=math.nan),)), "order.conditions"),
        ],
    )
    def test_what_is_no_number_is_refused(self, order, field, version):
        with pytest.raises(InvalidRequest, match=f"PlaceOrderRequest.{field}.* can't be written"):
            encoded(PlaceOrderRequest(1, order=order), version)

    @pytest.mark.parametrize("version", [200, 226])
    def test_infinity_is_kept_where_it_has_a_meaning(self, version):
        order = Order(order_type="PEG BEST", compete_against_best_offset=math.inf)
        frame = encoded(PlaceOrderRequest(1, order=order), version)

        received = codec_for(Role.GATEWAY, version).decode(frame[4:])

        assert received.order.compete_against_best_offset == math.inf

    @pytest.mark.parametrize("version", [200, 226])
    @pytest.mark.parametrize(
        ("message", "field"),
        [
            (NextValidId(None), "order_id"),
            (NextValidId("x"), "order_id"),
            (NextValidId(1.5), "order_id"),
            (TickPrice(1, 1, price="x"), "price"),
            (TickPrice(1, 1, price=None), "price"),
            (TickSize(1, 1, size="x"), "size"),
            (TickSize(1, 1, size=math.nan), "size"),
            (OrderStatus(1, filled="many"), "filled"),
        ],
    )
    def test_a_wrong_type_is_refused_by_field(self, message, field, version):
        name = type(message).__name__

        with pytest.raises(LocalProtocolError, match=f"{name}.{field} can't be written"):
            codec_for(Role.GATEWAY, version).encode(message)

    @pytest.mark.parametrize("version", [200, 226])
    def test_a_text_that_is_none_is_refused(self, version):
        with pytest.raises(InvalidRequest, match="ContractDataRequest"):
            encoded(ContractDataRequest(Contract(symbol=5)), version)

    def test_a_separator_in_an_option_is_refused(self):
        with pytest.raises(InvalidRequest, match="holds a separator"):
            encoded(MarketDataRequest(options=(TagValue("a;b", "1"),)), 200)

    def test_a_tag_given_twice_is_refused_where_a_map_carries_it(self):
        with pytest.raises(InvalidRequest, match="share a tag"):
            encoded(MarketDataRequest(options=(TagValue("a", "1"), TagValue("a", "2"))), 226)

    def test_a_failure_shows_the_generated_line(self):
        with pytest.raises(InvalidRequest) as refused:
            encoded(IdsRequest("many"), 200)

        traceback = refused.value.__cause__.__traceback__.tb_next
        assert traceback.tb_frame.f_code.co_filename == "<ibkr_actors text writer of IdsRequest at 200>"


class TestSpellingsOfAnId:
    def test_endless_spellings_of_one_id_are_one_reader(self):
        """Whoever sends them must not fill the memory of a codec, which all connections share."""
        codec = Codec(Role.CLIENT, 200)

        decoded = [codec.decode(f"{'0' * zeros}49\x001\x001700000000\x00".encode()) for zeros in range(50)]

        assert len(codec._readers) == 1
        assert set(decoded) == {CurrentTime(1700000000)}


class TestTheIdInAnUnreadablePayload:
    @pytest.mark.parametrize("version", [157, 200, 203, 226])
    @pytest.mark.parametrize(
        "request_",
        [
            MarketDataRequest(Contract(symbol="AAPL"), request_id=77),
            ContractDataRequest(Contract(symbol="AAPL"), request_id=77),
            PlaceOrderRequest(77, Contract(symbol="AAPL"), Order()),
        ],
    )
    def test_is_that_of_the_request_or_order(self, request_: Message, version: int):
        payload = encoded(request_, version)[4:]  # type: ignore[arg-type]

        assert codec_for(Role.GATEWAY, version).id_in(payload) == 77

    def test_is_read_though_a_text_behind_it_is_none(self):
        payload = encoded(MarketDataRequest(Contract(symbol="AAPL"), request_id=77), 200)[4:]

        assert codec_for(Role.GATEWAY, 200).id_in(payload.replace(b"AAPL", b"\xff")) == 77

    @pytest.mark.parametrize("version", [200, 203, 226])
    @pytest.mark.parametrize(
        "payload", [b"", b"9", b"9\0", b"9\x008\0no\0", b"999\x001\0", b"\0\0\0\xd1\xff", b"\0\0\0\xd1"]
    )
    def test_is_none_where_there_is_none(self, payload: bytes, version: int):
        assert codec_for(Role.GATEWAY, version).id_in(payload) is None

    def test_is_none_in_a_request_that_has_none(self):
        assert codec_for(Role.GATEWAY, 200).id_in(encoded(IdsRequest(), 200)[4:]) is None


class TestTheLastFieldOfARequest:
    def test_ends_with_nul_or_is_missing(self):
        """Behind the last NUL of a frame that is one field too short stands nothing, not an empty field."""
        payload = encoded(ContractDataRequest(Contract(symbol="AAPL"), request_id=77), 200)[4:]
        codec = codec_for(Role.GATEWAY, 200)

        assert codec.decode(payload)
        with pytest.raises(RemoteProtocolError, match="ends before the field"):
            codec.decode(payload[: payload[:-1].rindex(b"\0") + 1])
