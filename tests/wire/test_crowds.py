"""Bodies with more elements than they have room for are refused before they are parsed; all others pass."""

from __future__ import annotations

import pytest
from google.protobuf.message import DecodeError

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.historical_ticks import (
    HistoricalTicks,
    HistoricalTicksBidAsk,
    HistoricalTicksLast,
)
from ibkr_actors.base.messages.history import HistoricalData
from ibkr_actors.base.messages.market_data import MarketDataRequest, TickPrice
from ibkr_actors.base.messages.orders import OpenOrder
from ibkr_actors.base.messages.scanners import ScannerData
from ibkr_actors.classes.bar import Bar
from ibkr_actors.classes.tick import HistoricalTick, HistoricalTickBidAsk, HistoricalTickLast
from ibkr_actors.errors import RemoteProtocolError
from ibkr_actors.wire.crowds import (
    LEAST_ELEMENT,
    LEAST_NESTED,
    MOST_ELEMENTS,
    MOST_FIELDS,
    SMALL_BODY,
    compile_crowd_check,
)
from ibkr_actors.wire.source import field_of_failure

EMPTY_BAR = b"\x12\x00"
EMPTY_LEG = b"\xa2\x01\x00"


def field_refused(struct, body):
    check = compile_crowd_check(struct)
    with pytest.raises(
        ValueError, match=r"\d+ elements of lists in \d+ bytes: no message has so many"
    ) as refused:
        check(body)
    return field_of_failure(refused.value)


class TestProtobuf:
    def test_a_message_without_lists_needs_no_check(self):
        assert compile_crowd_check(TickPrice) is None

    def test_empty_elements_are_refused_by_field(self):
        assert field_refused(HistoricalData, EMPTY_BAR * 10_000) == "bars"

    def test_so_are_those_of_a_message_inside(self):
        legs = EMPTY_LEG * 10_000
        body = b"\x12" + bytes([len(legs) & 127 | 128, len(legs) >> 7 & 127 | 128, len(legs) >> 14]) + legs

        assert field_refused(OpenOrder, body) == "contract.combo_legs"
        assert field_refused(MarketDataRequest, body) == "contract.combo_legs"

    def test_so_are_those_of_many_elements_together(self):
        """None of the elements is crowded for the body's size, all of them are."""
        contract = EMPTY_LEG * 30
        row = b"\x12" + bytes([len(contract)]) + contract
        body = (b"\x12" + bytes([len(row)]) + row) * 1_000

        assert field_refused(ScannerData, body) == "rows.contract.combo_legs"

    def test_the_shortest_elements_of_the_bridge_pass(self):
        bars = HistoricalData(1, tuple(Bar("20260102", close=1.5) for _ in range(5_000)))
        body = codec_for(Role.GATEWAY, 226).encode(bars)[8:]

        assert len(body) > SMALL_BODY
        compile_crowd_check(HistoricalData)(body)
        assert codec_for(Role.CLIENT, 226).decode((217).to_bytes(4, "big") + body) == bars

    @pytest.mark.parametrize(
        ("message_id", "ticks"),
        [
            (96, HistoricalTicks(1, (HistoricalTick(1795802397, 305.41, 1),) * 1_000)),
            (
                97,
                HistoricalTicksBidAsk(
                    1, (HistoricalTickBidAsk(1795802397, bid_price=1.5, ask_price=1.6),) * 1_000
                ),
            ),
            (98, HistoricalTicksLast(1, (HistoricalTickLast(1795802397, price=305.41, size=1),) * 1_000)),
        ],
    )
    def test_a_page_of_the_shortest_ticks_passes(self, message_id, ticks):
        """A page is a thousand ticks, whose attributes are a Struct of their own, and say nothing mostly."""
        body = codec_for(Role.GATEWAY, 226).encode(ticks)[8:]

        assert len(body) > SMALL_BODY
        assert codec_for(Role.CLIENT, 226).decode((message_id + 200).to_bytes(4, "big") + body) == ticks

    def test_elements_with_large_parts_of_their_own_need_more_room(self):
        row = b"\x12" + bytes([LEAST_ELEMENT]) + b"\x08\x01" * (LEAST_ELEMENT // 2)

        assert field_refused(ScannerData, row * 2_000) == "rows"
        assert LEAST_NESTED > LEAST_ELEMENT

    def test_no_body_has_more_elements_than_the_largest_frame_has_bars(self):
        bar = b"\x12\x0b\x11" + bytes(8) + b"\x40\x05"

        compile_crowd_check(HistoricalData)(bar * MOST_ELEMENTS)
        assert field_refused(HistoricalData, bar * (MOST_ELEMENTS + 1)) == "bars"

    def test_what_is_no_protobuf_is_left_to_the_parser_to_say(self):
        with pytest.raises(DecodeError, match="HistoricalData"):
            compile_crowd_check(HistoricalData)(b"\x12")

    def test_the_codec_tells_the_field(self):
        with pytest.raises(RemoteProtocolError) as refused:
            codec_for(Role.CLIENT, 226).decode((217).to_bytes(4, "big") + EMPTY_BAR * SMALL_BODY)

        assert (refused.value.message_id, refused.value.field) == (17, "bars")

    def test_a_small_body_may_be_crowded(self):
        body = EMPTY_BAR * 100

        assert len(codec_for(Role.CLIENT, 226).decode((217).to_bytes(4, "big") + body).bars) == 100


class TestText:
    def test_no_more_fields_are_told_apart_than_the_largest_answer_has(self):
        """Bars: eight fields each, and the largest frame has room for two million of them."""
        message = codec_for(Role.CLIENT, 200).decode(b"9\x001\x005" + b"\0" * (MOST_FIELDS + 9))

        assert message.order_id == 5

    def test_a_group_that_goes_on_behind_them_can_not_be_read(self):
        bars = MOST_FIELDS // 8 + 1
        payload = b"17\x001\x00%d\0" % bars + b"1\0" * (8 * bars)

        with pytest.raises(RemoteProtocolError, match="the frame ends before the field") as refused:
            codec_for(Role.CLIENT, 200).decode(payload)

        assert refused.value.field == "bars"
