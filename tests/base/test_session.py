"""The session: handshake, slicing of the stream, and going on after what can't be read."""

from __future__ import annotations

import tomllib
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_actors.base.codec import Role
from ibkr_actors.base.messages.accounts import PositionEnd
from ibkr_actors.base.messages.connection import (
    CurrentTime,
    CurrentTimeRequest,
    ManagedAccounts,
    NextValidId,
    StartApiRequest,
)
from ibkr_actors.base.messages.history import HistoricalData, HistoricalDataEnd
from ibkr_actors.base.messages.market_data import TickPrice, TickSize
from ibkr_actors.base.messages.reference_data import MatchingSymbolsRequest
from ibkr_actors.base.server_versions import NEWEST, OLDEST
from ibkr_actors.base.session import SUPPORTED, Session, State, Undecodable
from ibkr_actors.classes.bar import Bar
from ibkr_actors.errors import FrameTooLarge, HandshakeRefused, InvalidRequest, LocalProtocolError
from ibkr_actors.wire.frames import LARGEST_PAYLOAD, frame
from ibkr_actors.wire.unknown_fields import FIRST_OF_A_STREAM
from tests.golden.test_golden_frames import payload_of
from tests.helpers import client_at, connected, gateway_at, generated

UNKNOWN_FIELD = b"\xfa\x3f\x03abc"
"""Field 1023 with a text."""

EVERY_VERSION = range(157, 227)

TICKS = [TickPrice(1, 4, price=1.5, size=2.0), TickSize(1, 8, size=3.0), CurrentTime(7), PositionEnd()]


def answered(version: int, time: str = "20260102 09:30:00 CET") -> bytes:
    """A server's answer to the greeting."""
    return frame(f"{version}\0{time}\0".encode())


class TestHandshakeOfAClient:
    def test_it_begins_with_the_greeting_and_its_versions(self):
        assert Session(Role.CLIENT).output() == b"API\0" + b"\0\0\0\x09v157..226"

    def test_it_says_so_once(self):
        client = Session(Role.CLIENT)
        client.output()

        assert client.output() == b""

    def test_connect_options_follow_the_versions(self):
        client = Session(Role.CLIENT, connect_options="+PACEAPI")

        assert client.output() == b"API\0" + b"\0\0\0\x12v157..226 +PACEAPI"

    def test_the_answer_settles_version_and_time(self):
        client = Session(Role.CLIENT)

        assert client.receive(answered(200, "20260405 23:49:26 Central European Standard Time")) == []
        assert client.server_version == 200
        assert client.connection_time == "20260405 23:49:26 Central European Standard Time"
        assert client.state is State.READY

    def test_the_answer_may_come_byte_by_byte(self):
        client = Session(Role.CLIENT)

        for byte in answered(213):
            client.receive(bytes([byte]))

        assert client.server_version == 213

    def test_what_follows_the_answer_in_the_same_bytes_is_read(self):
        client = Session(Role.CLIENT)
        first, second = gateway_at(200).encode(NextValidId(5)), gateway_at(200).encode(CurrentTime(9))

        assert client.receive(answered(200) + first + second[:-3]) == [NextValidId(5)]
        assert client.receive(second[-3:]) == [CurrentTime(9)]

    @pytest.mark.parametrize("version", [38, 100, 156])
    def test_an_older_bridge_is_refused_with_the_advice_to_update_it(self, version):
        with pytest.raises(HandshakeRefused, match=f"server version {version}.*157 to 226.*update TWS"):
            Session(Role.CLIENT).receive(answered(version))

    def test_a_newer_version_than_offered_is_refused(self):
        with pytest.raises(HandshakeRefused, match=r"227.*use a newer ibkr_actors"):
            Session(Role.CLIENT).receive(answered(227))

    def test_a_redirect_is_refused_and_names_the_other_place(self):
        with pytest.raises(HandshakeRefused, match=r"redirects to 'ndc1.ibllc.com:4000'"):
            Session(Role.CLIENT).receive(frame(b"-1\0ndc1.ibllc.com:4000\0"))

    @pytest.mark.parametrize(
        "payload", [b"", b"HTTP/1.1 400 Bad Request\0", b"\xff\xfe\0x\0", b"--5\0", b"2\xc2\xb2\0"]
    )
    def test_garbage_is_refused(self, payload):
        with pytest.raises(HandshakeRefused, match="no server version"):
            Session(Role.CLIENT).receive(frame(payload))

    def test_bytes_that_are_no_frame_are_refused(self):
        with pytest.raises(FrameTooLarge, match="not the protocol"):
            Session(Role.CLIENT).receive(b"HTTP/1.1 400 Bad Request\r\n")

    def test_nothing_can_be_sent_before_it_is_done(self):
        with pytest.raises(LocalProtocolError, match="CurrentTimeRequest can't be sent before the handshake"):
            Session(Role.CLIENT).encode(CurrentTimeRequest())


class TestHandshakeOfAGateway:
    def test_it_says_nothing_first(self):
        assert Session(Role.GATEWAY).output() == b""

    @pytest.mark.parametrize(
        ("offer", "version"),
        [("v100..226", 226), ("v157", 157), ("v157..178", 178), ("v200..9999", 226), ("v203..203", 203)],
    )
    def test_it_answers_the_highest_version_inside_both_ranges(self, offer, version):
        gateway = Session(Role.GATEWAY, connection_time="20260102 09:30:00 CET")

        assert gateway.receive(b"API\0" + frame(offer.encode())) == []
        assert gateway.server_version == version
        assert gateway.output() == answered(version)

    def test_its_own_highest_version_may_be_lower(self):
        gateway = Session(Role.GATEWAY, range(OLDEST, 204))

        gateway.receive(b"API\0" + frame(b"v100..226"))

        assert gateway.server_version == 203

    def test_it_keeps_the_connect_options(self):
        gateway = Session(Role.GATEWAY)

        gateway.receive(b"API\0" + frame(b"v100..226 +PACEAPI"))

        assert gateway.connect_options == "+PACEAPI"

    def test_the_greeting_may_come_byte_by_byte(self):
        gateway = Session(Role.GATEWAY)
        states = []

        for byte in b"API\0" + frame(b"v100..226"):
            gateway.receive(bytes([byte]))
            states.append(gateway.state)

        assert states == [State.GREETING] * 3 + [State.VERSION] * 13 + [State.READY]

    def test_a_request_in_the_same_bytes_is_read(self):
        gateway = Session(Role.GATEWAY, range(OLDEST, 201))

        assert gateway.receive(b"API\0" + frame(b"v100..226") + frame(b"71\x002\x007\0\0")) == [
            StartApiRequest(7)
        ]

    @pytest.mark.parametrize("greeting", [b"GET / HTTP/1.1", b"APX", b"63\0", b"\0\0\0\x09v100..226"])
    def test_another_greeting_is_refused(self, greeting):
        with pytest.raises(HandshakeRefused, match="has to begin with API and NUL"):
            Session(Role.GATEWAY).receive(greeting)

    @pytest.mark.parametrize(
        "offer", [b"", b"v", b"200", b"v1x..226", b"v100-226", b"\xff", b"v100..226+PACEAPI"]
    )
    def test_an_offer_that_cannot_be_read_is_refused(self, offer):
        with pytest.raises(HandshakeRefused, match="offer of versions can't be read"):
            Session(Role.GATEWAY).receive(b"API\0" + frame(offer))

    @pytest.mark.parametrize("offer", ["v38..156", "v227..300", "v100..156", "v226..157"])
    def test_a_client_without_a_common_version_is_refused(self, offer):
        with pytest.raises(HandshakeRefused, match="this server 157 to 226"):
            Session(Role.GATEWAY).receive(b"API\0" + frame(offer.encode()))


class TestBackToBack:
    @pytest.mark.parametrize("version", EVERY_VERSION)
    def test_both_sides_settle_every_supported_version(self, version):
        client, gateway = connected(version)

        assert (client.server_version, gateway.server_version) == (version, version)
        assert gateway.receive(client.encode(StartApiRequest(3))) == [StartApiRequest(3)]
        assert client.receive(gateway.encode(NextValidId(1))) == [NextValidId(1)]

    def test_the_supported_versions_are_those_of_the_design(self):
        assert list(SUPPORTED) == list(EVERY_VERSION)
        assert (OLDEST, NEWEST) == (157, 226)

    @pytest.mark.parametrize(
        ("version", "payload"),
        [
            (178, b"71\x002\x007\0\0"),
            (200, b"71\x002\x007\0\0"),
            (201, b"\0\0\0\x472\x007\0\0"),
            (212, b"\0\0\0\x472\x007\0\0"),
            (213, b"\0\0\x01\x0f\x08\x07"),
            (225, b"\0\0\x01\x0f\x08\x07"),
        ],
    )
    def test_the_start_has_the_recorded_bytes(self, version, payload):
        """Seen by a listener to which other clients connected: section 1.1 of the gateway's behaviour."""
        assert client_at(version).encode(StartApiRequest(7)) == frame(payload)


class TestSlicing:
    @generated(examples=60)
    @given(st.sampled_from([157, 200, 203, 226]), st.lists(st.sampled_from(TICKS), max_size=6), st.data())
    def test_any_slicing_gives_the_same_messages(self, version, messages, data):
        client, gateway = connected(version)
        stream = b"".join(map(gateway.encode, messages))
        cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
        pieces = [stream[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

        assert [message for piece in pieces for message in client.receive(piece)] == messages

    @pytest.mark.parametrize("version", [157, 200, 203, 226])
    def test_one_byte_at_a_time_gives_the_same_messages(self, version):
        client, gateway = connected(version)
        stream = b"".join(map(gateway.encode, TICKS))

        assert [message for byte in stream for message in client.receive(bytes([byte]))] == TICKS
        assert client.statistics.messages == len(TICKS)

    def test_the_handshake_may_be_sliced_too(self):
        for size in (1, 2, 3, 5, 7):
            client, gateway = Session(Role.CLIENT), Session(Role.GATEWAY)
            for data in pieces_of(client.output(), size):
                gateway.receive(data)
            for data in pieces_of(gateway.output() + gateway.encode(NextValidId(1)), size):
                received = client.receive(data)

            assert received == [NextValidId(1)]


def pieces_of(data: bytes, size: int) -> list[bytes]:
    """The bytes in pieces of a size."""
    return [data[start : start + size] for start in range(0, len(data), size)]


class TestLargeFrames:
    def test_the_largest_payload_is_that_of_the_vendor(self):
        assert LARGEST_PAYLOAD == 0xFFFFFF == 16 * 1024 * 1024 - 1

    @pytest.mark.parametrize("role", list(Role))
    @pytest.mark.parametrize("size", [LARGEST_PAYLOAD + 1, 0x7FFFFFFF, 0xFFFFFFFF])
    def test_a_larger_one_is_refused_by_its_length_alone(self, role, size):
        session = client_at(200) if role is Role.CLIENT else gateway_at(200)

        with pytest.raises(FrameTooLarge, match=rf"frame of {size} bytes .* 16777215 are allowed"):
            session.receive(size.to_bytes(4, "big"))

    def test_nothing_of_it_is_stored(self):
        client = client_at(200)
        flood = (LARGEST_PAYLOAD + 1).to_bytes(4, "big") + bytes(1_000_000)
        tracemalloc.start()
        try:
            with pytest.raises(FrameTooLarge):
                client.receive(flood)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert peak < 100_000

    def test_messages_of_the_largest_size_are_read(self):
        client = client_at(200)
        accounts = "D" * (LARGEST_PAYLOAD - len(b"15\x001\0\0"))

        received = client.receive(frame(f"15\x001\0{accounts}\0".encode()))

        assert received == [ManagedAccounts(accounts)]

    def test_a_larger_message_is_not_sent(self):
        with pytest.raises(LocalProtocolError, match="over the limit of 16777215"):
            gateway_at(200).encode(ManagedAccounts("D" * LARGEST_PAYLOAD))

    def test_a_larger_request_is_one_that_has_to_be_changed(self):
        with pytest.raises(InvalidRequest, match="over the limit of 16777215"):
            client_at(200).encode(MatchingSymbolsRequest("D" * LARGEST_PAYLOAD, request_id=1))


class TestGoingOn:
    def test_a_bad_message_is_one_undecodable_between_its_neighbours(self):
        client, gateway = connected(200)
        payload = b"1\x006\x001\x004\0oops\x002\x000\0"

        before, bad, after = client.receive(
            gateway.encode(CurrentTime(1)) + frame(payload) + gateway.encode(CurrentTime(2))
        )

        assert (before, after) == (CurrentTime(1), CurrentTime(2))
        assert isinstance(bad, Undecodable)
        assert bad.payload == payload
        assert (bad.error.message_id, bad.error.server_version, bad.error.field) == (1, 200, "price")
        assert "message 1, field price at server version 200: could not convert" in str(bad.error)

    def test_it_is_counted(self):
        client, gateway = connected(200)

        client.receive(frame(b"9\x001\0x\0") + gateway.encode(CurrentTime(2)))
        client.receive(frame(b"9\x001\0x\0"))

        assert client.statistics.undecodable == 2

    @pytest.mark.parametrize(
        ("version", "payload", "message_id", "field"),
        [
            (200, b"9\0", 9, "order_id"),
            (200, b"5\x001\0", 5, "contract.symbol"),
            (200, b"108\x001", 108, "start"),
            (201, b"\0\0\0\x091\0x\0", 9, "order_id"),
            (226, b"\0\0\0\xd1\x08", 9, None),
            (226, b"\0\0\0\xcb\x1a\x03abc", 3, "filled"),
            (200, b"\xff\xfe", None, None),
            (200, b"", None, None),
            (201, b"\0\0", None, None),
        ],
    )
    def test_it_says_id_version_and_field(self, version, payload, message_id, field):
        (bad,) = client_at(version).receive(frame(payload))

        assert isinstance(bad, Undecodable)
        assert bad.error.message_id == message_id
        assert bad.error.server_version == version
        assert bad.error.field == field

    @pytest.mark.parametrize(
        ("version", "payload", "unknown"),
        [(200, b"199\x001\0", 199), (201, b"\0\0\0\xc71\0", 199), (226, b"\0\0\x03\xe7\x08\x01", 799)],
    )
    def test_an_unknown_id_is_counted_and_skipped(self, version, payload, unknown):
        client, gateway = connected(version)

        received = client.receive(frame(payload) * 2 + gateway.encode(CurrentTime(2)))

        assert received == [CurrentTime(2)]
        assert client.statistics.unknown == {unknown: 2}
        assert client.statistics.undecodable == 0

    def test_fields_behind_the_last_one_are_ignored(self):
        """Newer bridges append, and so do other people's clients."""
        assert client_at(200).receive(frame(b"9\x001\x005\0more\0and more\0")) == [NextValidId(5)]

    def test_unknown_protobuf_fields_are_skipped_and_counted(self):
        client = client_at(226)

        assert client.receive(frame(b"\0\0\0\xd1\x08\x05\xfa\x3f\x03abc") * 2) == [NextValidId(5)] * 2
        assert client.statistics.unknown_fields == {("NextValidId", "1023"): 2}
        assert client.statistics.messages == 2

    def test_in_a_stream_they_are_looked_for_at_its_beginning(self):
        client, gateway = connected(226)
        tick = gateway.encode(TickPrice(1, 4, price=1.5))[4:]

        received = client.receive(frame(tick + UNKNOWN_FIELD) * (FIRST_OF_A_STREAM + 5))

        assert received == [TickPrice(1, 4, price=1.5)] * (FIRST_OF_A_STREAM + 5)
        assert client.statistics.unknown_fields == {("TickPrice", "1023"): FIRST_OF_A_STREAM}

    def test_each_connection_looks_for_them_again(self):
        for _ in range(2):
            client, gateway = connected(226)
            tick = gateway.encode(TickPrice(1, 4, price=1.5))[4:]
            client.receive(frame(tick + UNKNOWN_FIELD) * (FIRST_OF_A_STREAM + 5))

            assert client.statistics.unknown_fields[("TickPrice", "1023")] == FIRST_OF_A_STREAM


class TestEndOfHistory:
    BARS = HistoricalData(4, (Bar("20260102", close=1.5),), "20260101 09:00:00", "20260102 09:00:00")

    def test_the_session_makes_the_end_that_older_servers_leave_out(self):
        client, gateway = connected(195)

        assert client.receive(gateway.encode(self.BARS)) == [
            self.BARS,
            HistoricalDataEnd(4, "20260101 09:00:00", "20260102 09:00:00"),
        ]

    def test_newer_servers_send_it_themselves(self):
        client, gateway = connected(196)

        assert client.receive(gateway.encode(self.BARS)) == [HistoricalData(4, self.BARS.bars)]


class TestRecordedStream:
    @pytest.mark.parametrize("version", [173, 200])
    def test_all_recorded_replies_in_one_piece_are_read_in_order(self, version):
        path = Path(__file__).parent.parent / f"golden/text_{version}.toml"
        replies = [reply for reply in tomllib.loads(path.read_text())["frame"] if reply["from"] == "bridge"]
        stream = b"".join(frame(payload_of(reply)) for reply in replies)

        received = client_at(version).receive(stream)

        assert [
            type(message).__name__ for message in received if not isinstance(message, HistoricalDataEnd)
        ] == [reply["message"] for reply in replies if reply["message"] != "HistoricalDataEnd"]
