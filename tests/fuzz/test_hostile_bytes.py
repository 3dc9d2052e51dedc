"""Bytes that were made to do harm, one kind a test; `test_fuzz` has those that chance makes."""

from __future__ import annotations

import random
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_actors.base.codec import LONGEST_REASON, Role, codec_for
from ibkr_actors.base.messages.catalog import REPLIES
from ibkr_actors.base.messages.orders import OpenOrder
from ibkr_actors.base.server_versions import BINARY_IDS
from ibkr_actors.base.session import Undecodable
from ibkr_actors.classes.orders.conditions import PriceCondition
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.errors import (
    FrameTooLarge,
    HandshakeRefused,
)
from ibkr_actors.wire.frames import frame
from tests.fuzz.mutations import Hostile, varint
from tests.fuzz.properties import Reader
from tests.helpers import client_at, gateway_at, generated


def survives(role: Role, version: int, payload: bytes) -> None:
    """Read a payload between two good messages; `properties` says what has to hold."""
    Reader().read(Hostile(role, version, payload, "made by hand", 0))


class TestHostileBytes:
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
        survives(Role.CLIENT, 200, payload_)  # compiles the reader

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


class TestWhatAnErrorKeeps:
    def test_nothing_of_the_frame_but_its_payload(self):
        """Its traceback would hold the frame in pieces, a dozen times its size, as long as anybody keeps the error."""
        payload = b"17\x001\x00100000\0" + b"10\0" * 400_000
        client = client_at(200)
        tracemalloc.start()
        try:
            (bad,) = client.receive(frame(payload))
            kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert isinstance(bad, Undecodable)
        assert bad.error.__traceback__ is None
        assert bad.error.__cause__ is None
        assert kept < 1.5 * len(payload)

    def test_no_more_than_the_ends_of_what_it_quotes(self):
        (bad,) = client_at(200).receive(frame(b"1\x006\x001\x004\0" + b"x" * 1_000_000 + b"\x002\x000\0"))

        assert isinstance(bad, Undecodable)
        assert bad.error.field == "price"
        assert len(bad.error.reason) < LONGEST_REASON
        assert bad.error.reason.startswith("could not convert string to float: 'xxx")
        assert bad.error.reason.endswith("xxx'")

    def test_the_id_only_when_it_is_whole(self):
        (bad,) = client_at(200).receive(frame(b"9" * 5_000))

        assert isinstance(bad, Undecodable)
        assert bad.error.message_id is None


class TestMessagesOfLaterVersions:
    """What a server can't know it does not send: such a frame is counted, as any unknown one."""

    @pytest.mark.parametrize(("version", "payload"), [(195, b"108\x001\0a\0b\0"), (200, b"110\x001\0\0")])
    def test_are_unknown(self, version, payload):
        client = client_at(version)

        assert client.receive(frame(payload)) == []
        assert client.statistics.unknown == {int(payload[:3]): 1}

    def test_are_unknown_in_text_when_they_have_no_text_form(self):
        client = client_at(226)

        assert client.receive(frame(b"\0\0\0\x6e1\0\0")) == []
        assert client.statistics.unknown == {110: 1}
