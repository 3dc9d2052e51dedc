"""Frames of a recording as messages, and which of them are shown."""

from __future__ import annotations

import pytest

from ibkr_actors.base.codec import Role
from ibkr_actors.base.messages.connection import CurrentTimeRequest, NextValidId, Notice
from ibkr_actors.base.messages.executions import ExecutionDetails
from ibkr_actors.base.messages.market_data import MarketDataRequest, TickPrice, TickSize
from ibkr_actors.base.messages.orders import OrderStatus
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.execution import Execution
from ibkr_actors.recording.lines import lines_of
from ibkr_actors.recording.records import Closed, Ended, Event, Frame, Lost, Unframed
from ibkr_actors.recording.transcript import Entry, Filter, Transcript
from tests.recording.helpers import START, conversation, frame_of, handshake

SAID = (
    MarketDataRequest(request_id=5, contract=Contract(symbol="IBM")),
    TickPrice(5, 1, price=9.5),
    TickSize(5, 0, size=100.0),
    OrderStatus(order_id=3, status="Filled"),
    ExecutionDetails(-1, Contract(symbol="IBM"), Execution(order_id=3)),
    Notice(5, None, 200, "No security definition"),
)


def entries(records: list[Event]) -> list[Entry]:
    transcript = Transcript()
    return [transcript.entry(record) for record in records]


def shown(records: list[Event], **options) -> list[str]:
    return [line.plain for entry in entries(records) for line in lines_of(entry, **options)]


def names(wanted: Filter, records: list[Event]) -> list[str]:
    return [entry.name for entry in entries(records) if wanted.admits(entry)]


class TestLines:
    @pytest.mark.parametrize("version", [178, 200, 201, 226])
    def test_show_the_handshake_and_messages_of_both_sides(self, version):
        assert shown(conversation(version, CurrentTimeRequest(), NextValidId(3))) == [
            "2026-12-23 04:26:40.000000  #1  connected from 127.0.0.1:50000",
            "2026-12-23 04:26:40.000000  #1  --> Handshake: API",
            "2026-12-23 04:26:40.000000  #1  --> Handshake: the client offers versions 157..226",
            f"2026-12-23 04:26:40.000000  #1  <-- Handshake: server version {version}, "
            "connected at 20260102 09:30:00 CET",
            "2026-12-23 04:26:40.000000  #1 client 7  --> StartApiRequest(client_id=7)",
            "2026-12-23 04:26:41.000000  #1 client 7  --> CurrentTimeRequest()",
            "2026-12-23 04:26:42.000000  #1 client 7  <-- NextValidId(order_id=3)",
        ]

    def test_show_what_cant_be_read_as_hexadecimal_with_the_reason(self):
        bad = Frame(START, 1, Role.GATEWAY, b"9\x001\0hello!\0")

        assert shown([*handshake(178), bad])[-2:] == [
            "2026-12-23 04:26:40.000000  #1 client 7  <-- Undecodable: message 9, field order_id at server version "
            "178: invalid literal for int() with base 10: 'hello!'",
            "    000000  39 00 31 00 68 65 6c 6c 6f 21 00                 9.1.hello!.",
        ]

    def test_show_ids_that_nobody_knows(self):
        unknown = Frame(START, 1, Role.GATEWAY, b"999\x001\0")

        assert shown([*handshake(178), unknown])[-2].endswith("<-- Undecodable: no message has the id 999")

    def test_show_unknown_fields(self):
        known = frame_of(NextValidId(3), 226)
        more = Frame(START, 1, Role.GATEWAY, known.payload + b"\x98\x06\x01")

        assert shown([*handshake(226), more])[-1].endswith("NextValidId(order_id=3)  (unknown fields: 99)")

    def test_show_no_more_of_a_large_frame_than_one_wants_to_see(self):
        large = Frame(START, 1, Role.GATEWAY, b"999\0" + b"x" * 1000)

        lines = shown([*handshake(178), large])

        assert lines[-1] == "    and 492 bytes more"
        assert len(shown([*handshake(178), large], with_bytes=True)) > len(lines)

    def test_show_what_is_no_frame_and_what_happened(self):
        events = [
            Unframed(START, 1, Role.CLIENT, b"GET / HTTP/1.1"),
            Ended(START, 1, Role.GATEWAY),
            Lost(START, 1, "slow"),
            Closed(START, 1, "it left"),
        ]

        assert [line.removeprefix("2026-12-23 04:26:40.000000  ") for line in shown(events)] == [
            "#1  --> 14 bytes that are no frame",
            "    000000  47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31        GET / HTTP/1.1",
            "#1  <-- sends no more",
            "#1  not recorded from here on: slow",
            "#1  closed: it left",
        ]

    def test_show_a_version_that_is_not_ours_with_the_reason(self):
        old = Frame(START, 1, Role.GATEWAY, b"76\0now\0")

        assert "the bridge speaks server version 76" in shown([*handshake(178)[:3], old])[3]

    def test_keep_conversations_apart(self):
        records = [*handshake(178), *handshake(226, 8, connection=2), frame_of(NextValidId(3), 178)]
        records.append(frame_of(NextValidId(4), 226, connection=2))

        assert [line[28:] for line in shown(records)[-2:]] == [
            "#1 client 7  <-- NextValidId(order_id=3)",
            "#2 client 8  <-- NextValidId(order_id=4)",
        ]


class TestFilter:
    RECORDS = conversation(200, *SAID)

    def test_without_anything_admits_all(self):
        assert len(names(Filter(), self.RECORDS)) == len(self.RECORDS)

    def test_by_sender(self):
        assert names(Filter(sender=Role.CLIENT), self.RECORDS)[-2:] == [
            "StartApiRequest",
            "MarketDataRequest",
        ]

    @pytest.mark.parametrize(
        ("pattern", "found"), [("tick*", 2), ("TickPrice", 1), ("Handshake", 2), ("x", 0)]
    )
    def test_by_name_with_wildcards_in_any_case(self, pattern, found):
        assert len(names(Filter(names=(pattern,)), self.RECORDS)) == found

    def test_by_the_id_of_a_request(self):
        assert names(Filter(request_id=5), self.RECORDS) == [
            "MarketDataRequest",
            "TickPrice",
            "TickSize",
            "Notice",
        ]

    def test_by_the_id_of_an_order(self):
        assert names(Filter(request_id=3), self.RECORDS) == ["OrderStatus", "ExecutionDetails"]

    def test_by_time(self):
        assert names(Filter(since=START + 2, until=START + 3), self.RECORDS) == ["TickPrice", "TickSize"]

    def test_by_client_and_connection(self):
        records = [*self.RECORDS, *handshake(178, 9, connection=2)]

        assert names(Filter(client_id=9), records) == ["StartApiRequest"]
        assert len(names(Filter(connection=2), records)) == 5
