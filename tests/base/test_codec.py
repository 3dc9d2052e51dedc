"""The codec: what a version can't carry is refused, and hostile bytes are about their own frame only."""

from __future__ import annotations

import base64
import math
import random
import tomllib
import tracemalloc
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from ibkr_actors.base.codec import Codec, Role, codec_for
from ibkr_actors.base.messages.catalog import REPLIES, REQUESTS
from ibkr_actors.base.messages.connection import CurrentTime, IdsRequest, NextValidId, StartApiRequest
from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.messages.declaration import Message, Reply
from ibkr_actors.base.messages.history import HistoricalDataEnd
from ibkr_actors.base.messages.market_data import MarketDataRequest, TickPrice, TickSize
from ibkr_actors.base.messages.orders import OpenOrder, OrderStatus, PlaceOrderRequest
from ibkr_actors.base.server_versions import BINARY_IDS, OLDEST
from ibkr_actors.base.session import Undecodable
from ibkr_actors.classes.contracts.contract import ComboLeg, Contract
from ibkr_actors.classes.orders.conditions import PriceCondition
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.errors import (
    FrameTooLarge,
    HandshakeRefused,
    InapplicableField,
    LocalProtocolError,
    UnsupportedByServer,
)
from ibkr_actors.wire.fields import When, specification_of
from ibkr_actors.wire.frames import frame
from ibkr_actors.wire.tags import TagValue
from tests.helpers import client_at, connected, gateway_at, generated
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
            if since > OLDEST:
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
        with pytest.raises(LocalProtocolError, match="holds a NUL"):
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
            (Order(conditions=(PriceCondition(price=math.nan),)), "order.conditions"),
        ],
    )
    def test_what_is_no_number_is_refused(self, order, field, version):
        with pytest.raises(LocalProtocolError, match=f"PlaceOrderRequest.{field}.* can't be written"):
            encoded(PlaceOrderRequest(1, order=order), version)

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
        with pytest.raises(LocalProtocolError, match="ContractDataRequest"):
            encoded(ContractDataRequest(Contract(symbol=5)), version)

    def test_a_separator_in_an_option_is_refused(self):
        with pytest.raises(LocalProtocolError, match="holds a separator"):
            encoded(MarketDataRequest(options=(TagValue("a;b", "1"),)), 200)

    def test_a_tag_given_twice_is_refused_where_a_map_carries_it(self):
        with pytest.raises(LocalProtocolError, match="share a tag"):
            encoded(MarketDataRequest(options=(TagValue("a", "1"), TagValue("a", "2"))), 226)

    def test_a_failure_shows_the_generated_line(self):
        with pytest.raises(LocalProtocolError) as refused:
            encoded(IdsRequest("many"), 200)

        traceback = refused.value.__cause__.__traceback__.tb_next
        assert traceback.tb_frame.f_code.co_filename == "<ibkr_actors text writer of IdsRequest at 200>"


# ------------------------------------------------------------------------------------------------- hostile bytes


def golden_payloads() -> list[tuple[Role, int, bytes]]:
    """Recorded payloads, the version and who reads them."""
    frames = [
        frame
        for path in sorted((Path(__file__).parent.parent / "golden").glob("*.toml"))
        for frame in tomllib.loads(path.read_text())["frame"]
    ]
    return [
        (Role.CLIENT if frame["from"] == "bridge" else Role.GATEWAY, frame["version"], _bytes_of(frame))
        for frame in frames
    ]


def _bytes_of(frame: dict[str, Any]) -> bytes:
    if "text" in frame:
        return frame["text"].replace("|", "\0").encode()
    return bytes.fromhex(frame["hex"]) if "hex" in frame else base64.b64decode(frame["base64"])[4:]


def survives(role: Role, version: int, payload: bytes) -> None:
    """Read a payload between two good messages: both are read, and what is between them is at most one message."""
    client, gateway = connected(version)
    reader, writer = (client, gateway) if role is Role.CLIENT else (gateway, client)
    good = writer.encode(CurrentTime(1) if role is Role.CLIENT else StartApiRequest(1))

    received = reader.receive(good + frame(payload) + good)

    # Before 196 the session makes the ends of answers with bars.
    known = [message for message in received if version >= 196 or not isinstance(message, HistoricalDataEnd)]
    assert known[0] == known[-1]
    assert len(known) == 3 - reader.statistics.unknown.total()


GOLDEN = golden_payloads()


class TestHostileBytes:
    @pytest.mark.parametrize("seed", range(8))
    def test_mutated_recorded_frames(self, seed):
        chance = random.Random(seed)  # noqa: S311  # the same mutations in every run
        for _ in range(400):
            role, version, payload = chance.choice(GOLDEN)
            survives(role, version, mutated(payload, chance))

    @generated(examples=150)
    @given(
        st.sampled_from(list(Role)),
        st.sampled_from([157, 195, 200, 201, 203, 206, 213, 226]),
        st.binary(max_size=60),
    )
    def test_random_bytes(self, role, version, payload):
        survives(role, version, payload)

    @generated(examples=150)
    @given(
        st.sampled_from([200, 203, 226]), st.sampled_from([*REPLIES]), st.binary(max_size=60), st.booleans()
    )
    def test_random_bodies_of_known_messages(self, version, number, body, protobuf):
        head = (number + 200 * protobuf).to_bytes(4, "big") if version >= BINARY_IDS else b"%d\0" % number
        survives(Role.CLIENT, version, head + body)

    @pytest.mark.parametrize(
        "count", ["-1", "999999999", "2147483647", "99999999999999999999", "1e9", "x", "0x10"]
    )
    @pytest.mark.parametrize(
        "payload", ["17|1|{}|", "20|3|1|{}|", "5|1|" + "|" * 76 + "{}|", "17|1|{}|20260102|1|2|3|4|5|6|7|"]
    )
    def test_counts_that_promise_too_much(self, payload, count):
        payload_ = payload.format(count).replace("|", "\0").encode()

        peak = self.peak_of(lambda: survives(Role.CLIENT, 200, payload_))

        assert peak < 1_000_000

    @pytest.mark.parametrize("version", [200, 203])
    def test_a_count_of_many_empty_elements_costs_no_more_than_its_frame(self, version):
        head = b"17\x001\0" if version == 200 else b"\0\0\0\x111\0"
        payload = head + b"60000\0" + b"\0" * 480_000

        peak = self.peak_of(lambda: survives(Role.CLIENT, version, payload))

        assert peak < 60 * len(payload)

    def test_a_count_that_promises_too_much_is_told_before_anything_is_read(self):
        (bad,) = client_at(200).receive(frame(b"17\x001\x00999999999\x001\x002\0"))

        assert isinstance(bad, Undecodable)
        assert bad.error.field == "bars"
        assert bad.error.reason == "999999999 elements announced, with 3 fields left in the frame"

    def test_invalid_utf_8(self):
        for payload in (b"15\x001\0\xff\xfe\0", b"15\x001\0\xed\xa0\x80\0", b"\xc3\x28"):
            (bad,) = client_at(200).receive(frame(payload))

            assert isinstance(bad, Undecodable)

    def test_invalid_utf_8_in_protobuf(self):
        (message,) = client_at(226).receive(frame(b"\0\0\0\xd7\x0a\x02\xff\xfe"))

        assert isinstance(message, Undecodable)
        assert message.error.message_id == 15

    def test_deeply_nested_protobuf_garbage(self):
        body = b""
        for _ in range(3_000):
            body = b"\x1a" + varint(len(body)) + body  # field 3, a message, in itself

        survives(Role.CLIENT, 226, b"\0\0\0\xcd" + body)

    def test_a_condition_of_a_type_that_does_not_exist(self):
        order = codec_for(Role.GATEWAY, 200).encode(OpenOrder(1, order=Order(conditions=(PriceCondition(),))))
        assert order.count(b"\x001\x001\0a\0") == 1

        (bad,) = client_at(200).receive(frame(order[4:].replace(b"\x001\x001\0a\0", b"\x001\x009\0a\0")))

        assert isinstance(bad, Undecodable)
        assert bad.error.field == "order.conditions"
        assert "9 is no type of condition" in str(bad.error)

    @pytest.mark.parametrize("role", list(Role))
    def test_only_the_end_of_a_connection_is_an_exception(self, role):
        chance = random.Random(5)  # noqa: S311  # the same bytes in every run
        for _ in range(300):
            session = client_at(200) if role is Role.CLIENT else gateway_at(200)
            try:
                for _ in range(4):
                    session.receive(chance.randbytes(chance.randrange(40)))
            except (FrameTooLarge, HandshakeRefused):
                pass

    @staticmethod
    def peak_of(action: Any) -> int:
        """The most memory that an action held, in bytes."""
        tracemalloc.start()
        try:
            action()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def varint(number: int) -> bytes:
    """A number as protobuf spells it."""
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def mutated(payload: bytes, chance: random.Random) -> bytes:
    """A payload with a few bytes or fields changed, left out, repeated or added."""
    data = bytearray(payload)
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0 if place < len(data):
                data[place] = chance.randrange(256)
            case 1:
                del data[place : place + chance.randrange(1, 9)]
            case 2:
                data[place:place] = chance.randbytes(chance.randrange(1, 9))
            case 3:
                fields = data.split(b"\0")
                chosen = chance.randrange(len(fields))
                fields[chosen] = bytearray(
                    chance.choice([b"", b"-1", b"999999999", b"1e999", b"NaN", b"\xff", b"BAG"])
                )
                data = bytearray(b"\0".join(fields))
            case _:
                del data[place:]
    return bytes(data)


class TestSpellingsOfAnId:
    def test_endless_spellings_of_one_id_are_one_reader(self):
        """Whoever sends them must not fill the memory of a codec, which all connections share."""
        codec = Codec(Role.CLIENT, 200)

        decoded = [codec.decode(f"{'0' * zeros}49\x001\x001700000000\x00".encode()) for zeros in range(50)]

        assert len(codec._readers) == 1
        assert set(decoded) == {CurrentTime(1700000000)}
