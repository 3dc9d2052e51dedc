"""Unknown fields of protobuf bodies are found wherever they are, and what is known is read all the same."""

from __future__ import annotations

import pytest

from ibkr_actors.base.messages.history import HistoricalData
from ibkr_actors.base.messages.market_data import TickPrice
from ibkr_actors.base.messages.orders import OpenOrder
from ibkr_actors.wire.crowds import SMALL_BODY
from ibkr_actors.wire.protobuf import compile_protobuf_reader, message_class
from ibkr_actors.wire.unknown_fields import UnknownFields, unknown_fields, watching

UNKNOWN = b"\xf8\x3f\x01"
"""Field 1023 with the number 1."""


def parsed(struct, body):
    return message_class(struct).FromString(body)


def inside(number: int, body: bytes) -> bytes:
    """A message field, of a number below 16, with a short body."""
    return bytes([number << 3 | 2, len(body)]) + body


def watcher(struct, **options):
    return watching(
        compile_protobuf_reader(struct, request=False), message_class(struct).FromString, **options
    )


class TestUnknownFields:
    def test_a_body_that_is_known_has_none(self):
        body = message_class(TickPrice)(request_id=1, tick_type=4, price=1.5).SerializeToString()

        assert unknown_fields(parsed(TickPrice, body)) == frozenset()

    def test_those_of_the_message_itself_are_numbers(self):
        assert unknown_fields(parsed(TickPrice, UNKNOWN + b"\x08\x01")) == {"1023"}

    def test_those_of_messages_inside_have_a_path(self):
        body = inside(2, UNKNOWN) + inside(3, b"\x08\x05" + UNKNOWN)

        assert unknown_fields(parsed(OpenOrder, body)) == {"contract.1023", "order.1023"}

    def test_those_of_elements_count_once(self):
        body = inside(2, UNKNOWN) * 3

        assert unknown_fields(parsed(HistoricalData, body)) == {"bars.1023"}

    def test_a_map_holds_none(self):
        body = message_class(OpenOrder)()
        body.order.algo_parameters["a"] = "b"

        assert unknown_fields(body) == frozenset()


class TestWatching:
    def test_a_message_without_unknown_fields_is_read_as_ever(self):
        assert watcher(TickPrice)(b"\x08\x01") == TickPrice(1)

    def test_one_with_unknown_fields_comes_with_their_paths(self):
        with pytest.raises(UnknownFields, match="TickPrice has unknown fields: 1023") as found:
            watcher(TickPrice)(b"\x08\x01" + UNKNOWN)

        assert found.value.message == TickPrice(1)
        assert found.value.fields == {"1023"}

    def test_only_the_first_of_a_stream_are_looked_at(self):
        calls = []
        read = watcher(TickPrice, first=3, done=lambda: calls.append("done"))

        read(b"\x08\x01")
        read(b"\x08\x01")
        assert calls == []
        with pytest.raises(UnknownFields):
            read(b"\x08\x01" + UNKNOWN)
        assert calls == ["done"]

    def test_a_large_body_is_not_looked_at(self):
        """Each of its unknown fields would be an object: there may be millions."""
        body = b"\x08\x01" + UNKNOWN * (SMALL_BODY // 3 + 1)

        assert watcher(TickPrice)(body) == TickPrice(1)
